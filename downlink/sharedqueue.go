package downlink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/store"
)

// SharedQueue is a Queue that lives in a table of a store: its downlinks are as safe as
// the store, and replicas on one table are one queue. What it does with a downlink is
// what Queue does; see there.
//
// The state of a device is one value of the table, which every operation reads, changes
// and writes if nobody has changed it since, else reads again. So a downlink is on offer
// to one message at a time on all replicas, the quota counts all of them, and OnDone is
// told by the one process that made the downlink leave. It is not told if that process
// dies in this moment.
//
// After an error nothing was changed, with two exceptions: the store may have done what
// it said it could not, and a context that ends while it writes leaves open whether it
// did. Then Next, Acknowledge and Remove can be repeated. A Push that is repeated may
// wait twice; Pending tells, by PushOptions.Ref.
//
// The clocks of replicas may differ: for each device, a now that lies before the last
// change is taken for that. A device takes about 200 bytes and 130 for each downlink, and
// leaves the table some time after the day in which it had the last one.
//
// A SharedQueue is safe for concurrent use.
type SharedQueue struct {
	options QueueOptions
	table   store.Table
}

// NewSharedQueue returns the queue that is in the table, which must hold nothing else.
// All replicas give it the same options; MaxDevices has no effect, since the store has
// limits of its own. The error names the field of o that is negative.
func NewSharedQueue(t store.Table, o QueueOptions) (*SharedQueue, error) {
	if t == nil {
		return nil, errors.New("downlink: the table of a SharedQueue is nil")
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	return &SharedQueue{options: o.withDefaults(), table: t}, nil
}

// Push is Queue.Push.
func (s *SharedQueue) Push(ctx context.Context, now time.Time, id sigfox.DeviceID, d Data, o PushOptions) error {
	var refused error
	err := s.update(ctx, now, id, func(q *Queue) { refused = q.Push(now, id, d, o) })
	if err != nil {
		return err
	}
	return refused
}

// Next is Queue.Next. If there is an error the message gets no reply: answer 503, and
// when its callback is repeated it gets the reply that it would have got.
func (s *SharedQueue) Next(ctx context.Context, now time.Time, message sigfox.MessageKey) (Reply, error) {
	var reply Reply
	err := s.update(ctx, now, message.Device, func(q *Queue) { reply = q.Next(now, message) })
	if err != nil {
		return Reply{}, err
	}
	return reply, nil
}

// Acknowledge is Queue.Acknowledge. If there is an error answer 503, so that the
// ACKNOWLEDGE comes again.
func (s *SharedQueue) Acknowledge(ctx context.Context, now time.Time, a Ack) (settled Downlink, outcome Outcome, err error) {
	err = s.update(ctx, now, a.Device, func(q *Queue) { settled, outcome = q.Acknowledge(now, a) })
	if err != nil {
		return Downlink{}, Ignored, err
	}
	return settled, outcome, nil
}

// Quota is Queue.Quota.
func (s *SharedQueue) Quota(ctx context.Context, now time.Time, id sigfox.DeviceID) (used, perDay int, err error) {
	err = s.update(ctx, now, id, func(q *Queue) { used, _ = q.Quota(now, id) })
	return used, s.options.PerDay, err
}

// Pending returns the downlinks that wait for the device, in the order in which they
// will be offered.
func (s *SharedQueue) Pending(ctx context.Context, now time.Time, id sigfox.DeviceID) (list []Downlink, err error) {
	err = s.update(ctx, now, id, func(q *Queue) {
		list = nil
		for d := range q.Pending(now, id) {
			list = append(list, d)
		}
	})
	return list, err
}

// Remove is Queue.Remove.
func (s *SharedQueue) Remove(ctx context.Context, now time.Time, id sigfox.DeviceID) (removed int, err error) {
	err = s.update(ctx, now, id, func(q *Queue) { removed = q.Remove(now, id) })
	return removed, err
}

// Devices yields the devices for which a downlink waits, in no order, as they are when
// the table yields them. An error that is of one value is followed by the next device.
func (s *SharedQueue) Devices(ctx context.Context, now time.Time) iter.Seq2[sigfox.DeviceID, error] {
	return func(yield func(sigfox.DeviceID, error) bool) {
		for e, err := range s.table.All(ctx, now) {
			id, waits := sigfox.DeviceID(0), false
			if err == nil {
				id, waits, err = s.waits(now, e)
			}
			if (err != nil || waits) && !yield(id, err) {
				return
			}
		}
	}
}

// waits reports whether a downlink waits in a value of the table.
func (s *SharedQueue) waits(now time.Time, e store.Entry) (id sigfox.DeviceID, waits bool, err error) {
	if id, err = sigfox.ParseDeviceID(e.Key); err != nil {
		return 0, false, fmt.Errorf("%w: downlink: key %q is no device", store.ErrCorrupt, e.Key)
	}
	q, err := s.queue(id, e)
	if err != nil {
		return id, false, err
	}
	for range q.Pending(now, id) {
		waits = true
	}
	return id, waits, nil
}

// Sweep is Queue.Sweep, by one look at every device of the table. One replica that calls
// it now and then is enough. All devices are swept, even if there is an error for some:
// the error of Sweep joins the first 100.
func (s *SharedQueue) Sweep(ctx context.Context, now time.Time) error {
	var failures []error
	for e, err := range s.table.All(ctx, now) {
		if err != nil {
			return errors.Join(append(failures, err)...)
		}
		id, err := sigfox.ParseDeviceID(e.Key)
		if err != nil {
			continue // not a device of this queue, see Devices
		}
		err = s.update(ctx, now, id, func(q *Queue) { q.Sweep(now) })
		if err != nil && len(failures) < maxSweepErrors {
			failures = append(failures, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failures...)
}

// maxSweepErrors bounds the error of a Sweep while the table fails for all devices.
const maxSweepErrors = 100

// maxSharedTries is how often an operation that others overtake is tried. Each time one
// of them has succeeded.
const maxSharedTries = 64

// update applies an operation to the state of a device: a Queue that has this device
// only. fn may be called again, with the state that somebody else has written meanwhile.
func (s *SharedQueue) update(ctx context.Context, now time.Time, id sigfox.DeviceID, fn func(*Queue)) error {
	for range maxSharedTries {
		e, err := s.table.Get(ctx, now, keyOf(id))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("downlink: device %v: %w", id, err)
		}
		q, err := s.queue(id, e)
		if err != nil {
			return err
		}
		var done []Done
		q.options.OnDone = func(d Done) { done = append(done, d) }
		before := q.now
		fn(q)
		err = s.write(ctx, now, before, id, q, e)
		switch {
		case err == nil:
			s.report(done)
			return nil
		case !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrExists):
			return fmt.Errorf("downlink: device %v: %w", id, err)
		case ctx.Err() != nil:
			return fmt.Errorf("downlink: device %v: %w", id, context.Cause(ctx))
		}
	}
	return fmt.Errorf("downlink: device %v: %w %d times", id, store.ErrConflict, maxSharedTries)
}

// queue returns the queue that is stored for a device, an empty one for no entry.
func (s *SharedQueue) queue(id sigfox.DeviceID, e store.Entry) (*Queue, error) {
	q := &Queue{options: s.options, devices: make(map[sigfox.DeviceID]*waiting, 1)}
	q.options.MaxDevices = 1
	if e.Revision == 0 {
		return q, nil
	}
	now, w, err := decodeWaiting(id, e.Value)
	if err != nil {
		return nil, fmt.Errorf("%w: downlink: device %v: %w", store.ErrCorrupt, id, err)
	}
	q.now, q.devices[id] = now, w
	return q, nil
}

// write stores the state of a device in the place of the entry that was read at before,
// unless nothing has changed.
func (s *SharedQueue) write(ctx context.Context, now, before time.Time, id sigfox.DeviceID, q *Queue, e store.Entry) error {
	w := q.devices[id]
	switch {
	case w == nil && e.Revision == 0:
		return nil
	case w == nil: // left to expire: of two who delete, both would succeed
		w = &waiting{today: startOfDay(q.now)}
	case e.Revision == 0:
		value, err := w.encode(q.now)
		if err == nil {
			_, err = s.table.Create(ctx, now, keyOf(id), value, w.keep(q.now))
		}
		return err
	}
	if same, err := w.encode(before); err == nil && bytes.Equal(same, e.Value) {
		return nil
	}
	value, err := w.encode(q.now)
	if err == nil {
		_, err = s.table.Update(ctx, now, e.Key, value, e.Revision, w.keep(q.now))
	}
	return err
}

func (s *SharedQueue) report(done []Done) {
	if s.options.OnDone == nil {
		return
	}
	for _, d := range done {
		s.options.OnDone(d)
	}
}

func keyOf(id sigfox.DeviceID) string { return id.String() }
