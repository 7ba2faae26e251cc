package sigfox

// StationID is the id of a base station. It prints as the Sigfox Cloud does: in
// upper-case hex of at least 4 digits ("27B9", "001F").
type StationID uint32

const stationDigits = 4

// ParseStationID reads a station id: hex digits in any case, at most 32 bits.
// The error is a *ParseError.
func ParseStationID(s string) (StationID, error) {
	v, err := parseHex32("station id", s)
	return StationID(v), err
}

// String returns the id in upper-case hex, padded to 4 digits.
func (id StationID) String() string { return string(appendHex32(nil, uint32(id), stationDigits)) }

// AppendText implements encoding.TextAppender. It never fails.
func (id StationID) AppendText(dst []byte) ([]byte, error) {
	return appendHex32(dst, uint32(id), stationDigits), nil
}

// MarshalText implements encoding.TextMarshaler.
func (id StationID) MarshalText() ([]byte, error) { return id.AppendText(nil) }

// UnmarshalText implements encoding.TextUnmarshaler, with the rules of ParseStationID.
func (id *StationID) UnmarshalText(text []byte) error {
	v, err := parseHex32("station id", text)
	if err != nil {
		return err
	}
	*id = StationID(v)
	return nil
}
