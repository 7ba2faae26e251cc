package keepalive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/store"
)

// SharedOptions configure what a SharedMonitor does with its table. A zero field stands
// for its default.
type SharedOptions struct {
	// Flush is how often the messages that were heard are written. If a process dies,
	// those since the last flush are not known to the others. Default: 1 s.
	Flush time.Duration
	// Grace is how long an alert waits after it is due for what other replicas have
	// heard: longer than Flush, a write, and the difference of the clocks together.
	// Default: 5 s.
	Grace time.Duration
	// Lease is how long after its claim an alert is given by another replica if it is not
	// known to have been given. The context of the function of Run ends after half of
	// it. Clocks may differ by a quarter of it. Default: 1 m.
	Lease time.Duration
	// Resync is how often all devices are read, which tells of those that only others
	// have heard, and of delays that others have set: shorter than the shortest delay.
	// Default: 5 m.
	Resync time.Duration
	// Workers is how many devices are written, and how many alerts are given, at once.
	// Default: 16.
	Workers int
	// OnError is called for each failure of the table, which is tried again. It is called
	// from the goroutines of Run. Default: none.
	OnError func(SharedFailure)
}

// SharedFailure describes what a SharedMonitor could not do.
type SharedFailure struct {
	// Device is the device it is about, 0 if it is about all.
	Device sigfox.DeviceID
	// Err is that of the table, or ErrFull.
	Err error
}

func (o SharedOptions) withDefaults() (SharedOptions, error) {
	for _, option := range []struct {
		name     string
		negative bool
	}{
		{"Flush", o.Flush < 0}, {"Grace", o.Grace < 0}, {"Lease", o.Lease < 0}, {"Resync", o.Resync < 0}, {"Workers", o.Workers < 0},
	} {
		if option.negative {
			return o, errors.New("keepalive: SharedOptions." + option.name + " is negative")
		}
	}
	o.Flush = cmp.Or(o.Flush, time.Second)
	o.Grace = cmp.Or(o.Grace, 5*time.Second)
	o.Lease = cmp.Or(o.Lease, time.Minute)
	o.Resync = cmp.Or(o.Resync, 5*time.Minute)
	o.Workers = cmp.Or(o.Workers, 16)
	return o, nil
}

// SharedMonitor is a Monitor that replicas share through a table of a store: each hears
// some of the messages, and there is one alert for each silence, whichever of them come
// and go.
//
// A device is one value of the table: when it was last heard, its delay, and what became
// of the alert. Touch notes a message in memory, from where Run writes it; times only go
// forward. A silence that a replica finds is looked up in the table when Grace is over
// too. If others have heard the device meanwhile there is no alert; else the replica
// whose write wins calls its function, and notes that it did.
//
// # Guarantees
//
// The function is called for each silence, and once, unless a process dies or loses the
// table between the call and the note of it: then the alert is given again after Lease,
// with the same Breach.ID. If it fails, it is called again after Options.Retry, by any
// replica.
//
// An alert is never given before Due plus Grace. A device that was heard gets one only if
// the message was lost with its process, which had Flush to write it, or could not be
// written within Grace: because a replica has lost the table while others have not, or
// clocks differ by more. A replica that has itself seen the table fail gives no alert
// before it has worked for Grace. A silence that ends before its alert is claimed has
// none.
//
// While the table is away, Touch keeps working, and what was heard is written when it is
// back. A device takes 10 to 40 bytes of the table, until Remove. In memory it takes what
// it does in a Monitor, and about 20 bytes more from a Touch until the next flush.
//
// All replicas must have the same Options. A SharedMonitor is safe for concurrent use.
type SharedMonitor struct {
	m       *Monitor
	table   store.Table
	options SharedOptions
	news    news
	agenda  *agenda
	// calm is when, in Unix milliseconds, the table has worked for Grace: until then
	// others may not have written what they heard while it did not.
	calm atomic.Int64

	mu      sync.Mutex
	running bool
	// changed are the devices that were set or removed since a Resync began, about which
	// it may read what is outdated; nil if there is none.
	changed map[sigfox.DeviceID]struct{}
}

