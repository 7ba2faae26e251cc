package dispatch

import "maps"

// Stats counts what a Dispatcher did. In each snapshot
//
//	Accepted = Delivered + all of Dropped + Returned + Pending
//
// Its JSON always has the same keys, so that expvar.Publish("dispatch",
// expvar.Func(func() any { return d.Stats() })) shows it.
type Stats struct {
	// Accepted counts what Enqueue, Send and Restore took; Refused what found the queue
	// full, the target disabled or the journal broken.
	Accepted int64 `json:"accepted"`
	Refused  int64 `json:"refused"`
	// Delivered, Dropped and Returned count the outcomes of accepted requests. Returned are
	// those that DrainError gave back, and those whose Send was cancelled.
	Delivered int64               `json:"delivered"`
	Dropped   map[DropCause]int64 `json:"dropped"`
	Returned  int64               `json:"returned"`
	// Pending is how many requests are none of these: they wait or are under way.
	Pending int64 `json:"pending"`

	// Succeeded counts the attempts that did, Failed the others, and Retries those
	// after which another was planned. A batch is one attempt.
	Succeeded int64            `json:"succeeded"`
	Failed    map[Reason]int64 `json:"failed"`
	Retries   int64            `json:"retries"`
	// InFlight is how many attempts are under way.
	InFlight int64 `json:"inFlight"`
	// Targets is how many targets are known: see Dispatcher.Health.
	Targets int64 `json:"targets"`
}

func newStats() Stats {
	return Stats{
		Dropped: map[DropCause]int64{
			DropAttempts: 0, DropFinal: 0, DropExpired: 0, DropDisabled: 0, DropDiscarded: 0,
		},
		Failed: map[Reason]int64{
			ReasonDNS: 0, ReasonForbidden: 0, ReasonRefused: 0, ReasonTLS: 0, ReasonTimeout: 0, ReasonProtocol: 0,
			ReasonRedirect: 0, ReasonStatus: 0, ReasonTooLarge: 0, ReasonRequest: 0, ReasonSign: 0, ReasonMail: 0,
			ReasonCanceled: 0,
		},
	}
}

// Stats returns the counters, all taken at the same instant.
func (d *Dispatcher) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.stats
	s.Dropped, s.Failed = maps.Clone(s.Dropped), maps.Clone(s.Failed)
	s.Pending, s.Targets = int64(d.pending+d.senders), int64(len(d.lanes))
	return s
}

func (s *Stats) countAttempt(a *Attempt) {
	if a.OK() {
		s.Succeeded++
	} else {
		s.Failed[a.Reason]++
	}
}
