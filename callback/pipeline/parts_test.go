package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/pipeline"
	"github.com/go-sigfox/sigfox/callback/routing"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/event"
	"github.com/go-sigfox/sigfox/keepalive"
	"github.com/go-sigfox/sigfox/template"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	registry := newRegistry(t, nil)
	sender := senderFunc(func(context.Context, dispatch.Request) error { return nil })
	for field, o := range map[string]pipeline.Options{
		"Registry":         {Sender: sender},
		"Sender":           {Registry: registry},
		"AcknowledgeAfter": {Registry: registry, Sender: sender, AcknowledgeAfter: -1},
		"MaxDownlinks":     {Registry: registry, Sender: sender, MaxDownlinks: -1},
	} {
		_, err := pipeline.New(o)
		require.ErrorContains(t, err, "Options."+field)
	}
}

func TestUnknownDevices(t *testing.T) {
	t.Parallel()
	w := newIdle(t, nil, pipeline.Options{})
	now := time.Now()
	_, frame := w.Frame(t.Context(), now, pipeline.Frame{Frame: dedup.Frame{Device: 9}})
	for _, err := range []error{
		frame,
		w.Status(t.Context(), now, callback.Status{Device: 9}),
		w.Repeater(t.Context(), now, 1, callback.Repeater{Device: 9}),
		w.Event(t.Context(), event.New(event.Suspend, 9, now, nil)),
	} {
		require.ErrorIs(t, err, pipeline.ErrUnknownDevice)
		var device *pipeline.DeviceError
		require.ErrorAs(t, err, &device)
		require.EqualValues(t, 9, device.Device)
	}
	require.Empty(t, w.lines)
}

// TestDevicesThatLeave removes a device while its message is under way.
func TestDevicesThatLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newIdle(t, func(dt *routing.DeviceType, _ *routing.Device) {
			dt.KeepAlive, dt.DownlinkMode, dt.Callbacks = time.Hour, routing.DownlinkDirect, nil
		}, pipeline.Options{})
		w.hear(asks(7))
		require.NoError(t, w.registry.RemoveDevice(sensor))
		w.Advance(t.Context(), time.Now().Add(2*time.Hour))
		require.Equal(t, []string{
			"0s drop SERVICE/DATA_ADVANCED: pipeline: unknown device",
			"0s drop SERVICE/ACKNOWLEDGE: pipeline: unknown device",
		}, w.seen())
	})
}

func TestDropsAreTold(t *testing.T) {
	t.Parallel()
	var drops []pipeline.Drop
	var log bytes.Buffer
	registry := newRegistry(t, func(dt *routing.DeviceType, _ *routing.Device) {
		dt.Callbacks = callbacksOf(dt, callback.DataUplink)
		broken := definition(callback.DataUplink)
		broken.ID = "5c187c222564327e80000009"
		broken.Headers, broken.PayloadConfig = map[string]string{"Name": "{customData#name}"}, "name::char:8"
		dt.Callbacks = append(dt.Callbacks, dispatch.TargetOptions{Definition: broken})
	})
	p, err := pipeline.New(pipeline.Options{
		Registry: registry,
		Sender: senderFunc(func(context.Context, dispatch.Request) error {
			return dispatch.ErrQueueFull
		}),
		Hooks:  pipeline.Hooks{OnDrop: func(d pipeline.Drop) { drops = append(drops, d) }},
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	require.NoError(t, err)
	f := frame(7)
	f.Time = 1_772_366_400
	f.Payload, err = sigfox.NewPayload([]byte("a\nb/c d\x00"))
	require.NoError(t, err)
	_, err = p.Frame(t.Context(), time.Now(), f)
	require.NoError(t, err)

	require.Len(t, drops, 2)
	require.ErrorIs(t, drops[0].Err, dispatch.ErrQueueFull)
	var unrendered *template.RenderError
	require.ErrorAs(t, drops[1].Err, &unrendered)
	for _, d := range drops {
		require.Equal(t, callback.DataUplink, d.Service)
		require.Equal(t, sensor, d.Device)
		require.Equal(t, f.Time, d.Time.Unix())
		require.Contains(t, log.String(), "target="+d.Target.ID())
	}
}

func TestUnsentBidirIsNoAnswer(t *testing.T) {
	t.Parallel()
	var told []pipeline.Downlink
	p, err := pipeline.New(pipeline.Options{
		Registry: newRegistry(t, nil),
		Sender: senderFunc(func(context.Context, dispatch.Request) error {
			return dispatch.ErrQueueFull
		}),
		Hooks: pipeline.Hooks{OnDownlink: func(d pipeline.Downlink) { told = append(told, d) }},
	})
	require.NoError(t, err)
	now := time.Now()
	_, err = p.Frame(t.Context(), now, asks(7))
	require.NoError(t, err)
	p.Advance(t.Context(), now.Add(35*time.Second))
	require.Len(t, told, 1)
	require.Equal(t, "NO_ANSWER", told[0].Code.String())
}

func TestKeepAliveDelayChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newIdle(t, func(dt *routing.DeviceType, _ *routing.Device) { dt.KeepAlive = 3 * time.Hour }, pipeline.Options{})
		delay := func(d time.Duration) {
			dt, _ := w.registry.DeviceType(sensorType)
			dt.KeepAlive = d
			_, err := w.registry.PutDeviceType(dt)
			require.NoError(t, err)
		}
		advance := func(end time.Duration) {
			for time.Since(w.start) < end {
				time.Sleep(10 * time.Minute)
				w.Advance(t.Context(), time.Now())
			}
		}
		require.NoError(t, w.registry.PutDevice(routing.Device{ID: 2, DeviceTypeID: sensorType}), "never heard")
		w.hear(frame(1))
		advance(time.Hour)
		delay(2 * time.Hour)
		w.ApplyKeepAlive(t.Context(), time.Now(), sensorType)
		advance(3 * time.Hour)
		w.hear(frame(2))
		delay(time.Hour)
		advance(3*time.Hour + 50*time.Minute)
		w.hear(frame(3)) // from now on an hour
		advance(5*time.Hour + 30*time.Minute)
		w.hear(frame(4))
		delay(0) // nobody wants to know any more, not even of this silence
		advance(10 * time.Hour)
		w.hear(frame(5))
		delay(time.Hour)
		w.hear(frame(6))
		advance(20 * time.Hour)
		delay(0)
		w.ApplyKeepAlive(t.Context(), time.Now(), sensorType)
		require.Equal(t, []string{
			"2h0m0s ERROR 2C30EA ERROR No message received since 2000-01-01 00:00:00",
			"4h50m0s ERROR 2C30EA ERROR No message received since 2000-01-01 03:50:00",
			"11h0m0s ERROR 2C30EA ERROR No message received since 2000-01-01 10:00:00",
		}, only(w.seen(), " ERROR "))
	})
}

