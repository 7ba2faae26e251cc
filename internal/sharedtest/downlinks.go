package sharedtest

import (
	"errors"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/store"
)

// downlinkTest compares replicas that share a table with one Queue.
type downlinkTest struct {
	T
	choose   Choose
	faulty   *faulty
	replicas []*downlink.SharedQueue
	queue    *downlink.Queue
	devices  []sigfox.DeviceID
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

// Downlinks checks replicas with a downlink.SharedQueue each, on their tables, also in the
// middle of what others do, and while their store fails: they are one Queue. The devices
// are others than those of other runs on the same tables.
func Downlinks(t T, choose Choose, run int, tables ...store.Table) {
	t.Helper()
	m := &downlinkTest{
		T: t, choose: choose, faulty: newFaulty(tables), now: time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC),
		devices: []sigfox.DeviceID{sigfox.DeviceID(2*run + 1), sigfox.DeviceID(2*run + 2)},
	}
	o := downlink.QueueOptions{
		PerDay: 3, HoldBack: choose.bool("hold back"), AssumeSent: choose.bool("assume sent"),
		MaxPerDevice: 3, MaxOffers: 3, Expiry: 2 * time.Hour,
		OnDone: func(d downlink.Done) { m.got = append(m.got, d) },
	}
	for _, table := range m.faulty.tables {
		q, err := downlink.NewSharedQueue(table, o)
		ok(t, err)
		m.replicas = append(m.replicas, q)
	}
	o.OnDone = func(d downlink.Done) { m.want = append(m.want, d) }
	q, err := downlink.NewQueue(o)
	ok(t, err)
	m.queue = q
	steps := []func(){func() { m.do(m.draw()) }, m.overtaken, m.failing, m.wait}
	for range 1 + choose("steps", 60) {
		pick(choose, "step", steps)()
		m.check()
	}
}

func (m *downlinkTest) wait() {
	m.now = m.now.Add(time.Duration(1+m.choose("seconds", 20*60)) * time.Second)
	if m.choose("long", 10) == 0 {
		m.now = m.now.Add(9 * time.Hour)
	}
}

func (m *downlinkTest) replica() *downlink.SharedQueue { return pick(m.choose, "replica", m.replicas) }

func (m *downlinkTest) draw() deed {
	ctx, now := m.Context(), m.now
	id := pick(m.choose, "device", m.devices)
	switch pick(m.choose, "operation", []string{"push", "next", "again", "acknowledge", "remove", "quota"}) {
	case "push":
		o := downlink.PushOptions{
			Replace: m.choose.bool("replace"), Ref: uint64(m.choose("ref", 1<<30)),
			Expiry: time.Duration(m.choose("minutes", 91)) * time.Minute,
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
		a := downlink.Ack{Device: id, Code: sigfox.Some(downlink.InfoCode(m.choose("code", 10)))}
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

func (m *downlinkTest) do(d deed) {
	got, err := d.shared(m.replica())
	ok(m, err)
	equal(m, d.model(m.queue), got, "result")
}

// overtaken has another replica do something just before a first one writes.
func (m *downlinkTest) overtaken() {
	slow, fast := m.draw(), m.draw()
	overtake := true
	m.faulty.before = func(method string) error {
		if overtake && (method == "Create" || method == "Update") {
			overtake = false
			m.do(fast)
		}
		return nil
	}
	m.do(slow)
	m.faulty.before = nil
}

// failing checks that what fails has changed nothing.
func (m *downlinkTest) failing() {
	fails := pick(m.choose, "method", []string{"Get", "Create", "Update"})
	m.faulty.before = func(method string) error {
		if method == fails {
			return store.ErrUnavailable
		}
		return nil
	}
	d := m.draw()
	got, err := d.shared(m.replica())
	m.faulty.before = nil
	if err == nil { // it did not need that method
		equal(m, d.model(m.queue), got, "result")
		return
	}
	is(m, err, store.ErrUnavailable)
}

func (m *downlinkTest) check() {
	for _, id := range m.devices {
		var want []downlink.Downlink
		for d := range m.queue.Pending(m.now, id) {
			want = append(want, d)
		}
		got, err := m.replica().Pending(m.Context(), m.now, id)
		ok(m, err)
		equal(m, want, got, "pending")
	}
	equal(m, m.want, m.got, "reports")
}
