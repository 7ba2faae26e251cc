// Package bolt keeps a store.Store in one file, on go.etcd.io/bbolt: the durable store for
// one process on one machine.
//
//	s, err := bolt.Open(bolt.Options{Path: "/var/lib/relay/sigfox.db"})
//	...
//	defer s.Close()
//
// It is in a module of its own, so only those who use it depend on bbolt. Only one process
// at a time can open a file; the next one gets ErrLocked. For several processes or
// machines, use store/nats.
//
// # Durability
//
// Put, Save, Done, Bury, Create, Update and every other operation that changes something
// sync it to the disk before they return. What they have acknowledged survives the process
// and the loss of power, but not the loss of the disk. A lease is synced, too, before Claim
// returns, and ends when the file is opened again: what a process held when it died is at
// once back in its place in the order. A disk that reports a sync that did not happen
// cannot be helped.
//
// Callers that wait at the same time share a commit, so many callers get much more done
// than one (see Benchmarks in the package's tests). A single caller pays two syncs each
// time. There is no goroutine; one of the callers commits for all. If the context of a
// change ends while it waits, the change may or may not be made, as with any other error.
//
// # What is stored where
//
//	sigfox                                  application, schema
//	queue/NAME/items, ids, due              items by number, their IDs, when each may be claimed and where it was
//	queue/NAME/dead, deadids                those that were buried
//	table/NAME/values, ends                 values by key, when each ends
//
// Items and values have checksums. An operation reads and writes a few pages, however many
// items there are. A newer version of this package may raise the schema. An older version
// then refuses the file with a *SchemaError and leaves it alone.
//
// The file does not shrink while it is open. Open compacts it if more than
// Options.CompactAbove of it is free; Compact does so at any time while it is closed. A
// long list of free pages also makes each commit larger, so compacting is worthwhile after
// a large backlog. Backup copies the file while it is in use; the copy can be opened.
//
// # Limits and failures
//
//   - At Options.MaxItems or MaxBytes, or when the disk is full, new items are refused with
//     store.ErrFull. Those that are there can still be worked off, as some pages are always
//     kept free for that. When there is space again, the next call succeeds.
//   - A disk that fails, or a file that cannot be written, is store.ErrUnavailable. The next
//     change opens the file anew; nothing has to be restarted.
//   - A damaged file is store.ErrCorrupt. Open checks the top of the structure, Check
//     checks everything, and every read is checked. Once a change has met a damaged page,
//     the store takes no more changes: restore a backup, or inspect the file with the bbolt
//     command.
//   - A clock that jumps ahead ends leases early and makes items due early. When a clock
//     goes back by more than a minute, nothing waits until it catches up, except items
//     whose Due says so.
//
// Mapping the file needs address space: on 32-bit systems, keep MaxBytes below about
// 512 MiB. The file must be on a local disk, as network file systems may lack locks.
package bolt
