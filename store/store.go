package store

import (
	"context"
	"errors"
	"iter"
	"time"
)

// The errors to branch on. The errors of a store wrap them.
var (
	// ErrNotFound means that there is no such key or item.
	ErrNotFound = errors.New("store: not found")
	// ErrExists means that Create found the key, or Revive the ID.
	ErrExists = errors.New("store: exists")
	// ErrConflict means that the key has changed since it was read.
	ErrConflict = errors.New("store: key was changed")
	// ErrLost means that the lease of a claim has ended, and that the item may be held by
	// someone else.
	ErrLost = errors.New("store: claim lost")
	// ErrFull means that a limit of the store is reached, or its disk is full.
	ErrFull = errors.New("store: full")
	// ErrUnavailable means that the store cannot be reached now.
	ErrUnavailable = errors.New("store: unavailable")
	// ErrCorrupt means that what was stored cannot be read.
	ErrCorrupt = errors.New("store: corrupt")
)

// Store has queues and tables by name. It is safe for concurrent use. The code that
// opened it closes it.
type Store interface {
	// Queue returns the queue of this name and creates it if there is none. Names are 1 to
	// 32 letters, digits, "-" and "_".
	Queue(ctx context.Context, name string) (Queue, error)
	// Table returns the table of this name and creates it if there is none.
	Table(ctx context.Context, name string) (Table, error)
	// Durability says what acknowledged data survives.
	Durability() Durability
}

// Item is something to be done.
type Item struct {
	// ID names the item in its queue: 1 to 128 printable ASCII characters without space.
	ID string
	// Data is whatever the caller puts there.
	Data []byte
	// Due is when it is to be claimed; zero for at once. In a Claim it is when the item
	// became due, which is its place in the order.
	Due time.Time
	// Claims counts how often it was handed out before. Set by the store.
	Claims int
}

// Claim is an item that is held.
type Claim struct {
	Item
	// Receipt proves who holds the item. The store sets it.
	Receipt string
}

// Queue is work that is done at least once. Items that are due are handed out in the
// order in which they became so, and those of one time in the order in which they were
// put, as far as several holders allow.
type Queue interface {
	// Put adds items, all or none. An item whose ID is in the queue is left as it is,
	// which is not an error: repeating a Put that may have failed is safe.
	Put(ctx context.Context, now time.Time, items ...Item) error
	// Claim hands out at most n items that are due and not held, possibly none. The caller
	// holds them for the lease.
	Claim(ctx context.Context, now time.Time, n int, lease time.Duration) ([]Claim, error)
	// Extend restarts the lease. The error is ErrLost if one of the claims is no longer
	// held.
	Extend(ctx context.Context, now time.Time, lease time.Duration, claims ...Claim) error
	// Done removes items that are done. Those that are gone already are not an error.
	Done(ctx context.Context, claims ...Claim) error
	// Save replaces the data of an item and when it is due. It keeps the item held if hold
	// is true, and otherwise gives it back. With a Due that is over, or that of the claim,
	// it goes back to its place among those that became due then.
	Save(ctx context.Context, now time.Time, c Claim, hold bool) (Claim, error)
	// Bury takes an item, with its data, out of the queue and keeps it among the dead, in
	// place of one of the same ID.
	Bury(ctx context.Context, now time.Time, c Claim) error
	// Dead yields the dead, oldest first.
	Dead(ctx context.Context) iter.Seq2[Item, error]
	// Revive puts a dead item back into the queue, due now. The error is ErrExists if one
	// of the same ID is there; the dead one is then left.
	Revive(ctx context.Context, now time.Time, id string) error
	// Purge removes a dead item for good.
	Purge(ctx context.Context, id string) error
	// Next blocks until an item may be due, until the given time, or until ctx ends,
	// whichever is first. It may return early.
	Next(ctx context.Context, until time.Time) error
	// Len counts the items in the queue, held ones included, and the dead.
	Len(ctx context.Context) (waiting, dead int, err error)
}

// Entry is a value in a table.
type Entry struct {
	Key   string
	Value []byte
	// Revision changes with each change of the value. It is never 0.
	Revision uint64
}

// Table is values by key, which change by compare and set. Keys are 1 to 128 letters,
// digits and "-_=." characters.
type Table interface {
	// Get returns ErrNotFound if there is no value, or if its time is over.
	Get(ctx context.Context, now time.Time, key string) (Entry, error)
	// Create adds a value. The error is ErrExists if there is one. After ttl it is gone;
	// 0: never.
	Create(ctx context.Context, now time.Time, key string, value []byte, ttl time.Duration) (revision uint64, err error)
	// Update replaces the value of that revision. The error is ErrConflict if the value has
	// another revision, or there is none.
	Update(ctx context.Context, now time.Time, key string, value []byte, revision uint64, ttl time.Duration) (uint64, error)
	// Delete removes the value of that revision, or of any revision if it is 0. The error
	// is ErrConflict if the value has another. A value that is gone is not an error: of
	// several who delete it, all may succeed. To have one win, Update it to a value that
	// ends.
	Delete(ctx context.Context, now time.Time, key string, revision uint64) error
	// All yields all values, in no order. Values that change meanwhile may be yielded
	// as they were or as they are.
	All(ctx context.Context, now time.Time) iter.Seq2[Entry, error]
}

// Durability says what acknowledged data survives.
type Durability uint8

// The durabilities, each including those before.
const (
	// Volatile data is gone with the process.
	Volatile Durability = iota
	// CrashSafe data survives the process, but not the loss of power.
	CrashSafe
	// Synced data is on disk: it survives the loss of power, but not of the disk.
	Synced
	// Replicated data is on the disks of a majority of machines.
	Replicated
)

// String says it in words.
func (d Durability) String() string {
	switch d {
	case Volatile:
		return "volatile: gone with the process"
	case CrashSafe:
		return "crash safe: survives the process, not the loss of power"
	case Synced:
		return "synced: survives the loss of power, not of the disk"
	case Replicated:
		return "replicated: survives the loss of a machine"
	default:
		return "unknown"
	}
}
