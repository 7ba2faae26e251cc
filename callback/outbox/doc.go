// Package outbox keeps callbacks that are to be sent across restarts, and lets several
// replicas share them. It stands between the code that makes requests and a
// dispatch.Dispatcher:
//
//	out, err := outbox.New(ctx, outbox.Options{Store: s, Targets: registry.Target})
//	d, err := dispatch.New(dispatch.Options{Journal: out, IDHeader: "Idempotency-Key"})
//	p, err := pipeline.New(pipeline.Options{Sender: out, ...})
//	...
//	go out.Run(ctx, d) // runs the dispatcher as well
//
// # Guarantees
//
//   - What Enqueue has accepted is as safe as the store.Durability of the store says,
//     before Enqueue returns.
//   - Each request is attempted until it is delivered or the retry policy gives it up,
//     at the times that the policy sets, whichever process makes the attempt. After a
//     restart it keeps its count of attempts. Requests that are given up are kept among
//     the dead.
//   - A request is sent at least once. It may be sent again if a process dies between
//     the answer and its note of it, or was cut off from the store for longer than
//     Lease. Request.ID stays the same: with dispatch.Options.IDHeader receivers see it.
//   - A target that hangs does not hold up others: at most HeldPerTarget requests of one
//     target are taken out of the store at once.
//   - Requests of one device to one target are sent in the order in which they were
//     accepted, unless one has to be sent again. This holds for one process, and across
//     its restarts if the target had less than HeldPerTarget; replicas that share a
//     store do not wait for each other. What a process held when it died is back after
//     Options.Lease or, when store/bolt is opened again, at once and in its place.
//
// Lines of a batch that failed are sent again together by the same process; another
// process may send them in other batches.
package outbox
