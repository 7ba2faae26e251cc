package sigfox

import (
	"encoding/binary"
	"math"
)

// MaxPayload is the length of the longest uplink payload, in bytes.
const MaxPayload = 12

// Payload is what a device sent: 0 to 12 bytes, held inline. Payloads can be
// compared with ==. The zero value is the empty payload.
type Payload struct {
	n    uint8
	data [MaxPayload]byte
}

// NewPayload copies b. The error is a *ParseError if b is longer than 12 bytes.
func NewPayload(b []byte) (Payload, error) {
	if len(b) > MaxPayload {
		return Payload{}, parseError("payload", "", MaxPayload, "more than 12 bytes")
	}
	p := Payload{n: uint8(len(b))}
	copy(p.data[:], b)
	return p, nil
}

// ParsePayload reads a payload in hex, in any case. The error is a *ParseError.
func ParsePayload(s string) (p Payload, err error) {
	err = p.UnmarshalText([]byte(s))
	return p, err
}

// Len returns the length in bytes.
func (p Payload) Len() int { return int(p.n) }

// At returns byte i. It panics unless 0 <= i < p.Len().
func (p Payload) At(i int) byte { return p.data[:p.n][i] }

// AppendTo appends the bytes of the payload to dst.
func (p Payload) AppendTo(dst []byte) []byte { return append(dst, p.data[:p.n]...) }

// Words returns all 12 bytes as big-endian numbers, with zeros behind the payload, for
// encoders that work on several bytes at once.
func (p *Payload) Words() (first uint64, last uint32) {
	return binary.BigEndian.Uint64(p.data[:]), binary.BigEndian.Uint32(p.data[8:])
}

// SetWords makes p the first n bytes, at most 12, of big-endian numbers as Words returns
// them, for decoders that work on several bytes at once.
func (p *Payload) SetWords(n int, first uint64, last uint32) {
	n = max(min(n, MaxPayload), 0)
	p.n = uint8(n)
	binary.BigEndian.PutUint64(p.data[:], first&^(math.MaxUint64>>(8*p.n)))
	binary.BigEndian.PutUint32(p.data[8:], last&^(math.MaxUint32>>(8*max(p.n, 8)-64)))
}

// Bytes returns a copy of the payload.
func (p Payload) Bytes() []byte { return p.AppendTo(nil) }

// String returns the payload in lower-case hex.
func (p Payload) String() string {
	b, _ := p.MarshalText()
	return string(b)
}

// AppendText implements encoding.TextAppender: lower-case hex. It never fails.
func (p Payload) AppendText(dst []byte) ([]byte, error) {
	for _, c := range p.data[:p.n] {
		dst = append(dst, hexLower[c>>4], hexLower[c&0xf])
	}
	return dst, nil
}

// MarshalText implements encoding.TextMarshaler.
func (p Payload) MarshalText() ([]byte, error) { return p.AppendText(make([]byte, 0, 2*MaxPayload)) }

// UnmarshalText implements encoding.TextUnmarshaler, with the rules of ParsePayload.
func (p *Payload) UnmarshalText(text []byte) error {
	if len(text) > 2*MaxPayload {
		return parseError("payload", text, 2*MaxPayload, "more than 12 bytes")
	}
	var padded [2 * MaxPayload]byte
	digits := &padded
	if len(text) == len(digits) {
		digits = (*[2 * MaxPayload]byte)(text)
	} else { // missing digits count as zeros, so that all are decoded eight at a time
		padded = [2 * MaxPayload]byte([]byte("000000000000000000000000"))
		copy(padded[:], text)
	}
	a, wrongA := hexValues(binary.LittleEndian.Uint64(digits[:]))
	b, wrongB := hexValues(binary.LittleEndian.Uint64(digits[8:]))
	c, wrongC := hexValues(binary.LittleEndian.Uint64(digits[16:]))
	if wrongA|wrongB|wrongC != 0 {
		return parseError("payload", text, notHex(text), "not a hex digit")
	}
	if len(text)%2 != 0 {
		return parseError("payload", text, len(text)-1, "odd number of hex digits")
	}
	p.n = uint8(len(text) / 2)
	binary.LittleEndian.PutUint32(p.data[:], pairs(a))
	binary.LittleEndian.PutUint32(p.data[4:], pairs(b))
	binary.LittleEndian.PutUint32(p.data[8:], pairs(c))
	return nil
}
