package pipeline

import (
	"context"
	"time"

	"github.com/go-sigfox/sigfox/dedup"
	"github.com/go-sigfox/sigfox/downlink"
)

// Advance does what is due at now: it sends DATA_ADVANCED for the messages whose
// window is over, ERROR for the devices that fell silent, has downlinks emitted and
// reports their outcome. It is for those who do not call Run because their time is
// not that of the clock. They call it whenever Next says, and about once a second of
// their time for the silences.
//
// What is due is handed on even if ctx has ended.
func (p *Pipeline) Advance(ctx context.Context, now time.Time) {
	p.advance(ctx, now, func(t task) {
		p.emit(ctx, func() time.Time { return now }, t)
	})
}

// Next returns when Advance has something to do, silences not counted; false if
// there is nothing.
func (p *Pipeline) Next() (time.Time, bool) {
	closes, open := p.o.Aggregator.NextClose()
	due, planned := p.downlinks.nextDue()
	if !planned || open && closes.Before(due) {
		return closes, open
	}
	return due, true
}

// Drain finishes at once everything that waits for a time, as if that time had come:
// DATA_ADVANCED is sent for all messages, and downlinks that were not emitted fail. It is
// for the end of a process, after Run; the pipeline cannot be used afterwards.
func (p *Pipeline) Drain(ctx context.Context, now time.Time) {
	end := now.Add(dedup.MaxWindow)
	ctx = context.WithoutCancel(ctx)
	p.closeMessages(ctx, now, end)
	p.advanceDownlinks(ctx, now, end, func(task) {}) // none is in time to be emitted
}

// advance does what is due. emit may return before the emission ends.
func (p *Pipeline) advance(ctx context.Context, now time.Time, emit func(task)) {
	ctx = context.WithoutCancel(ctx)
	p.closeMessages(ctx, now, now)
	p.alert(ctx, now)
	p.advanceDownlinks(ctx, now, now, emit)
}

// advanceDownlinks does at now what is due until end.
func (p *Pipeline) advanceDownlinks(ctx context.Context, now, end time.Time, emit func(task)) {
	for {
		t, ok := p.downlinks.next(end)
		switch {
		case !ok:
			return
		case t.decision.Step == downlink.StepSend:
			emit(t)
		default:
			p.report(ctx, now, t)
		}
	}
}
