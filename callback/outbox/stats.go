package outbox

// Stats counts what an Outbox did since New. In each snapshot
//
//	Taken = Delivered + Dead + Returned + Lost + Held
//
// Its JSON always has the same keys, so that expvar.Publish("outbox", expvar.Func(func()
// any { return out.Stats() })) shows it. What waits in the store, for all replicas, is
// reported by Len.
type Stats struct {
	// Accepted counts the requests that Enqueue stored; Refused those that the store did
	// not take.
	Accepted int64 `json:"accepted"`
	Refused  int64 `json:"refused"`
	// Taken counts requests that were taken out of the store; those that came back count
	// again.
	Taken int64 `json:"taken"`
	// Delivered and Dead count their outcomes. Returned counts those given back at the end
	// of Run, and Lost those whose lease ended before the outcome could be noted.
	Delivered int64 `json:"delivered"`
	Dead      int64 `json:"dead"`
	Returned  int64 `json:"returned"`
	Lost      int64 `json:"lost"`
	// Held is how many are under way or wait for another attempt.
	Held int64 `json:"held"`
	// Parked counts how often a request had to wait in the store because its target already
	// had HeldPerTarget.
	Parked int64 `json:"parked"`
	// Failures counts the calls of OnError.
	Failures int64 `json:"failures"`
}

// Stats returns the counters, all taken at the same instant.
func (b *Outbox) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.stats
	s.Held = int64(len(b.held))
	return s
}

// count adds one to a counter of b.stats.
func (b *Outbox) count(counter *int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	*counter++
}

// countGone counts a request that was taken and is dead at once.
func (b *Outbox) countGone() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stats.Taken++
	b.stats.Dead++
}
