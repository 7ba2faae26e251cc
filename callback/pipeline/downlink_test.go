package pipeline_test

import (
	"context"
	"errors"
	"net/http"
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

var someData = downlink.Data{0xde, 0xad, 0xbe, 0xef, 0xca, 0xfe, 0xba, 0xbe}

var errBroken = errors.New("antenna broken")

func answers(status int, body string, after time.Duration) func() (int, string, time.Duration) {
	return func() (int, string, time.Duration) { return status, body, after }
}

const valid = `{"2C30EA":{"downlinkData":"deadbeefcafebabe"}}`

// TestOutcomes has one message ask for a downlink, and looks at what becomes of it.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	direct := func(dt *routing.DeviceType, _ *routing.Device) {
		dt.DownlinkMode, dt.DownlinkData = routing.DownlinkDirect, "{tapId}{time}"
	}
	mode := func(m routing.DownlinkMode) func(*routing.DeviceType, *routing.Device) {
		return func(dt *routing.DeviceType, _ *routing.Device) { dt.DownlinkMode = m }
	}
	noHook := func(dt *routing.DeviceType, _ *routing.Device) {
		dt.Callbacks = callbacksOf(dt, callback.ServiceAcknowledge)
	}
	zone := func(z sigfox.RadioZone) func(*routing.DeviceType, *routing.Device) {
		return func(_ *routing.DeviceType, d *routing.Device) { d.Zone = z }
	}
	const s = time.Second
	tests := map[string]struct {
		with   func(*routing.DeviceType, *routing.Device)
		o      pipeline.Options
		answer func() (int, string, time.Duration)
		out    []string
	}{
		"sent": {
			answer: answers(200, valid, s),
			out:    []string{"20s emit deadbeefcafebabe by 0001", "35s ACK 0 Acked ack=true over=false"},
		},
		"sent, status 201": {
			answer: answers(201, valid, s),
			out:    []string{"20s emit deadbeefcafebabe by 0001", "35s ACK 0 Acked ack=true over=false"},
		},
		"answered while the device listens": {
			answer: answers(200, valid, 30*s),
			out:    []string{"30s emit deadbeefcafebabe by 0001", "35s ACK 0 Acked ack=true over=false"},
		},
		"answered at the last moment": {
			answer: answers(200, valid, 45*s-time.Millisecond),
			out:    []string{"44.999s emit deadbeefcafebabe by 0001", "44.999s ACK 0 Acked ack=true over=false"},
		},
		"answered too late":                      {answer: answers(200, valid, 45*s+time.Millisecond), out: []string{"45s ACK 1 No answer ack=false over=false"}},
		"answered too late, RC2":                 {with: zone(sigfox.RC2), answer: answers(200, valid, 46*s), out: []string{"45s ACK 1 No answer ack=false over=false"}},
		"answered too late, RC3":                 {with: zone(sigfox.RC3), answer: answers(200, valid, 53*s), out: []string{"52.5s ACK 1 No answer ack=false over=false"}},
		"never answered":                         {answer: answers(200, valid, 2*time.Minute), out: []string{"45s ACK 1 No answer ack=false over=false"}},
		"no answer in 10 s":                      {answer: answers(0, "", 10*s), out: []string{"35s ACK 1 No answer ack=false over=false"}},
		"server error":                           {answer: answers(500, valid, s), out: []string{"35s ACK 1 No answer ack=false over=false"}},
		"status 204":                             {answer: answers(204, "", s), out: []string{"35s ACK 1 No answer ack=false over=false"}},
		"status 204 has no body":                 {answer: answers(204, "x", s), out: []string{"35s ACK 1 No answer ack=false over=false"}},
		"noData":                                 {answer: answers(200, `{"2C30EA":{"noData":true}}`, s), out: []string{"35s ACK 1 No answer ack=false over=false"}},
		"no data, and no ACKNOWLEDGE of it":      {o: pipeline.Options{QuietNoData: true}, answer: answers(204, "", s)},
		"no answer, which is told all the same":  {o: pipeline.Options{QuietNoData: true}, answer: answers(500, "", s), out: []string{"35s ACK 1 No answer ack=false over=false"}},
		"invalid data":                           {answer: answers(200, `{"2C30EA":{"downlinkData":"00"}}`, s), out: []string{"35s ACK 2 Invalid payload ack=false over=false"}},
		"no answer at all but text":              {answer: answers(200, `OK`, s), out: []string{"35s ACK 2 Invalid payload ack=false over=false"}},
		"answered in LBT zones when 19 s passed": {with: zone(sigfox.RC5), answer: answers(200, valid, s), out: []string{"19s emit deadbeefcafebabe by 0001", "35s ACK 0 Acked ack=true over=false"}},
		"answered after 45 s in LBT zones": {
			with: zone(sigfox.RC3), answer: answers(200, valid, 50*s),
			out: []string{"50s emit deadbeefcafebabe by 0001", "50s ACK 0 Acked ack=true over=false"},
		},
		"no station can emit": {
			o:      pipeline.Options{Emit: func(context.Context, pipeline.Emission) error { return errBroken }},
			answer: answers(200, valid, s),
			out:    []string{"20s error: antenna broken", "35s ACK 4 Network error ack=false over=false"},
		},
		"the station takes too long": {
			o: pipeline.Options{Emit: func(ctx context.Context, _ pipeline.Emission) error {
				<-ctx.Done()
				return context.Cause(ctx)
			}},
			answer: answers(200, valid, s),
			out: []string{
				"45s error: pipeline: the device no longer listens", "45s ACK 4 Network error ack=false over=false",
			},
		},
		"no contract": {
			with: func(dt *routing.DeviceType, _ *routing.Device) { dt.NoDownlinks = true }, answer: answers(200, valid, s),
			out: []string{"35s ACK 6 No downlink contract ack=false over=false"},
		},
		"no BIDIR callback": {with: noHook, out: []string{"35s ACK 8 Invalid configuration ack=false over=false"}},
		"mode NONE":         {with: mode(routing.DownlinkNone), answer: answers(200, valid, s)},
		"mode MANAGED":      {with: mode(routing.DownlinkManaged), answer: answers(200, valid, s)},
		"DIRECT": {
			with: direct, answer: answers(200, `{"2C30EA":{"downlinkData":"0000000000000000"}}`, s),
			out: []string{"20s emit 00000001386d4380 by 0001", "35s ACK 0 Acked ack=true over=false"},
		},
		"reported later": {
			o: pipeline.Options{AcknowledgeAfter: time.Minute}, answer: answers(200, valid, s),
			out: []string{"20s emit deadbeefcafebabe by 0001", "1m0s ACK 0 Acked ack=true over=false"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, test.with, test.o)
				if test.answer != nil {
					w.answer = test.answer
				}
				w.hear(asks(7))
				w.until(3 * time.Minute)
				require.Equal(t, test.out, w.downlinks())
			})
		})
	}
}

