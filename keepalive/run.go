package keepalive

import (
	"context"
	"sync"
	"time"
)

// Run calls fn for every breach, at its due tick, until ctx is done. It returns
// the cause of ctx, or ErrRunning at once if another Run has not returned.
//
// An fn that fails is called again for the same breach after Options.Retry,
// until it returns nil; meanwhile other breaches are not held up. A breach that
// fn has not accepted when Run returns is kept for the next Run or Expired, and
// is in a Snapshot. fn is called from one goroutine at a time. Silences are
// found while fn works, so that a slow one loses no alert; only with more than
// Options.MaxDevices breaches waiting does the search pause.
func (m *Monitor) Run(ctx context.Context, fn func(context.Context, Breach) error) error {
	if !m.setRunning(true) {
		return ErrRunning
	}
	defer m.setRunning(false)
	m.tick(time.Now()) // starts the clock of a restored monitor
	m.retryAll()
	ctx, cancel := context.WithCancel(ctx)
	var searcher sync.WaitGroup
	defer searcher.Wait()
	defer cancel() // also if fn panics
	found := make(chan struct{}, 1)
	searcher.Go(func() { m.search(ctx, found) })
	m.deliver(ctx, found, fn)
	return context.Cause(ctx)
}

// setRunning reports whether it changed anything.
func (m *Monitor) setRunning(running bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	changed := m.running != running
	m.running = running
	return changed
}

// search looks for breaches at every tick.
func (m *Monitor) search(ctx context.Context, found chan<- struct{}) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		tick := m.tick(time.Now())
		for ctx.Err() == nil && m.Waiting() < m.opts.MaxDevices && m.sweep(tick) {
			signal(found)
		}
		now := time.Now()
		timer.Reset(m.clock.Load().untilNext(now))
	}
}

// signal wakes the deliverer, unless it is already told.
func signal(found chan<- struct{}) {
	select {
	case found <- struct{}{}:
	default:
	}
}

// deliver calls fn for the alerts that are found and those that failed.
func (m *Monitor) deliver(ctx context.Context, found <-chan struct{}, fn func(context.Context, Breach) error) {
	timer := time.NewTimer(m.opts.Retry)
	defer timer.Stop()
	for ctx.Err() == nil {
		if m.deliverNext(ctx, fn) {
			continue
		}
		timer.Reset(m.untilRetry(time.Now()))
		select {
		case <-ctx.Done():
		case <-found:
		case <-timer.C:
		}
	}
}

// deliverNext hands one alert to fn. It reports whether there was one.
func (m *Monitor) deliverNext(ctx context.Context, fn func(context.Context, Breach) error) bool {
	b, ok := m.lend(time.Now())
	if !ok {
		return false
	}
	delivered := false
	defer func() { m.settle(delivered, time.Now()) }() // also if fn panics
	delivered = fn(ctx, b) == nil
	return true
}

func (m *Monitor) lend(now time.Time) (Breach, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.alerts.lend(now)
	if !ok {
		return Breach{}, false
	}
	return m.breach(a), true
}

func (m *Monitor) settle(delivered bool, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.alerts.settle(delivered, now.Add(m.opts.Retry))
}

// retryAll makes the time of all failed alerts come now.
func (m *Monitor) retryAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for range m.alerts.failed.n {
		f, _ := m.alerts.failed.pop()
		m.alerts.failed.push(failure{alert: f.alert})
	}
}

// untilRetry returns how long no failed alert is to be tried again.
func (m *Monitor) untilRetry(now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f, ok := m.alerts.failed.peek(); ok {
		return f.again.Sub(now)
	}
	return m.opts.Retry
}
