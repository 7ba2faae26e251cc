package dedup_test

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

var start = time.Unix(1_790_000_000, 0)

func newAggregator(t testing.TB, o dedup.AggregatorOptions) *dedup.Aggregator {
	t.Helper()
	a, err := dedup.NewAggregator(o)
	require.NoError(t, err)
	return a
}

// frame returns a frame of a message, as a station hears it.
func frame(seq sigfox.SeqNumber, station sigfox.StationID) dedup.Frame {
	p, _ := sigfox.ParsePayload("0102")
	return dedup.Frame{
		Device: 0x2C30EA, Time: start.Unix(), Seq: seq, Payload: p,
		Station: station, RSSI: -121.5, SNR: 12.25, Frequency: 868_130_000,
	}
}

func closed(a *dedup.Aggregator, now time.Time) []*dedup.Message {
	var ms []*dedup.Message
	for m := range a.Closed(now) {
		ms = append(ms, m.Clone())
	}
	return ms
}

func TestAggregatorMessage(t *testing.T) {
	t.Parallel()
	a := newAggregator(t, dedup.AggregatorOptions{})
	f := frame(7, 0x27B9)
	require.Equal(t, dedup.First, a.Add(start, f))
	f.Repetition, f.RSSI, f.SNR = 1, -118.25, 9
	require.Equal(t, dedup.Merged, a.Add(start.Add(2*time.Second), f))
	f.Repetition, f.RSSI, f.SNR = 1, -130, 15
	require.Equal(t, dedup.Merged, a.Add(start.Add(3*time.Second), f))
	other := frame(7, 0x1D44)
	other.RSSI, other.SNR = -136.004, float32(math.NaN())
	require.Equal(t, dedup.Merged, a.Add(start.Add(4*time.Second), other))

	require.Empty(t, closed(a, start.Add(25*time.Second-1)))
	ms := closed(a, start.Add(25*time.Second))
	require.Len(t, ms, 1)
	m := ms[0]
	require.True(t, math.IsNaN(float64(m.Receptions[1].SNR)))
	m.Receptions[1].SNR = 0
	require.Equal(t, &dedup.Message{
		Key:       sigfox.MessageKey{Device: 0x2C30EA, Time: start.Unix(), Seq: 7},
		Payload:   f.Payload,
		Frequency: 868_130_000,
		FirstSeen: start,
		LastSeen:  start.Add(4 * time.Second),
		Receptions: []dedup.Reception{
			{Station: 0x27B9, RSSI: -118.25, SNR: 15, NbRep: 2},
			{Station: 0x1D44, RSSI: -136, NbRep: 1},
		},
		LinkQuality: sigfox.LinkGood,
		Frames:      4,
	}, m)
	require.Empty(t, closed(a, start.Add(time.Hour)), "a message must be yielded once")
}

func TestAggregatorWindowIsNotExtended(t *testing.T) {
	t.Parallel()
	a := newAggregator(t, dedup.AggregatorOptions{})
	for s := range 25 {
		want := dedup.Merged
		if s == 0 {
			want = dedup.First
		}
		require.Equal(t, want, a.Add(start.Add(time.Duration(s)*time.Second), frame(1, 1)))
	}
	require.Equal(t, dedup.Late, a.Add(start.Add(25*time.Second), frame(1, 1)), "before Closed was called")
	require.Len(t, closed(a, start.Add(25*time.Second)), 1)
	require.Equal(t, dedup.Late, a.Add(start.Add(50*time.Second-1), frame(1, 1)), "after it was")
	require.Equal(t, dedup.First, a.Add(start.Add(50*time.Second), frame(1, 1)), "when Retain is over")
	s := a.Stats()
	require.EqualValues(t, 2, s.Late)
	require.EqualValues(t, 2, s.First)
	require.EqualValues(t, 24, s.Merged)
}

