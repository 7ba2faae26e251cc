package event

import (
	"errors"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/internal/wire"
)

// DeviceInfo is the {deviceInfo} of an event: what the cloud knows of the device.
// The zero value stands for none.
//
// Most pages of the documentation call it an object, one a plain string. A string
// that holds JSON is read like an object, any other is kept in Text.
type DeviceInfo struct {
	// ID is the id of the device.
	ID sigfox.Opt[sigfox.DeviceID]
	// Name is the name that its owner gave it.
	Name string
	// State is its state, such as "OK". The words are not documented.
	State string
	// LastCommunication is the time of its last message, in UTC.
	LastCommunication time.Time
	// LastPurge is when its messages were last deleted, in UTC.
	LastPurge time.Time
	// AverageSignal is its average signal in dB.
	AverageSignal sigfox.Opt[float64]
	// Timeout is when it will count as silent, in UTC.
	Timeout time.Time
	// Text is a {deviceInfo} that is no object. The other fields are empty then.
	Text string
	// Extra holds the members that are not documented.
	Extra callback.Extra
}

// IsZero reports whether the cloud told nothing of the device.
func (d *DeviceInfo) IsZero() bool {
	return !d.ID.Present() && d.Name == "" && d.State == "" && d.LastCommunication.IsZero() &&
		d.LastPurge.IsZero() && !d.AverageSignal.Present() && d.Timeout.IsZero() &&
		d.Text == "" && len(d.Extra) == 0
}

func (d *DeviceInfo) visitMembers(v visitor) {
	v.device("id", &d.ID)
	v.text("name", &d.Name)
	v.text("state", &d.State)
	v.date("last communication", &d.LastCommunication)
	v.date("last purge", &d.LastPurge)
	v.number("average signal", &d.AverageSignal)
	v.date("timeout", &d.Timeout)
}

// errShape means that a value is neither an object nor text.
var errShape = errors.New("neither an object nor text")

// parse reads a {deviceInfo}. prefix is what the names of its members start with
// in errors.
func (d *DeviceInfo) parse(prefix string, m *wire.Member) error {
	text, isObject := jsonText(m, '{')
	if m.Kind == wire.Composite && !isObject {
		return errShape
	}
	var o wire.Object
	o.Reset(text, 0)
	members, syntax := readMembers(&o)
	if syntax == nil && o.Pos() != len(text) {
		syntax = &wire.SyntaxError{Offset: o.Pos(), Msg: "text after the object"}
	}
	if syntax != nil {
		if m.Kind == wire.Composite {
			return syntaxError(m.Offset, syntax)
		}
		d.Text = string(m.Text)
		return nil
	}
	members.moveTo(m)
	dec := decoder{members: members, prefix: prefix}
	d.visitMembers(&dec)
	if dec.err != nil {
		return dec.err
	}
	if d.Extra, syntax = members.extra(false); syntax != nil {
		return syntaxError(0, syntax)
	}
	return nil
}
