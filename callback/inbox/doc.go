// Package inbox stores received messages before the cloud is answered, and handles
// them afterwards, as often as it takes:
//
//	in, err := inbox.New(ctx, handle, inbox.Options[callback.Uplink]{Store: s})
//	...
//	h, err := callback.NewHandler(in.Put, callback.Options{Verifier: v})
//	...
//	go in.Run(ctx)
//
// The store decides what messages survive: with store/bolt, crashes and restarts of
// the process; with store/nats, replicas share them.
//
// # Guarantees
//
//   - A 2xx is answered only when the store has acknowledged the message, with its
//     store.Durability. If it cannot, the answer is 503 and the cloud tries again.
//   - Each message is handled at least once. It is handled again after a failure, by
//     Options.Delays, and again if the process died meanwhile. A message that still
//     fails is kept among the dead, to be listed, put back or removed.
//   - If an answer comes late, the cloud sends copies of a message. Those that arrive
//     while the message waits count as one. Those that arrive later are recognised by
//     callback.Options.Seen or Claims.
//   - With Options.OrderBy, messages with the same key are handled one after the other,
//     in the order in which they came, even if one has to wait for another attempt.
//     This holds for one process, and across its restarts if no message is waiting for
//     another attempt then; replicas that share a store do not wait for each other.
//     What a process held when it died is back in its place when store/bolt is opened
//     again. On other stores it is back after Options.Lease, and messages that came
//     later may be handled before it.
//
// A message comes out of the store as canonical JSON keeps it: see callback.CustomData.
//
// A BIDIR answer must be given at once, so its function puts the message into an inbox
// itself and returns the reply.
package inbox
