package downlink_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
)

const (
	modelTimeout   = 10 * time.Minute
	modelPerDay    = 3
	modelMaxOffers = 4
	modelMax       = 3
)

// model states what must hold for a queue, by keeping the whole history of the
// downlinks of each device.
type model struct {
	*rapid.T
	queue    *downlink.Queue
	holdBack bool
	now      time.Time
	nextRef  uint64
	devices  [2]modelDevice
}

type modelDevice struct {
	pushed  []*modelDownlink // in order, also those that are gone
	last    *modelDownlink   // the one offered last
	message sigfox.MessageKey
	offered time.Time
	settled bool // an ACKNOWLEDGE told the result of the last offer
	today   time.Time
	used    int
}

type modelDownlink struct {
	ref     uint64
	expires time.Time
	offers  int
	dropped bool // replaced or removed, perhaps while on offer
	gone    bool
}

// TestQueueModel checks, whatever happens in whatever order: no downlink is lost,
// none is offered again before the result of its offer is known or overdue, they
// go out in order, and the quota is counted right.
func TestQueueModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &model{T: t, now: noon, holdBack: rapid.Bool().Draw(t, "hold back")}
		q, err := downlink.NewQueue(downlink.QueueOptions{
			PerDay: modelPerDay, HoldBack: m.holdBack, MaxPerDevice: modelMax, MaxOffers: modelMaxOffers,
			Expiry: 2 * time.Hour, ConfirmTimeout: modelTimeout, OnDone: m.onDone,
		})
		require.NoError(t, err)
		m.queue = q
		t.Repeat(map[string]func(*rapid.T){
			"":            m.check,
			"push":        m.push,
			"ask":         m.ask,
			"ask again":   m.askAgain,
			"acknowledge": m.acknowledge,
			"remove":      m.remove,
			"wait":        m.wait,
		})
	})
}

func (m *model) pick(t *rapid.T) (sigfox.DeviceID, *modelDevice) {
	id := rapid.IntRange(0, len(m.devices)-1).Draw(t, "device")
	d := &m.devices[id]
	d.rollDay(m.now)
	return sigfox.DeviceID(id), d
}

func (d *modelDevice) rollDay(now time.Time) {
	if today := now.Truncate(24 * time.Hour); !today.Equal(d.today) {
		d.today, d.used = today, 0
	}
}

// onOffer tells whether the result of the last offer is neither known nor overdue.
func (m *model) onOffer(d *modelDevice) bool {
	return d.last != nil && !d.settled && m.now.Sub(d.offered) < modelTimeout
}

// live returns what must still be in the queue.
func (m *model) live(d *modelDevice) (live []*modelDownlink) {
	for _, l := range d.pushed {
		if d.last == l && m.onOffer(d) {
			live = append(live, l)
			continue
		}
		if !l.gone && !l.dropped && m.now.Before(l.expires) && l.offers < modelMaxOffers {
			live = append(live, l)
		}
	}
	return live
}

func (m *model) onDone(done downlink.Done) {
	for _, l := range m.devices[done.Device].pushed {
		if l.ref != done.Downlink.Ref {
			continue
		}
		require.False(m, l.gone, "reported twice")
		l.gone = true
		switch done.Outcome {
		case downlink.Expired:
			require.False(m, m.now.Before(l.expires))
		case downlink.GivenUp:
			require.Equal(m, modelMaxOffers, l.offers)
		case downlink.Replaced, downlink.Removed:
			l.dropped = true
		default:
			require.Contains(m, []downlink.Outcome{downlink.Confirmed, downlink.Rejected}, done.Outcome)
		}
		return
	}
	m.Fatalf("unknown downlink %d reported", done.Downlink.Ref)
}

func (m *model) dropAll(d *modelDevice) {
	for _, l := range d.pushed {
		l.dropped = true
	}
}

func (m *model) push(t *rapid.T) {
	id, d := m.pick(t)
	o := downlink.PushOptions{
		Replace: rapid.Bool().Draw(t, "replace"),
		Expiry:  time.Duration(rapid.IntRange(0, 90).Draw(t, "minutes")) * time.Minute,
		Ref:     m.nextRef,
	}
	room := 0
	for _, l := range m.live(d) {
		if !l.dropped {
			room++
		}
	}
	err := m.queue.Push(m.now, id, downlink.Data{byte(m.nextRef), byte(m.nextRef >> 8)}, o)
	if !o.Replace && room >= modelMax {
		require.ErrorIs(t, err, downlink.ErrQueueFull)
		return
	}
	require.NoError(t, err)
	if o.Replace {
		m.dropAll(d)
	}
	if o.Expiry == 0 {
		o.Expiry = 2 * time.Hour
	}
	d.pushed = append(d.pushed, &modelDownlink{ref: m.nextRef, expires: m.now.Add(o.Expiry)})
	m.nextRef++
}

