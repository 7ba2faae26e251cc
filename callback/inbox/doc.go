// Package inbox makes received messages safe before the cloud is answered, and
// handles them afterwards, as often as it takes:
//
//	in, err := inbox.New(ctx, handle, inbox.Options[callback.Uplink]{Store: s})
//	...
//	h, err := callback.NewHandler(in.Put, callback.Options{Verifier: v})
//	...
//	go in.Run(ctx)
//
// The store decides what that means: a file of store/bolt keeps messages over crashes
// and restarts of the process, store/nats shares them among replicas.
//
// # Guarantees
//
//   - A 2xx is answered only when the store has acknowledged the message, with its
//     store.Durability. If it cannot, the answer is 503 and the cloud comes again.
//   - Each message is handled at least once: again after a failure, by Options.Delays,
//     and again if the process died meanwhile. A message that still fails is kept
//     among the dead, to be listed, put back or removed.
//   - Of the copies that the cloud sends when an answer comes late, those that come
//     while the message waits are one. Those that come later are recognised by
//     callback.Options.Seen or Claims.
//   - With Options.OrderBy, messages with the same key are handled one after the other,
//     in the order in which they came, also if one has to wait for another attempt.
//     That holds for one process, also over its restarts if none waits then for another
//     attempt; replicas that share a store do not wait for each other. What a process
//     held that died is back in its place when store/bolt is opened again. On other
//     stores it is back after Options.Lease, and messages that came later may be handled
//     before.
//
// A message comes out of the store as canonical JSON keeps it: see callback.CustomData.
//
// A BIDIR answer must be given at once: its function puts the message into an inbox
// itself and returns the reply.
package inbox
