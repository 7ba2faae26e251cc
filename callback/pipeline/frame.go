package pipeline

import (
	"context"
	"math"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/routing"
	"github.com/go-sigfox/sigfox/dedup"
)

// Frame is one copy of a message, as one base station heard it.
type Frame struct {
	dedup.Frame
	// Ask: the device listens for a downlink.
	Ask bool
	// LongPolling: the device supports long polling for downlinks.
	LongPolling bool
}

// Frame takes a frame that was received at now. The first frame of a message sends
// its UPLINK and BIDIR callbacks, ends the silence of the device, and raises the
// events that follow from its sequence number and from the number of messages of
// the day. All frames count for DATA_ADVANCED. A message without a time gets the time
// now.
//
// The error is a *DeviceError: ErrUnknownDevice, and the frame is ignored; or, for a
// first frame, ErrOutOfSequence. Then nothing of the message is delivered, and it does
// not end the silence of the device, which may not even have sent it. If the Aggregator
// has no room for a message, the verdict is dedup.Full and nothing is delivered.
func (p *Pipeline) Frame(ctx context.Context, now time.Time, f Frame) (dedup.Verdict, error) {
	view, ok := p.o.Registry.View(f.Device)
	if !ok {
		return dedup.Full, &DeviceError{Device: f.Device, Err: ErrUnknownDevice}
	}
	if f.Time <= 0 || f.Time > math.MaxUint32 { // what an Aggregator takes for unknown
		f.Time = 0
	}
	verdict := p.o.Aggregator.Add(now, f.Frame)
	switch {
	case verdict == dedup.First:
		return verdict, p.accept(ctx, now, view, &f)
	case verdict == dedup.Merged && f.Ask:
		p.downlinks.hear(&f)
	}
	return verdict, nil
}

// accept handles the first frame of a message.
func (p *Pipeline) accept(ctx context.Context, now time.Time, view routing.View, f *Frame) error {
	s := &subject{device: f.Device, view: view, now: now, time: messageTime(f.Time, now)}
	if err := p.follow(ctx, s, f.Seq); err != nil {
		p.refused.add(f.id())
		return err
	}
	p.endSilence(ctx, s)
	p.countUplink(ctx, s)
	m := p.uplink(s, f)
	deliver(ctx, p, s, m)
	if f.Ask {
		p.ask(ctx, s, f, bidir(&m, f))
	} else {
		deliver(ctx, p, s, bidir(&m, f))
	}
	return nil
}

func (f *Frame) key() sigfox.MessageKey {
	return sigfox.MessageKey{Device: f.Device, Time: f.Time, Seq: f.Seq}
}

func (f *Frame) id() messageID { return messageID{f.key(), f.Payload} }

// messageTime returns the time of a message: what the network says, or else when it
// was received.
func messageTime(unix int64, received time.Time) time.Time {
	if unix == 0 {
		unix = received.Unix()
	}
	return time.Unix(unix, 0).UTC()
}

func (p *Pipeline) uplink(s *subject, f *Frame) callback.Uplink {
	m := callback.Uplink{
		Device: f.Device, Time: s.time, DeviceTypeID: s.view.ID(), DeviceTypeName: s.view.Name(),
		Data: f.Payload, SeqNumber: seqNumber(f.Seq),
	}
	if p.metadata(s.view) {
		m.Reception = callback.Reception{
			Station: sigfox.Some(f.Station), RSSI: measured(f.RSSI), SNR: measured(f.SNR),
		}
	}
	return m
}

// bidir returns the BIDIR callback for the message of an UPLINK callback.
func bidir(m *callback.Uplink, f *Frame) callback.Bidir {
	return callback.Bidir{
		Device: m.Device, Time: m.Time, DeviceTypeID: m.DeviceTypeID, DeviceTypeName: m.DeviceTypeName,
		Data: m.Data, SeqNumber: m.SeqNumber, Reception: m.Reception,
		Ack: sigfox.Some(f.Ask), LongPolling: sigfox.Some(f.LongPolling),
	}
}

func (p *Pipeline) metadata(view routing.View) bool {
	return p.o.Metadata == nil || p.o.Metadata(view)
}

func seqNumber(n sigfox.SeqNumber) sigfox.Opt[sigfox.SeqNumber] {
	if n == sigfox.NoSeqNumber {
		return sigfox.Opt[sigfox.SeqNumber]{}
	}
	return sigfox.Some(n)
}

// measured returns a value in dBm or dB to two decimals, absent if it is NaN.
func measured(v float32) sigfox.Opt[float64] {
	if isNaN(v) {
		return sigfox.Opt[float64]{}
	}
	return sigfox.Some(math.Round(float64(v)*100) / 100)
}

func isNaN(v float32) bool { return v != v }
