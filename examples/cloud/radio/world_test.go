package radio_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/examples/cloud/radio"
)

var start = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func newWorld(t *testing.T, seed uint64, p radio.Profile) (*radio.World, *radio.Device) {
	t.Helper()
	w := radio.New(radio.Options{
		Seed: seed, Start: start, Centre: radio.Position{Lat: 48.2, Lng: 16.4}, Radius: 3000, Stations: 6,
	})
	d, err := w.Add(0x1A2B, &p)
	require.NoError(t, err)
	return w, d
}

var sensor = radio.Profile{
	Name: "sensor", PayloadConfig: "temp::int:16 door::bool:7 level:3:float:32 text::char:2", Interval: 10 * time.Minute,
}

func TestWorld_sameSeedSameTraffic(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) []radio.Signal {
		w, _ := newWorld(t, seed, sensor)
		var all []radio.Signal
		for at := start; at.Before(start.Add(2 * time.Hour)); at = at.Add(7 * time.Second) {
			all = append(all, w.Until(at)...)
		}
		return all
	}
	first := run(1)
	require.NotEmpty(t, first)
	require.Equal(t, first, run(1))
	require.NotEqual(t, first, run(2))
}

func TestWorld_signalsAreAsTheNetworkSeesThem(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t, 3, sensor)
	signals := w.Until(start.Add(24 * time.Hour))
	messages := map[sigfox.SeqNumber]int64{}
	stations := map[sigfox.StationID]bool{}
	last := start
	for _, s := range signals {
		require.False(t, s.At.Before(last), "signals come in order")
		last = s.At
		f := s.Frame
		require.NotNil(t, f)
		require.Equal(t, 9, f.Payload.Len())
		require.Less(t, f.Repetition, uint8(3))
		require.Greater(t, f.RSSI, float32(-142.01))
		require.Less(t, f.RSSI, float32(0))
		require.Greater(t, f.SNR, float32(5))
		if at, ok := messages[f.Seq]; ok {
			require.Equal(t, at, f.Time, "all copies of a message have its time")
		}
		messages[f.Seq] = f.Time
		stations[f.Station] = true
	}
	require.Len(t, messages, d.Sent)
	require.InDelta(t, 144, d.Sent, 15, "one message every 10 minutes")
	require.Greater(t, len(stations), 1)
	require.Greater(t, len(signals), 3*d.Sent, "several stations hear several frames")
}

func TestWorld_ranges(t *testing.T) {
	t.Parallel()
	p := sensor
	p.PayloadConfig = "temp::int:8 litres::uint:16"
	p.Ranges = map[string]radio.Range{"temp": {Min: -5, Max: 5}, "litres": {Max: 60_000, Rises: true}}
	w, _ := newWorld(t, 1, p)
	last, restarts := 0, 0
	for _, s := range w.Until(start.Add(48 * time.Hour)) {
		b := s.Frame.Payload.Bytes()
		require.InDelta(t, 0, int8(b[0]), 5)
		litres := int(b[1])<<8 | int(b[2])
		if litres < last {
			restarts++
		}
		last = litres
	}
	require.LessOrEqual(t, restarts, 1)
}

func TestWorld_loss(t *testing.T) {
	t.Parallel()
	w := radio.New(radio.Options{Seed: 1, Start: start, Radius: 1000, Stations: 4, Loss: 1})
	_, err := w.Add(1, &sensor)
	require.NoError(t, err)
	require.Empty(t, w.Until(start.Add(time.Hour)))
}

func TestWorld_profile(t *testing.T) {
	t.Parallel()
	p := sensor
	p.SingleFrame, p.AskEvery, p.StatusEvery, p.Rollover = true, 3, 4, 128
	w, d := newWorld(t, 1, p)
	signals := w.Until(start.Add(48 * time.Hour))
	asked, status := map[sigfox.SeqNumber]bool{}, 0
	for _, s := range signals {
		switch {
		case s.Status != nil:
			status++
			require.InDelta(t, 3.4, s.Status.Battery, 0.21)
		default:
			require.Zero(t, s.Frame.Repetition)
			require.Less(t, s.Frame.Seq, sigfox.SeqNumber(128))
			if s.Ask {
				asked[s.Frame.Seq] = true
			}
		}
	}
	require.Greater(t, d.Sent, 200)
	require.InDelta(t, d.Sent/4, status, 1)
	require.NotEmpty(t, asked)

	p.Repeater = true
	w, _ = newWorld(t, 1, p)
	repeater := 0
	for _, s := range w.Until(start.Add(48 * time.Hour)) {
		if s.Repeater != nil {
			repeater++
		}
	}
	require.InDelta(t, status, repeater, 1)
}

