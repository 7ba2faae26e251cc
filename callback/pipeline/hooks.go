package pipeline

import (
	"context"
	"log/slog"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/event"
)

// Hooks observe what a Pipeline does. Each may be nil. They are called by the goroutine
// that does the work, several at once, and delay it, so they should return soon.
type Hooks struct {
	// OnMessage is called for each message whose window is over, unless it was refused. It
	// must not keep the message: see dedup.Message.Clone.
	OnMessage func(*dedup.Message)
	// OnEvent is called for each event, before it is sent.
	OnEvent func(event.Event)
	// OnDownlink is called with the outcome of each message that asked for a downlink, when
	// that is reported.
	OnDownlink func(Downlink)
	// OnDrop is called for each callback that is not handed to the Sender.
	OnDrop func(Drop)
	// OnError is called for every other failure.
	OnError func(Failure)
}

// Downlink is the outcome of a message that asked for a downlink.
type Downlink struct {
	// Message is the message that asked.
	Message sigfox.MessageKey
	// Station is the base station that heard it best.
	Station sigfox.StationID
	// Decision is the outcome. With StepNone no ACKNOWLEDGE is sent.
	downlink.Decision
}

// Drop describes a callback that is not handed to the Sender.
type Drop struct {
	// Service is the kind of callback.
	Service callback.Service
	// Device is the device that it is about, Time the time of the message.
	Device sigfox.DeviceID
	Time   time.Time
	// Target is where it should go, nil if that is not known.
	Target *dispatch.Target
	// Err wraps ErrUnknownDevice for a device that left the registry meanwhile,
	// ErrRateLimit, a *template.RenderError, or the error of the Sender.
	Err error
}

// Failure describes what went wrong with a device that is not a matter of a single
// callback.
type Failure struct {
	Device sigfox.DeviceID
	// Err is the error of Options.Emit, of Options.KeepAlive (keepalive.ErrFull, a
	// *keepalive.DelayError), or ErrDownlinksFull.
	Err error
}

func (p *Pipeline) drop(ctx context.Context, d Drop) {
	target := ""
	if d.Target != nil {
		target = d.Target.ID()
	}
	p.o.Logger.LogAttrs(ctx, slog.LevelWarn, "callback dropped",
		slog.String("service", d.Service.String()), slog.String("device", d.Device.String()),
		slog.String("target", target), slog.Any("error", d.Err))
	if p.o.Hooks.OnDrop != nil {
		p.o.Hooks.OnDrop(d)
	}
}

func (p *Pipeline) fail(ctx context.Context, id sigfox.DeviceID, err error) {
	if err == nil {
		return
	}
	p.o.Logger.LogAttrs(ctx, slog.LevelWarn, "pipeline failure",
		slog.String("device", id.String()), slog.Any("error", err))
	if p.o.Hooks.OnError != nil {
		p.o.Hooks.OnError(Failure{Device: id, Err: err})
	}
}