func (m *model) ask(t *rapid.T) {
	id, d := m.pick(t)
	m.now = m.now.Add(time.Second) // so that the message is a new one
	message := sigfox.MessageKey{Device: id, Time: m.now.Unix(), Seq: 7}
	data, ok := m.queue.Next(m.now, message).Data()
	d.rollDay(m.now)
	live := m.live(d)
	if len(live) == 0 || m.onOffer(d) || m.holdBack && d.used >= modelPerDay {
		require.False(t, ok)
		return
	}
	require.True(t, ok)
	first := live[0]
	require.Equal(t, downlink.Data{byte(first.ref), byte(first.ref >> 8)}, data)
	first.offers++
	d.last, d.message, d.offered, d.settled = first, message, m.now, false
	d.used++
}

func (m *model) askAgain(t *rapid.T) {
	_, d := m.pick(t)
	if d.last == nil || d.offered.Before(d.today) {
		return // the queue need not remember the message beyond its day
	}
	data, ok := m.queue.Next(m.now, d.message).Data()
	require.Equal(t, m.onOffer(d), ok)
	if ok {
		require.Equal(t, downlink.Data{byte(d.last.ref), byte(d.last.ref >> 8)}, data)
	}
}

func (m *model) acknowledge(t *rapid.T) {
	id, d := m.pick(t)
	code := downlink.InfoCode(rapid.IntRange(0, 9).Draw(t, "code"))
	_, settles := m.settles(d)
	_, outcome := m.queue.Acknowledge(m.now, downlink.Ack{Device: id, Code: sigfox.Some(code)})
	if !settles || code == downlink.Pending {
		require.Equal(t, downlink.Ignored, outcome)
		return
	}
	last := d.last
	d.settled = true
	switch {
	case code == downlink.Acked:
		require.Equal(t, downlink.Confirmed, outcome)
	case code == downlink.InvalidPayload:
		require.Equal(t, downlink.Rejected, outcome)
	case last.dropped:
		require.Contains(t, []downlink.Outcome{downlink.Replaced, downlink.Removed}, outcome)
	case last.offers >= modelMaxOffers:
		require.Equal(t, downlink.GivenUp, outcome)
	case !m.now.Before(last.expires):
		require.Equal(t, downlink.Expired, outcome)
	default:
		require.Equal(t, downlink.PutBack, outcome)
	}
	require.Equal(t, outcome != downlink.PutBack, last.gone)
	if code != downlink.Acked && d.offered.Truncate(24*time.Hour).Equal(d.today) {
		d.used--
	}
	if code == downlink.OverrunError {
		d.used = max(d.used, modelPerDay)
	}
}

// settles tells whether an ACKNOWLEDGE can settle the last offer: it is not known
// what became of it, and the downlink is still in the queue.
func (m *model) settles(d *modelDevice) (*modelDownlink, bool) {
	if d.last == nil || d.settled {
		return nil, false
	}
	for _, l := range m.live(d) {
		if l == d.last {
			return l, true
		}
	}
	return nil, false
}

func (m *model) remove(t *rapid.T) {
	id, d := m.pick(t)
	m.queue.Remove(m.now, id)
	m.dropAll(d)
}

func (m *model) wait(t *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(1, 20*60).Draw(t, "seconds")) * time.Second)
	if rapid.IntRange(0, 9).Draw(t, "long") == 0 {
		m.now = m.now.Add(8 * time.Hour)
	}
}

// check compares what waits and the quota of all devices.
func (m *model) check(t *rapid.T) {
	for i := range m.devices {
		d := &m.devices[i]
		d.rollDay(m.now)
		var want, got []uint64
		for _, l := range m.live(d) {
			want = append(want, l.ref)
		}
		for p := range m.queue.Pending(m.now, sigfox.DeviceID(i)) {
			got = append(got, p.Ref)
		}
		require.Equal(t, want, got, "device %d", i)
		used, _ := m.queue.Quota(m.now, sigfox.DeviceID(i))
		require.Equal(t, d.used, used, "device %d", i)
		for _, l := range d.pushed {
			require.Equal(t, !slices.Contains(got, l.ref), l.gone, "downlink %d", l.ref)
		}
	}
}