// sequence returns the sequence numbers of the messages among the signals.
func sequence(signals []radio.Signal) (seqs []int) {
	for _, s := range signals {
		if n := int(s.Frame.Seq); len(seqs) == 0 || seqs[len(seqs)-1] != n {
			seqs = append(seqs, n)
		}
	}
	return seqs
}

func TestWorld_commands(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t, 1, sensor)
	require.NoError(t, w.Silence(d.ID, true))
	require.Empty(t, w.Until(start.Add(time.Hour)))

	now := start.Add(time.Hour)
	data, err := sigfox.ParsePayload("c0ffee")
	require.NoError(t, err)
	send := func() []radio.Signal {
		require.NoError(t, w.Send(now, d.ID, data, true))
		now = now.Add(time.Minute)
		return w.Until(now)
	}
	got := send()
	require.Equal(t, []int{0}, sequence(got))
	require.True(t, got[0].Ask)
	require.Equal(t, data, got[0].Frame.Payload)

	received, err := w.Downlink(d.ID, got[0].Frame.Station, downlink.Data{1, 2})
	require.NoError(t, err)
	require.True(t, received)
	require.Equal(t, downlink.Data{1, 2}, d.Last)
	require.Equal(t, []int{2}, sequence(send()), "the confirmation used up a number")

	require.NoError(t, w.Skip(d.ID, 5))
	require.Equal(t, []int{8}, sequence(send()))
	require.NoError(t, w.Reflash(d.ID))
	require.Equal(t, []int{0}, sequence(send()))
	require.NoError(t, w.Status(now, d.ID))
	require.NotNil(t, w.Until(now.Add(time.Minute))[0].Status)

	sample, err := w.Sample(d.ID)
	require.NoError(t, err)
	require.Equal(t, 9, sample.Len())
	require.NoError(t, w.Silence(d.ID, false))
	require.NotEmpty(t, w.Until(now.Add(time.Hour)))
}

func TestWorld_errors(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t, 1, sensor)
	require.ErrorIs(t, w.Reflash(7), radio.ErrUnknownDevice)
	_, err := w.Downlink(d.ID, 0, downlink.Data{})
	require.EqualError(t, err, "radio: unknown station 0000")
	_, err = w.Add(d.ID, &sensor)
	require.EqualError(t, err, "radio: device 1A2B is there already")
	_, err = w.Add(7, &radio.Profile{PayloadConfig: "x"})
	require.Error(t, err)
	_, err = w.Add(7, &radio.Profile{PayloadConfig: "flag::bool:7 rest::uint:8"})
	require.ErrorContains(t, err, "radio: payload configuration", "two fields share a byte")
	_, err = w.Add(7, &radio.Profile{PayloadConfig: "n::uint:8", Ranges: map[string]radio.Range{"n": {Max: 256}}})
	require.ErrorContains(t, err, "radio: payload configuration", "the range is too wide")
}

func TestWorld_Play(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, 1, sensor)
	require.NoError(t, w.Play(strings.NewReader(`
		{"at":"0s","device":"1A2B","do":"silence"}
		{"at":"1m","device":"1A2B","do":"send","data":"00"}
		{"at":"2m","device":"1A2B","do":"skip","n":3}
		{"at":"3m","device":"1A2B","do":"send"}
		{"at":"4m","device":"1A2B","do":"reflash"}
		{"at":"5m","device":"1A2B","do":"send","ask":true}
		{"at":"6m","device":"1A2B","do":"status"}
		{"at":"24h","device":"1A2B","do":"wake"}`)))
	require.Equal(t, []int{0, 4, 0}, sequence(w.Until(start.Add(330*time.Second))))
	require.NotNil(t, w.Until(start.Add(10 * time.Minute))[0].Status)
	require.Empty(t, w.Until(start.Add(24*time.Hour)))
	require.NotEmpty(t, w.Until(start.Add(25*time.Hour)))
}

func TestWorld_Play_errors(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`{"at":"0s","device":"1A2B","do":"jump"}`:                                        `radio: step 1: unknown action "jump"`,
		`{"at":"0s","device":"1A2B","do":"wake"}{"at":"0s","device":"9","do":"silence"}`: "radio: step 2: radio: unknown device: 9",
		`{"at":"x","device":"1A2B","do":"wake"}`:                                         `radio: step 1: time: invalid duration "x"`,
		`{"bad":1}`:                                                                      `radio: step 1: json: unknown field "bad"`,
	} {
		w, _ := newWorld(t, 1, sensor)
		require.EqualError(t, w.Play(strings.NewReader(script)), want)
	}
}
