package sigfox

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
func ParsePayload(s string) (Payload, error) { return parsePayload(s) }

func parsePayload[T string | []byte](s T) (Payload, error) {
	if len(s) > 2*MaxPayload {
		return Payload{}, parseError("payload", s, 2*MaxPayload, "more than 12 bytes")
	}
	p := Payload{n: uint8(len(s) / 2)}
	for i := range int(p.n) {
		hi, lo := hexValue[s[2*i]], hexValue[s[2*i+1]]
		if hi|lo > 0xf {
			if hi > 0xf {
				return Payload{}, parseError("payload", s, 2*i, "not a hex digit")
			}
			return Payload{}, parseError("payload", s, 2*i+1, "not a hex digit")
		}
		p.data[i] = hi<<4 | lo
	}
	if len(s)%2 != 0 {
		return Payload{}, parseError("payload", s, len(s)-1, "odd number of hex digits")
	}
	return p, nil
}

// Len returns the length in bytes.
func (p Payload) Len() int { return int(p.n) }

// At returns byte i. It panics unless 0 <= i < p.Len().
func (p Payload) At(i int) byte { return p.data[:p.n][i] }

// AppendTo appends the bytes of the payload to dst.
func (p Payload) AppendTo(dst []byte) []byte { return append(dst, p.data[:p.n]...) }

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
	v, err := parsePayload(text)
	if err != nil {
		return err
	}
	*p = v
	return nil
}
