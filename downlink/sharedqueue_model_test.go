package downlink_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/storetest"
)

// sharedModel compares replicas that share a table with one Queue.
type sharedModel struct {
	*rapid.T
	table    *storetest.FaultyTable
	replicas []*downlink.SharedQueue
	queue    *downlink.Queue
	now      time.Time
	message  int64
	// What was reported by all replicas, and by the queue.
	got, want []downlink.Done
}

// deed is an operation, on a replica and on the model.
type deed struct {
	shared func(*downlink.SharedQueue) (any, error)
	model  func(*downlink.Queue) any
}

// TestSharedQueueModel checks, whatever replicas do in whatever order, also in the middle
// of what others do, and while the store fails: they are one Queue.
func TestSharedQueueModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := &sharedModel{T: rt, table: newTable(t), now: noon}
		o := downlink.QueueOptions{
			PerDay: 3, HoldBack: rapid.Bool().Draw(rt, "hold back"), AssumeSent: rapid.Bool().Draw(rt, "assume sent"),
			MaxPerDevice: 3, MaxOffers: 3, Expiry: 2 * time.Hour,
			OnDone: func(d downlink.Done) { m.got = append(m.got, d) },
		}
		for range 3 {
			m.replicas = append(m.replicas, newShared(t, m.table, o))
		}
		o.OnDone = func(d downlink.Done) { m.want = append(m.want, d) }
		q, err := downlink.NewQueue(o)
		require.NoError(rt, err)
		m.queue = q
		rt.Repeat(map[string]func(*rapid.T){
			"":          m.check,
			"one":       func(rt *rapid.T) { m.do(rt, m.draw(rt)) },
			"overtaken": m.overtaken,
			"failing":   m.failing,
			"wait": func(rt *rapid.T) {
				m.now = m.now.Add(time.Duration(rapid.IntRange(1, 20*60).Draw(rt, "seconds")) * time.Second)
				if rapid.IntRange(0, 9).Draw(rt, "long") == 0 {
					m.now = m.now.Add(9 * time.Hour)
				}
			},
		})
	})
}

func (m *sharedModel) replica(rt *rapid.T) *downlink.SharedQueue {
	return m.replicas[rapid.IntRange(0, len(m.replicas)-1).Draw(rt, "replica")]
}

func (m *sharedModel) draw(rt *rapid.T) deed {
	ctx, now := m.Context(), m.now
	id := sigfox.DeviceID(rapid.IntRange(1, 2).Draw(rt, "device"))
	switch rapid.SampledFrom([]string{"push", "next", "again", "acknowledge", "remove", "quota"}).Draw(rt, "operation") {
	case "push":
		o := downlink.PushOptions{
			Replace: rapid.Bool().Draw(rt, "replace"), Ref: rapid.Uint64().Draw(rt, "ref"),
			Expiry: time.Duration(rapid.IntRange(0, 90).Draw(rt, "minutes")) * time.Minute,
		}
		return deed{
			func(q *downlink.SharedQueue) (any, error) {
				err := q.Push(ctx, now, id, downlink.Data{1}, o)
				full := errors.Is(err, downlink.ErrQueueFull)
				if full {
					err = nil
				}
				return full, err
			},
			func(q *downlink.Queue) any { return q.Push(now, id, downlink.Data{1}, o) != nil },
		}
	case "next":
		m.message++
		fallthrough
	case "again":
		message := sigfox.MessageKey{Device: id, Time: m.message, Seq: 1}
		return deed{
			func(q *downlink.SharedQueue) (any, error) { return q.Next(ctx, now, message) },
			func(q *downlink.Queue) any { return q.Next(now, message) },
		}
	case "acknowledge":
		a := downlink.Ack{Device: id, Code: sigfox.Some(downlink.InfoCode(rapid.IntRange(0, 9).Draw(rt, "code")))}
		type result struct {
			settled downlink.Downlink
			outcome downlink.Outcome
		}
		return deed{
			func(q *downlink.SharedQueue) (any, error) {
				settled, outcome, err := q.Acknowledge(ctx, now, a)
				return result{settled, outcome}, err
			},
			func(q *downlink.Queue) any {
				settled, outcome := q.Acknowledge(now, a)
				return result{settled, outcome}
			},
		}
	case "remove":
		return deed{
			func(q *downlink.SharedQueue) (any, error) { return q.Remove(ctx, now, id) },
			func(q *downlink.Queue) any { return q.Remove(now, id) },
		}
	default:
		return deed{
			func(q *downlink.SharedQueue) (any, error) {
				used, _, err := q.Quota(ctx, now, id)
				return used, err
			},
			func(q *downlink.Queue) any {
				used, _ := q.Quota(now, id)
				return used
			},
		}
	}
}

func (m *sharedModel) do(rt *rapid.T, d deed) {
	got, err := d.shared(m.replica(rt))
	require.NoError(rt, err)
	require.Equal(rt, d.model(m.queue), got)
}

// overtaken has another replica do something just before a first one writes.
func (m *sharedModel) overtaken(rt *rapid.T) {
	slow, fast := m.draw(rt), m.draw(rt)
	overtake := true
	m.table.Before = func(method, _ string) error {
		if overtake && (method == "Create" || method == "Update") {
			overtake = false
			m.do(rt, fast)
		}
		return nil
	}
	m.do(rt, slow)
	m.table.Before = nil
}

// failing checks that what fails has changed nothing.
func (m *sharedModel) failing(rt *rapid.T) {
	m.table.Before = fail(rapid.SampledFrom([]string{"Get", "Create", "Update"}).Draw(rt, "method"))
	d := m.draw(rt)
	got, err := d.shared(m.replica(rt))
	m.table.Before = nil
	if err == nil { // it did not need that method
		require.Equal(rt, d.model(m.queue), got)
		return
	}
	require.ErrorIs(rt, err, store.ErrUnavailable)
}

func (m *sharedModel) check(rt *rapid.T) {
	for id := sigfox.DeviceID(1); id <= 2; id++ {
		var want []downlink.Downlink
		for d := range m.queue.Pending(m.now, id) {
			want = append(want, d)
		}
		got, err := m.replica(rt).Pending(m.Context(), m.now, id)
		require.NoError(rt, err)
		require.Equal(rt, want, got)
	}
	require.Equal(rt, m.want, m.got)
}