// downlinks returns the lines about downlinks, in short form.
func (w *world) downlinks() (lines []string) {
	for _, line := range only(w.seen(), "emit", "ACKNOWLEDGE", "error") {
		lines = append(lines, shortAcknowledge.ReplaceAllString(line, "ACK "))
	}
	return lines
}

func TestAskingAgainWhileListening(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, pipeline.Options{})
		w.answer = sends(someData)
		for i, at := range []time.Duration{0, 10 * time.Second, 40 * time.Second, 45 * time.Second} {
			w.until(at)
			w.hear(asks(sigfox.SeqNumber(i)))
		}
		w.until(5 * time.Minute)
		require.Equal(t, []string{
			"20s emit deadbeefcafebabe by 0001",
			"35s ACK 0 Acked ack=true over=false",
			"45s ACK 7 Too many requests ack=false over=false",
			"1m5s emit deadbeefcafebabe by 0001",
			"1m15s ACK 7 Too many requests ack=false over=false",
			"1m20s ACK 0 Acked ack=true over=false",
		}, w.downlinks())
		require.Len(t, only(w.seen(), "DATA/BIDIR"), 4, "the service is told of each message")
	})
}

func TestDirectNamesTheBestStation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(dt *routing.DeviceType, _ *routing.Device) {
			dt.DownlinkMode = routing.DownlinkDirect
		}, pipeline.Options{})
		w.hear(asks(7))
		w.hear(by(asks(7), 0x586B, -91))
		w.hear(by(asks(7), 3, -130))
		w.until(time.Minute)
		require.Equal(t, []string{
			"20s emit 0000586b0000ffa5 by 586B", "35s ACK 0 Acked ack=true over=false",
		}, w.downlinks())
	})
}