func TestAggregatorTellsMessagesApart(t *testing.T) {
	t.Parallel()
	payload, _ := sigfox.ParsePayload("0103")
	for name, change := range map[string]func(*dedup.Frame){
		"device":        func(f *dedup.Frame) { f.Device++ },
		"sequence":      func(f *dedup.Frame) { f.Seq = sigfox.NoSeqNumber },
		"time":          func(f *dedup.Frame) { f.Time++ },
		"payload":       func(f *dedup.Frame) { f.Payload = payload },
		"empty payload": func(f *dedup.Frame) { f.Payload = sigfox.Payload{} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{10, 1 << 20} {
				a := newAggregator(t, dedup.AggregatorOptions{MaxMessages: size})
				f := frame(1, 1)
				require.Equal(t, dedup.First, a.Add(start, f))
				change(&f)
				require.Equal(t, dedup.First, a.Add(start, f))
				require.Len(t, closed(a, start.Add(time.Minute)), 2)
			}
		})
	}
}

func TestAggregatorUnknownTime(t *testing.T) {
	t.Parallel()
	a := newAggregator(t, dedup.AggregatorOptions{})
	f := frame(1, 1)
	for i, unknown := range []int64{0, -1, 1 << 32, math.MinInt64} {
		f.Time = unknown
		want := dedup.Merged
		if i == 0 {
			want = dedup.First
		}
		require.Equal(t, want, a.Add(start, f))
	}
	require.Zero(t, closed(a, start.Add(time.Minute))[0].Key.Time)
}

func TestAggregatorFullOfMessages(t *testing.T) {
	t.Parallel()
	a := newAggregator(t, dedup.AggregatorOptions{MaxMessages: 2})
	require.Equal(t, dedup.First, a.Add(start, frame(1, 1)))
	require.Equal(t, dedup.First, a.Add(start.Add(time.Second), frame(2, 1)))
	require.Equal(t, dedup.Full, a.Add(start.Add(time.Second), frame(3, 1)))
	require.Len(t, closed(a, start.Add(25*time.Second)), 1)
	require.Equal(t, dedup.First, a.Add(start.Add(25*time.Second), frame(3, 1)), "in the place of a closed one")
	require.Equal(t, dedup.Full, a.Add(start.Add(25*time.Second), frame(1, 1)), "which is forgotten")
	s := a.Stats()
	require.EqualValues(t, 2, s.FullMessages)
	require.EqualValues(t, 1, s.Forgotten)
	require.Equal(t, 2, s.Open)
	require.Zero(t, s.Remembered)
}

// TestAggregatorForgetsEarly has more messages come than can be remembered: those
// that are open keep their room, whatever table they are in.
func TestAggregatorForgetsEarly(t *testing.T) {
	t.Parallel()
	const (
		room = 1 << 14
		step = time.Second / 500 // so 12,500 are open
	)
	a := newAggregator(t, dedup.AggregatorOptions{MaxMessages: room, Retain: time.Hour})
	for i := range 8 * room {
		now := start.Add(time.Duration(i) * step)
		f := frame(sigfox.SeqNumber(i%4096), 1)
		f.Device, f.Time = sigfox.DeviceID(i), now.Unix()
		require.Equal(t, dedup.First, a.Add(now, f))
		if i%100 == 0 {
			for range a.Closed(now) {
			}
		}
	}
	s := a.Stats()
	require.Zero(t, s.FullMessages)
	require.NotZero(t, s.Forgotten)
	require.LessOrEqual(t, s.Open+s.Remembered, room*5/4)
	require.EqualValues(t, s.First, s.Open+s.Remembered+int(s.Forgotten))
}

