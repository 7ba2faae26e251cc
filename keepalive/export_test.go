package keepalive

// Slots returns the number of slots of all tables.
func (m *Monitor) Slots() int {
	n := 0
	for i := range m.segments.tables {
		n += len(m.segments.tables[i].Load().lines) * lineSlots
	}
	return n
}