// TestQuota uses up the quota just before midnight.
func TestQuota(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		capacity func(pipeline.Emission) bool
		over     string
	}{
		"with capacity": {nil, "0 Acked ack=true over=true"},
		"without":       {func(pipeline.Emission) bool { return false }, "3 Overrun error ack=false over=true"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(23*time.Hour + 56*time.Minute)
				w := newWorld(t, func(dt *routing.DeviceType, _ *routing.Device) { dt.DownlinksPerDay = 2 },
					pipeline.Options{Capacity: test.capacity})
				w.answer = sends(someData)
				// What counts is the day of the emission, 20 s after the message.
				for i := range 5 {
					w.until(50*time.Second + time.Duration(i)*time.Minute)
					w.hear(asks(sigfox.SeqNumber(2 * i)))
				}
				w.until(10 * time.Minute)
				require.Equal(t, []string{
					"1m25s ACK 0 Acked ack=true over=false",
					"2m25s ACK 0 Acked ack=true over=false",
					"3m25s ACK " + test.over,
					"4m25s ACK 0 Acked ack=true over=false", // the message came before midnight, the emission after
					"5m25s ACK 0 Acked ack=true over=false",
				}, only(w.downlinks(), "ACK"))
			})
		})
	}
}

func TestFailedEmissionsDoNotCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ledger, err := downlink.NewLedger(downlink.LedgerOptions{})
		require.NoError(t, err)
		w := newWorld(t, nil, pipeline.Options{
			Downlinks: ledger,
			Emit:      func(context.Context, pipeline.Emission) error { return errBroken },
		})
		w.answer = sends(someData)
		w.hear(asks(1))
		w.until(time.Minute)
		require.Zero(t, ledger.Used(time.Now(), sensor))
	})
}

func TestConfirmationUsesUpANumber(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, pipeline.Options{})
		w.answer = sends(someData)
		w.hear(asks(190))
		w.until(time.Minute)
		w.hear(frame(192)) // 191 confirmed the downlink
		w.hear(frame(194))
		require.Equal(t, []string{
			"1m0s EVENT 2C30EA INVALID_SEQ_NUMBER WARN last=192 got=194",
		}, only(w.seen(), "EVENT"))
	})
}

func TestTooManyDownlinks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, pipeline.Options{MaxDownlinks: 1})
		w.answer = sends(someData)
		require.NoError(t, w.registry.PutDevice(routing.Device{ID: 2, DeviceTypeID: sensorType}))
		second := asks(1)
		second.Device = 2
		w.hear(asks(7))
		w.hear(second)
		w.until(time.Minute)
		w.hear(second) // the first device has ended to listen: there is room
		w.until(2 * time.Minute)
		require.Equal(t, []string{
			"0s error: pipeline: too many downlinks", "0s ACK 4 Network error ack=false over=false",
			"20s emit deadbeefcafebabe by 0001", "35s ACK 0 Acked ack=true over=false",
		}, w.downlinks()[:4])
	})
}

