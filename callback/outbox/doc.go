// Package outbox keeps callbacks that are to be sent over restarts, and has several
// replicas share them. It stands between what makes requests and a
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
//     before it returns.
//   - Each request is attempted until it is delivered or given up by the retry policy,
//     at the times that the policy says, whatever process it takes: after a restart
//     with the attempts it had. What was given up is kept among the dead.
//   - It is sent at least once. It may be sent again if a process dies between the
//     answer and its note of it, or was cut off from the store for longer than Lease.
//     Request.ID stays the same: with dispatch.Options.IDHeader receivers see it.
//   - A target that hangs does not hold up others: of one target no more than
//     HeldPerTarget requests are taken out of the store at once.
//   - Requests of one device to one target are sent in the order in which they were
//     accepted, unless one has to be sent again. That holds for one process, also over
//     its restarts if the target had less than HeldPerTarget; replicas that share a
//     store do not wait for each other, and what a process held that died is back after
//     Options.Lease, in its place at once when store/bolt is opened again.
//
// Lines of a batch that failed are sent together again by the same process; another
// one may send them in other batches.
package outbox
