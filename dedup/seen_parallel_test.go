package dedup_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

// TestSeenParallelClaims lets many callers fight over the same messages, while
// the table grows and time passes: each message is handled exactly once.
func TestSeenParallelClaims(t *testing.T) {
	t.Parallel()
	s := newSeen(t, dedup.SeenOptions{MaxMessages: 1 << 20})
	const callers, messages = 8, 20_000
	var handled [messages]atomic.Int32
	var group sync.WaitGroup
	for caller := range callers {
		group.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(caller), 1))
			for i := range messages {
				i = max(0, i-rng.IntN(20)) // mostly the one that the others ask for
				now := seenStart.Add(time.Duration(i) * time.Millisecond)
				k := parallelKey(i)
				if s.Begin(now, k) != dedup.New {
					continue
				}
				if rng.IntN(4) == 0 {
					s.Abort(now, k)
					continue
				}
				handled[i].Add(1)
				s.Commit(now, k)
			}
		})
	}
	group.Wait()
	done := 0
	for i := range handled {
		n := handled[i].Load()
		require.LessOrEqual(t, n, int32(1), "message %d was handled twice", i)
		done += int(n)
	}
	st := s.Stats()
	require.Equal(t, done, st.Messages)
	require.Zero(t, st.Claims)
}

// parallelKey makes one message in 16 odd.
func parallelKey(i int) sigfox.MessageKey {
	k := seenKey(i)
	if i%16 == 0 {
		k.Time = -k.Time
	}
	return k
}

// TestSeenParallelModel gives each caller messages of its own and the clock of
// all, and compares each with its own model, while sweeps and growth go on.
func TestSeenParallelModel(t *testing.T) {
	t.Parallel()
	s := newSeen(t, dedup.SeenOptions{Retain: time.Minute, MaxMessages: 1 << 18})
	operations := 400_000
	if raceEnabled {
		operations /= 10
	}
	const callers = 4
	var step sync.RWMutex // the clock stands still while callers look at it
	now := seenStart
	var group sync.WaitGroup
	for caller := range callers {
		group.Go(func() {
			m := newSeenModel(s)
			rng := rand.New(rand.NewPCG(uint64(caller), 2))
			for i := range operations {
				k := seenKey(rng.IntN(1 << 16))
				k.Seq = sigfox.SeqNumber(caller)
				step.RLock()
				switch rng.IntN(3) {
				case 0:
					if want, got := m.begin(now, k), s.Begin(now, k); want != got {
						t.Errorf("operation %d: Begin: want %v, got %v", i, want, got)
					}
				case 1:
					m.commit(now, k)
					s.Commit(now, k)
				case 2:
					m.abort(now, k)
					s.Abort(now, k)
				}
				step.RUnlock()
				if i%100 == 0 {
					step.Lock()
					now = now.Add(100 * time.Millisecond)
					step.Unlock()
				}
			}
		})
	}
	group.Go(func() {
		for range 20 {
			s.Stats()
		}
	})
	group.Wait()
	require.Zero(t, s.Stats().Evicted)
}

// TestSeenParallelFull keeps the table full, where callers meet most.
func TestSeenParallelFull(t *testing.T) {
	t.Parallel()
	s := newSeen(t, dedup.SeenOptions{MaxMessages: 2048})
	var group sync.WaitGroup
	for caller := range 4 {
		group.Go(func() {
			for i := range 20_000 {
				k := seenKey(i)
				k.Seq = sigfox.SeqNumber(caller)
				if s.Begin(seenTime(i), k) == dedup.New {
					s.Commit(seenTime(i), k)
				}
			}
		})
	}
	group.Wait()
	st := s.Stats()
	require.Zero(t, st.Claims)
	require.LessOrEqual(t, st.Bytes, 16*2048+256*128)
}
