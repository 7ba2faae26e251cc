package keepalive

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/store"
)

// load returns what the table says of a device. The revision is 0 if that is nothing.
func (s *SharedMonitor) load(ctx context.Context, now time.Time, id sigfox.DeviceID) (r record, revision uint64, err error) {
	e, err := s.table.Get(ctx, now, id.String())
	if errors.Is(err, store.ErrNotFound) {
		return record{delay: recordDefault}, 0, nil
	}
	if err == nil {
		r, err = decodeRecord(e.Value)
	}
	if err != nil {
		return record{}, 0, fmt.Errorf("keepalive: device %v: %w", id, err)
	}
	return r, e.Revision, nil
}

// save writes what load has returned and somebody changed, unless the table has changed
// since: ok is false then.
func (s *SharedMonitor) save(
	ctx context.Context, now time.Time, id sigfox.DeviceID, r *record, revision uint64,
) (next uint64, ok bool, err error) {
	var buf [64]byte
	value := r.append(buf[:0])
	if revision == 0 {
		next, err = s.table.Create(ctx, now, id.String(), value, 0)
	} else {
		next, err = s.table.Update(ctx, now, id.String(), value, revision, 0)
	}
	switch {
	case err == nil:
		return next, true, nil
	case errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrConflict):
		return 0, false, nil
	}
	return 0, false, fmt.Errorf("keepalive: device %v: %w", id, err)
}

// maxSharedTries is how often a change that others overtake is tried.
const maxSharedTries = 32

func overtaken(id sigfox.DeviceID) error {
	return fmt.Errorf("keepalive: device %v: %w %d times", id, store.ErrConflict, maxSharedTries)
}

// update changes what the table says of a device, and returns it. fn reports whether it
// has changed anything; it may be called again.
func (s *SharedMonitor) update(
	ctx context.Context, now time.Time, id sigfox.DeviceID, fn func(r *record, found bool) bool,
) (record, error) {
	for range maxSharedTries {
		r, revision, err := s.load(ctx, now, id)
		if err != nil || !fn(&r, revision > 0) {
			return r, err
		}
		if _, ok, err := s.save(ctx, now, id, &r, revision); ok || err != nil {
			return r, err
		}
	}
	return record{}, overtaken(id)
}

// Flush writes the messages that were heard since the last one. After an error those not
// written are kept for the next. Run calls it.
func (s *SharedMonitor) Flush(ctx context.Context, now time.Time) error {
	ids := s.news.devices()
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var group sync.WaitGroup
	for range min(s.options.Workers, len(ids)) {
		group.Go(func() {
			for failed.Load() == nil {
				i := next.Add(1) - 1
				if i >= int64(len(ids)) {
					return
				}
				if err := s.flush(ctx, now, ids[i]); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	group.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// flush writes when a device was last heard. What cannot be read is told and left, since
// it would hold up the others for ever.
func (s *SharedMonitor) flush(ctx context.Context, now time.Time, id sigfox.DeviceID) error {
	at, ok := s.news.of(id)
	if !ok {
		return nil
	}
	watched := false
	r, err := s.update(ctx, now, id, func(r *record, found bool) bool {
		watched = found || s.m.delay != delayOff
		return watched && (r.hear(s.millis(at)) || !found)
	})
	switch {
	case errors.Is(err, store.ErrCorrupt):
		s.tell(id, err)
	case err != nil:
		return err
	case watched:
		s.follow(id, &r, false)
	}
	s.news.told(id, at)
	return nil
}

// Resync reads all devices of the table. Run calls it at its start and every
// SharedOptions.Resync; a program that must know all devices before it goes on calls it
// first. The error is that of the table, or ErrFull if there is no room for all.
func (s *SharedMonitor) Resync(ctx context.Context, now time.Time) error {
	s.m.observe(now)
	s.setChanged(make(map[sigfox.DeviceID]struct{}))
	defer s.setChanged(nil)
	var full error
	for e, err := range s.table.All(ctx, now) {
		if err != nil {
			return fmt.Errorf("keepalive: %w", err)
		}
		id, err := s.learn(e)
		switch {
		case errors.Is(err, ErrFull):
			full = err
		case err != nil:
			s.tell(id, err)
		}
	}
	return full
}

func (s *SharedMonitor) setChanged(changed map[sigfox.DeviceID]struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = changed
}

// learn takes over an entry of the table.
func (s *SharedMonitor) learn(e store.Entry) (sigfox.DeviceID, error) {
	id, err := sigfox.ParseDeviceID(e.Key)
	if err != nil {
		return 0, fmt.Errorf("%w: keepalive: key %q is no device", store.ErrCorrupt, e.Key)
	}
	r, err := decodeRecord(e.Value)
	if err != nil {
		return id, fmt.Errorf("keepalive: device %v: %w", id, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock() // until it is done, so that no change comes in between
	if _, ok := s.changed[id]; ok {
		return id, nil
	}
	if r.alert == alertOwed {
		s.agenda.look(time.UnixMilli(r.until), id)
	}
	_, err = s.m.follow(id, &r, false)
	return id, err
}