func TestAggregatorFullOfStations(t *testing.T) {
	t.Parallel()
	for _, stations := range []int{1, 3, 4, 5, 11, 12, 32, dedup.MaxStationsLimit} {
		a := newAggregator(t, dedup.AggregatorOptions{MaxStations: stations})
		var want []dedup.Reception
		for rep := range 3 {
			for i := range stations + 2 {
				f := frame(1, sigfox.StationID(i))
				f.Repetition, f.RSSI, f.SNR = uint8(rep), float32(-140+rep), float32(-i)
				v := a.Add(start, f)
				if i >= stations {
					require.Equal(t, dedup.Full, v)
					continue
				}
				require.NotEqual(t, dedup.Full, v)
				if rep == 0 {
					want = append(want, dedup.Reception{Station: f.Station, RSSI: -138, SNR: f.SNR, NbRep: 3})
				}
			}
		}
		m := closed(a, start.Add(time.Minute))[0]
		require.Equal(t, want, m.Receptions)
		require.Equal(t, 6, m.Dropped)
		require.Equal(t, 3*stations, m.Frames)
		require.EqualValues(t, 6, a.Stats().FullStations)
	}
}

func TestAggregatorClockGoesBack(t *testing.T) {
	t.Parallel()
	a := newAggregator(t, dedup.AggregatorOptions{MaxMessages: 10})
	require.Equal(t, dedup.First, a.Add(start, frame(1, 1)))
	require.Equal(t, dedup.Merged, a.Add(start.Add(-time.Hour), frame(1, 1)))
	require.Equal(t, dedup.First, a.Add(start.Add(-time.Hour), frame(2, 1)))
	require.Empty(t, closed(a, start.Add(-time.Minute)))
	for _, m := range closed(a, start.Add(25*time.Second)) {
		require.Equal(t, start, m.FirstSeen)
		require.Equal(t, start, m.LastSeen)
	}
	require.EqualValues(t, 2, a.Stats().Closed)
}

// A first time that cannot be the present, such as the zero time, keeps no window open.
func TestAggregatorBeginsBefore1970(t *testing.T) {
	t.Parallel()
	for _, early := range []time.Time{{}, time.Unix(-1, 0), time.Unix(0, 0)} {
		a := newAggregator(t, dedup.AggregatorOptions{})
		require.Empty(t, closed(a, early))
		require.Equal(t, dedup.First, a.Add(early, frame(1, 1)))
		require.Equal(t, dedup.First, a.Add(start, frame(2, 1)))
		require.Len(t, closed(a, start), 1)
		require.Empty(t, closed(a, start.Add(25*time.Second-1)))
		m := closed(a, start.Add(25*time.Second))
		require.Len(t, m, 1)
		require.True(t, start.Equal(m[0].FirstSeen), m[0].FirstSeen)
	}
}

func TestAggregatorNextClose(t *testing.T) {
	t.Parallel()
	a := newAggregator(t, dedup.AggregatorOptions{Window: 10 * time.Second, Retain: 10 * time.Second})
	_, ok := a.NextClose()
	require.False(t, ok)
	for i := range 100 {
		a.Add(start.Add(time.Duration(i)*time.Second/10), frame(sigfox.SeqNumber(i), 1))
	}
	for want := range 100 {
		next, ok := a.NextClose()
		require.True(t, ok)
		require.Equal(t, start.Add(time.Duration(want)*time.Second/10+10*time.Second), next)
		ms := closed(a, next)
		require.Len(t, ms, 1)
		require.Equal(t, sigfox.SeqNumber(want), ms[0].Key.Seq)
	}
	_, ok = a.NextClose()
	require.False(t, ok)
	require.Zero(t, a.Stats().Remembered)
}

func TestAggregatorClosedIsBounded(t *testing.T) {
	t.Parallel()
	a := newAggregator(t, dedup.AggregatorOptions{MaxClosed: 40})
	for i := range 100 {
		a.Add(start, frame(sigfox.SeqNumber(i), 1))
	}
	end := start.Add(time.Minute)
	var seqs []sigfox.SeqNumber
	for _, n := range []int{40, 40, 20, 0} {
		ms := closed(a, end)
		require.Len(t, ms, n)
		for _, m := range ms {
			seqs = append(seqs, m.Key.Seq)
		}
	}
	slices.Sort(seqs)
	require.Len(t, slices.Compact(seqs), 100)
}

