package pipeline

import (
	"context"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/event"
)

// Event sends an event that the platform raises, such as event.Suspend: a change in the
// life of a device that its messages do not show. If it does not name the device type and
// the group of its device, those of the registry are filled in; the callbacks of that
// group get it. The error is a *DeviceError if the device is not registered.
func (p *Pipeline) Event(ctx context.Context, e event.Event) error {
	id, ok := e.Device()
	if ok && (e.DeviceTypeID == "" || e.GroupID == "") {
		view, ok := p.o.Registry.View(id)
		if !ok {
			return &DeviceError{Device: id, Err: ErrUnknownDevice}
		}
		if e.DeviceTypeID == "" {
			e.DeviceTypeID = view.ID()
		}
		if e.GroupID == "" {
			e.GroupID = view.GroupID()
		}
	}
	p.raise(ctx, e)
	return nil
}

func (p *Pipeline) raise(ctx context.Context, e event.Event) {
	if p.o.Hooks.OnEvent != nil {
		p.o.Hooks.OnEvent(e)
	}
	id, _ := e.Device()
	about := dispatch.Subject{
		Service: callback.EventCallback, Device: id,
		DeviceTypeID: e.DeviceTypeID, GroupID: e.GroupID, Time: e.Time,
	}
	for t := range p.o.Registry.RouteEvent(e.GroupID) {
		r, err := dispatch.NewSourceRequest(t, about, e)
		p.send(ctx, r, err)
	}
}

// raiseFor sends an event that a message caused.
func (p *Pipeline) raiseFor(ctx context.Context, s *subject, e event.Event) {
	e.MessageTime = s.time
	e.DeviceTypeID, e.GroupID = s.view.ID(), s.view.GroupID()
	if p.o.Describe != nil {
		p.o.Describe(&e)
	}
	p.raise(ctx, e)
}

// follow looks at the sequence number of a message. The error is ErrOutOfSequence in
// a *DeviceError if it must not be delivered. Each message that is not raises its
// event.
func (p *Pipeline) follow(ctx context.Context, s *subject, n sigfox.SeqNumber) error {
	numbered := dedup.Numbered{Device: s.device, Seq: n, Uplinks: s.view.UplinksPerDay()}
	if p.o.Rollover != nil {
		numbered.Rollover = p.o.Rollover(s.device)
	}
	switch q := p.o.Sequence.Observe(s.now, numbered); q.State {
	case dedup.BreakInSequence:
		p.raiseBreak(ctx, s, event.InvalidSeqNumber, q)
		return nil
	case dedup.OutOfSequence:
		p.raiseBreak(ctx, s, event.OutOfSequence, q)
		return &DeviceError{Device: s.device, Err: ErrOutOfSequence}
	default:
		return nil
	}
}

func (p *Pipeline) raiseBreak(ctx context.Context, s *subject, t event.Type, q dedup.Sequence) {
	e := event.NewSequenceBreak(t, s.device, s.now, event.SequenceBreak{
		Expected: seqNumber(q.Expected), Last: seqNumber(q.Last), Received: seqNumber(q.Received),
	})
	device, _ := p.o.Registry.Device(s.device)
	e.DeviceInfo = event.DeviceInfo{ID: sigfox.Some(s.device), Name: device.Name}
	p.raiseFor(ctx, s, e)
}

// countUplink counts a message of the day, and raises an event for the first one
// that is above the contract.
func (p *Pipeline) countUplink(ctx context.Context, s *subject) {
	if p.o.Uplinks.Add(s.now, s.device) == s.view.UplinksPerDay()+1 {
		p.raiseFor(ctx, s, event.New(event.Overusage, s.device, s.now, &event.Subscription{}))
	}
}
