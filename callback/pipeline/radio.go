package pipeline

import (
	"context"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/routing"
	"github.com/go-sigfox/sigfox/downlink"
)

// Emission is a downlink for a base station to send.
type Emission struct {
	// Message is the message whose device asked.
	Message sigfox.MessageKey
	// Station is the base station that heard it best.
	Station sigfox.StationID
	// Data is what to send.
	Data downlink.Data
	// Opens and Closes are when the device begins and ends to listen.
	Opens, Closes time.Time
}

// takeUp starts a downlink for a message that asks. The opportunity is nil if there
// is no room for one; its outcome was reported then.
func (p *Pipeline) takeUp(ctx context.Context, s *subject, f *Frame) *opportunity {
	device, _ := p.o.Registry.Device(s.device)
	window := downlink.WindowOf(device.Zone)
	mode, direct, perDay := s.view.DownlinkMode(), s.view.Direct(), s.view.DownlinksPerDay()
	o := &opportunity{
		message: f.id(), time: s.time,
		received: s.now, opens: s.now.Add(window.Opens), closes: s.now.Add(window.Closes),
		station: f.Station, rssi: f.RSSI,
		direct: direct, perDay: perDay,
		facts: downlink.Opportunity{
			Off:         mode != routing.DownlinkDirect && mode != routing.DownlinkCallback,
			NoContract:  perDay == 0,
			NoCallback:  mode == routing.DownlinkCallback && s.view.Hook() == nil,
			QuietNoData: p.o.QuietNoData,
		},
	}
	o.render()
	if p.downlinks.start(o) {
		return o
	}
	p.fail(ctx, s.device, ErrDownlinksFull)
	full := o.task()
	full.decision = downlink.Decision{Step: downlink.StepReport, Code: downlink.NetworkError}
	p.report(ctx, s.now, full)
	return nil
}

// ask sends the BIDIR callbacks of a message that asks for a downlink. The answer
// may be there before Enqueue returns, so all that it needs is noted before.
func (p *Pipeline) ask(ctx context.Context, s *subject, f *Frame, m callback.Bidir) {
	o := p.takeUp(ctx, s, f)
	hook := s.view.Hook()
	for t := range s.view.Targets(callback.DataBidir) {
		r, err := render(s, t, m)
		if o == nil || t != hook {
			p.send(ctx, r, err)
			continue
		}
		p.downlinks.expect(o, r.ID)
		if !p.send(ctx, r, err) {
			p.downlinks.answer(s.device, r.ID, noAnswer)
		}
	}
}

func noAnswer(o *downlink.Opportunity) { o.Answer = downlink.AnswerMissing }

// emit has a base station send a downlink, if the quota of the device or the
// capacity of the network allow it.
func (p *Pipeline) emit(ctx context.Context, clock func() time.Time, t task) {
	id := t.emission.Message.Device
	now := clock()
	quota, radio := downlink.QuotaLeft, downlink.RadioFailed
	if p.o.Downlinks.Add(now, id) > t.perDay {
		quota = downlink.QuotaOverused
		if p.o.Capacity != nil && !p.o.Capacity(t.emission) {
			quota = downlink.QuotaBlocked
		}
	}
	if quota != downlink.QuotaBlocked && p.o.Emit != nil {
		if err := p.o.Emit(ctx, t.emission); err != nil {
			p.fail(ctx, id, err)
		} else {
			radio = downlink.RadioEmitted
			p.o.Sequence.Downlink(id)
		}
	}
	if radio == downlink.RadioFailed {
		p.o.Downlinks.Undo(now, id)
	}
	p.downlinks.settle(clock(), t.opportunity, quota, radio)
}

// report tells what became of a message that asked for a downlink.
func (p *Pipeline) report(ctx context.Context, now time.Time, t task) {
	if p.o.Hooks.OnDownlink != nil {
		p.o.Hooks.OnDownlink(Downlink{Message: t.emission.Message, Station: t.emission.Station, Decision: t.decision})
	}
	if t.decision.Step != downlink.StepReport {
		return
	}
	s := &subject{device: t.emission.Message.Device, now: now, time: t.time}
	var ok bool
	if s.view, ok = p.o.Registry.View(s.device); !ok {
		p.drop(ctx, Drop{
			Service: callback.ServiceAcknowledge, Device: s.device, Time: s.time, Err: ErrUnknownDevice,
		})
		return
	}
	deliver(ctx, p, s, callback.Acknowledge{
		Device: s.device, Time: s.time,
		InfoCode: sigfox.Some(t.decision.Code), InfoMessage: t.decision.Code.Message(),
		DownlinkAck: sigfox.Some(t.decision.Code.Sent()), DownlinkOverusage: sigfox.Some(t.decision.Overusage),
	})
}
