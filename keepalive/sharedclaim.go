package keepalive

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/go-sigfox/sigfox"
)

// claim is an alert that this replica gives.
type claim struct {
	id       sigfox.DeviceID
	record   record
	revision uint64
}

func (c *claim) breach() Breach {
	return Breach{
		Device: c.id, LastSeen: time.UnixMilli(c.record.silence).UTC(),
		Delay: time.Duration(c.record.allowed) * time.Millisecond,
	}
}

// claim looks at what the table says of a device that seems to be silent, and claims the
// alert if there is one to give. Otherwise again is when to look again; zero if the
// local monitor will find out.
func (s *SharedMonitor) claim(ctx context.Context, now time.Time, id sigfox.DeviceID) (c *claim, again time.Time, err error) {
	for range maxSharedTries {
		r, revision, err := s.load(ctx, now, id)
		if err != nil {
			return nil, again, err
		}
		at, isNews := s.news.of(id)
		switch {
		case isNews:
			r.hear(s.millis(at))
		case revision == 0: // removed by another replica
			s.m.Remove(id)
			return nil, again, nil
		}
		if next := r.next(s.m.opts, s.options.Grace); next.IsZero() || next.After(now) {
			return nil, s.follow(id, &r, !isNews), nil
		}
		if calm := time.UnixMilli(s.calm.Load()); calm.After(now) {
			return nil, calm, nil
		}
		//nolint:gosec // The token tells claims apart; it protects nothing.
		r.claim(s.m.opts, rand.Uint64()|1, now.Add(s.options.Lease))
		revision, ok, err := s.save(ctx, now, id, &r, revision)
		if err != nil {
			return nil, again, err
		}
		if ok {
			s.follow(id, &r, !isNews)
			return &claim{id, r, revision}, again, nil
		}
	}
	return nil, again, overtaken(id)
}

// follow makes the local monitor follow the table. It returns when the device is to be
// looked at, zero if the monitor will find out or there is nothing to do.
func (s *SharedMonitor) follow(id sigfox.DeviceID, r *record, exact bool) (look time.Time) {
	silent, err := s.m.follow(id, r, exact)
	if err != nil {
		s.tell(id, err)
	}
	if silent || r.alert == alertOwed {
		look = r.next(s.m.opts, s.options.Grace)
	}
	return look
}

// settle notes that the alert of a claim was given, or that it can be claimed from again
// on, unless another replica has claimed it since. It puts on the agenda what is next.
func (s *SharedMonitor) settle(ctx context.Context, now time.Time, c *claim, given bool, again time.Time) error {
	r, revision := c.record, c.revision
	for range maxSharedTries {
		r.settle(given, again)
		_, ok, err := s.save(ctx, now, c.id, &r, revision)
		if err != nil {
			return err
		}
		if ok {
			if look := s.follow(c.id, &r, false); !look.IsZero() {
				s.agenda.look(look, c.id)
			}
			return nil
		}
		if r, revision, err = s.load(ctx, now, c.id); err != nil {
			return err
		}
		if r.alert != alertOwed || r.token != c.record.token {
			s.agenda.look(now, c.id)
			return nil
		}
	}
	return overtaken(c.id)
}
