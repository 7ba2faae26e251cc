package aggregator_test

import (
	"maps"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/dedup"
)

// collector keeps the messages that a candidate emits.
type collector struct {
	mu       sync.Mutex
	messages map[sigfox.MessageKey]*dedup.Message
	twice    int
}

func (c *collector) take(m *dedup.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.messages[m.Key] != nil {
		c.twice++
	}
	m = m.Clone()
	// The peers keep nanoseconds.
	m.FirstSeen, m.LastSeen = m.FirstSeen.Truncate(time.Microsecond), m.LastSeen.Truncate(time.Microsecond)
	c.messages[m.Key] = m
}

func (c *collector) takeOwn(m *message) { c.take(m.public()) }

// TestSameWork plays one stream to all candidates: they give the same verdicts and
// emit the same messages, those of the last moments excepted.
func TestSameWork(t *testing.T) {
	const (
		live       = 10_000
		receptions = 4 * live * copies
	)
	play := func(construct func(int, sink) candidate) (map[sigfox.MessageKey]*dedup.Message, []dedup.Verdict) {
		c := &collector{messages: make(map[sigfox.MessageKey]*dedup.Message)}
		l := newLoadInto(c, live, construct)
		verdicts := make([]dedup.Verdict, receptions)
		for i := range verdicts {
			a := l.nextArrival()
			verdicts[i] = l.add(a.now, &a.frame)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		require.Zero(t, c.twice)
		return maps.Clone(c.messages), verdicts // ttlcache hands out its last ones still
	}
	want, verdicts := play(newOurs)
	require.Greater(t, len(want), 2*live)
	for _, c := range candidates[2:] {
		got, v := play(c.make)
		require.True(t, slices.Equal(verdicts, v), c.name)
		compared := 0
		for k, m := range got {
			if want[k] != nil {
				if !reflect.DeepEqual(want[k], m) {
					t.Fatalf("%s emits %+v, ours %+v", c.name, m, want[k])
				}
				compared++
			}
		}
		require.Greater(t, compared, 2*live, c.name)
	}
}
