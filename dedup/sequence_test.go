package dedup_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

const none = sigfox.NoSeqNumber

func newWatch(t testing.TB, o dedup.SequenceOptions) *dedup.SequenceWatch {
	t.Helper()
	w, err := dedup.NewSequenceWatch(o)
	require.NoError(t, err)
	return w
}

func TestSequenceGapRule(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		wait     time.Duration
		seq      sigfox.SeqNumber // after 5
		uplinks  int
		rollover int
		want     dedup.SequenceState
	}{
		"next":                      {wait: time.Hour, seq: 6},
		"same again":                {wait: time.Hour, seq: 5},
		"one missing":               {wait: time.Hour, seq: 7, want: dedup.BreakInSequence},
		"up to the smaller bound":   {wait: 3 * day, seq: 5 + 700, want: dedup.BreakInSequence},
		"between the bounds":        {wait: 3 * day, seq: 5 + 701},
		"up to the larger bound":    {wait: 3 * day, seq: 5 + 900},
		"above the larger bound":    {wait: 3 * day, seq: 5 + 901, want: dedup.OutOfSequence},
		"days are whole":            {wait: 3*day - time.Second, seq: 5 + 601, want: dedup.OutOfSequence},
		"at least one day":          {wait: time.Minute, seq: 5 + 300, want: dedup.BreakInSequence},
		"first day, larger bound":   {wait: time.Minute, seq: 5 + 420},
		"first day, above":          {wait: time.Minute, seq: 5 + 421, want: dedup.OutOfSequence},
		"contract of 2 a day":       {wait: time.Minute, seq: 5 + 6, uplinks: 2, want: dedup.BreakInSequence},
		"contract of 2, in silence": {wait: time.Minute, seq: 5 + 7, uplinks: 2},
		"contract of 2, above":      {wait: time.Minute, seq: 5 + 301, uplinks: 2, want: dedup.OutOfSequence},
		"flashed":                   {wait: time.Hour, seq: 0, want: dedup.OutOfSequence},
		"flashed, after two weeks":  {wait: 14 * day, seq: 0},
		"short rollover":            {wait: time.Hour, seq: 0, rollover: 128, want: dedup.BreakInSequence},
		"clock went back":           {wait: -3 * day, seq: 5 + 421, want: dedup.OutOfSequence},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWatch(t, dedup.SequenceOptions{})
			w.Observe(start, dedup.Numbered{Device: 1, Seq: 5})
			s := w.Observe(start.Add(c.wait), dedup.Numbered{
				Device: 1, Seq: c.seq, Uplinks: c.uplinks, Rollover: c.rollover,
			})
			require.Equal(t, c.want, s.State)
			require.EqualValues(t, 5, s.Last)
			require.EqualValues(t, 6, s.Expected)
			require.Equal(t, c.seq, s.Received)
		})
	}
}

func TestSequenceReportsNumbers(t *testing.T) {
	t.Parallel()
	w := newWatch(t, dedup.SequenceOptions{})
	m := dedup.Numbered{Device: 1, Seq: 4090}
	require.Equal(t, dedup.Sequence{Last: none, Expected: none, Received: 4090}, w.Observe(start, m))
	m.Seq = 4095
	require.Equal(t, dedup.Sequence{
		State: dedup.BreakInSequence, Last: 4090, Expected: 4091, Received: 4095, Gap: 5, Warn: 300, Reject: 420,
	}, w.Observe(start, m))
	m.Seq = 0
	require.Equal(t, dedup.Sequence{Last: 4095, Received: 0, Gap: 1, Warn: 300, Reject: 420}, w.Observe(start, m))
	m.Seq, m.Rollover = 127, 128
	w.Disengage(1)
	w.Observe(start, m)
	m.Seq = 0
	require.Zero(t, w.Observe(start, m).Expected)
}

func TestSequenceRejectsUntilDisengaged(t *testing.T) {
	t.Parallel()
	for _, resume := range []bool{false, true} {
		w := newWatch(t, dedup.SequenceOptions{ResumeInRange: resume})
		observe := func(seq sigfox.SeqNumber) dedup.SequenceState {
			return w.Observe(start, dedup.Numbered{Device: 1, Seq: seq}).State
		}
		observe(100)
		require.Equal(t, dedup.OutOfSequence, observe(2000))
		require.Equal(t, dedup.OutOfSequence, observe(2001), "a rejected number is no reference")
		want := dedup.OutOfSequence
		if resume {
			want = dedup.InSequence
		}
		require.Equal(t, want, observe(101))
		require.True(t, w.Disengage(1))
		require.False(t, w.Disengage(1))
		require.Equal(t, dedup.InSequence, observe(3000))
		require.Equal(t, dedup.InSequence, observe(3001))
	}
}

