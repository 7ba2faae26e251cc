package callback

// Bound returns the names of the variables that messages M have fields for.
func Bound[M Message]() (names []string) {
	var m M
	var f fields
	any(&m).(binder).bind(&f)
	for id, slot := range f.slot {
		if slot != nil {
			names = append(names, catalogue[id].Name)
		}
	}
	return names
}

// Elements is what messages take as the number of their base stations before they are read.
func Elements(data string) int { return elements([]byte(data)) }
