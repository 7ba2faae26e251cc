package aggregator_test

import (
	"math/bits"
	"sync/atomic"
	"testing"

	"github.com/go-sigfox/sigfox/dedup"
)

// sink is given the messages that a candidate emits: by ours in the form of the
// package, by the peers in their own, as soon as it is rated.
type sink interface {
	take(m *dedup.Message)
	takeOwn(m *message)
}

// counter reads of each message what a callback would say of it.
type counter struct{ messages, wrong atomic.Int64 }

func (c *counter) take(m *dedup.Message) {
	reps, best := 0, float32(worst)
	for i := range m.Receptions {
		reps += m.Receptions[i].NbRep
		best = max(best, m.Receptions[i].RSSI)
	}
	c.count(reps, len(m.Receptions), m.Frames, best)
}

func (c *counter) takeOwn(m *message) {
	reps, best := 0, float32(worst)
	for i := range m.heard[:m.stations] {
		reps += bits.OnesCount8(m.reps[i])
		best = max(best, m.heard[i].rssi)
	}
	c.count(reps, int(m.stations), int(m.frames), best)
}

const worst = -200

func (c *counter) count(reps, heard, frames int, best float32) {
	if reps != copies || heard != stations || frames != copies || best == worst {
		c.wrong.Add(1)
	}
	c.messages.Add(1)
}

// check fails if a message was emitted that was not whole.
func (c *counter) check(b *testing.B) {
	b.Helper()
	if n := c.wrong.Load(); n > 0 {
		b.Errorf("%d of %d messages emitted are not whole", n, c.messages.Load())
	}
}