// NewSharedMonitor returns a monitor on a table, which must hold nothing else. What is in
// the table is read by Run, or by Resync. The error names the option that is out of range.
func NewSharedMonitor(t store.Table, o Options, s SharedOptions) (*SharedMonitor, error) {
	if t == nil {
		return nil, errors.New("keepalive: the table of a SharedMonitor is nil")
	}
	m, err := New(o)
	if err != nil {
		return nil, err
	}
	s, err = s.withDefaults()
	if err != nil {
		return nil, err
	}
	return &SharedMonitor{m: m, table: t, options: s, agenda: newAgenda()}, nil
}

// ID names the silence. It is the same on all replicas and when the alert is given again,
// so a receiver can avoid acting on it twice: "2C30EA.1767268800000", the device and
// LastSeen in Unix milliseconds.
func (b Breach) ID() string {
	return b.Device.String() + "." + strconv.FormatInt(b.LastSeen.UnixMilli(), 10)
}

// Touch is Monitor.Touch. It does not wait for the table; what it notes is written by
// Run, or by Flush. The error is ErrFull, which is also returned if messages of
// Options.MaxDevices devices wait to be written.
func (s *SharedMonitor) Touch(now time.Time, id sigfox.DeviceID) error {
	_, at := s.m.observe(now)
	if !s.news.add(id, at, s.m.opts.MaxDevices) { // first, so that follow heals what it undoes
		return ErrFull
	}
	return s.m.touch(at, id)
}

// Set is Monitor.Set for all replicas. The others learn it at their next Resync, or when
// they next write or miss a message of the device. The error is a *DelayError, ErrFull
// if this replica has no room, or that of the table: then the delay may not be set.
func (s *SharedMonitor) Set(ctx context.Context, now time.Time, id sigfox.DeviceID, delay time.Duration) error {
	if _, err := s.m.opts.delayTicks(delay); err != nil {
		return err
	}
	_, at := s.m.observe(now)
	s.change(id)
	ms := int64(ceilDiv(delay, time.Millisecond))
	r, err := s.update(ctx, now, id, func(r *record, found bool) bool {
		if !found {
			r.hear(s.millis(at))
		}
		changed := !found || r.delay != ms
		r.delay = ms
		return changed
	})
	if err != nil {
		return err
	}
	_, err = s.m.follow(id, &r, false)
	return err
}

// Remove forgets a device on this replica and in the table, with an alert that is not
// yet given; the others forget it when they miss a message. A later message makes it
// join again.
func (s *SharedMonitor) Remove(ctx context.Context, now time.Time, id sigfox.DeviceID) error {
	s.change(id)
	if at, ok := s.news.of(id); ok {
		s.news.told(id, at)
	}
	if err := s.table.Delete(ctx, now, id.String(), 0); err != nil {
		return fmt.Errorf("keepalive: device %v: %w", id, err)
	}
	s.m.Remove(id)
	return nil
}

// Lookup returns what this replica knows of a device: see Monitor.Lookup.
func (s *SharedMonitor) Lookup(id sigfox.DeviceID) (Status, bool) { return s.m.Lookup(id) }

// Len returns how many devices this replica knows.
func (s *SharedMonitor) Len() int { return s.m.Len() }

// All returns what this replica knows of all devices: see Monitor.All.
func (s *SharedMonitor) All() iter.Seq2[sigfox.DeviceID, Status] { return s.m.All() }

// Waiting returns how many checks of silent devices, and alerts, are still to come.
func (s *SharedMonitor) Waiting() int { return s.agenda.len() }

// millis returns when a tick begins.
func (s *SharedMonitor) millis(at uint32) int64 { return s.m.timeOf(at).UnixMilli() }

func (s *SharedMonitor) change(id sigfox.DeviceID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed != nil {
		s.changed[id] = struct{}{}
	}
}

func (s *SharedMonitor) tell(id sigfox.DeviceID, err error) {
	if s.options.OnError != nil {
		s.options.OnError(SharedFailure{Device: id, Err: err})
	}
}