func TestSequenceDownlinkUsesUpANumber(t *testing.T) {
	t.Parallel()
	for gap, want := range map[sigfox.SeqNumber]dedup.SequenceState{
		1: dedup.InSequence, 2: dedup.InSequence, 3: dedup.BreakInSequence,
	} {
		w := newWatch(t, dedup.SequenceOptions{})
		w.Downlink(1) // of a device that is not known
		w.Observe(start, dedup.Numbered{Device: 1, Seq: 190})
		w.Downlink(1)
		require.Equal(t, dedup.InSequence, w.Observe(start, dedup.Numbered{Device: 1, Seq: 190}).State)
		require.Equal(t, want, w.Observe(start, dedup.Numbered{Device: 1, Seq: 190 + gap}).State)
		require.Equal(t, dedup.BreakInSequence, w.Observe(start, dedup.Numbered{Device: 1, Seq: 192 + gap}).State,
			"only one number")
	}
}

func TestSequenceUnwatched(t *testing.T) {
	t.Parallel()
	w := newWatch(t, dedup.SequenceOptions{MaxDevices: 2})
	require.Equal(t, dedup.Unwatched, w.Observe(start, dedup.Numbered{Device: 1, Seq: none}).State)
	for id, want := range []dedup.SequenceState{dedup.InSequence, dedup.InSequence, dedup.Unwatched} {
		require.Equal(t, want, w.Observe(start, dedup.Numbered{Device: sigfox.DeviceID(id)}).State)
	}
	require.Equal(t, 2, w.Devices())
	w.Disengage(0)
	require.Equal(t, dedup.InSequence, w.Observe(start, dedup.Numbered{Device: 2}).State)
}

func TestSequenceOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]dedup.SequenceOptions{
		"Uplinks": {Uplinks: -1}, "Rollover": {Rollover: -1}, "MaxDevices": {MaxDevices: -1},
	} {
		_, err := dedup.NewSequenceWatch(o)
		require.ErrorIs(t, err, dedup.ErrSequenceOptions)
		require.ErrorContains(t, err, name+" is -1")
	}
}

func TestSequenceStateString(t *testing.T) {
	t.Parallel()
	for s, want := range map[dedup.SequenceState]string{
		dedup.InSequence: "InSequence", dedup.BreakInSequence: "BreakInSequence",
		dedup.OutOfSequence: "OutOfSequence", dedup.Unwatched: "Unwatched", 9: "SequenceState(9)",
	} {
		require.Equal(t, want, s.String())
	}
}

// sequenceModel counts the messages that a device really sent, so it needs no
// arithmetic on numbers that start again.
type sequenceModel struct {
	sent, last int64
	at         time.Time
	rejected   bool
	downlink   bool
}

func TestSequenceModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rollover := rapid.SampledFrom([]int{128, 1024, 4096}).Draw(t, "rollover")
		uplinks := rapid.IntRange(1, 200).Draw(t, "uplinks")
		w, err := dedup.NewSequenceWatch(dedup.SequenceOptions{Rollover: rollover, Uplinks: uplinks})
		require.NoError(t, err)
		models := make(map[sigfox.DeviceID]*sequenceModel)
		now := start
		for range rapid.IntRange(1, 100).Draw(t, "messages") {
			now = now.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "hours")) * time.Hour)
			id := sigfox.DeviceID(rapid.Uint32Max(3).Draw(t, "device"))
			m := models[id]
			if m == nil {
				m = &sequenceModel{sent: rapid.Int64Range(0, 5000).Draw(t, "first")}
				m.last, m.at = m.sent, now
				models[id] = m
				w.Observe(now, dedup.Numbered{Device: id, Seq: sigfox.SeqNumber(m.sent % int64(rollover))})
				continue
			}
			switch rapid.IntRange(0, 5).Draw(t, "also") {
			case 0:
				w.Disengage(id)
				delete(models, id)
				continue
			case 1:
				w.Downlink(id)
				m.downlink = true
			}
			m.sent += rapid.Int64Range(1, int64(rollover)-1).Draw(t, "sent")
			got := w.Observe(now, dedup.Numbered{Device: id, Seq: sigfox.SeqNumber(m.sent % int64(rollover))})
			require.Equal(t, m.judge(now, rollover, uplinks), got.State)
		}
	})
}

func (m *sequenceModel) judge(now time.Time, rollover, uplinks int) dedup.SequenceState {
	days := max(1, int(now.Sub(m.at)/(24*time.Hour)))
	gap := int((m.sent - m.last) % int64(rollover))
	lower, upper := 300*days, uplinks*(days+2)
	if lower > upper {
		lower, upper = upper, lower
	}
	m.rejected = m.rejected || gap > upper
	if m.rejected {
		return dedup.OutOfSequence
	}
	m.last, m.at = m.sent, now
	confirmed := m.downlink && gap == 2
	m.downlink = m.downlink && gap == 0
	if gap <= 1 || confirmed || gap > lower {
		return dedup.InSequence
	}
	return dedup.BreakInSequence
}

func TestSequenceConcurrent(t *testing.T) {
	t.Parallel()
	w := newWatch(t, dedup.SequenceOptions{})
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 1000 {
				id := sigfox.DeviceID(g*1000 + i/10)
				if w.Observe(start, dedup.Numbered{Device: id, Seq: sigfox.SeqNumber(i % 10)}).State != dedup.InSequence {
					t.Errorf("device %v is not in sequence", id)
				}
				w.Downlink(id)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 400, w.Devices())
}
