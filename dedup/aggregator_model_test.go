package dedup_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

// modelKey is all by which messages are told apart.
type modelKey struct {
	sigfox.MessageKey
	payload sigfox.Payload
}

type modelMessage struct {
	modelKey
	message dedup.Message
	reps    map[sigfox.StationID]map[uint8]bool
	closed  bool
}

// model is an aggregator of one table without any thought for speed.
type model struct {
	o     dedup.AggregatorOptions
	now   time.Time
	held  []*modelMessage // in the order of their first copies
	stats dedup.AggregatorStats
}

func (m *model) add(now time.Time, f dedup.Frame) dedup.Verdict {
	m.advance(now)
	k := modelKey{sigfox.MessageKey{Device: f.Device, Time: f.Time, Seq: f.Seq}, f.Payload}
	for _, h := range m.held {
		age := m.now.Sub(h.message.FirstSeen)
		switch {
		case h.modelKey != k || age >= m.o.Retain:
		case age >= m.o.Window:
			m.stats.Late++
			return dedup.Late
		default:
			return m.merge(h, f)
		}
	}
	if len(m.held) == m.o.MaxMessages {
		if !m.held[0].closed {
			m.stats.FullMessages++
			return dedup.Full
		}
		m.held = m.held[1:]
		m.stats.Forgotten++
	}
	h := &modelMessage{modelKey: k, reps: map[sigfox.StationID]map[uint8]bool{}}
	h.message = dedup.Message{Key: k.MessageKey, Payload: f.Payload, Frequency: f.Frequency, FirstSeen: m.now}
	m.held = append(m.held, h)
	m.merge(h, f)
	m.stats.Merged--
	m.stats.First++
	return dedup.First
}

func (m *model) merge(h *modelMessage, f dedup.Frame) dedup.Verdict {
	msg := &h.message
	i := slices.IndexFunc(msg.Receptions, func(r dedup.Reception) bool { return r.Station == f.Station })
	if i < 0 {
		if len(msg.Receptions) == m.o.MaxStations {
			msg.Dropped++
			m.stats.FullStations++
			return dedup.Full
		}
		i = len(msg.Receptions)
		msg.Receptions = append(msg.Receptions, dedup.Reception{Station: f.Station, RSSI: f.RSSI, SNR: f.SNR})
		h.reps[f.Station] = map[uint8]bool{}
	}
	h.reps[f.Station][f.Repetition] = true
	r := &msg.Receptions[i]
	r.RSSI, r.SNR, r.NbRep = max(r.RSSI, f.RSSI), max(r.SNR, f.SNR), len(h.reps[f.Station])
	msg.Frames++
	msg.LastSeen = m.now
	m.stats.Merged++
	return dedup.Merged
}

func (m *model) close(now time.Time, limit int) []*dedup.Message {
	if m.due(now) {
		m.advance(now)
	}
	var out []*dedup.Message
	for _, h := range m.held {
		if !h.closed && m.now.Sub(h.message.FirstSeen) >= m.o.Window && len(out) < limit {
			h.closed = true
			h.message.LinkQuality = sigfox.LinkQualityOf(m.o.Zone, func(yield func(float64) bool) {
				for _, r := range h.message.Receptions {
					if !yield(float64(r.RSSI)) {
						return
					}
				}
			})
			out = append(out, &h.message)
			m.stats.Closed++
		}
	}
	m.held = slices.DeleteFunc(m.held, func(h *modelMessage) bool {
		return h.closed && m.now.Sub(h.message.FirstSeen) >= m.o.Retain
	})
	return out
}

// due reports whether there is anything to do: if not, Closed does not even look
// at the table, whose clock thus stays where it was.
func (m *model) due(now time.Time) bool {
	return slices.ContainsFunc(m.held, func(h *modelMessage) bool {
		age := now.Sub(h.message.FirstSeen)
		return age >= m.o.Retain || !h.closed && age >= m.o.Window
	})
}

func (m *model) advance(now time.Time) {
	if now.After(m.now) {
		m.now = now
	}
}

func (m *model) snapshot() dedup.AggregatorStats {
	s := m.stats
	for _, h := range m.held {
		if h.closed {
			s.Remembered++
		} else {
			s.Open++
		}
	}
	return s
}

func drawFrame(t *rapid.T) dedup.Frame {
	var payload [2]byte
	payload[1] = rapid.ByteMax(1).Draw(t, "payload")
	p, _ := sigfox.NewPayload(payload[:])
	return dedup.Frame{
		Device:     sigfox.DeviceID(rapid.Uint32Max(3).Draw(t, "device")),
		Time:       rapid.Int64Range(0, 2).Draw(t, "time"),
		Seq:        sigfox.SeqNumber(rapid.Uint16Max(5).Draw(t, "seq")),
		Payload:    p,
		Station:    sigfox.StationID(rapid.Uint32Max(20).Draw(t, "station")),
		Repetition: rapid.ByteMax(3).Draw(t, "repetition"),
		RSSI:       -float32(rapid.IntRange(10000, 14000).Draw(t, "rssi")) / 100,
		SNR:        float32(rapid.IntRange(-2000, 4000).Draw(t, "snr")) / 100,
		Frequency:  rapid.Uint32().Draw(t, "frequency"),
	}
}

func TestAggregatorModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := dedup.AggregatorOptions{
			Window:      10 * time.Second,
			Retain:      time.Duration(rapid.IntRange(10, 30).Draw(t, "retain")) * time.Second,
			Zone:        sigfox.RadioZone(rapid.ByteMax(6).Draw(t, "zone")),
			MaxMessages: rapid.IntRange(1, 200).Draw(t, "messages"),
			MaxStations: rapid.IntRange(1, 20).Draw(t, "stations"),
			MaxClosed:   rapid.IntRange(1, 50).Draw(t, "closed"),
		}
		a, err := dedup.NewAggregator(o)
		require.NoError(t, err)
		m := &model{o: o, now: start}
		now := start
		a.Add(start, frame(0, 0)) // both begin with the same clock
		m.add(start, frame(0, 0))
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				for range rapid.IntRange(1, 30).Draw(t, "frames") {
					f := drawFrame(t)
					at := now.Add(-time.Duration(rapid.IntRange(0, 3).Draw(t, "lag")) * time.Second)
					require.Equal(t, m.add(at, f), a.Add(at, f))
				}
			},
			"wait": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 12_000_000).Draw(t, "wait")) * time.Microsecond)
			},
			"close": func(t *rapid.T) {
				var got []*dedup.Message
				for msg := range a.Closed(now) {
					got = append(got, msg.Clone())
				}
				want := m.close(now, o.MaxClosed)
				require.Empty(t, gocmp.Diff(want, got, cmpopts.EquateEmpty(), gocmp.Comparer(sigfoxPayloads)))
			},
			"": func(t *rapid.T) {
				require.Equal(t, m.snapshot(), a.Stats())
			},
		})
	})
}

func sigfoxPayloads(a, b sigfox.Payload) bool { return a == b }

// TestAggregatorManyTables plays a day of a small network in a large Aggregator,
// by an endless source of chance, and compares it with the model.
func TestAggregatorManyTables(t *testing.T) {
	t.Parallel()
	o := dedup.AggregatorOptions{
		Window: 25 * time.Second, Retain: 50 * time.Second, MaxMessages: 1 << 20, MaxStations: 32, MaxClosed: 1 << 20,
	}
	a, m := newAggregator(t, o), &model{o: o, now: start}
	r := rand.New(rand.NewPCG(1, 2))
	now := start
	for range 2000 {
		now = now.Add(time.Duration(r.IntN(200)) * time.Millisecond)
		for range r.IntN(20) {
			f := frame(sigfox.SeqNumber(r.IntN(16)), sigfox.StationID(r.IntN(12)))
			f.Device = sigfox.DeviceID(r.IntN(4))
			f.Time = now.Unix() - int64(r.IntN(2))
			if r.IntN(10) == 0 {
				f.Time = 0
			}
			f.Repetition = uint8(r.IntN(3))
			require.Equal(t, m.add(now, f), a.Add(now, f))
		}
		got, want := closed(a, now), m.close(now, o.MaxClosed)
		byKey := func(a, b *dedup.Message) int {
			return cmp.Or(a.FirstSeen.Compare(b.FirstSeen), cmp.Compare(a.Key.Device, b.Key.Device),
				cmp.Compare(a.Key.Seq, b.Key.Seq), cmp.Compare(a.Key.Time, b.Key.Time))
		}
		slices.SortFunc(got, byKey)
		slices.SortFunc(want, byKey)
		require.Equal(t, want, got)
	}
	require.Equal(t, m.snapshot(), a.Stats())
}

// TestAggregatorConcurrent has several goroutines receive the copies of the same
// messages, while others close them.
func TestAggregatorConcurrent(t *testing.T) {
	t.Parallel()
	const (
		goroutines = 4
		messages   = 20_000
		step       = 5 * time.Millisecond // so about 5000 are open
	)
	a := newAggregator(t, dedup.AggregatorOptions{MaxMessages: 1 << 15})
	var mu sync.Mutex
	emitted := make(map[sigfox.MessageKey]int)
	frames := 0
	drain := func(now time.Time) {
		for m := range a.Closed(now) {
			mu.Lock()
			emitted[m.Key]++
			frames += m.Frames
			mu.Unlock()
		}
	}
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range messages {
				now := start.Add(time.Duration(i) * step)
				f := frame(sigfox.SeqNumber(i%4096), sigfox.StationID(g))
				f.Device, f.Time = sigfox.DeviceID(i), now.Unix()
				a.Add(now, f)
				if i%100 == g {
					drain(now.Add(-time.Second))
				}
			}
		})
	}
	wg.Wait()
	for _, ok := a.NextClose(); ok; _, ok = a.NextClose() {
		drain(start.Add(time.Hour))
	}
	s := a.Stats()
	require.EqualValues(t, goroutines*messages, s.First+s.Merged+s.Late+s.FullMessages)
	require.Zero(t, s.FullMessages)
	require.EqualValues(t, s.First, s.Closed)
	require.EqualValues(t, s.First+s.Merged, frames)
	require.Len(t, emitted, messages)
}
