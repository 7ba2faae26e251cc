// Package bolt keeps a store.Store in one file, on go.etcd.io/bbolt: the durable store for
// one process on one machine.
//
//	s, err := bolt.Open(bolt.Options{Path: "/var/lib/relay/sigfox.db"})
//	...
//	defer s.Close()
//
// It is in a module of its own, so that only those who want it depend on bbolt. For
// several processes or machines there is store/nats; a file has one process at a time,
// and the next one gets ErrLocked.
//
// # Durability
//
// What Put, Save, Done, Bury, Create, Update and all others that change something have
// acknowledged is synced to the disk before they return: it survives the process and the
// loss of power, not the loss of the disk. A lease is synced, too, before Claim returns, and
// ends when the file is opened again: what a process held that died is at once back in its
// place in the order.
// A disk that says it has synced and has not is beyond help.
//
// Those who wait at the same time share a commit, so that many callers get much more done
// than one (see Benchmarks in the package's tests); one caller alone pays two syncs each
// time. There is no goroutine; one of the callers commits for all. A change whose context
// ends while it waits may be made or not, as with any other error.
//
// # What is stored where
//
//	sigfox                                  application, schema
//	queue/NAME/items, ids, due              items by number, their IDs, when each may be claimed and where it was
//	queue/NAME/dead, deadids                those that were buried
//	table/NAME/values, ends                 values by key, when each ends
//
// Items and values have checksums. An operation reads and writes a few pages, however many
// items there are. A newer version of this package may raise the schema: an older one
// then refuses the file with a *SchemaError, and leaves it alone.
//
// The file does not shrink while it is open. Open compacts it if more than
// Options.CompactAbove of it is free; Compact does so at any time while it is closed. A
// long list of free pages also makes each commit larger, so that it is worth while after
// a large backlog. Backup copies the file while it is used; the copy can be opened.
//
// # Limits and failures
//
//   - Options.MaxItems and MaxBytes, or a full disk: what is new is refused with
//     store.ErrFull. What is there can still be worked off, as some pages are always kept
//     free for that. When there is space again, the next call succeeds.
//   - A disk that fails, or a file that cannot be written: store.ErrUnavailable. The next
//     change opens the file anew; nothing has to be restarted.
//   - A damaged file: store.ErrCorrupt. Open looks at the top of the structure, Check at
//     everything, and what is read is checked on the way. Once a change has met a damaged
//     page the store takes no more changes: restore a backup, or have a look at the file
//     with the bbolt command.
//   - A clock that jumps ahead ends leases early and has items due early. One that goes
//     back by more than a minute makes nothing wait until it is there again, except items
//     whose Due says so.
//
// The map of the file needs address space: on 32-bit systems, keep MaxBytes below about
// 512 MiB. The file must be on a local disk, as network file systems may lack locks.
package bolt
