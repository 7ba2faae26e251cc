package sigfoxparser_test

import (
	"unicode/utf8"

	"github.com/go-sigfox/sigfox/template"
)

// difference is a reason why sigfox-parser 1.2.4 reads a field differently.
type difference string

const none difference = ""

// What package template does instead rests on the grammar's text and on what the
// live cloud was seen to do; see template.ParsePayloadConfig.
const (
	bitOffset    difference = "it knows no bit offset; any fifth part but big-endian, the empty one included, is little-endian"
	size         difference = "it leaves out integers that are not of 1 to 6 whole bytes"
	indexZero    difference = "it takes index 0 for an empty one"
	boolPosition difference = "without an index a bool is read from the byte where the field before starts by its count"
	afterBool    difference = "a bool moves its position on, by an eighth of the number of its bit"
	afterLeftOut difference = "a field that is left out does not move its position, or moves it by the size of the one before"
	afterIndex   difference = "an index does not move its position, which counts sizes only"
	charCut      difference = "it cuts a char at the end of the message"
	invalidUTF8  difference = "it replaces invalid UTF-8 in a char by U+FFFD, where the Value keeps all bytes"
)

var differences = []difference{
	bitOffset, size, indexZero, boolPosition, afterBool, afterLeftOut, afterIndex, charCut, invalidUTF8,
}

// reader follows the position of sigfox-parser through a configuration.
type reader struct {
	parts         map[string][]string
	current, last float64
	// What the fields so far held.
	bools, leftOut, indexes bool
}

func newReader(config string) *reader { return &reader{parts: parts(config)} }

// explain returns the difference that applies to the field f, which is the next
// one. present tells whether sigfox-parser has a value for it.
func (r *reader) explain(f template.Field, data []byte, present bool) difference {
	index := index(r.parts[f.Name])
	before := *r
	position := r.move(f, present)
	if index > 0 {
		position = float64(index)
	}
	isInt := f.Type == template.FieldInt || f.Type == template.FieldUint
	switch {
	case r.hasBitOffset(f):
		return bitOffset
	case isInt && (f.Bits%8 != 0 || f.Bits > 48):
		return size
	case position != float64(f.Byte):
		return before.explainPosition(f, index)
	case f.Type == template.FieldChar && f.End() > len(data):
		return charCut
	case f.Type == template.FieldChar && !utf8.Valid(data[f.Byte:f.End()]):
		return invalidUTF8
	default:
		return none
	}
}

// move returns the position of f if it has no index, and goes on to the next field.
func (r *reader) move(f template.Field, present bool) float64 {
	position := r.current
	r.current += r.last
	if f.Type != template.FieldBool {
		position = r.current
	}
	switch {
	case !present: // last stays as it is
	case f.Type == template.FieldBool:
		r.last = float64(f.Bit) / 8
	default:
		r.last = float64(f.Bits) / 8
	}
	r.bools = r.bools || f.Type == template.FieldBool
	r.leftOut = r.leftOut || !present
	r.indexes = r.indexes || index(r.parts[f.Name]) >= 0
	return position
}

func (r *reader) explainPosition(f template.Field, index int) difference {
	switch {
	case index == 0:
		return indexZero
	case f.Type == template.FieldBool:
		return boolPosition
	case r.bools:
		return afterBool
	case r.leftOut:
		return afterLeftOut
	case r.indexes:
		return afterIndex
	default:
		return none
	}
}

// hasBitOffset reports whether a part is there that sigfox-parser misreads.
func (r *reader) hasBitOffset(f template.Field) bool {
	p := r.parts[f.Name]
	if f.Type == template.FieldBool || len(p) < 5 {
		return false
	}
	return f.Bit != 7 || p[4] != "big-endian" && p[4] != "little-endian"
}