func TestKeepAliveFailuresAreTold(t *testing.T) {
	t.Parallel()
	monitor, err := keepalive.New(keepalive.Options{Delay: time.Hour, MinDelay: time.Hour, MaxDevices: 1})
	require.NoError(t, err)
	var failures []pipeline.Failure
	p, err := pipeline.New(pipeline.Options{
		Registry: newRegistry(t, func(dt *routing.DeviceType, _ *routing.Device) { dt.KeepAlive = 45 * time.Minute }),
		Sender:   senderFunc(func(context.Context, dispatch.Request) error { return nil }), KeepAlive: monitor,
		Hooks: pipeline.Hooks{OnError: func(f pipeline.Failure) { failures = append(failures, f) }},
	})
	require.NoError(t, err)
	require.NoError(t, monitor.Set(time.Now(), 99, time.Hour))
	_, err = p.Frame(t.Context(), time.Now(), frame(7))
	require.NoError(t, err, "the message is delivered all the same")
	require.Len(t, failures, 2)
	require.ErrorIs(t, failures[0].Err, keepalive.ErrFull)
	var delay *keepalive.DelayError
	require.ErrorAs(t, failures[1].Err, &delay)
	require.Equal(t, sensor, failures[1].Device)
}

// TestNothingMeasured has a station that measures nothing, and one that does.
func TestNothingMeasured(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(dt *routing.DeviceType, _ *routing.Device) {
			dt.DownlinkMode = routing.DownlinkDirect
		}, pipeline.Options{Locate: func(*dedup.Message) (callback.Location, bool) { return callback.Location{}, false }})
		nan := float32(math.NaN())
		w.hear(by(asks(7), 1, nan))
		w.hear(by(asks(7), 2, -130))
		w.until(time.Minute)
		require.Equal(t, []string{
			"0s DATA/UPLINK 2C30EA seq=7 data=07 station=0001 rssi=null",
			"20s emit 000000020000ff7e by 0002",
			`25s SERVICE/DATA_ADVANCED {"device":"2C30EA","seq":7,"lqi":"Average",` +
				`"duplicates":[{"bsId":"0001","nbRep":1},{"bsId":"0002","rssi":-130,"nbRep":1}],"location":null}`,
		}, only(w.seen(), "UPLINK", "emit", "ADVANCED"))
	})
}

// TestNoMetadataInOutOfBandFrames withholds what the contract does not include.
func TestNoMetadataInOutOfBandFrames(t *testing.T) {
	t.Parallel()
	w := newIdle(t, nil, pipeline.Options{Metadata: func(routing.View) bool { return false }})
	require.NoError(t, w.Status(t.Context(), time.Now(), callback.Status{
		Device: sensor, Reception: callback.Reception{Station: sigfox.Some[sigfox.StationID](1)},
	}))
	require.Contains(t, w.lines[0], "station=null")
}

