// Package dispatch sends callbacks as the Sigfox Cloud does. It is for platforms that
// hold the messages of devices and forward them to thousands of customers' endpoints.
//
//	target, err := dispatch.NewTarget(dispatch.TargetOptions{Definition: definition}) // as in the API
//	d, err := dispatch.New(dispatch.Options{})
//	go d.Run(ctx)
//	r, err := dispatch.NewRequest(target, uplink)
//	err = d.Enqueue(ctx, r)
//
// A Target is a callback as it is configured in the cloud, by URL, BATCH_URL or EMAIL,
// together with what the sender adds: a signer, a client certificate, limits. A Request
// is a message rendered for a target. Send sends a request in the caller's goroutine;
// Enqueue leaves it to Run. All targets with the same ID share one queue, one rate
// limit, one breaker and one health.
//
// # Guarantees
//
//	accepted by Enqueue   delivered at least once, or reported to Hooks.OnDrop, or given
//	                      back by Run in a DrainError: exactly one of these, unless the
//	                      process dies
//	the process dies      what was accepted and not settled is in Options.Journal, to be
//	                      given to Restore; without a journal it is lost
//	delivered twice       if the answer to a request was lost or late; both requests have
//	                      the same Request.ID, see Options.IDHeader
//	order                 messages of one device to one target are sent one at a time, in
//	                      the order in which they were accepted; while one waits to be
//	                      sent again, later ones overtake it
//	retries               1, 2 and 4 minutes after the end of an attempt (SigfoxCloud),
//	                      never sooner; Retry-After and jitter only lengthen a wait
//	success               a 2xx answer, complete within Options.Timeout; redirects are
//	                      failures
//	batches               at most one request a second for each target, retries included;
//	                      a batch is sent again unchanged
//	isolation             a target that hangs holds up only its own messages; its queue
//	                      bounds how many wait, then Enqueue returns ErrQueueFull
//	a target that fails   is paused by its breaker: messages wait without using up
//	                      attempts, and one request a minute tests whether it is back
//	the end of Run        attempts under way have DrainTimeout to end; nothing new starts
//	where requests go     to addresses of the public Internet only, unless Options says
//	                      otherwise
//	secrets               credentials, query values, bodies and headers are in no record
//	                      or log line; hooks are given requests as they are
//
// Hooks, signers, mailers, journals and policies may panic: that counts as a failed
// attempt, or is logged.
//
// A Dispatcher keeps waiting requests in memory, about 1 KiB a message. It sends 0.95
// of what a loop over http.Client sends, 31 000 requests a second on one core that it
// shares with the server, with 54 allocations each (see bench/README.md). There is one
// goroutine for each attempt under way and one for Run, and none for an idle target.
// Targets that have been idle and healthy for a while cost nothing.
//
// # When not to use it
//
// It sends only HTTP requests and e-mails that were rendered from callback definitions,
// so it is the wrong tool for other webhooks. To share waiting requests between several
// processes, use package outbox, which has a dispatcher in each of them.
package dispatch
