package main

import (
	"context"
	"runtime"

	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// memory is what the process has in use, in MiB, after a garbage collection.
type memory struct {
	before float64 // without a hung target
	full   float64 // when its queue is full
	after  float64 // when all are enqueued, each rendered
	most   float64 // with garbage, the most that was seen
}

// measureMemory enqueues all messages to a target that hangs.
func measureMemory(ctx context.Context, c config, url string) (m memory, err error) {
	ctx, stop := context.WithCancel(ctx)
	r := newRound(c, url, hung)
	defer r.running.Wait()
	defer stop()
	d, err := r.start(ctx)
	if err != nil {
		return m, err
	}
	v, err := r.newVictim(d)
	if err != nil {
		return m, err
	}
	m.before = inUse()
	if err := v.fill(ctx); err != nil {
		return m, err
	}
	m.full = inUse()
	for n := range c.flood - queueSize {
		if v.rendered, err = dispatch.NewRequest(v.target, uplink(n)); err != nil {
			return m, err
		}
		if err := v.enqueue(ctx, 1); err != nil {
			return m, err
		}
		if n%1000 == 0 {
			m.most = max(m.most, allocated())
		}
	}
	m.after = inUse()
	return m, nil
}

func inUse() float64 {
	runtime.GC()
	return allocated()
}

func allocated() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}
