package event

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/internal/wire"
)

// The members that canonical JSON has beside the documented ones.
const (
	memberService = "service"
	memberExtra   = "extra"
)

// AppendJSON appends the canonical JSON of the event, on one line: "service" is
// "EVENT", then come the documented names with values of their documented types
// ("time" is an integer), then undocumented members under "extra". Values that are
// absent are left out. Parse reads it back into an equal event.
func (e Event) AppendJSON(dst []byte) []byte {
	enc := encoder{append(dst, '{')}
	enc.name(memberService)
	enc.dst = wire.AppendString(enc.dst, callback.EventCallback.String())
	e.visitCommon(&enc)
	if e.Detail != nil {
		e.Detail.visit(&enc)
	}
	if len(e.Extra) > 0 {
		enc.name(memberExtra)
		enc.dst = append(enc.dst, '{')
		enc.extra(e.Extra)
		enc.dst = append(enc.dst, '}')
	}
	return append(enc.dst, '}')
}

// MarshalJSON implements json.Marshaler with the canonical JSON.
func (e Event) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil), nil }

// UnmarshalJSON implements json.Unmarshaler. It reads canonical JSON as leniently
// as Parse.
func (e *Event) UnmarshalJSON(b []byte) error {
	if string(b) == "null" { // as encoding/json asks
		return nil
	}
	var o wire.Object
	read, err := parseObject(&o, b, 0, new(sharedQuery))
	if err != nil {
		return err
	}
	*e = read
	return nil
}

// encoder is the visitor that appends canonical JSON.
type encoder struct{ dst []byte }

// name appends the comma that is needed, the name and the colon.
func (e *encoder) name(name string) {
	if e.dst[len(e.dst)-1] != '{' {
		e.dst = append(e.dst, ',')
	}
	e.dst = append(wire.AppendString(e.dst, name), ':')
}

func (e *encoder) string(name, value string) {
	if value != "" {
		e.name(name)
		e.dst = wire.AppendString(e.dst, value)
	}
}

func (e *encoder) text(name string, p *string) { e.string(name, *p) }

func (e *encoder) word(name string, p *string, _ func(string) string) { e.string(name, *p) }

func (e *encoder) id(name string, p *string) { e.string(name, *p) }

func (e *encoder) ids(name string, p *[]string) {
	if len(*p) > 0 {
		e.name(name)
		e.dst = wire.AppendStrings(e.dst, *p)
	}
}

func (e *encoder) device(name string, p *sigfox.Opt[sigfox.DeviceID]) {
	if id, ok := p.Get(); ok {
		e.string(name, id.String())
	}
}

func (e *encoder) seqNumber(name string, p *sigfox.Opt[sigfox.SeqNumber]) {
	if n, ok := p.Get(); ok {
		e.name(name)
		e.dst = strconv.AppendUint(e.dst, uint64(n), 10)
	}
}

func (e *encoder) number(name string, p *sigfox.Opt[float64]) {
	f, ok := p.Get()
	if text := wire.AppendFloat(nil, f); ok && len(text) > 0 {
		e.name(name)
		e.dst = append(e.dst, text...)
	}
}

func (e *encoder) unix(name string, p *time.Time) {
	if !p.IsZero() {
		e.name(name)
		e.dst = strconv.AppendInt(e.dst, p.Unix(), 10)
	}
}

func (e *encoder) date(name string, p *time.Time) {
	if !p.IsZero() {
		e.string(name, p.UTC().Format(time.DateTime))
	}
}

func (e *encoder) info(name string, p *DeviceInfo) {
	if p.IsZero() {
		return
	}
	e.name(name)
	e.dst = p.appendJSON(e.dst)
}

// appendJSON appends the object, or the text that stands in its place.
func (d *DeviceInfo) appendJSON(dst []byte) []byte {
	if d.Text != "" {
		return wire.AppendString(dst, d.Text)
	}
	enc := encoder{append(dst, '{')}
	d.visitMembers(&enc)
	enc.extra(d.Extra)
	return append(enc.dst, '}')
}

// extra appends the members in the order of their names.
func (e *encoder) extra(extra callback.Extra) {
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		e.name(name)
		e.dst = wire.AppendRaw(e.dst, extra[name])
	}
}