func TestAggregatorClosedLeftEarly(t *testing.T) {
	t.Parallel()
	a := newAggregator(t, dedup.AggregatorOptions{MaxMessages: 100})
	for i := range 50 {
		a.Add(start, frame(sigfox.SeqNumber(i), 1))
	}
	end := start.Add(time.Minute)
	var want sigfox.SeqNumber
	for want < 20 {
		for m := range a.Closed(end) {
			require.Equal(t, want, m.Key.Seq)
			want++
			if want%3 == 0 {
				break
			}
		}
	}
	require.Panics(t, func() {
		for m := range a.Closed(end) {
			require.Equal(t, want, m.Key.Seq)
			panic("of the loop body")
		}
	})
	for m := range a.Closed(end) {
		want++
		require.Equal(t, want, m.Key.Seq, "what the panicking loop was given is not given again")
		require.Empty(t, closed(a, end), "what this loop is about to yield is its own")
		a.Add(end, frame(sigfox.MaxSeqNumber, 1))
	}
	require.EqualValues(t, 49, want)
	require.EqualValues(t, 50, a.Stats().Closed)
}

func TestAggregatorRounding(t *testing.T) {
	t.Parallel()
	nan := float32(math.NaN())
	for _, c := range []struct{ in, want float32 }{
		{-121.99, -121.99},
		{0, 0},
		{-0.005, -0.01},
		{12.344, 12.34},
		{12.346, 12.35},
		{1e30, 327.67},
		{-1e30, -327.67},
		{float32(math.Inf(-1)), -327.67},
	} {
		a := newAggregator(t, dedup.AggregatorOptions{MaxMessages: 1})
		f := frame(1, 1)
		f.RSSI, f.SNR = c.in, nan
		a.Add(start, f)
		f.RSSI, f.SNR = nan, c.in
		a.Add(start, f)
		r := closed(a, start.Add(time.Minute))[0].Receptions[0]
		require.Equal(t, c.want, r.RSSI, c.in)
		require.Equal(t, c.want, r.SNR, c.in)
	}
}

func TestAggregatorOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]dedup.AggregatorOptions{
		"Window":      {Window: time.Microsecond},
		"Retain":      {Retain: 24 * time.Second},
		"Zone":        {Zone: sigfox.RC7 + 1},
		"MaxMessages": {MaxMessages: -1},
		"MaxStations": {MaxStations: dedup.MaxStationsLimit + 1},
		"MaxClosed":   {MaxClosed: -1},
	} {
		_, err := dedup.NewAggregator(o)
		require.ErrorIs(t, err, dedup.ErrAggregatorOptions)
		require.ErrorContains(t, err, name)
	}
	_, err := dedup.NewAggregator(dedup.AggregatorOptions{Window: 2 * time.Hour})
	require.ErrorContains(t, err, "Window is 2h0m0s, not between 1ms and 1h0m0s")
}

func TestVerdictString(t *testing.T) {
	t.Parallel()
	for v, want := range map[dedup.Verdict]string{
		dedup.First: "First", dedup.Merged: "Merged", dedup.Late: "Late", dedup.Full: "Full", 9: "Verdict(9)",
	} {
		require.Equal(t, want, v.String())
	}
}

// TestAggregatorOneTable has all goroutines want the same table all the time.
func TestAggregatorOneTable(t *testing.T) {
	t.Parallel()
	const goroutines, frames = 8, 5000
	a := newAggregator(t, dedup.AggregatorOptions{MaxMessages: 10})
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for range frames {
				a.Add(start, frame(1, sigfox.StationID(g)))
			}
		})
	}
	wg.Wait()
	s := a.Stats()
	require.EqualValues(t, 1, s.First)
	require.EqualValues(t, goroutines*frames-1, s.Merged)
	ms := closed(a, start.Add(time.Minute))
	require.Len(t, ms, 1)
	require.Equal(t, goroutines*frames, ms[0].Frames)
	require.Len(t, ms[0].Receptions, goroutines)
}
