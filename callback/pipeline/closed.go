package pipeline

import (
	"context"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/dedup"
)

// closeMessages sends at now DATA_ADVANCED for the messages whose window is over at
// end.
func (p *Pipeline) closeMessages(ctx context.Context, now, end time.Time) {
	for again := true; again; {
		again = false
		for m := range p.o.Aggregator.Closed(end) {
			p.closeMessage(ctx, now, m)
			again = true // one call yields only so many
		}
	}
}

func (p *Pipeline) closeMessage(ctx context.Context, now time.Time, m *dedup.Message) {
	if p.refused.remove(messageID{m.Key, m.Payload}) {
		return
	}
	if p.o.Hooks.OnMessage != nil {
		p.o.Hooks.OnMessage(m)
	}
	at := messageTime(m.Key.Time, m.FirstSeen)
	view, ok := p.o.Registry.View(m.Key.Device)
	if !ok {
		p.drop(ctx, Drop{
			Service: callback.ServiceDataAdvanced, Device: m.Key.Device, Time: at, Err: ErrUnknownDevice,
		})
		return
	}
	s := &subject{device: m.Key.Device, view: view, now: now, time: at}
	for range view.Targets(callback.ServiceDataAdvanced) { // if there is one at all: Locate may take long
		deliver(ctx, p, s, p.dataAdvanced(s, m))
		return
	}
}

func (p *Pipeline) dataAdvanced(s *subject, m *dedup.Message) callback.DataAdvanced {
	device, _ := p.o.Registry.Device(s.device)
	quality := sigfox.LinkQualityOf(device.Zone, func(yield func(float64) bool) {
		for i := range m.Receptions {
			if !yield(float64(m.Receptions[i].RSSI)) {
				return
			}
		}
	})
	a := callback.DataAdvanced{
		Device: s.device, Time: s.time, DeviceTypeID: s.view.ID(), DeviceTypeName: s.view.Name(),
		Data: m.Payload, SeqNumber: seqNumber(m.Key.Seq),
		LQI: callback.LQI(quality.String()), LinkQuality: sigfox.Some(quality),
		// The cloud sends 0 for a position that was never set.
		FixedLat: sigfox.Some(device.Lat.Or(0)), FixedLng: sigfox.Some(device.Lng.Or(0)),
		OperatorName: p.o.OperatorName, CountryCode: p.o.CountryCode,
	}
	if p.metadata(s.view) {
		a.Duplicates = duplicates(m.Receptions)
	}
	if p.o.Locate != nil {
		if location, ok := p.o.Locate(m); ok {
			a.ComputedLocation = sigfox.Some(location)
		}
	}
	return a
}

// duplicates returns what the stations received, without the SNR, which the cloud
// does not send any more.
func duplicates(receptions []dedup.Reception) []callback.Duplicate {
	all := make([]callback.Duplicate, 0, len(receptions))
	for _, r := range receptions {
		all = append(all, callback.Duplicate{
			Station: sigfox.Some(r.Station), RSSI: measured(r.RSSI), NbRep: sigfox.Some(r.NbRep),
		})
	}
	return all
}
