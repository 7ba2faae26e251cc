package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/pipeline"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/examples/cloud/board"
	"github.com/go-sigfox/sigfox/examples/cloud/radio"
)

// worthTelling is how long the clock waits before the pages are told.
const worthTelling = 300 * time.Millisecond

// drive plays the network until ctx ends.
func (n *cloud) drive(ctx context.Context) {
	ticker := time.NewTicker(n.clock.tick())
	defer ticker.Stop()
	waiting := false    // as the pages know it
	since := time.Now() // the clock went on
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		n.advance(ctx, n.clock.advance())
		if !n.clock.waiting() {
			since = time.Now()
		}
		if now := time.Since(since) > worthTelling; now != waiting {
			waiting = now
			n.board.Tell("waiting", waiting)
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
	n.raiseEvents(ctx, now)
	n.board.Frames(len(signals))
}

// hear passes on what one station told.
func (n *cloud) hear(ctx context.Context, s *radio.Signal) {
	var err error
	switch {
	case s.Frame != nil:
		err = n.hearFrame(ctx, s)
	case s.Status != nil:
		err = n.hearStatus(ctx, s)
	case s.Repeater != nil:
		err = n.hearRepeater(ctx, s)
	}
	if errors.Is(err, pipeline.ErrOutOfSequence) {
		n.pipeline.Disengage(s.Device) // or nothing more would be heard of it
	}
}

// hearFrame shows a message before its callbacks, which make it known to the pages.
func (n *cloud) hearFrame(ctx context.Context, s *radio.Signal) error {
	verdict, err := n.pipeline.Frame(ctx, s.At, pipeline.Frame{Frame: *s.Frame, Ask: s.Ask})
	view, ok := n.registry.View(s.Device)
	if verdict != dedup.First || !ok {
		return err
	}
	key := sigfox.MessageKey{Device: s.Device, Time: s.Frame.Time, Seq: s.Frame.Seq}
	subject := subjectOf(key)
	subject.DeviceTypeID, subject.Data, subject.Ack = view.ID(), s.Frame.Payload, s.Ask
	custom := n.custom(view.ID(), s.Frame.Payload)
	refused := errors.Is(err, pipeline.ErrOutOfSequence)
	n.board.Update(subject, func(row *board.Row) {
		row.CustomData = custom
		if refused {
			row.Info = "refused: out of sequence"
		}
	})
	n.heardOf(key, s.Frame)
	return err
}

func (n *cloud) hearStatus(ctx context.Context, s *radio.Signal) error {
	m := callback.Status{
		Device: s.Device, Time: s.At.UTC().Truncate(time.Second), SeqNumber: sigfox.Some(s.Status.Seq),
		Batt: sigfox.Some(s.Status.Battery), Temp: sigfox.Some(s.Status.Temperature),
	}
	m.Station, m.RSSI, m.SNR = sigfox.Some(s.Status.Station), sigfox.Some(s.Status.RSSI), sigfox.Some(s.Status.SNR)
	subject := dispatch.Subject{Service: callback.ServiceStatus, Device: s.Device, Time: m.Time, SeqNumber: m.SeqNumber}
	n.board.Update(subject, func(row *board.Row) {
		row.Info = fmt.Sprintf("battery %.2f V, temperature %.1f °C", s.Status.Battery, s.Status.Temperature)
	})
	return n.pipeline.Status(ctx, s.At, m)
}

func (n *cloud) hearRepeater(ctx context.Context, s *radio.Signal) error {
	m := callback.Repeater{
		Device: s.Device, Time: s.At.UTC().Truncate(time.Second), Batt: sigfox.Some(s.Repeater.Battery),
		WhitelistDevices: sigfox.Some(0), RepeatedMsg: sigfox.Some(s.Repeater.Repeated),
		UnwantedDevices: sigfox.Some(s.Repeater.UnwantedDevices), UnwantedMsg: sigfox.Some(callback.Bucket(s.Repeater.Unwanted)),
		WrongMsg: sigfox.Some(callback.Bucket(0)), OverRegulMsg: sigfox.Some(callback.Bucket(0)),
	}
	n.board.Update(dispatch.Subject{Service: callback.ServiceRepeater, Device: s.Device, Time: m.Time}, func(row *board.Row) {
		row.Info = fmt.Sprintf("battery %.2f V, %d messages repeated", s.Repeater.Battery, s.Repeater.Repeated)
	})
	return n.pipeline.Repeater(ctx, s.At, sigfox.NoSeqNumber, m)
}

// heardOf keeps what the API tells of a device.
func (n *cloud) heardOf(k sigfox.MessageKey, f *dedup.Frame) {
	n.mu.Lock()
	defer n.mu.Unlock()
	state := n.heard[k.Device]
	state.LastCom, state.SeqNumber = timeOf(k), sigfox.Some(f.Seq)
	n.heard[k.Device] = state
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