// TestSequenceOfOutOfBandFrames: they use up numbers like messages do.
func TestSequenceOfOutOfBandFrames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, pipeline.Options{})
		status := callback.Status{Device: sensor, SeqNumber: sigfox.Some[sigfox.SeqNumber](8)}
		w.hear(frame(7))
		require.NoError(t, w.Status(t.Context(), time.Now(), status))
		w.hear(frame(9))
		require.NoError(t, w.Repeater(t.Context(), time.Now(), 10, callback.Repeater{Device: sensor}))
		require.Empty(t, only(w.seen(), "EVENT"))
		status.SeqNumber = sigfox.Some[sigfox.SeqNumber](3000)
		require.ErrorIs(t, w.Status(t.Context(), time.Now(), status), pipeline.ErrOutOfSequence)
		require.Len(t, only(w.seen(), "STATUS"), 1)
	})
}

func TestRollover(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, pipeline.Options{Rollover: func(sigfox.DeviceID) int { return 128 }})
		w.hear(frame(127))
		w.hear(frame(0))
		w.hear(frame(1))
		require.Empty(t, only(w.seen(), "EVENT"))
	})
}

func TestEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []event.Event
		w := newWorld(t, nil, pipeline.Options{
			Describe: func(e *event.Event) {
				if s, ok := e.Detail.(*event.Subscription); ok {
					s.ContractID = "contract"
				}
			},
			Hooks: pipeline.Hooks{OnEvent: func(e event.Event) { told = append(told, e) }},
		})
		for n := range sigfox.SeqNumber(dedup.DefaultUplinks + 1) {
			w.hear(frame(n))
		}
		w.hear(frame(200))
		require.NoError(t, w.Event(t.Context(), event.Event{Type: "NEWS", SourceType: "GROUP", GroupID: customers}))
		require.NoError(t, w.Event(t.Context(), event.Event{Type: "MOVED", SourceID: "2C30EA", GroupID: "elsewhere"}))
		require.Len(t, only(w.seen(), "EVENT"), 3, "MOVED is of a group without callbacks")
		require.Len(t, told, 4)

		over := told[0]
		require.Equal(t, event.Overusage, over.Type)
		require.Equal(t, &event.Subscription{ContractID: "contract"}, over.Detail)
		require.Equal(t, w.start.UTC(), over.MessageTime)
		require.Equal(t, sensorType, over.DeviceTypeID)
		require.Equal(t, customers, over.GroupID)
		require.True(t, over.DeviceInfo.IsZero(), "not documented for it")
		require.Equal(t, event.DeviceInfo{ID: sigfox.Some(sensor), Name: "attic"}, told[1].DeviceInfo)
		require.Equal(t, sensorType, told[3].DeviceTypeID)
		require.Equal(t, "elsewhere", told[3].GroupID)
	})
}

// TestReplacedParts counts what an Aggregator of the caller's is asked.
func TestReplacedParts(t *testing.T) {
	t.Parallel()
	inner, err := dedup.NewAggregator(dedup.AggregatorOptions{Window: time.Second})
	require.NoError(t, err)
	sequence, err := dedup.NewSequenceWatch(dedup.SequenceOptions{})
	require.NoError(t, err)
	var closed []sigfox.MessageKey
	counting := &countingAggregator{Aggregator: inner}
	w := newIdle(t, nil, pipeline.Options{
		Aggregator: counting, Sequence: sequence,
		Hooks: pipeline.Hooks{OnMessage: func(m *dedup.Message) { closed = append(closed, m.Key) }},
	})
	now := time.Now()
	_, err = w.Frame(t.Context(), now, frame(7))
	require.NoError(t, err)
	w.Advance(t.Context(), now.Add(time.Second))
	require.Equal(t, 1, counting.frames)
	require.Equal(t, 1, sequence.Devices())
	require.Equal(t, []sigfox.MessageKey{{Device: sensor, Seq: 7}}, closed)
	require.Len(t, only(w.lines, "DATA_ADVANCED"), 1)
}

type countingAggregator struct {
	*dedup.Aggregator
	frames int
}

// Add implements pipeline.Aggregator.
func (a *countingAggregator) Add(now time.Time, f dedup.Frame) dedup.Verdict {
	a.frames++
	return a.Aggregator.Add(now, f)
}

// TestRefusedMessagesStayRefused closes the window of a message that was refused,
// and of one without time or number.
func TestRefusedMessagesStayRefused(t *testing.T) {
	t.Parallel()
	w := newIdle(t, nil, pipeline.Options{})
	now := time.Unix(1_772_366_400, 0)
	odd := frame(sigfox.NoSeqNumber)
	odd.Time = -1
	far := frame(3000)
	far.Time = now.Unix()
	for _, f := range []pipeline.Frame{frame(0), odd, far} {
		verdict, err := w.Frame(t.Context(), now, f)
		require.Equal(t, dedup.First, verdict)
		require.True(t, err == nil || errors.Is(err, pipeline.ErrOutOfSequence), err)
	}
	w.Disengage(sensor)
	w.Advance(t.Context(), now.Add(time.Minute))
	require.Len(t, only(w.lines, "DATA/UPLINK"), 2)
	require.Len(t, only(w.lines, "DATA_ADVANCED"), 2)
	require.Empty(t, only(w.lines, `"seq":3000`))
}
