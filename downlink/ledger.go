package downlink

import (
	"errors"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox"
)

// DefaultQuota is how many downlinks a device may get in one UTC day, unless its
// contract says otherwise.
// Source: https://disk91.com/2014/technology/internet-of-things-technology/sigfox-downlink-howto
const DefaultQuota = 4

// Ledger counts what each device has used of a quota of the UTC day: the
// downlinks that the network sent to it or, in a Ledger of their own, its uplinks.
// It is for those who run a network, or simulate one; a Queue keeps the count of
// its own devices.
//
// A Ledger keeps all in memory and is safe for concurrent use. A now that lies
// before one that it has seen is taken for that one.
type Ledger struct {
	maxDevices int

	mu        sync.Mutex
	today     time.Time // the day that used counts
	used      map[sigfox.DeviceID]uint32
	uncounted uint64
}

// LedgerOptions configure a Ledger. A zero field stands for its default.
type LedgerOptions struct {
	// MaxDevices is how many devices are counted in one day, 10 to 20 bytes each.
	// Default: 1 << 20.
	MaxDevices int
}

const defaultLedgerDevices = 1 << 20

// NewLedger returns a Ledger in which nothing is used. The error names the field
// of o that is negative.
func NewLedger(o LedgerOptions) (*Ledger, error) {
	if o.MaxDevices < 0 {
		return nil, errors.New("downlink: LedgerOptions.MaxDevices is negative")
	}
	if o.MaxDevices == 0 {
		o.MaxDevices = defaultLedgerDevices
	}
	return &Ledger{maxDevices: o.MaxDevices, used: map[sigfox.DeviceID]uint32{}}, nil
}

// Add counts one use and returns how many the device had today, with this one. It
// returns 0 if there is no room for another device: it is not counted then, and so
// never over its quota.
func (l *Ledger) Add(now time.Time, id sigfox.DeviceID) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.roll(now)
	n, ok := l.used[id]
	if !ok && len(l.used) >= l.maxDevices {
		l.uncounted++
		return 0
	}
	l.used[id] = n + 1
	return int(n + 1)
}

// Undo takes back an Add of today, for a downlink that was not sent. What was added
// before midnight needs no taking back.
func (l *Ledger) Undo(now time.Time, id sigfox.DeviceID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.roll(now)
	switch n := l.used[id]; n {
	case 0, 1:
		delete(l.used, id)
	default:
		l.used[id] = n - 1
	}
}

// Used returns how many uses the device had today.
func (l *Ledger) Used(now time.Time, id sigfox.DeviceID) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.roll(now)
	return int(l.used[id])
}

// Uncounted returns how many uses were not counted because there was no room.
func (l *Ledger) Uncounted() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.uncounted
}

// roll begins a new count when the UTC day has changed.
func (l *Ledger) roll(now time.Time) {
	if today := startOfDay(now); today.After(l.today) {
		l.today = today
		clear(l.used)
	}
}
