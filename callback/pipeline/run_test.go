package pipeline_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/pipeline"
	"github.com/go-sigfox/sigfox/callback/routing"
	"github.com/go-sigfox/sigfox/downlink"
)

// newIdle returns a pipeline that nobody runs, and the world that its callbacks
// reach.
func newIdle(t *testing.T, change func(*routing.DeviceType, *routing.Device), o pipeline.Options) *world {
	t.Helper()
	w := &world{T: t, registry: newRegistry(t, change), start: time.Now()}
	o.Registry, o.Sender = w.registry, w
	o.Hooks.OnDrop = func(d pipeline.Drop) { w.note("drop %v: %v", d.Service, d.Err) }
	p, err := pipeline.New(o)
	require.NoError(t, err)
	w.Pipeline = p
	return w
}

var errShutdown = errors.New("shutting down")

func TestRunGoesOnWhereTheLastOneStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newIdle(t, nil, pipeline.Options{Emit: func(context.Context, pipeline.Emission) error { return nil }})
		w.answer = sends(someData)
		ctx, cancel := context.WithCancelCause(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.Pipeline.Run(ctx) }()
		w.hear(asks(7))
		w.until(10 * time.Second)
		require.ErrorIs(t, w.Pipeline.Run(t.Context()), pipeline.ErrRunning)
		cancel(errShutdown)
		require.ErrorIs(t, <-ended, errShutdown)

		w.until(22 * time.Second)
		ctx, cancel = context.WithCancelCause(t.Context())
		go func() { ended <- w.Pipeline.Run(ctx) }()
		w.until(time.Minute)
		cancel(errShutdown)
		require.ErrorIs(t, <-ended, errShutdown)
		require.Equal(t, []string{
			"35s SERVICE/ACKNOWLEDGE 2C30EA 946684800 0 Acked ack=true over=false",
		}, only(w.seen(), "ACKNOWLEDGE"))
		require.Len(t, only(w.seen(), "25s SERVICE/DATA_ADVANCED"), 1)
	})
}

// TestRunWaitsForEmissions ends Run while a station emits.
func TestRunWaitsForEmissions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newIdle(t, nil, pipeline.Options{Emit: func(ctx context.Context, _ pipeline.Emission) error {
			<-ctx.Done()
			time.Sleep(time.Second) // the station cannot stop at once
			return nil
		}})
		w.answer = sends(someData)
		ctx, cancel := context.WithCancelCause(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.Pipeline.Run(ctx) }()
		w.hear(asks(7))
		w.until(21 * time.Second)
		cancel(errShutdown)
		require.ErrorIs(t, <-ended, errShutdown)
		require.Equal(t, 22*time.Second, time.Since(w.start))
		w.Drain(t.Context(), time.Now())
		require.Equal(t, []string{
			"22s SERVICE/ACKNOWLEDGE 2C30EA 946684800 0 Acked ack=true over=false",
		}, only(w.seen(), "ACKNOWLEDGE"))
	})
}

// TestAdvance plays a day of model time at an instant.
func TestAdvance(t *testing.T) {
	t.Parallel()
	var emitted []pipeline.Emission
	w := newIdle(t, func(dt *routing.DeviceType, d *routing.Device) {
		dt.KeepAlive, d.Zone = time.Hour, sigfox.RC4
		dt.DownlinkMode = routing.DownlinkDirect
	}, pipeline.Options{Emit: func(_ context.Context, e pipeline.Emission) error {
		emitted = append(emitted, e)
		return nil
	}})
	model := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	_, waiting := w.Next()
	require.False(t, waiting)

	_, err := w.Frame(t.Context(), model, asks(7))
	require.NoError(t, err)
	steps := map[time.Duration]int{}
	for end := model.Add(24 * time.Hour); model.Before(end); {
		next, ok := w.Next()
		if !ok || next.After(model.Add(time.Minute)) {
			next = model.Add(time.Minute)
		}
		before := len(w.lines)
		model = next
		w.Advance(t.Context(), model)
		if n := len(w.lines) - before; n > 0 {
			steps[model.Sub(end.Add(-24*time.Hour))] = n
		}
	}
	require.Equal(t, map[time.Duration]int{
		25 * time.Second:           1, // DATA_ADVANCED
		35 * time.Second:           1, // ACKNOWLEDGE
		time.Hour + 50*time.Second: 1, // ERROR: a step a minute from 50 s on, when the message is forgotten
	}, steps)
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	require.Len(t, emitted, 1)
	require.Equal(t, start.Add(20*time.Second), emitted[0].Opens)
	require.Equal(t, start.Add(45*time.Second), emitted[0].Closes)
	require.Equal(t, sigfox.MessageKey{Device: sensor, Seq: 7}, emitted[0].Message)
}

