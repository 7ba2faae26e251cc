package keepalive_test

import (
	"bytes"
	"cmp"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/keepalive"
)

// model is a monitor made of a map that is searched and sorted.
type model struct {
	opts    keepalive.Options
	latest  time.Duration // since t0
	devices map[sigfox.DeviceID]modelDevice
}

type modelDevice struct {
	last   int64
	delay  time.Duration
	own    bool
	silent bool
}

func (m *model) observe(now time.Time) (floor, ceil int64) {
	m.latest = max(m.latest, now.Sub(t0))
	return int64(m.latest / time.Second), int64((m.latest + time.Second - 1) / time.Second)
}

func (m *model) touch(now time.Time, id sigfox.DeviceID) error {
	_, at := m.observe(now)
	d, ok := m.devices[id]
	switch {
	case !ok && m.opts.Delay == 0:
		return nil
	case !ok && len(m.devices) == m.opts.MaxDevices:
		return keepalive.ErrFull
	case !ok:
		d.delay = m.opts.Delay
	}
	d.last, d.silent = max(d.last, at), false
	m.devices[id] = d
	return nil
}

func (m *model) set(now time.Time, id sigfox.DeviceID, delay time.Duration) error {
	_, at := m.observe(now)
	d, ok := m.devices[id]
	if !ok && len(m.devices) == m.opts.MaxDevices {
		return keepalive.ErrFull
	}
	if !ok {
		d.last = at
	}
	d.delay, d.own = delay, true
	m.devices[id] = d
	return nil
}

func (m *model) remove(id sigfox.DeviceID) bool {
	_, ok := m.devices[id]
	delete(m.devices, id)
	return ok
}

// due returns the breaches in the order of due time and device.
func (m *model) due(now time.Time) []keepalive.Breach {
	tick, _ := m.observe(now)
	var due []keepalive.Breach
	for id, d := range m.devices {
		if !d.silent && d.delay > 0 && d.last+int64(d.delay/time.Second) <= tick {
			d.silent = true
			m.devices[id] = d
			due = append(due, keepalive.Breach{Device: id, LastSeen: at(time.Duration(d.last) * time.Second), Delay: d.delay})
		}
	}
	slices.SortFunc(due, byDevice)
	return due
}

// equal is require.Equal with a short answer.
func equal(t require.TestingT, want, got any) {
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%.2000s", diff)
		t.FailNow()
	}
}

func byDevice(a, b keepalive.Breach) int { return cmp.Compare(a.Device, b.Device) }

func (m *model) status() map[sigfox.DeviceID]keepalive.Status {
	all := map[sigfox.DeviceID]keepalive.Status{}
	for id, d := range m.devices {
		all[id] = keepalive.Status{LastSeen: at(time.Duration(d.last) * time.Second), Delay: d.delay, Silent: d.silent}
	}
	return all
}

// pair is a monitor and its model, side by side.
type pair struct {
	*model
	monitor *keepalive.Monitor
	now     time.Time
}

func newPair(t require.TestingT, o keepalive.Options) *pair {
	m, err := keepalive.New(o)
	require.NoError(t, err)
	p := &pair{&model{opts: o, devices: map[sigfox.DeviceID]modelDevice{}}, m, t0}
	p.expire(t) // the first time that both see
	return p
}

func (p *pair) expire(t require.TestingT) {
	got := slices.Collect(p.monitor.Expired(p.now))
	slices.SortFunc(got, byDevice)
	if want := p.due(p.now); !slices.Equal(want, got) {
		equal(t, want, got)
	}
}

// expireInSteps leaves the loop after every breach, as a caller does that fails.
func (p *pair) expireInSteps(t require.TestingT) {
	var got []keepalive.Breach
	for more := true; more; {
		more = false
		for b := range p.monitor.Expired(p.now) {
			got, more = append(got, b), true
			break
		}
	}
	slices.SortFunc(got, byDevice)
	if want := p.due(p.now); !slices.Equal(want, got) {
		equal(t, want, got)
	}
}

func (p *pair) touch(t require.TestingT, id sigfox.DeviceID) {
	if want, got := p.model.touch(p.now, id), p.monitor.Touch(p.now, id); !errors.Is(got, want) {
		equal(t, want, got)
	}
}

