package dispatch

import (
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/template"
)

// Request is one message on its way to one target, rendered. It holds no reference
// to the message.
type Request struct {
	// ID is the same for all attempts and unique to the request. A Dispatcher and an Outbox
	// give one to a request that has none.
	ID string
	// Target is where it goes.
	Target *Target
	// Subject is what it is about.
	Subject Subject

	// One of these is set, by the channel of the target's definition.

	// HTTP is the rendered request of the channel URL.
	HTTP *callback.Outgoing
	// Line is the rendered line of the channel BATCH_URL.
	Line []byte
	// Mail is the rendered e-mail of the channel EMAIL.
	Mail *callback.Mail
}

// Subject says which message a request carries: what reports of undelivered
// callbacks name.
type Subject struct {
	// Service is the kind of callback.
	Service callback.Service
	// Device is the device that the message came from or is about.
	Device sigfox.DeviceID
	// DeviceTypeID and GroupID are 24 hex digits, empty if unknown.
	DeviceTypeID, GroupID string
	// Time is the time of the message.
	Time time.Time
	// SeqNumber is absent for messages that have none.
	SeqNumber sigfox.Opt[sigfox.SeqNumber]
	// Data is the payload, empty for messages that have none.
	Data sigfox.Payload
	// SNR in dB, if known.
	SNR sigfox.Opt[float64]
	// Ack is true for a BIDIR message of a device that asks for a downlink.
	Ack bool
}

var errNoTarget = errors.New("dispatch: request without target")

// NewRequest renders a message for a target. The error wraps a *template.RenderError
// if a template cannot take the values of the message, or says that the target is of
// another service.
func NewRequest[M callback.Message](t *Target, m M) (r Request, err error) {
	if t == nil {
		return Request{}, errNoTarget
	}
	held, ok := messages.Get().(*M)
	if !ok {
		held = new(M)
	}
	*held = m
	err = callback.WithSource(held, t.compiled, func(src template.ValueSource) error {
		r, err = NewSourceRequest(t, subjectOf(held), src)
		return err
	})
	*held = *new(M) // what it refers to may go
	messages.Put(held)
	return r, err
}

// messages are where messages stand while they are rendered, of one kind mostly.
var messages sync.Pool //nolint:gochecknoglobals // shared as pools are

// NewSourceRequest renders whatever has variables for a target, such as an
// event.Event. See NewRequest.
func NewSourceRequest(t *Target, s Subject, src template.Source) (Request, error) {
	if t == nil {
		return Request{}, errNoTarget
	}
	r := Request{ID: rand.Text(), Target: t, Subject: s}
	if s.Service != t.Service() {
		return r, fmt.Errorf("dispatch: target %s takes %v, not %v", t.ID(), t.Service(), s.Service)
	}
	var err error
	switch t.options.Definition.Channel {
	case callback.ChannelBatchURL:
		r.Line, err = t.compiled.RenderLine(nil, src)
	case callback.ChannelEmail:
		var m callback.Mail
		m, err = t.compiled.RenderMail(src)
		r.Mail = &m
	default:
		r.HTTP, err = t.compiled.Render(src)
	}
	if err != nil {
		return r, fmt.Errorf("dispatch: target %s: %w", t.ID(), err)
	}
	return r, nil
}

func subjectOf[M callback.Message](m *M) Subject {
	switch m := any(m).(type) {
	case *callback.Uplink:
		return Subject{
			Service: m.Service(), Device: m.Device, DeviceTypeID: m.DeviceTypeID, Time: m.Time,
			SeqNumber: m.SeqNumber, Data: m.Data, SNR: m.SNR,
		}
	case *callback.Bidir:
		return Subject{
			Service: m.Service(), Device: m.Device, DeviceTypeID: m.DeviceTypeID, Time: m.Time,
			SeqNumber: m.SeqNumber, Data: m.Data, SNR: m.SNR, Ack: m.WantsDownlink(),
		}
	case *callback.DataAdvanced:
		return Subject{
			Service: m.Service(), Device: m.Device, DeviceTypeID: m.DeviceTypeID, Time: m.Time,
			SeqNumber: m.SeqNumber, Data: m.Data,
		}
	case *callback.Status:
		return Subject{Service: m.Service(), Device: m.Device, Time: m.Time, SeqNumber: m.SeqNumber}
	case *callback.Acknowledge:
		return Subject{Service: m.Service(), Device: m.Device, Time: m.Time}
	case *callback.Repeater:
		return Subject{Service: m.Service(), Device: m.Device, Time: m.Time}
	case *callback.Geoloc:
		return Subject{Service: m.Service(), Device: m.Device, Time: m.Time, SeqNumber: m.SeqNumber}
	case *callback.ErrorReport:
		return Subject{Service: m.Service(), Device: m.Device, Time: m.Time}
	}
	return Subject{}
}
