package callback

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/internal/wire"
)

// nestedReader reads objects inside a message.
type nestedReader struct {
	object wire.Object
	plan   plan
	slot   []any // a pointer to the field for each documented name; it stays the same
}

// The documented members. The first place is for those that are not.
var (
	duplicateNames = []string{"", "bsId", "rssi", "nbRep", "snr"}
	locationNames  = []string{"", "lat", "lng", "radius", "source", "status", "placeIds"}
)

// fields appends to slot a pointer to the field for each of duplicateNames.
func (d *Duplicate) fields(slot []any) []any {
	return append(slot, nil, &d.Station, &d.RSSI, &d.NbRep, &d.SNR)
}

// fields appends to slot a pointer to the field for each of locationNames.
func (l *Location) fields(slot []any) []any {
	return append(slot, nil, &l.Lat, &l.Lng, &l.Radius, &l.Source, &l.Status, &l.PlaceIDs)
}

// assignComposite reads an object or array. A form, or a template that quotes the
// variable, sends it as the text of a string.
func (r *reader) assignComposite(slot any, m *wire.Member) error {
	data, start, base := r.data, m.Offset, 0
	if m.Kind != wire.Composite {
		data, start, base = m.Text, wire.SkipSpace(m.Text, 0), m.Offset
	}
	if start == len(data) {
		return errNotNested
	}
	switch p := slot.(type) {
	case *sigfox.Opt[Location]:
		if startsWith(data, start, '[') && startsWith(data, wire.SkipSpace(data, start+1), ']') {
			p.Clear() // so the API writes that there is none, and so does PHP
			return nil
		}
		if data[start] != '{' {
			return errNotNested
		}
		return r.readLocation(p, m, data, start, base)
	case *[]Duplicate:
		if data[start] != '[' {
			return errNotNested
		}
		return r.readDuplicates(p, m, data, start, base)
	case *[]string:
		list, ok := stringList(m)
		if !ok {
			return wire.ErrUTF8
		}
		*p = list
		return nil
	default:
		return ErrComposite
	}
}

// readLocation reads {computedLocation}.
func (r *reader) readLocation(p *sigfox.Opt[Location], m *wire.Member, data []byte, start, base int) error {
	end, err := r.locationAt(p, data, start, base)
	if end > 0 && m.Kind == wire.Composite && m.Text == nil {
		r.object.SetPos(end)
	}
	return err
}

// locationAt reads the object at offset start of data straight into p and returns the
// offset after it, 0 if it has a syntax error. After an error there is no location.
func (r *reader) locationAt(p *sigfox.Opt[Location], data []byte, start, base int) (end int, err error) {
	l := p.Init()
	if end, _ = r.readExpected(&r.loc.object, &r.loc.plan, data, start); end == 0 {
		end, err = r.readNested(&r.loc, data, varComputedLocation, locationNames, &l.Extra, base)
	}
	if err != nil {
		p.Clear()
	}
	return end, err
}

// readDuplicates reads {duplicates}.
func (r *reader) readDuplicates(p *[]Duplicate, m *wire.Member, data []byte, start, base int) error {
	end, err := r.duplicatesAt(p, data, start, base)
	if err == nil && m.Kind == wire.Composite && m.Text == nil {
		r.object.SetPos(end)
	}
	return err
}

// duplicatesAt reads the array at offset start of data into p and returns the offset
// behind it.
func (r *reader) duplicatesAt(p *[]Duplicate, data []byte, start, base int) (end int, err error) {
	list := make([]Duplicate, 0, elements(data[start:]))
	pos := wire.SkipSpace(data, start+1)
	for len(list) > 0 || !startsWith(data, pos, ']') {
		if !startsWith(data, pos, '{') {
			rest := data[pos:]
			value := rest[:max(bytes.IndexAny(rest, ",]"), 0)]
			return 0, r.fieldError(catalogue[varDuplicates].Name, value, base+pos, errNotNested)
		}
		r.duplicate = Duplicate{}
		end, _ := r.readExpected(&r.dup.object, &r.dup.plan, data, pos)
		if end == 0 {
			if end, err = r.readNested(&r.dup, data, varDuplicates, duplicateNames, &r.duplicate.Extra, base); err != nil {
				return 0, err
			}
		}
		list = append(list, r.duplicate)
		pos = wire.SkipSpace(data, end)
		if startsWith(data, pos, ']') {
			break
		}
		if !startsWith(data, pos, ',') {
			return 0, r.syntaxError(base, &wire.SyntaxError{Offset: pos, Msg: "comma or end expected"})
		}
		pos = wire.SkipSpace(data, pos+1)
	}
	*p = list
	return pos + 1, nil
}

// usualStations is how many base stations few messages have more of.
const usualStations = 16

// usualDuplicates is how many bytes few arrays of so many stations are longer than.
const usualDuplicates = 128 * usualStations

// elements returns how many elements the array of objects at the start of data has, as
// far as can be told without reading it. The bounds are for hostile ones: they get no more
// memory than they fill, and arrays that are not closed do not each have all that follows
// looked through.
func elements(data []byte) int {
	data = data[:min(len(data), usualDuplicates)]
	if end := bytes.IndexByte(data, ']'); end >= 0 {
		data = data[:end]
	}
	return min(bytes.Count(data, []byte{'{'}), usualStations)
}

func startsWith(data []byte, pos int, c byte) bool { return pos < len(data) && data[pos] == c }

// readNested reads what readExpected left of an object. It reads to the end even if a
// value is wrong, and returns the first error; end is 0 after a syntax error.
func (r *reader) readNested(n *nestedReader, data []byte, id variable, names []string, extra *Extra, base int) (end int, err error) {
	o, m := &n.object, &r.innerMember
	for {
		members, from, ok := o.Between()
		if !o.Next(m) {
			break
		}
		i := max(slices.Index(names, string(m.Name)), 0)
		if ok {
			n.plan.learn(data, from, members, m, uint8(i), n.slot[i])
		}
		var failed error
		switch {
		case m.Absent():
		case i > 0:
			if cause := r.assign(n.slot[i], m); cause != nil {
				failed = r.fieldError(catalogue[id].Name+"."+names[i], m.Text, base+m.Offset, cause)
			}
		default:
			if syntax := extra.set(m); syntax != nil {
				failed = r.syntaxError(base, syntax)
			}
		}
		if err == nil {
			err = failed
		}
		r.readMore(o, &n.plan, data)
	}
	if syntax := o.Err(); syntax != nil {
		return 0, r.syntaxError(base, syntax)
	}
	return o.Pos(), err
}

// stringList reads an array of strings, or a single one; false if it is not UTF-8.
func stringList(m *wire.Member) ([]string, bool) {
	if !utf8.Valid(m.Text) {
		return nil, false
	}
	if m.Kind != wire.Composite {
		return []string{string(m.Text)}, true
	}
	var list []string
	_, _ = wire.Array(m.Text, 0, func(e *wire.Member) bool { // the text was scanned before
		list = append(list, string(e.Text))
		return true
	})
	return list, true
}
