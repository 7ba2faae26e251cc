package template

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// ConfigError reports why a text is not a custom payload configuration.
type ConfigError struct {
	// Offset is the position of the offending part in the text, in bytes.
	Offset int
	// Field is the name of the field it belongs to, empty if it has none.
	Field string
	// Msg is the reason.
	Msg string
}

// Error implements error.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("template: payload config: field %q at offset %d: %s", e.Field, e.Offset, e.Msg)
}

// ParsePayloadConfig reads a custom payload configuration, such as
//
//	temperature::int:16:little-endian humidity::uint:8 alarm::bool:7 level:3:uint:4::3
//
// Fields are separated by blanks, of any kind and number. A text without fields
// is a valid, empty configuration. The error is a *ConfigError.
//
// A field is name:index:type. The types are bool:BIT, char:BYTES and
// int:BITS, uint:BITS (1 to 64) and float:BITS (32 or 64). A bit offset may
// follow a char, a byte order (little-endian or big-endian, the default) and a
// bit offset the others. Bits count from 7, the most significant and the
// default, to 0. With the byte order left out the bit offset is accepted after
// one colon and after two (uint:4:3, uint:4::3).
//
// The grammar (https://gist.github.com/kthy/c0c46091bce186188a11b369c32702f5)
// leaves much open. This package decides, after what the live cloud was seen to do:
//
//   - A bit offset is inclusive: bit 3 is the first bit that is read. Values run
//     on over the following bytes, most significant bit first.
//   - An empty index means the current byte. It is 0 at first. A bool leaves it
//     at the byte it read, so that bools in a row share one byte with each other
//     and with the field after them. Any other field moves it to the byte after
//     its last one, even if that is partly used; but to its last one if the field
//     has a bit offset and left bits over there, for the next to go on with.
//   - In little-endian a value is first cut out bit by bit, then its bytes are
//     swapped. That has no meaning for integers of more than 8 bits that are not
//     whole bytes; they are refused.
//   - A bit offset can push up to 7 bits of an integer out of a 12-byte message
//     (uint:32:2 at byte 8, an official example). It is then read from the bits
//     that exist. Every other field that ends after byte 11 is accepted but is
//     not in any message.
//   - Names are made of ASCII letters, digits, '#', '-' and '_', as in templates. No
//     two are the same and none is empty. A field may not end after byte 255.
func ParsePayloadConfig(s string) (*PayloadConfig, error) {
	p := configParser{index: map[string]int{}}
	for offset := 0; ; {
		blank := len(s[offset:]) - len(strings.TrimLeftFunc(s[offset:], unicode.IsSpace))
		offset += blank
		if offset == len(s) {
			return &PayloadConfig{fields: p.fields, index: p.index}, nil
		}
		end := strings.IndexFunc(s[offset:], unicode.IsSpace)
		if end < 0 {
			end = len(s) - offset
		}
		if err := p.add(s[offset:offset+end], offset); err != nil {
			return nil, err
		}
		offset += end
	}
}

// maxEnd is the length of the longest layout, in bytes. It is far above that of
// a message and keeps sums of indexes and sizes small.
const maxEnd = 256

// configParser holds what is known between two fields.
type configParser struct {
	fields  []Field
	index   map[string]int
	current int // the byte that an empty index means
}

// configPart is the text between two colons and its place in the configuration.
type configPart struct {
	text   string
	offset int
}

func (p *configParser) add(text string, offset int) error {
	var parts []configPart
	for part := range strings.SplitSeq(text, ":") {
		parts = append(parts, configPart{part, offset})
		offset += len(part) + 1
	}
	f := Field{Name: parts[0].text, Byte: p.current, Bit: 7}
	bad, msg := p.parse(&f, parts)
	if msg != "" {
		return &ConfigError{Offset: bad.offset, Field: f.Name, Msg: msg}
	}
	p.index[f.Name] = len(p.fields)
	p.fields = append(p.fields, f)
	return nil
}

