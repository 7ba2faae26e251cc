package inbox

// Stats counts what an Inbox did since New. After Run has ended,
//
//	Taken = Handled + Retried + Dead + Returned
//
// Its JSON always has the same keys, so that expvar.Publish("inbox", expvar.Func(func()
// any { return in.Stats() })) shows it. What waits in the store, for all replicas, is
// reported by Len.
type Stats struct {
	// Accepted counts the messages that Put stored, copies of waiting messages included;
	// Refused those that the store did not take.
	Accepted int64 `json:"accepted"`
	Refused  int64 `json:"refused"`
	// Taken counts messages that were taken out of the store; those that came back count
	// again.
	Taken int64 `json:"taken"`
	// Handled counts messages whose function succeeded, Retried those that it failed for
	// and that are tried again, Dead those that are not.
	Handled int64 `json:"handled"`
	Retried int64 `json:"retried"`
	Dead    int64 `json:"dead"`
	// Returned were given back without being handled: at the end of Run, or because one
	// with the same key has to be handled first.
	Returned int64 `json:"returned"`
	// Failures counts the calls of OnError.
	Failures int64 `json:"failures"`
}

// Stats returns the counters, all taken at the same instant.
func (b *Inbox[M]) Stats() Stats {
	b.statsMu.Lock()
	defer b.statsMu.Unlock()
	return b.stats
}

// count adds one to a counter of b.stats.
func (b *Inbox[M]) count(counter *int64) {
	b.statsMu.Lock()
	defer b.statsMu.Unlock()
	*counter++
}
