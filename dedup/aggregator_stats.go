package dedup

// AggregatorStats are the counters of an Aggregator. Every frame is counted in
// one of First, Merged, Late, FullStations and FullMessages.
type AggregatorStats struct {
	// Open is how many messages were not yielded by Closed yet, Remembered how
	// many were and are still known.
	Open, Remembered int
	// First, Merged and Late count the frames by verdict.
	First, Merged, Late uint64
	// FullStations counts the frames from a station above MaxStations,
	// FullMessages those for whose message there was no room.
	FullStations, FullMessages uint64
	// Closed counts the messages that were yielded.
	Closed uint64
	// Forgotten counts the closed messages that were forgotten before Retain had
	// passed, because their room was needed. Copies of them are First again.
	Forgotten uint64
}

// Stats returns the counters. Those of messages that are being added at the same
// time may or may not be included.
func (a *Aggregator) Stats() AggregatorStats {
	var sum AggregatorStats
	for i := range a.tables {
		sum.add(a.tables[i].snapshot())
	}
	return sum
}

func (t *messageTable) snapshot() AggregatorStats {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.stats
	s.First, s.Merged, s.Late = t.next-t.skipped, t.merged, t.late
	s.Open, s.Remembered = int(t.next-t.closed), int(t.closed-t.oldest)
	return s
}

func (s *AggregatorStats) add(o AggregatorStats) {
	s.Open += o.Open
	s.Remembered += o.Remembered
	s.First += o.First
	s.Merged += o.Merged
	s.Late += o.Late
	s.FullStations += o.FullStations
	s.FullMessages += o.FullMessages
	s.Closed += o.Closed
	s.Forgotten += o.Forgotten
}
