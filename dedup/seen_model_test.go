package dedup_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

// seenModel is Seen as a map: the same answers, without bound.
type seenModel struct {
	tick          time.Duration
	retain, claim int64
	now           int64 // latest tick
	held          map[sigfox.MessageKey]seenModelEntry
}

type seenModelEntry struct {
	due   int64
	claim bool
}

func newSeenModel(s *dedup.Seen) *seenModel {
	m := &seenModel{now: math.MinInt64, held: make(map[sigfox.MessageKey]seenModelEntry)}
	m.tick, m.retain, m.claim = s.Tick()
	return m
}

func (m *seenModel) at(now time.Time) {
	tick := now.UnixMilli() / m.tick.Milliseconds()
	m.now = max(m.now, tick)
}

func (m *seenModel) state(k sigfox.MessageKey) dedup.State {
	switch e, ok := m.held[k]; {
	case !ok || e.due <= m.now:
		return dedup.New
	case e.claim:
		return dedup.InFlight
	default:
		return dedup.Done
	}
}

func (m *seenModel) begin(now time.Time, k sigfox.MessageKey) dedup.State {
	m.at(now)
	st := m.state(k)
	if st == dedup.New {
		due := int64(math.MaxInt64)
		if m.claim > 0 {
			due = m.now + m.claim
		}
		m.held[k] = seenModelEntry{due: due, claim: true}
	}
	return st
}

func (m *seenModel) commit(now time.Time, k sigfox.MessageKey) {
	m.at(now)
	if m.state(k) != dedup.Done {
		m.held[k] = seenModelEntry{due: m.now + m.retain}
	}
}

func (m *seenModel) abort(now time.Time, k sigfox.MessageKey) {
	m.at(now)
	if m.state(k) == dedup.InFlight {
		delete(m.held, k)
	}
}

func (m *seenModel) live() (messages, claims int) {
	for k := range m.held {
		st := m.state(k)
		if st != dedup.New {
			messages++
		}
		if st == dedup.InFlight {
			claims++
		}
	}
	return messages, claims
}

// oddTimes are times that a line cannot hold, or only just.
var oddTimes = []int64{
	0, 1, -1, math.MinInt64, math.MaxInt64, math.MaxUint32, math.MaxUint32 + 1, -math.MaxUint32, 1_790_000_000_123,
}

// TestSeenModel runs 10 million random operations against the model, in a table
// that grows, and moves the clock both ways.
func TestSeenModel(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]dedup.SeenOptions{
		"claims stand":    {Retain: time.Minute, MaxMessages: 1 << 20},
		"claims time out": {Retain: time.Minute, MaxMessages: 1 << 20, ClaimTimeout: 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			operations := 5_000_000
			if testing.Short() || raceEnabled {
				operations /= 20
			}
			runSeenModel(t, o, operations)
		})
	}
}

func runSeenModel(t *testing.T, o dedup.SeenOptions, operations int) {
	t.Helper()
	s := newSeen(t, o)
	m := newSeenModel(s)
	rng := rand.New(rand.NewPCG(1, 2))
	now := seenStart
	var recent [1 << 14]sigfox.MessageKey
	for i := range operations {
		k := recent[rng.IntN(len(recent))]
		if rng.IntN(3) == 0 {
			k = randomKey(rng, now)
			recent[rng.IntN(len(recent))] = k
		}
		switch rng.IntN(8) {
		case 0, 1, 2:
			if want, got := m.begin(now, k), s.Begin(now, k); want != got {
				require.Equal(t, want, got, "operation %d: Begin(%v)", i, k)
			}
		case 3, 4, 5:
			m.commit(now, k)
			s.Commit(now, k)
		case 6:
			m.abort(now, k)
			s.Abort(now, k)
		case 7:
			want := m.begin(now, k)
			if want == dedup.New {
				m.commit(now, k)
			}
			if got := s.Add(now, k); want != got {
				require.Equal(t, want, got, "operation %d: Add(%v)", i, k)
			}
		}
		now = now.Add(time.Duration(rng.IntN(400)) * time.Microsecond)
		switch rng.IntN(operations / 10) {
		case 0:
			now = now.Add(time.Hour)
		case 1:
			now = now.Add(-30 * time.Minute)
		}
	}
	messages, claims := m.live()
	st := s.Stats()
	require.Equal(t, messages, st.Messages)
	require.Equal(t, claims, st.Claims)
	require.Zero(t, st.Evicted)
	require.Zero(t, st.Unguarded)
}

func randomKey(rng *rand.Rand, now time.Time) sigfox.MessageKey {
	k := sigfox.MessageKey{
		Device: sigfox.DeviceID(rng.Uint32()),
		Time:   now.Unix() - int64(rng.IntN(10)),
		Seq:    sigfox.SeqNumber(rng.IntN(4096)),
	}
	switch rng.IntN(50) {
	case 0:
		k.Time = oddTimes[rng.IntN(len(oddTimes))]
	case 1:
		k.Seq = sigfox.NoSeqNumber
	case 2:
		k.Device = sigfox.DeviceID(rng.IntN(3))
	case 3:
		k = sigfox.MessageKey{}
	}
	return k
}

// TestSeenModelShrinking is the same in small, with failures that shrink.
func TestSeenModelShrinking(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := dedup.SeenOptions{Retain: time.Minute}
		if rapid.Bool().Draw(t, "timeout") {
			o.ClaimTimeout = 10 * time.Second
		}
		s, err := dedup.NewSeen(o)
		require.NoError(t, err)
		m := newSeenModel(s)
		now := seenStart
		keys := rapid.SampledFrom(neighbours())
		t.Repeat(map[string]func(*rapid.T){
			"begin": func(t *rapid.T) {
				k := keys.Draw(t, "key")
				require.Equal(t, m.begin(now, k), s.Begin(now, k))
			},
			"commit": func(t *rapid.T) {
				k := keys.Draw(t, "key")
				m.commit(now, k)
				s.Commit(now, k)
			},
			"abort": func(t *rapid.T) {
				k := keys.Draw(t, "key")
				m.abort(now, k)
				s.Abort(now, k)
			},
			"wait": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(-20, 90).Draw(t, "seconds")) * time.Second)
			},
			"": func(t *rapid.T) {
				messages, claims := m.live()
				st := s.Stats()
				require.Equal(t, messages, st.Messages)
				require.Equal(t, claims, st.Claims)
			},
		})
	})
}

// neighbours are keys that differ in one bit.
func neighbours() []sigfox.MessageKey {
	base := sigfox.MessageKey{Device: 0x2C30EA, Time: seenStart.Unix(), Seq: 7}
	keys := []sigfox.MessageKey{base}
	for bit := range 32 {
		k := base
		k.Device ^= 1 << bit
		keys = append(keys, k)
	}
	for bit := range 64 {
		k := base
		k.Time ^= 1 << bit
		keys = append(keys, k)
	}
	for bit := range 16 {
		k := base
		k.Seq ^= 1 << bit
		keys = append(keys, k)
	}
	return keys
}
