// Package store defines storage for what must survive the process or be shared by
// several: queues of work, and values that change by compare-and-set. It has the
// interfaces, and a Memory that implements them for tests and for programs that need
// no more.
//
//	store.Memory                              one process, gone when it ends
//	github.com/go-sigfox/sigfox/store/bolt    one machine: a file, synced before anything is acknowledged
//	github.com/go-sigfox/sigfox/store/nats    many machines: NATS JetStream, replicated and synced
//
// These are built on it: inbox (messages are safe before the cloud is answered), outbox
// (callbacks survive restarts), Seen (a function runs once across several replicas),
// and the durable forms of downlinks and keep-alives. If you write a store of your own,
// run the suite of package storetest against it.
//
// # What a store must guarantee
//
//   - What Put, Create and Update have acknowledged is as safe as Durability says.
//   - An item is handed out at least once, and to one holder at a time; it comes back
//     when its lease ends.
//   - If several callers create or update the same key at once, one succeeds.
//   - A full disk, a lost connection or a damaged file is an error, never a success.
//
// The caller passes the time, except that a server may have a clock of its own.
package store