// parse fills in f and moves the current byte. It returns the part that is
// wrong and the reason, or no reason.
func (p *configParser) parse(f *Field, parts []configPart) (bad configPart, msg string) {
	if msg := p.checkName(f.Name); msg != "" {
		return parts[0], msg
	}
	if len(parts) < 4 {
		return parts[len(parts)-1], "not name:index:type:size; the index may be empty, and a blank ends the field"
	}
	index, typ, size, rest := parts[1], parts[2], parts[3], parts[4:]
	if index.text != "" {
		n, err := strconv.ParseUint(index.text, 10, 8)
		if err != nil {
			return index, fmt.Sprintf("byte index %.32q is not a number from 0 to 255", index.text)
		}
		f.Byte = int(n)
	}
	if msg := f.parseType(typ.text); msg != "" {
		return typ, msg
	}
	if msg := f.parseSize(size.text); msg != "" {
		return size, msg
	}
	hasBit, bad, msg := f.parseOptions(rest)
	if msg != "" {
		return bad, msg
	}
	if f.LittleEndian && f.Bits > 8 && f.Bits%8 != 0 {
		return size, "little-endian is not defined for sizes that are no whole bytes"
	}
	if f.End() > maxEnd {
		return index, "field ends after byte 255"
	}
	p.current = f.next(hasBit)
	return configPart{}, ""
}

func (p *configParser) checkName(name string) string {
	if name == "" {
		return "no name"
	}
	for _, r := range name {
		if r > unicode.MaxASCII || !isLetter(byte(r)) && !isDigit(byte(r)) && !strings.ContainsRune("#-_", r) {
			return fmt.Sprintf("%q is not allowed in a name", r)
		}
	}
	if _, ok := p.index[name]; ok {
		return "name is used twice"
	}
	return ""
}

func (f *Field) parseType(text string) string {
	for i, name := range fieldTypeNames {
		if text == name {
			f.Type = FieldType(i)
			return ""
		}
	}
	return fmt.Sprintf("type %q is not bool, char, float, int or uint", text)
}

// parseSize reads the part after the type: the bit of a bool, the size of the others.
func (f *Field) parseSize(text string) string {
	n, err := strconv.ParseUint(text, 10, 8)
	valid := err == nil
	f.Bits = int(n)
	switch f.Type {
	case FieldBool:
		f.Bits, f.Bit = 1, int(n)
		if !valid || n > 7 {
			return fmt.Sprintf("bit %.32q of a bool is not 0 to 7", text)
		}
	case FieldChar:
		f.Bits = 8 * int(n)
		if !valid || n == 0 {
			return fmt.Sprintf("length %.32q of a char is not 1 to 255", text)
		}
	case FieldFloat:
		if n != 32 && n != 64 {
			return fmt.Sprintf("size %.32q of a float is not 32 or 64", text)
		}
	default:
		if !valid || n == 0 || n > 64 {
			return fmt.Sprintf("size %.32q of an integer is not 1 to 64", text)
		}
	}
	return ""
}

// parseOptions reads the parts after the size, any of which may be empty: byte
// order and bit offset, or one of them. It tells whether there is a bit offset.
func (f *Field) parseOptions(parts []configPart) (hasBit bool, bad configPart, msg string) {
	if len(parts) > 0 && (parts[0].text == "little-endian" || parts[0].text == "big-endian") {
		if f.Type == FieldBool || f.Type == FieldChar {
			return false, parts[0], "byte order of a " + f.Type.String()
		}
		f.LittleEndian = parts[0].text == "little-endian"
		parts = parts[1:]
	} else if len(parts) > 1 && parts[0].text == "" {
		parts = parts[1:]
	}
	if len(parts) == 0 || len(parts) == 1 && parts[0].text == "" {
		return false, configPart{}, ""
	}
	bit := parts[0]
	switch {
	case f.Type == FieldBool:
		return false, bit, "bool has nothing after its bit"
	case len(bit.text) != 1 || bit.text[0] < '0' || bit.text[0] > '7':
		return false, bit, fmt.Sprintf("%q is neither a byte order (little-endian, big-endian) nor a bit offset from 0 to 7", bit.text)
	case len(parts) > 1:
		return false, parts[1], "nothing may follow the bit offset"
	}
	f.Bit = int(bit.text[0] - '0')
	return true, configPart{}, ""
}

// next returns the byte that an empty index means after f.
func (f *Field) next(hasBit bool) int {
	switch {
	case f.Type == FieldBool:
		return f.Byte
	case hasBit:
		return (f.start() + f.Bits) / 8 // the byte after the last one only if that is used up
	default:
		return f.End()
	}
}
