package main

import (
	"context"
	"errors"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/pipeline"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/examples/cloud/board"
	"github.com/go-sigfox/sigfox/examples/cloud/radio"
)

// tick is how often the world is asked what has happened.
const tick = 10 * time.Millisecond

// drive passes what the stations hear to the pipeline until ctx ends.
func (n *cloud) drive(ctx context.Context) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			n.advance(ctx, n.clock.now())
		}
	}
}

// advance plays the network up to now.
func (n *cloud) advance(ctx context.Context, now time.Time) {
	n.mu.Lock()
	signals := n.world.Until(now)
	n.mu.Unlock()
	for i := range signals {
		s := &signals[i]
		if due, ok := n.pipeline.Next(); ok && !due.After(s.At) {
			n.pipeline.Advance(ctx, s.At)
		}
		n.hear(ctx, s)
	}
	n.pipeline.Advance(ctx, now)
	n.board.Frames(len(signals))
}

// hear passes one signal on.
func (n *cloud) hear(ctx context.Context, s *radio.Signal) {
	var err error
	switch {
	case s.Frame != nil:
		err = n.hearFrame(ctx, s)
	case s.Status != nil:
		err = n.hearStatus(ctx, s)
	case s.Repeater != nil:
		err = n.pipeline.Repeater(ctx, s.At, sigfox.NoSeqNumber, callback.Repeater{
			Device: s.Device, Batt: sigfox.Some(s.Repeater.Battery), WhitelistDevices: sigfox.Some(0),
			RepeatedMsg: sigfox.Some(s.Repeater.Repeated), UnwantedDevices: sigfox.Some(s.Repeater.UnwantedDevices),
			UnwantedMsg: sigfox.Some(callback.Bucket(s.Repeater.Unwanted)), WrongMsg: sigfox.Some(callback.Bucket(0)),
			OverRegulMsg: sigfox.Some(callback.Bucket(0)),
		})
	}
	if errors.Is(err, pipeline.ErrOutOfSequence) {
		n.pipeline.Disengage(s.Device) // or the demo would hear no more of it
	}
}

func (n *cloud) hearFrame(ctx context.Context, s *radio.Signal) error {
	verdict, err := n.pipeline.Frame(ctx, s.At, pipeline.Frame{Frame: *s.Frame, Ask: s.Ask})
	if verdict != dedup.First || err != nil {
		return err
	}
	view, _ := n.registry.View(s.Device)
	subject := subjectOf(sigfox.MessageKey{Device: s.Device, Time: s.Frame.Time, Seq: s.Frame.Seq})
	subject.DeviceTypeID, subject.Data, subject.Ack = view.ID(), s.Frame.Payload, s.Ask
	custom := n.custom(view.ID(), s.Frame.Payload)
	n.board.Update(subject, func(row *board.Row) { row.CustomData = custom })
	return nil
}

func (n *cloud) hearStatus(ctx context.Context, s *radio.Signal) error {
	m := callback.Status{
		Device: s.Device, Time: s.At.UTC().Truncate(time.Second), SeqNumber: sigfox.Some(s.Status.Seq),
		Batt: sigfox.Some(s.Status.Battery), Temp: sigfox.Some(s.Status.Temperature),
	}
	m.Station, m.RSSI, m.SNR = sigfox.Some(s.Status.Station), sigfox.Some(s.Status.RSSI), sigfox.Some(s.Status.SNR)
	return n.pipeline.Status(ctx, s.At, m)
}

// emit has a station send a downlink.
func (n *cloud) emit(_ context.Context, e pipeline.Emission) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, err := n.world.Downlink(e.Message.Device, e.Station, e.Data)
	return err // nil also if the device missed it: that the network cannot know
}

// locate computes where a device is, as the Atlas service does: somewhere between
// the stations that heard it.
func (n *cloud) locate(m *dedup.Message) (callback.Location, bool) {
	view, _ := n.registry.View(m.Key.Device)
	if t, ok := n.registry.DeviceType(view.ID()); !ok || t.Name != "Tracker" {
		return callback.Location{}, false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return located(n.world.Stations(), m.Receptions), true
}

// rollover returns after how many messages the counter of a device starts again.
func (n *cloud) rollover(id sigfox.DeviceID) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	d, ok := n.world.Device(id)
	if !ok {
		return 0
	}
	return d.Profile.Rollover
}

func timeOf(k sigfox.MessageKey) time.Time { return time.Unix(k.Time, 0).UTC() }
