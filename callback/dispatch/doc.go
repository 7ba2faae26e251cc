// Package dispatch sends callbacks as the Sigfox Cloud does: it is what a platform
// embeds that has messages of devices, and customers who wait for them at thousands
// of endpoints.
//
//	target, err := dispatch.NewTarget(dispatch.TargetOptions{Definition: definition}) // as of the API
//	d, err := dispatch.New(dispatch.Options{})
//	go d.Run(ctx)
//	r, err := dispatch.NewRequest(target, uplink)
//	err = d.Enqueue(ctx, r)
//
// A Target is a callback as it is configured in the cloud, by URL, BATCH_URL or EMAIL,
// with what the sender adds: a signer, a client certificate, limits. A Request is a
// message rendered for a target. Send sends one in the goroutine of the caller;
// Enqueue leaves it to Run. All targets with one ID have one queue, one rate limit,
// one breaker and one health.
//
// # What is promised
//
//	accepted by Enqueue   delivered at least once, or told to Hooks.OnDrop, or given back
//	                      by Run in a DrainError: exactly one of these, unless the
//	                      process dies
//	the process dies      what was accepted and not settled is in Options.Journal, to be
//	                      given to Restore; without a journal it is lost
//	delivered twice       if the answer to a request was lost or late; Request.ID is
//	                      the same then, see Options.IDHeader
//	order                 messages of one device and target are sent one after the
//	                      other, those of one accepted first; one that has to be sent
//	                      again is overtaken meanwhile
//	retries               after the end of an attempt: 1, 2 and 4 minutes (SigfoxCloud),
//	                      never sooner; Retry-After and jitter only lengthen a wait
//	success               an answer 2xx, complete within Options.Timeout; redirects are
//	                      failures
//	batches               one request a second and target at most, retries included; a
//	                      batch is sent again as it was
//	isolation             a target that hangs holds up its own messages only, of which
//	                      so many wait as its queue takes; then ErrQueueFull
//	a target that fails   is paused by its breaker: messages wait without attempts being
//	                      lost, one request a minute finds out whether it is back
//	the end of Run        attempts under way have DrainTimeout to end; nothing new starts
//	where requests go     to addresses of the public Internet only, unless Options says
//	                      otherwise
//	secrets               credentials, query values, bodies and headers are in no record
//	                      or log line; hooks are given requests as they are
//
// Hooks, signers, mailers, journals and policies may panic: that is a failed attempt,
// or a line in the log.
//
// A Dispatcher holds what waits in memory, about 1 KiB a message. It sends six
// requests while a loop around http.Client that renders sends seven: 29 000 a second of
// one core that the server shares, 59 allocations each. There is a goroutine for each
// attempt under way and one for Run, and none for a target that is idle. Targets that
// have been idle and healthy for a while cost nothing.
//
// # When not to use it
//
// It speaks HTTP requests and e-mails that were rendered from definitions of callbacks.
// For other web hooks it is the wrong tool. Several processes share what waits by
// package outbox, which has a dispatcher in each of them.
package dispatch