// TestAdvanceTooLate comes back when the devices listen no longer.
func TestAdvanceTooLate(t *testing.T) {
	t.Parallel()
	w := newIdle(t, func(dt *routing.DeviceType, _ *routing.Device) {
		dt.DownlinkMode = routing.DownlinkDirect
	}, pipeline.Options{})
	now := time.Now()
	_, err := w.Frame(t.Context(), now, asks(7))
	require.NoError(t, err)
	w.Advance(t.Context(), now.Add(time.Hour))
	require.Len(t, only(w.lines, "4 Network error"), 1)
	w.Advance(t.Context(), now.Add(3*time.Hour))
	_, waiting := w.Next()
	require.False(t, waiting, "nothing is left of it")
}

// TestListeningEndsByItself has a device ask again before anybody looked.
func TestListeningEndsByItself(t *testing.T) {
	t.Parallel()
	var told []downlink.InfoCode
	w := newIdle(t, nil, pipeline.Options{Hooks: pipeline.Hooks{
		OnDownlink: func(d pipeline.Downlink) { told = append(told, d.Code) },
	}})
	now := time.Now()
	for i, at := range []time.Duration{0, 45 * time.Second, 89 * time.Second} {
		_, err := w.Frame(t.Context(), now.Add(at), asks(sigfox.SeqNumber(i)))
		require.NoError(t, err)
	}
	w.Advance(t.Context(), now.Add(5*time.Minute))
	require.ElementsMatch(t, []downlink.InfoCode{downlink.NoAnswer, downlink.NoAnswer, downlink.TooManyRequests}, told)
}

// TestWithoutRadio has no Emit.
func TestWithoutRadio(t *testing.T) {
	t.Parallel()
	w := newIdle(t, func(dt *routing.DeviceType, _ *routing.Device) {
		dt.DownlinkMode = routing.DownlinkDirect
	}, pipeline.Options{})
	now := time.Now()
	_, err := w.Frame(t.Context(), now, asks(7))
	require.NoError(t, err)
	w.Advance(t.Context(), now.Add(20*time.Second))
	w.Advance(t.Context(), now.Add(35*time.Second))
	require.Len(t, only(w.lines, "4 Network error"), 1)
}

func TestDrain(t *testing.T) {
	t.Parallel()
	w := newIdle(t, func(dt *routing.DeviceType, _ *routing.Device) { dt.KeepAlive = time.Hour }, pipeline.Options{
		Emit: func(context.Context, pipeline.Emission) error { return errBroken },
	})
	require.NoError(t, w.registry.PutDevice(routing.Device{ID: 2, DeviceTypeID: sensorType}))
	now := time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := w.Frame(ctx, now, asks(7))
	require.NoError(t, err)
	cancel()
	w.Drain(ctx, now.Add(time.Second))
	require.Len(t, only(w.lines, "DATA_ADVANCED"), 1)
	require.Len(t, only(w.lines, "1 No answer"), 1)
	require.Empty(t, only(w.lines, "ERROR"), "devices are not silent because a process ends")
}

// TestConcurrency has everything happen at once; the race detector looks on.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const devices, messages = 8, 50
		var mu sync.Mutex
		services := map[callback.Service]int{}
		var p *pipeline.Pipeline
		registry := newRegistry(t, func(dt *routing.DeviceType, _ *routing.Device) {
			dt.KeepAlive = time.Hour
		})
		p, err := pipeline.New(pipeline.Options{
			Registry: registry,
			Sender: senderFunc(func(ctx context.Context, r dispatch.Request) error {
				mu.Lock()
				services[r.Subject.Service]++
				mu.Unlock()
				p.OnAttempt(ctx, attempt(r, 200, `{}`))
				return nil
			}),
			Emit: func(context.Context, pipeline.Emission) error { return nil },
		})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		var running, radio sync.WaitGroup
		running.Go(func() { _ = p.Run(ctx) })
		for id := range sigfox.DeviceID(devices) {
			require.NoError(t, registry.PutDevice(routing.Device{ID: id + 1, DeviceTypeID: sensorType}))
			for station := range sigfox.StationID(4) {
				radio.Go(func() {
					for n := range sigfox.SeqNumber(messages) {
						f := asks(n)
						f.Device, f.Station, f.Time = id+1, station, int64(n)+1
						_, err := p.Frame(ctx, time.Now(), f)
						if err != nil {
							t.Error(err)
						}
						time.Sleep(20 * time.Second)
					}
				})
			}
			radio.Go(func() {
				for range messages {
					_ = p.Status(ctx, time.Now(), callback.Status{Device: id + 1})
					p.ApplyKeepAlive(ctx, time.Now(), sensorType)
					time.Sleep(19 * time.Second)
				}
			})
		}
		radio.Wait()
		time.Sleep(time.Minute)
		cancel()
		running.Wait()
		mu.Lock()
		defer mu.Unlock()
		for _, s := range []callback.Service{
			callback.DataUplink, callback.DataBidir, callback.ServiceDataAdvanced, callback.ServiceStatus,
			callback.ServiceAcknowledge,
		} {
			require.Equal(t, devices*messages, services[s], s)
		}
	})
}
