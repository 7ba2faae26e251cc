package downlink

import "encoding/hex"

// Size is the length of the data of a downlink, in bytes.
const Size = 8

// Data is what a downlink carries: always 8 bytes. In JSON it is a string of 16
// lower-case hex digits.
// Source: https://support.sigfox.com/docs/bidir
type Data [Size]byte

// ParseData reads 16 hex digits in any case. The error is a *ParseError with
// ErrInvalidData.
func ParseData(s string) (Data, error) { return parseData(s) }

func parseData[T string | []byte](s T) (Data, error) {
	var d Data
	for i := range min(len(s), 2*Size) {
		v, ok := hexDigit(s[i])
		if !ok {
			return Data{}, parseError(ErrInvalidData, s, i, "not a hex digit")
		}
		d[i/2] = d[i/2]<<4 | v
	}
	if len(s) < 2*Size {
		return Data{}, parseError(ErrInvalidData, s, len(s), "less than 8 bytes")
	}
	if len(s) > 2*Size {
		return Data{}, parseError(ErrInvalidData, s, 2*Size, "more than 8 bytes")
	}
	return d, nil
}

func hexDigit(c byte) (v byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// String returns the data as 16 lower-case hex digits.
func (d Data) String() string { return hex.EncodeToString(d[:]) }

// AppendText implements encoding.TextAppender. It never fails.
func (d Data) AppendText(dst []byte) ([]byte, error) { return hex.AppendEncode(dst, d[:]), nil }

// MarshalText implements encoding.TextMarshaler.
func (d Data) MarshalText() ([]byte, error) { return d.AppendText(make([]byte, 0, 2*Size)) }

// UnmarshalText implements encoding.TextUnmarshaler, with the rules of ParseData.
func (d *Data) UnmarshalText(text []byte) error {
	v, err := parseData(text)
	if err != nil {
		return err
	}
	*d = v
	return nil
}
