package pipeline

import (
	"context"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
)

// Status sends the out-of-band frame of a device, which was received at now: battery
// and temperature. It is also the frame by which a device confirms a downlink. The
// caller gives each once, however many stations heard it.
//
// Such a frame uses up a sequence number and ends the silence of the device, but does
// not count as a message of the day. The error is that of Frame.
// Source: https://support.sigfox.com/docs/out-of-band-(oob)-messages
func (p *Pipeline) Status(ctx context.Context, now time.Time, m callback.Status) error {
	if m.Time.IsZero() {
		m.Time = messageTime(0, now)
	}
	s, err := p.hearOutOfBand(ctx, now, m.Time, m.Device, m.SeqNumber.Or(sigfox.NoSeqNumber))
	if err != nil {
		return err
	}
	if !p.metadata(s.view) {
		m.Reception = callback.Reception{}
	}
	deliver(ctx, p, s, m)
	return nil
}

// Repeater sends the out-of-band frame of a repeater, which was received at now. As
// for Status, the caller gives each once; seq may be sigfox.NoSeqNumber.
// Source: https://support.sigfox.com/docs/repeater
func (p *Pipeline) Repeater(ctx context.Context, now time.Time, seq sigfox.SeqNumber, m callback.Repeater) error {
	if m.Time.IsZero() {
		m.Time = messageTime(0, now)
	}
	s, err := p.hearOutOfBand(ctx, now, m.Time, m.Device, seq)
	if err == nil {
		deliver(ctx, p, s, m)
	}
	return err
}

func (p *Pipeline) hearOutOfBand(
	ctx context.Context, now, at time.Time, id sigfox.DeviceID, seq sigfox.SeqNumber,
) (*subject, error) {
	view, ok := p.o.Registry.View(id)
	if !ok {
		return nil, &DeviceError{Device: id, Err: ErrUnknownDevice}
	}
	s := &subject{device: id, view: view, now: now, time: at}
	if err := p.follow(ctx, s, seq); err != nil {
		return nil, err
	}
	p.endSilence(ctx, s)
	return s, nil
}
