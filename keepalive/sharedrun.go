package keepalive

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/store"
)

// Run reads all devices, and then writes what is heard and calls fn for silences until
// ctx ends. It returns the cause of ctx, or ErrRunning at once if another Run of this
// monitor has not returned. See SharedMonitor for how often fn is called; it is called
// from up to SharedOptions.Workers goroutines at once.
//
// The context of fn ends after half of SharedOptions.Lease. An fn that is cut short by
// the end of ctx has failed; its alert is given by another replica, or by the next Run.
// What was heard until then is written before Run returns.
func (s *SharedMonitor) Run(ctx context.Context, fn func(context.Context, Breach) error) error {
	if !s.setRunning(true) {
		return ErrRunning
	}
	defer s.setRunning(false)
	s.m.tick(time.Now()) // starts the clock
	tasks := make(chan task)
	var group sync.WaitGroup
	group.Go(func() { s.repeat(ctx, s.options.Resync, s.Resync) })
	group.Go(func() { s.repeat(ctx, s.options.Flush, s.Flush) })
	group.Go(func() { s.search(ctx) })
	group.Go(func() { s.direct(ctx, tasks) })
	for range s.options.Workers {
		group.Go(func() {
			for t := range tasks {
				s.attend(ctx, t, fn)
			}
		})
	}
	group.Wait()
	s.flushLast(ctx)
	return context.Cause(ctx)
}

func (s *SharedMonitor) setRunning(running bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := s.running != running
	s.running = running
	return changed
}

// sharedPause is how long a table is left alone that has failed.
const sharedPause = time.Second

// repeat does something now and again, sooner if it fails.
func (s *SharedMonitor) repeat(ctx context.Context, every time.Duration, do func(context.Context, time.Time) error) {
	for ctx.Err() == nil {
		wait := every
		if err := do(ctx, time.Now()); err != nil && ctx.Err() == nil {
			s.trouble(0, err)
			if !errors.Is(err, ErrFull) {
				wait = min(wait, sharedPause)
			}
		}
		sleep(ctx, wait)
	}
}

// search puts the silences that are found on the agenda, at every tick.
func (s *SharedMonitor) search(ctx context.Context) {
	for ctx.Err() == nil {
		for b := range s.m.Expired(time.Now()) {
			s.agenda.look(b.Due().Add(s.options.Grace), b.Device)
		}
		sleep(ctx, s.m.clock.Load().untilNext(time.Now()))
	}
}

// direct hands out the tasks whose time has come, until ctx ends.
func (s *SharedMonitor) direct(ctx context.Context, tasks chan<- task) {
	defer close(tasks)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		now := time.Now()
		t, ok, at := s.agenda.pop(now)
		if ok {
			select {
			case tasks <- t:
			case <-ctx.Done():
				s.agenda.push(t)
			}
			continue
		}
		if at.IsZero() {
			at = now.Add(time.Hour) // or until there is one
		}
		timer.Reset(at.Sub(now))
		select {
		case <-ctx.Done():
		case <-s.agenda.changed:
		case <-timer.C:
		}
	}
}

// attend looks at a device, and gives the alert if there is one.
func (s *SharedMonitor) attend(ctx context.Context, t task, fn func(context.Context, Breach) error) {
	if t.given != nil {
		s.note(ctx, t.given)
		return
	}
	c, again, err := s.claim(ctx, time.Now(), t.id)
	switch {
	case err != nil:
		s.failed(ctx, task{id: t.id}, err)
	case c != nil:
		s.give(ctx, c, fn)
	case !again.IsZero():
		s.agenda.look(again, t.id)
	}
}

// give calls the function for a claim.
func (s *SharedMonitor) give(ctx context.Context, c *claim, fn func(context.Context, Breach) error) {
	end := time.UnixMilli(c.record.until)
	call, cancel := context.WithDeadline(ctx, end.Add(-s.options.Lease/2))
	err := fn(call, c.breach())
	cancel()
	if err == nil {
		s.note(ctx, c)
		return
	}
	now := time.Now()
	again := now
	if ctx.Err() == nil {
		again = now.Add(s.m.opts.Retry)
	}
	write, cancel := s.late(ctx)
	defer cancel()
	if err := s.settle(write, now, c, false, again); err != nil {
		s.trouble(c.id, err)
		s.agenda.look(end, c.id)
	}
}

// note tells the table that the alert of a claim was given, for as long as it takes.
func (s *SharedMonitor) note(ctx context.Context, c *claim) {
	write, cancel := s.late(ctx)
	defer cancel()
	if err := s.settle(write, time.Now(), c, true, time.Time{}); err != nil {
		s.failed(ctx, task{id: c.id, given: c}, err)
	}
}

// late is for writes that make sense although ctx has ended.
func (s *SharedMonitor) late(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), s.options.Lease/4)
}

// failed has a task done again, and keeps its worker from asking the table for a while.
func (s *SharedMonitor) failed(ctx context.Context, t task, err error) {
	pause := sharedPause
	if errors.Is(err, store.ErrCorrupt) {
		pause = s.m.opts.Retry
	}
	t.at = time.Now().Add(pause)
	s.agenda.push(t)
	if ctx.Err() == nil {
		s.trouble(t.id, err)
		sleep(ctx, sharedPause)
	}
}

// trouble tells of an error, and has claims wait if the table is to blame.
func (s *SharedMonitor) trouble(id sigfox.DeviceID, err error) {
	if !errors.Is(err, store.ErrCorrupt) && !errors.Is(err, ErrFull) {
		s.calm.Store(time.Now().Add(s.options.Grace).UnixMilli())
	}
	s.tell(id, err)
}

// flushLast writes what was heard when ctx has ended.
func (s *SharedMonitor) flushLast(ctx context.Context) {
	write, cancel := s.late(ctx)
	defer cancel()
	if err := s.Flush(write, time.Now()); err != nil {
		s.tell(0, err)
	}
}

// sleep returns early if ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
