package template

// Layout is the order in which sources of one type hold the values of variables. A
// template that is parsed with it reads them where they stand, which is faster than to
// ask for each by its name.
type Layout struct {
	fields map[string]field
	size   int
}

// field is where a value stands, and a pointer of its type.
type field struct {
	index int
	like  any
}

// NewLayout returns a layout in which values[i] is what ValueSource.Values returns for
// the variable names[i]. Only the types of the values matter; a nil one, or an empty name,
// stands for a value that is always asked for by its name. It panics unless there is a
// value for each name.
func NewLayout(names []string, values []any) *Layout {
	l := &Layout{fields: make(map[string]field, len(names)), size: len(names)}
	for i, name := range names {
		l.fields[name] = field{i, values[i]}
	}
	return l
}

// ValueSource is a Source whose values can be read where they stand.
type ValueSource interface {
	Source
	// Values returns pointers to the values, in the order of the layout. They may
	// differ in type, or be nil interfaces, but must not be nil pointers. Append
	// reads a *string, *time.Time, *sigfox.DeviceID, *sigfox.Payload and a
	// *sigfox.Opt of a bool, int, float64, sigfox.SeqNumber, sigfox.StationID or
	// sigfox.LinkQuality, where there is a value that it does not have to escape.
	// For all others it calls AppendVar. Both must give the same texts: ids and
	// payloads those of their AppendText, times Unix seconds, floats their
	// shortest decimal form without exponent, none for NaN and the infinities.
	Values() (*Layout, []any)
}

// resolve finds the value of a segment.
func (l *Layout) resolve(s *segment) {
	if l == nil {
		return
	}
	if f, ok := l.fields[s.name]; ok {
		s.value, s.put = f.index, s.puttingOf(f.like)
	}
}