// TestAnswersThatDoNotCount gives the pipeline attempts that are none of its matter.
func TestAnswersThatDoNotCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, pipeline.Options{})
		var sent dispatch.Request
		recorder := senderFunc(func(_ context.Context, r dispatch.Request) error {
			w.note("%v %s", r.Subject.Service, r.HTTP.Body)
			if r.Subject.Service == callback.DataBidir {
				sent = r
			}
			return nil
		})
		p, err := pipeline.New(pipeline.Options{Registry: w.registry, Sender: recorder})
		require.NoError(t, err)
		_, err = p.Frame(t.Context(), time.Now(), asks(7))
		require.NoError(t, err)

		retry := attempt(sent, 200, valid)
		retry.Attempt.Number = 2
		p.OnAttempt(t.Context(), retry)
		other := sent
		other.ID = "of an earlier message"
		p.OnAttempt(t.Context(), attempt(other, 200, valid))
		unasked := sent
		unasked.Subject.Ack = false
		p.OnAttempt(t.Context(), attempt(unasked, 200, valid))
		uplink := sent
		uplink.Subject.Service = callback.DataUplink
		p.OnAttempt(t.Context(), attempt(uplink, 200, valid))

		p.OnAttempt(t.Context(), attempt(sent, 200, `{"2C30EA":{"noData":true}}`))
		p.OnAttempt(t.Context(), attempt(sent, 200, valid)) // the first one counted
		p.Advance(t.Context(), time.Now().Add(time.Minute))
		require.Equal(t, []string{"0s ACK 1 No answer ack=false over=false"}, w.downlinks())
	})
}

// TestBatchAnswer answers two devices in one.
func TestBatchAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, pipeline.Options{})
		require.NoError(t, w.registry.PutDevice(routing.Device{ID: 2, DeviceTypeID: sensorType}))
		var sent []dispatch.Request
		p, err := pipeline.New(pipeline.Options{
			Registry: w.registry,
			Sender: senderFunc(func(_ context.Context, r dispatch.Request) error {
				if r.Subject.Service == callback.DataBidir {
					sent = append(sent, r)
				}
				return nil
			}),
			Emit: func(_ context.Context, e pipeline.Emission) error {
				w.note("emit %v to %v", e.Data, e.Message.Device)
				return nil
			},
		})
		require.NoError(t, err)
		second := asks(1)
		second.Device = 2
		for _, f := range []pipeline.Frame{asks(7), second} {
			_, err = p.Frame(t.Context(), time.Now(), f)
			require.NoError(t, err)
		}
		end := attempt(sent[0], 200, `{"2C30EA":{"downlinkData":"deadbeefcafebabe"},"2":{"downlinkData":"0000000000000002"}}`)
		end.Requests = sent
		p.OnAttempt(t.Context(), end)
		p.Advance(t.Context(), time.Now().Add(30*time.Second))
		require.ElementsMatch(t, []string{
			"0s emit deadbeefcafebabe to 2C30EA", "0s emit 0000000000000002 to 2",
		}, w.seen())
	})
}

func TestOnDownlink(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []pipeline.Downlink
		w := newWorld(t, nil, pipeline.Options{
			QuietNoData: true,
			Hooks:       pipeline.Hooks{OnDownlink: func(d pipeline.Downlink) { told = append(told, d) }},
		})
		key := sigfox.MessageKey{Device: sensor, Seq: 1}
		w.hear(asks(1))
		w.until(time.Minute)
		w.answer = answers(http.StatusOK, valid, time.Second)
		w.hear(asks(3))
		w.until(2 * time.Minute)
		synctest.Wait()
		second := key
		second.Seq = 3
		require.Equal(t, []pipeline.Downlink{
			{Message: key, Station: 1, Decision: downlink.Decision{Step: downlink.StepNone, Code: downlink.NoAnswer}},
			{Message: second, Station: 1, Decision: downlink.Decision{Step: downlink.StepReport, Data: someData}},
		}, told)
	})
}
