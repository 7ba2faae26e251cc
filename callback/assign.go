package callback

import (
	"math"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/internal/wire"
)

// assign reads the value of m into the field that slot points to.
func (r *reader) assign(slot any, m *wire.Member) error {
	text := m.Text
	if m.Kind == wire.Composite {
		return r.assignComposite(slot, m)
	}
	switch p := slot.(type) {
	case *sigfox.Opt[float64]:
		v, err := wire.ParseFloat(text)
		return setOpt(p, v, err)
	case *sigfox.DeviceID:
		return p.UnmarshalText(text)
	case *Bidir:
		return p.setDevice(text)
	case *time.Time:
		t, err := wire.ParseTime(text)
		if err == nil {
			*p = t
		}
		return err
	case *sigfox.Payload:
		return p.UnmarshalText(text)
	case *sigfox.Opt[sigfox.SeqNumber]:
		v, err := parseSeqNumber(text)
		return setOpt(p, v, err)
	case *sigfox.Opt[bool]:
		v, err := wire.ParseBool(text)
		return setOpt(p, v, err)
	case *sigfox.Opt[sigfox.StationID]:
		v, err := parseStation(text)
		return setOpt(p, v, err)
	case *sigfox.Opt[int]:
		v, err := parseInt[int](text)
		return setOpt(p, v, err)
	case *string:
		return setText(p, text, r.strings)
	default:
		return r.assignCode(slot, m)
	}
}

func (m *Bidir) setDevice(text []byte) error {
	err := m.DeviceText.UnmarshalText(text)
	if err == nil {
		m.Device = m.DeviceText.ID()
	}
	return err
}

// assignCode reads the types that stand for codes, and objects and
// arrays inside a string.
func (r *reader) assignCode(slot any, m *wire.Member) error {
	text := m.Text
	switch p := slot.(type) {
	case *sigfox.Opt[sigfox.LinkQuality]:
		v, err := parseLinkQuality(text)
		return setOpt(p, v, err)
	case *sigfox.Opt[downlink.InfoCode]:
		v, err := parseByte[downlink.InfoCode](text)
		return setOpt(p, v, err)
	case *sigfox.Opt[Bucket]:
		v, err := parseByte[Bucket](text)
		return setOpt(p, v, err)
	case *sigfox.Opt[LocationSource]:
		v, err := parseInt[LocationSource](text)
		return setOpt(p, v, err)
	case *sigfox.Opt[LocationStatus]:
		v, err := parseInt[LocationStatus](text)
		return setOpt(p, v, err)
	default:
		return r.assignComposite(slot, m)
	}
}

// clear makes a field absent again: the last of several members counts, and it
// may have no value.
func clearField(slot any) {
	switch p := slot.(type) {
	case *Bidir:
		p.Device, p.DeviceText = 0, sigfox.DeviceText{}
	case *sigfox.DeviceID:
		*p = 0
	case *time.Time:
		*p = time.Time{}
	case *sigfox.Payload:
		*p = sigfox.Payload{}
	case *string:
		*p = ""
	case *[]Duplicate:
		*p = nil
	case clearer:
		p.Clear()
	}
}

// clearer is an Opt of any type.
type clearer interface{ Clear() }

// setText stores a string.
func setText(p *string, text []byte, strings *interner) error {
	s, err := strings.intern(text)
	if err == nil {
		*p = s
	}
	return err
}

// setOpt stores a value that was read without error.
func setOpt[T any](p *sigfox.Opt[T], v T, err error) error {
	if err == nil {
		*p = sigfox.Some(v)
	}
	return err
}

// seqNumberHex is how many digits sequence numbers in hex have.
const seqNumberHex = 4

// parseSeqNumber reads a sequence number. Four digits that start with 0 are hex:
// a decimal number has no leading zeros, and 12 bits in four hex digits always do.
func parseSeqNumber(text []byte) (sigfox.SeqNumber, error) {
	if len(text) == seqNumberHex && text[0] == '0' {
		var id sigfox.StationID
		err := id.UnmarshalText(text)
		return sigfox.SeqNumber(id), err
	}
	v, err := wire.ParseInt(text)
	if err != nil {
		return 0, err
	}
	if v < 0 || v >= int64(sigfox.NoSeqNumber) {
		return 0, ErrRange
	}
	return sigfox.SeqNumber(v), nil
}

func parseStation(text []byte) (id sigfox.StationID, err error) {
	err = id.UnmarshalText(text)
	return id, err
}

func parseInt[T ~int](text []byte) (T, error) {
	v, err := wire.ParseInt(text)
	if err != nil {
		return 0, err
	}
	if v < math.MinInt32 || v > math.MaxInt32 {
		return 0, ErrRange
	}
	return T(v), nil
}

func parseByte[T ~uint8](text []byte) (T, error) {
	v, err := wire.ParseInt(text)
	if err != nil {
		return 0, err
	}
	if v < 0 || v > math.MaxUint8 {
		return 0, ErrRange
	}
	return T(v), nil
}

// parseLinkQuality reads the number, or the word that belongs into lqi.
func parseLinkQuality(text []byte) (sigfox.LinkQuality, error) {
	q, err := parseByte[sigfox.LinkQuality](text)
	if err == nil {
		return q, nil
	}
	if q, ok := LQI(text).Quality(); ok {
		return q, nil
	}
	return 0, err
}
