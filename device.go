package sigfox

// DeviceID is the 32-bit id of a device. It prints as upper-case hex without
// padding, as the Sigfox Cloud does ("2C30EA", "1FD48BE", "1"), and is read in
// any case and with any padding.
type DeviceID uint32

// ParseDeviceID reads a device id: hex digits in any case, leading zeros
// allowed, at most 32 bits. The error is a *ParseError.
func ParseDeviceID(s string) (DeviceID, error) {
	v, err := parseHex32("device id", s)
	return DeviceID(v), err
}

// String returns the id in upper-case hex without padding.
func (id DeviceID) String() string { return string(appendHex32(nil, uint32(id), 1)) }

// AppendText implements encoding.TextAppender. It never fails.
func (id DeviceID) AppendText(dst []byte) ([]byte, error) {
	return appendHex32(dst, uint32(id), 1), nil
}

// MarshalText implements encoding.TextMarshaler.
func (id DeviceID) MarshalText() ([]byte, error) { return id.AppendText(nil) }

// UnmarshalText implements encoding.TextUnmarshaler, with the rules of ParseDeviceID.
func (id *DeviceID) UnmarshalText(text []byte) error {
	v, err := parseHex32("device id", text)
	if err != nil {
		return err
	}
	*id = DeviceID(v)
	return nil
}

// MaxDeviceText is the length of the longest text that DeviceText keeps, in bytes.
const MaxDeviceText = 15

// DeviceText is a device id in the very form in which it was received. The
// answer to a BIDIR callback repeats it, because it is not documented whether
// the cloud compares its keys as text or as numbers. The zero value is empty.
type DeviceText struct {
	n    uint8
	text [MaxDeviceText]byte
}

// NewDeviceText keeps s. The error is a *ParseError unless s is a device id of
// at most MaxDeviceText digits.
func NewDeviceText(s string) (DeviceText, error) {
	var t DeviceText
	return t, t.UnmarshalText([]byte(s))
}

// ID returns the device id that the text stands for, 0 for the zero value.
func (t DeviceText) ID() DeviceID {
	var v uint32
	for _, digit := range t.text[:t.n] { // UnmarshalText has checked them
		v = v<<4 | uint32(hexValue[digit])
	}
	return DeviceID(v)
}

// IsZero reports whether t is empty.
func (t DeviceText) IsZero() bool { return t.n == 0 }

// String returns the text as received.
func (t DeviceText) String() string { return string(t.text[:t.n]) }

// AppendText implements encoding.TextAppender. It never fails.
func (t DeviceText) AppendText(dst []byte) ([]byte, error) { return append(dst, t.text[:t.n]...), nil }

// MarshalText implements encoding.TextMarshaler.
func (t DeviceText) MarshalText() ([]byte, error) { return t.AppendText(nil) }

// UnmarshalText implements encoding.TextUnmarshaler, with the rules of NewDeviceText.
func (t *DeviceText) UnmarshalText(text []byte) error {
	if len(text) > MaxDeviceText {
		return parseError("device id", text, MaxDeviceText, "too long")
	}
	if _, err := parseHex32("device id", text); err != nil {
		return err
	}
	*t = DeviceText{n: uint8(len(text))}
	copy(t.text[:], text)
	return nil
}
