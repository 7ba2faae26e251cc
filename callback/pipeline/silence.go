package pipeline

import (
	"context"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
)

// ApplyKeepAlive gives the devices of a device type its keep-alive delay at once.
// Call it after the delay was changed; otherwise it applies to each device from its
// next message. Devices that were never heard, or not since the delay was off, are
// not watched before their next message.
func (p *Pipeline) ApplyKeepAlive(ctx context.Context, now time.Time, deviceTypeID string) {
	t, _ := p.o.Registry.DeviceType(deviceTypeID)
	for d := range p.o.Registry.Devices(deviceTypeID) {
		if _, watched := p.o.KeepAlive.Lookup(d.ID); watched {
			p.setDelay(ctx, now, d.ID, t.KeepAlive)
		}
	}
}

// endSilence tells that the device was heard.
func (p *Pipeline) endSilence(ctx context.Context, s *subject) {
	// The silence ends before the delay changes: a shorter one must not find the device
	// silent.
	p.fail(ctx, s.device, p.o.KeepAlive.Touch(s.now, s.device))
	p.setDelay(ctx, s.now, s.device, s.view.KeepAlive())
}

func (p *Pipeline) setDelay(ctx context.Context, now time.Time, id sigfox.DeviceID, delay time.Duration) {
	if delay == 0 {
		p.o.KeepAlive.Remove(id)
		return
	}
	p.fail(ctx, id, p.o.KeepAlive.Set(now, id, delay))
}

// alert sends an ERROR callback for each device that has been silent for its delay.
func (p *Pipeline) alert(ctx context.Context, now time.Time) {
	for b := range p.o.KeepAlive.Expired(now) {
		view, ok := p.o.Registry.View(b.Device)
		if !ok || view.KeepAlive() == 0 { // nobody wants to know any more
			p.o.KeepAlive.Remove(b.Device)
			continue
		}
		m := callback.ReportSilence(now, b)
		deliver(ctx, p, &subject{device: b.Device, view: view, now: now, time: m.Time}, m)
	}
}
