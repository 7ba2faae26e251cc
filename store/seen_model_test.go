package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/store"
)

// seenModel is what is known of a message.
type seenModel struct {
	holder  int // of the claim, -1 for none
	claimed time.Time
	done    time.Time
}

const (
	modelRetain = 5 * time.Minute
	modelClaim  = 20 * time.Second
)

func (m *seenModel) state(now time.Time) dedup.State {
	switch {
	case !m.done.IsZero() && now.Sub(m.done) < modelRetain:
		return dedup.Done
	case m.holder >= 0 && now.Sub(m.claimed) < modelClaim:
		return dedup.InFlight
	default:
		return dedup.New
	}
}

// TestSeenModel checks, whatever replicas do in whatever order: one of them has a claim
// at a time, what was handled stays so, and a claim ends with its holder or its time.
func TestSeenModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		table := newTable(t)
		seens := make([]*store.Seen, 3)
		for i := range seens {
			seens[i], _ = replicas(t, table, store.SeenOptions{Retain: modelRetain, ClaimTimeout: modelClaim})
		}
		now := noon
		models := []*seenModel{{holder: -1}, {holder: -1}}
		pick := func(rt *rapid.T) (int, *seenModel, sigfox.MessageKey) {
			n := rapid.IntRange(0, len(models)-1).Draw(rt, "message")
			return rapid.IntRange(0, len(seens)-1).Draw(rt, "replica"), models[n], sigfox.MessageKey{Device: 7, Seq: sigfox.SeqNumber(n)}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"begin": func(rt *rapid.T) {
				replica, m, k := pick(rt)
				state, err := seens[replica].Begin(t.Context(), now, k)
				require.NoError(rt, err)
				require.Equal(rt, m.state(now), state)
				if state == dedup.New {
					m.holder, m.claimed = replica, now
				}
			},
			"commit": func(rt *rapid.T) {
				replica, m, k := pick(rt)
				err := seens[replica].Commit(t.Context(), now, k)
				if m.state(now) == dedup.InFlight && m.holder != replica {
					require.ErrorIs(rt, err, store.ErrLost)
					return
				}
				require.NoError(rt, err)
				if m.state(now) != dedup.Done {
					m.done, m.holder = now, -1
				}
			},
			"abort": func(rt *rapid.T) {
				replica, m, k := pick(rt)
				require.NoError(rt, seens[replica].Abort(t.Context(), now, k))
				if m.holder == replica {
					m.holder = -1
				}
			},
			"restart": func(rt *rapid.T) {
				replica := rapid.IntRange(0, len(seens)-1).Draw(rt, "replica")
				seens[replica], _ = replicas(t, table, store.SeenOptions{Retain: modelRetain, ClaimTimeout: modelClaim})
				for _, m := range models {
					if m.holder == replica {
						m.holder = len(seens) // nobody who will ever come back
					}
				}
			},
			"wait": func(rt *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 60).Draw(rt, "seconds")) * time.Second)
			},
		})
	})
}
