// Package store is what must survive the process, or be shared by several: queues of
// work, and values that change by compare and set. It has the interfaces, and a Memory
// that implements them for tests and for programs that need no more.
//
//	store.Memory                              one process, gone with it
//	github.com/go-sigfox/sigfox/store/bolt    one machine: a file, synced before anything is acknowledged
//	github.com/go-sigfox/sigfox/store/nats    many machines: NATS JetStream, replicated and synced
//
// On them stand inbox (messages are safe before the cloud is answered), outbox
// (callbacks survive restarts), Seen (one run of a function on several replicas),
// and the durable forms of downlinks and keep-alives. Those who write a store of their
// own run the suite of package storetest against it.
//
// # Guarantees asked of a store
//
//   - What Put, Create and Update have acknowledged is as safe as Durability says.
//   - An item is handed out at least once, and to one holder at a time; it comes back
//     when its lease ends.
//   - Of several who create or update the same key at once, one succeeds.
//   - A full disk, a lost connection or a damaged file is an error, never a success.
//
// Times are the caller's, except that a server may have a clock of its own.
package store