func (p *pair) set(t require.TestingT, id sigfox.DeviceID, delay time.Duration) {
	if want, got := p.model.set(p.now, id, delay), p.monitor.Set(p.now, id, delay); !errors.Is(got, want) {
		equal(t, want, got)
	}
}

func (p *pair) remove(t require.TestingT, id sigfox.DeviceID) {
	if want, got := p.model.remove(id), p.monitor.Remove(id); got != want {
		equal(t, want, got)
	}
}

func (p *pair) restart(t require.TestingT) {
	var snapshot bytes.Buffer
	require.NoError(t, p.monitor.Snapshot(&snapshot))
	m, err := keepalive.Restore(p.opts, &snapshot)
	require.NoError(t, err)
	p.monitor = m
	p.latest = p.latest.Truncate(time.Second) // a snapshot has whole ticks
}

func (p *pair) check(t require.TestingT) {
	require.Equal(t, len(p.devices), p.monitor.Len())
	equal(t, p.status(), maps.Collect(p.monitor.All()))
}

// modelDelays are close to the borders of the wheel's levels, and far from them.
var modelDelays = inSeconds(
	0, 1, 2, 63, 64, 65, 127, 1800, 4095, 4096, 4097, 86_400, 262_143, 262_144, 300_000, 1<<24-2,
)

func inSeconds(n ...int64) []time.Duration {
	delays := make([]time.Duration, len(n))
	for i := range n {
		delays[i] = time.Duration(n[i]) * time.Second
	}
	return delays
}

func TestModelRapid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		delay := rapid.SampledFrom(modelDelays).Draw(t, "default")
		p := newPair(t, keepalive.Options{Delay: delay, MinDelay: time.Second, MaxDevices: 12})
		device := rapid.Custom(func(t *rapid.T) sigfox.DeviceID { return sigfox.DeviceID(rapid.IntRange(0, 15).Draw(t, "device")) })
		t.Repeat(map[string]func(*rapid.T){
			"touch": func(t *rapid.T) { p.touch(t, device.Draw(t, "id")) },
			"set": func(t *rapid.T) {
				p.set(t, device.Draw(t, "id"), rapid.SampledFrom(modelDelays).Draw(t, "delay"))
			},
			"remove": func(t *rapid.T) { p.remove(t, device.Draw(t, "id")) },
			"wait": func(t *rapid.T) {
				wait := rapid.SampledFrom([]int64{1, 1000, 1500, 64_000, 1_800_000, 86_400_000, 1 << 30}).Draw(t, "unit")
				if p.now.Before(at(20 * 365 * 24 * time.Hour)) { // ticks end after 34 years
					p.now = p.now.Add(time.Duration(wait*rapid.Int64Range(1, 10).Draw(t, "times")) * time.Millisecond)
				}
			},
			"jump back": func(t *rapid.T) {
				p.now = p.now.Add(-time.Second * time.Duration(rapid.IntRange(1, 1000).Draw(t, "seconds")))
			},
			"expire":  func(t *rapid.T) { p.expire(t) },
			"steps":   func(t *rapid.T) { p.expireInSteps(t) },
			"restart": func(t *rapid.T) { p.restart(t) },
			"":        func(t *rapid.T) { p.check(t) },
		})
	})
}

// TestModelMillions drives many devices for a long time.
func TestModelMillions(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	p := newPair(t, keepalive.Options{Delay: time.Hour, MinDelay: time.Second, MaxDevices: 1 << 20})
	device := func() sigfox.DeviceID { return sigfox.DeviceID(r.IntN(1000) * 4096) }
	for i := range millions {
		switch n := r.IntN(1000); {
		case n < 900:
			p.touch(t, device())
		case n < 940:
			p.set(t, device(), modelDelays[r.IntN(len(modelDelays))])
		case n < 960:
			p.remove(t, device())
		case n < 990:
			p.now = p.now.Add(time.Duration(r.ExpFloat64() * float64(time.Second) * math10(r.IntN(5))))
		case n < 991:
			p.now = p.now.Add(-time.Duration(r.Int64N(int64(time.Hour))))
		case n < 999:
			p.expire(t)
		default:
			p.expireInSteps(t)
		}
		if i%100_000 == 0 {
			p.check(t)
			p.restart(t)
		}
	}
}

func math10(n int) float64 { return [...]float64{1, 10, 100, 1000, 10_000}[n] }
