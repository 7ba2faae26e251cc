package callback

import (
	"strconv"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/internal/wire"
	"github.com/go-sigfox/sigfox/template"
)

// Canonical JSON is one line: "service", the documented names with values of their
// documented types and units, then "customData" and "extra". Absent values are
// left out. It is the same for messages that are equal.
const (
	memberService    = "service"
	memberCustomData = "customData"
	memberExtra      = "extra"
)

// AppendJSON appends the canonical JSON of the message.
func (m Uplink) AppendJSON(dst []byte) []byte { return appendMessage(dst, DataUplink, &m) }

// AppendJSON appends the canonical JSON of the message.
func (m Bidir) AppendJSON(dst []byte) []byte { return appendMessage(dst, DataBidir, &m) }

// AppendJSON appends the canonical JSON of the message.
func (m Status) AppendJSON(dst []byte) []byte { return appendMessage(dst, ServiceStatus, &m) }

// AppendJSON appends the canonical JSON of the message.
func (m Acknowledge) AppendJSON(dst []byte) []byte { return appendMessage(dst, ServiceAcknowledge, &m) }

// AppendJSON appends the canonical JSON of the message.
func (m Repeater) AppendJSON(dst []byte) []byte { return appendMessage(dst, ServiceRepeater, &m) }

// AppendJSON appends the canonical JSON of the message.
func (m DataAdvanced) AppendJSON(dst []byte) []byte {
	return appendMessage(dst, ServiceDataAdvanced, &m)
}

// AppendJSON appends the canonical JSON of the message.
func (m Geoloc) AppendJSON(dst []byte) []byte { return appendMessage(dst, ServiceGeoloc, &m) }

// AppendJSON appends the canonical JSON of the message.
func (m ErrorReport) AppendJSON(dst []byte) []byte { return appendMessage(dst, ErrorCallback, &m) }

// MarshalJSON implements json.Marshaler with the canonical JSON.
func (m Uplink) MarshalJSON() ([]byte, error) { return m.AppendJSON(nil), nil }

// MarshalJSON implements json.Marshaler with the canonical JSON.
func (m Bidir) MarshalJSON() ([]byte, error) { return m.AppendJSON(nil), nil }

// MarshalJSON implements json.Marshaler with the canonical JSON.
func (m Status) MarshalJSON() ([]byte, error) { return m.AppendJSON(nil), nil }

// MarshalJSON implements json.Marshaler with the canonical JSON.
func (m Acknowledge) MarshalJSON() ([]byte, error) { return m.AppendJSON(nil), nil }

// MarshalJSON implements json.Marshaler with the canonical JSON.
func (m Repeater) MarshalJSON() ([]byte, error) { return m.AppendJSON(nil), nil }

// MarshalJSON implements json.Marshaler with the canonical JSON.
func (m DataAdvanced) MarshalJSON() ([]byte, error) { return m.AppendJSON(nil), nil }

// MarshalJSON implements json.Marshaler with the canonical JSON.
func (m Geoloc) MarshalJSON() ([]byte, error) { return m.AppendJSON(nil), nil }

// MarshalJSON implements json.Marshaler with the canonical JSON.
func (m ErrorReport) MarshalJSON() ([]byte, error) { return m.AppendJSON(nil), nil }

// UnmarshalJSON implements json.Unmarshaler. It reads canonical JSON as leniently
// as a callback.
func (m *Uplink) UnmarshalJSON(b []byte) error { *m = Uplink{}; return unmarshal(b, DataUplink, m) }

// UnmarshalJSON implements json.Unmarshaler. It reads canonical JSON as leniently
// as a callback.
func (m *Bidir) UnmarshalJSON(b []byte) error { *m = Bidir{}; return unmarshal(b, DataBidir, m) }

// UnmarshalJSON implements json.Unmarshaler. It reads canonical JSON as leniently
// as a callback.
func (m *Status) UnmarshalJSON(b []byte) error { *m = Status{}; return unmarshal(b, ServiceStatus, m) }

// UnmarshalJSON implements json.Unmarshaler. It reads canonical JSON as leniently
// as a callback.
func (m *Acknowledge) UnmarshalJSON(b []byte) error {
	*m = Acknowledge{}
	return unmarshal(b, ServiceAcknowledge, m)
}

// UnmarshalJSON implements json.Unmarshaler. It reads canonical JSON as leniently
// as a callback.
func (m *Repeater) UnmarshalJSON(b []byte) error {
	*m = Repeater{}
	return unmarshal(b, ServiceRepeater, m)
}

// UnmarshalJSON implements json.Unmarshaler. It reads canonical JSON as leniently
// as a callback.
func (m *DataAdvanced) UnmarshalJSON(b []byte) error {
	*m = DataAdvanced{}
	return unmarshal(b, ServiceDataAdvanced, m)
}

// UnmarshalJSON implements json.Unmarshaler. It reads canonical JSON as leniently
// as a callback.
func (m *Geoloc) UnmarshalJSON(b []byte) error { *m = Geoloc{}; return unmarshal(b, ServiceGeoloc, m) }

// UnmarshalJSON implements json.Unmarshaler. It reads canonical JSON as leniently
// as a callback.
func (m *ErrorReport) UnmarshalJSON(b []byte) error {
	*m = ErrorReport{}
	return unmarshal(b, ErrorCallback, m)
}

// unmarshal reads the canonical JSON of one message.
func unmarshal(data []byte, s Service, b binder) error {
	r := &reader{service: s, strings: new(interner), canonical: true, data: data}
	r.bind(b)
	if _, err := r.readObject(0); err != nil {
		return err
	}
	return r.finish()
}

// takeCanonical reads the members that canonical JSON adds to the documented ones.
func (r *reader) takeCanonical(m *wire.Member) bool {
	if !r.canonical {
		return false
	}
	switch string(m.Name) {
	case memberService:
		return true
	case memberExtra:
		return r.eachMember(m, r.setExtra)
	case memberCustomData:
		return r.custom != nil && r.eachMember(m, r.setCustom)
	default:
		return false
	}
}

// eachMember calls f with the members of an object; false if m is none.
func (r *reader) eachMember(m *wire.Member, f func(*wire.Member)) bool {
	if m.Kind != wire.Composite || m.Text[0] != '{' {
		return false
	}
	r.loc.object.Reset(r.data, m.Offset)
	for r.loc.object.Next(&r.innerMember) {
		f(&r.innerMember)
	}
	if syntax := r.loc.object.Err(); syntax != nil && r.failed == nil {
		r.failed = r.syntaxError(0, syntax)
	}
	return true
}

// appendMessage appends the canonical JSON of the message that b points to.
func appendMessage(dst []byte, s Service, b binder) []byte {
	var f fields
	b.bind(&f)
	dst = append(dst, '{')
	dst = appendName(dst, memberService)
	dst = wire.AppendString(dst, s.String())
	for id, slot := range f.slot {
		if slot != nil {
			dst = appendField(dst, catalogue[id].Name, slot)
		}
	}
	dst, extra := f.appendStrays(dst)
	if f.custom != nil && len(*f.custom) > 0 {
		dst = append(appendName(dst, memberCustomData), '{')
		dst = appendMembers(dst, *f.custom, func(dst []byte, v template.Value) []byte { return v.AppendJSON(dst) })
		dst = append(dst, '}')
	}
	if len(extra) > 0 {
		dst = append(appendName(dst, memberExtra), '{')
		dst = appendExtra(dst, extra)
		dst = append(dst, '}')
	}
	return append(dst, '}')
}

// appendField appends the member for a field, nothing if it is absent.
func appendField(dst []byte, name string, slot any) []byte {
	start := len(dst)
	dst = appendName(dst, name)
	value := len(dst)
	if dst = appendValue(dst, slot); len(dst) == value {
		return dst[:start]
	}
	return dst
}

// appendValue appends the JSON of a field, nothing if it is absent.
func appendValue(dst []byte, slot any) []byte {
	switch p := slot.(type) {
	case *sigfox.Opt[float64]:
		if v, ok := p.Get(); ok {
			return wire.AppendFloat(dst, v)
		}
	case *sigfox.DeviceID:
		return appendText(dst, *p)
	case *Bidir:
		return appendText(dst, p.Device)
	case *time.Time:
		if !p.IsZero() {
			return strconv.AppendInt(dst, p.Unix(), 10)
		}
	case *sigfox.Payload:
		if p.Len() > 0 {
			return appendText(dst, *p)
		}
	case *sigfox.Opt[bool]:
		if v, ok := p.Get(); ok {
			return strconv.AppendBool(dst, v)
		}
	case *sigfox.Opt[sigfox.StationID]:
		if v, ok := p.Get(); ok {
			return appendText(dst, v)
		}
	case *[]Duplicate:
		if *p != nil {
			return appendDuplicates(dst, *p)
		}
	case *sigfox.Opt[Location]:
		if v, ok := p.Get(); ok {
			return appendNested(dst, locationNames, v.fields(nil), v.Extra)
		}
	case *[]string:
		if len(*p) > 0 {
			return wire.AppendStrings(dst, *p)
		}
	case *string:
		if *p != "" {
			return wire.AppendString(dst, *p)
		}
	default:
		return appendCode(dst, slot)
	}
	return dst
}

// appendCode appends the number of a field that holds an integer.
func appendCode(dst []byte, slot any) []byte {
	switch p := slot.(type) {
	case *sigfox.Opt[int]:
		return appendInteger(dst, p)
	case *sigfox.Opt[sigfox.SeqNumber]:
		return appendInteger(dst, p)
	case *sigfox.Opt[sigfox.LinkQuality]:
		return appendInteger(dst, p)
	case *sigfox.Opt[downlink.InfoCode]:
		return appendInteger(dst, p)
	case *sigfox.Opt[Bucket]:
		return appendInteger(dst, p)
	case *sigfox.Opt[LocationSource]:
		return appendInteger(dst, p)
	case *sigfox.Opt[LocationStatus]:
		return appendInteger(dst, p)
	default:
		panic("callback: field of unknown type") // a mistake in bind, found by its test
	}
}

func appendInteger[T ~int | ~uint8 | ~uint16](dst []byte, p *sigfox.Opt[T]) []byte {
	if v, ok := p.Get(); ok {
		return strconv.AppendInt(dst, int64(v), 10)
	}
	return dst
}

func appendText(dst []byte, v interface {
	AppendText(dst []byte) ([]byte, error)
},
) []byte {
	dst = append(dst, '"')
	dst, _ = v.AppendText(dst) // never fails for ids and payloads
	return append(dst, '"')
}

func appendDuplicates(dst []byte, list []Duplicate) []byte {
	dst = append(dst, '[')
	for i := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendNested(dst, duplicateNames, list[i].fields(nil), list[i].Extra)
	}
	return append(dst, ']')
}

// appendNested appends an object with the documented members and the others.
func appendNested(dst []byte, names []string, slot []any, extra Extra) []byte {
	dst = append(dst, '{')
	for i := 1; i < len(names); i++ {
		dst = appendField(dst, names[i], slot[i])
	}
	dst = appendExtra(dst, extra)
	return append(dst, '}')
}
