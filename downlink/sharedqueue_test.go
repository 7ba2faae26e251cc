package downlink_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/downlink"
	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/storetest"
)

const otherDevice sigfox.DeviceID = 0x1B29CC4

func newTable(t testing.TB) *storetest.FaultyTable {
	t.Helper()
	table, err := store.NewMemory().Table(t.Context(), "downlinks")
	require.NoError(t, err)
	return &storetest.FaultyTable{Table: table}
}

func newShared(t testing.TB, table store.Table, o downlink.QueueOptions) *downlink.SharedQueue {
	t.Helper()
	q, err := downlink.NewSharedQueue(table, o)
	require.NoError(t, err)
	return q
}

// messageAt is a message of the thermostat.
func messageAt(n int) sigfox.MessageKey {
	return sigfox.MessageKey{Device: thermostat, Time: noon.Unix() + int64(n), Seq: sigfox.SeqNumber(n)}
}

var acked = downlink.Ack{Device: thermostat, Code: sigfox.Some(downlink.Acked)}

func fail(methods ...string) func(method, _ string) error {
	return func(method, _ string) error {
		if slices.Contains(methods, method) {
			return store.ErrUnavailable
		}
		return nil
	}
}

func TestNewSharedQueue(t *testing.T) {
	t.Parallel()
	_, err := downlink.NewSharedQueue(newTable(t), downlink.QueueOptions{PerDay: -1})
	require.ErrorContains(t, err, "PerDay")
	_, err = downlink.NewSharedQueue(nil, downlink.QueueOptions{})
	require.ErrorContains(t, err, "nil")
}

// A downlink goes from one replica over others to its end.
func TestSharedQueue_replicas(t *testing.T) {
	t.Parallel()
	table, ctx := newTable(t), t.Context()
	var done []downlink.Done
	o := downlink.QueueOptions{OnDone: func(d downlink.Done) { done = append(done, d) }}
	a, b, c := newShared(t, table, o), newShared(t, table, o), newShared(t, table, o)

	require.NoError(t, a.Push(ctx, noon, thermostat, downlink.Data{7}, downlink.PushOptions{Ref: 7}))
	require.Error(t, a.Push(ctx, noon, thermostat, downlink.Data{7}, downlink.PushOptions{Expiry: -1}))
	for id, err := range c.Devices(ctx, noon) {
		require.NoError(t, err)
		require.Equal(t, thermostat, id)
	}
	pending, err := b.Pending(ctx, noon, thermostat)
	require.NoError(t, err)
	require.Len(t, pending, 1)
	require.Equal(t, downlink.Downlink{
		Data: downlink.Data{7}, Ref: 7, Pushed: noon, Expires: noon.Add(7 * 24 * time.Hour),
	}, pending[0])

	reply, err := b.Next(ctx, noon, messageAt(1))
	require.NoError(t, err)
	require.Equal(t, downlink.Send(downlink.Data{7}), reply)
	reply, err = c.Next(ctx, noon, messageAt(1)) // the callback is repeated
	require.NoError(t, err)
	require.Equal(t, downlink.Send(downlink.Data{7}), reply)
	reply, err = c.Next(ctx, noon, messageAt(2))
	require.NoError(t, err)
	require.Equal(t, downlink.Reply{}, reply, "while it is on offer to another message")
	used, perDay, err := a.Quota(ctx, noon, thermostat)
	require.NoError(t, err)
	require.Equal(t, [2]int{1, 4}, [2]int{used, perDay})

	settled, outcome, err := c.Acknowledge(ctx, noon, acked)
	require.NoError(t, err)
	require.Equal(t, downlink.Confirmed, outcome)
	require.EqualValues(t, 7, settled.Ref)
	require.Len(t, done, 1)
	require.Equal(t, downlink.Done{Device: thermostat, Downlink: settled, Outcome: downlink.Confirmed}, done[0])

	removed, err := a.Remove(ctx, noon, thermostat)
	require.NoError(t, err)
	require.Zero(t, removed)
	_, outcome, err = a.Acknowledge(ctx, noon, downlink.Ack{Device: otherDevice})
	require.NoError(t, err)
	require.Equal(t, downlink.Ignored, outcome)

	// What is only the count of a day is forgotten some time after it.
	used, _, err = b.Quota(ctx, noon.Add(12*time.Hour-time.Second), thermostat)
	require.NoError(t, err)
	require.Equal(t, 1, used)
	_, err = table.Get(ctx, noon.Add(12*time.Hour), thermostat.String())
	require.NoError(t, err)
	_, err = table.Get(ctx, noon.Add(14*time.Hour), thermostat.String())
	require.ErrorIs(t, err, store.ErrNotFound)
}

// Reading does not write.
func TestSharedQueue_readOnly(t *testing.T) {
	t.Parallel()
	table, ctx := newTable(t), t.Context()
	q := newShared(t, table, downlink.QueueOptions{})
	require.NoError(t, q.Push(ctx, noon, thermostat, downlink.Data{1}, downlink.PushOptions{}))
	table.Before = fail("Create", "Update")
	for _, id := range []sigfox.DeviceID{thermostat, otherDevice} {
		_, err := q.Pending(ctx, noon.Add(time.Hour), id)
		require.NoError(t, err)
		_, _, err = q.Quota(ctx, noon.Add(time.Hour), id)
		require.NoError(t, err)
		_, err = q.Next(ctx, noon, sigfox.MessageKey{Device: otherDevice, Time: 1})
		require.NoError(t, err)
	}
}

// Of many messages that ask at the same time on several replicas, one is answered.
func TestSharedQueue_oneAnswer(t *testing.T) {
	t.Parallel()
	table := newTable(t)
	var done atomic.Int64
	o := downlink.QueueOptions{OnDone: func(downlink.Done) { done.Add(1) }}
	for round := range 20 {
		require.NoError(t, newShared(t, table, o).Push(t.Context(), noon, thermostat, downlink.Data{1}, downlink.PushOptions{Replace: true}))
		var answers, settled atomic.Int64
		var group sync.WaitGroup
		for n := range 12 {
			q := newShared(t, table, o)
			group.Go(func() {
				reply, err := q.Next(t.Context(), noon, messageAt(round*100+n))
				require.NoError(t, err)
				if _, ok := reply.Data(); ok {
					answers.Add(1)
				}
			})
		}
		group.Wait()
		require.EqualValues(t, 1, answers.Load())
		for range 6 {
			q := newShared(t, table, o)
			group.Go(func() {
				_, outcome, err := q.Acknowledge(t.Context(), noon, acked)
				require.NoError(t, err)
				if outcome == downlink.Confirmed {
					settled.Add(1)
				}
			})
		}
		group.Wait()
		require.EqualValues(t, 1, settled.Load())
		require.EqualValues(t, round+1, done.Load(), "told once")
	}
}

// The quota holds however many replicas offer and confirm at the same time.
func TestSharedQueue_quota(t *testing.T) {
	t.Parallel()
	table := newTable(t)
	var sent atomic.Int64
	var group sync.WaitGroup
	for replica := range 4 {
		q := newShared(t, table, downlink.QueueOptions{HoldBack: true})
		group.Go(func() {
			for n := range 20 {
				err := q.Push(t.Context(), noon, thermostat, downlink.Data{1}, downlink.PushOptions{})
				if err != nil {
					require.ErrorIs(t, err, downlink.ErrQueueFull)
				}
				reply, err := q.Next(t.Context(), noon, messageAt(replica*100+n))
				require.NoError(t, err)
				if _, ok := reply.Data(); ok {
					sent.Add(1)
				}
				_, _, err = q.Acknowledge(t.Context(), noon, acked)
				require.NoError(t, err)
			}
		})
	}
	group.Wait()
	require.EqualValues(t, downlink.DefaultQuota, sent.Load())
}

// Whatever call of the table fails: the error is told, and nothing is lost.
func TestSharedQueue_failingTable(t *testing.T) {
	t.Parallel()
	table, ctx := newTable(t), t.Context()
	var done []downlink.Done
	q := newShared(t, table, downlink.QueueOptions{OnDone: func(d downlink.Done) { done = append(done, d) }})
	push := func() error { return q.Push(ctx, noon, thermostat, downlink.Data{1}, downlink.PushOptions{}) }

	table.Before = fail("Create")
	require.ErrorIs(t, push(), store.ErrUnavailable)
	table.Before = nil
	require.NoError(t, push())

	table.Before = fail("Get")
	_, err := q.Next(ctx, noon, messageAt(1))
	require.ErrorIs(t, err, store.ErrUnavailable)
	_, _, err = q.Acknowledge(ctx, noon, acked)
	require.ErrorIs(t, err, store.ErrUnavailable)
	_, err = q.Remove(ctx, noon, thermostat)
	require.ErrorIs(t, err, store.ErrUnavailable)
	_, err = q.Pending(ctx, noon, thermostat)
	require.ErrorIs(t, err, store.ErrUnavailable)
	_, _, err = q.Quota(ctx, noon, thermostat)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorIs(t, q.Sweep(ctx, noon), store.ErrUnavailable)
	table.Before = fail("All")
	require.ErrorIs(t, q.Sweep(ctx, noon), store.ErrUnavailable)
	for _, err := range q.Devices(ctx, noon) {
		require.ErrorIs(t, err, store.ErrUnavailable)
	}

	// A reply that was given although the call failed is given again.
	table.Before, table.After = nil, fail("Update")
	reply, err := q.Next(ctx, noon, messageAt(1))
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.Equal(t, downlink.Reply{}, reply)
	table.After = nil
	reply, err = q.Next(ctx, noon, messageAt(1))
	require.NoError(t, err)
	require.Equal(t, downlink.Send(downlink.Data{1}), reply)

	table.Before = fail("Update")
	_, _, err = q.Acknowledge(ctx, noon, acked)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.Empty(t, done, "it has not left the queue")
	table.Before = nil
	_, _, err = q.Acknowledge(ctx, noon, acked)
	require.NoError(t, err)
	require.Len(t, done, 1)
}

func TestSharedQueue_conflicts(t *testing.T) {
	t.Parallel()
	table := newTable(t)
	q := newShared(t, table, downlink.QueueOptions{})
	tries := 0
	table.Before = func(method, _ string) error {
		if method == "Create" {
			tries++
			return store.ErrExists
		}
		return nil
	}
	err := q.Push(t.Context(), noon, thermostat, downlink.Data{1}, downlink.PushOptions{})
	require.ErrorIs(t, err, store.ErrConflict, "not for ever")
	require.Equal(t, 64, tries)

	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	cancel(gone)
	require.ErrorIs(t, q.Push(ctx, noon, thermostat, downlink.Data{1}, downlink.PushOptions{}), gone)
	require.Equal(t, 65, tries)
}

// A replica whose clock is behind sees what has happened as it was.
func TestSharedQueue_clocks(t *testing.T) {
	t.Parallel()
	table, ctx := newTable(t), t.Context()
	ahead, behind := newShared(t, table, downlink.QueueOptions{}), newShared(t, table, downlink.QueueOptions{})
	midnight := noon.Add(12 * time.Hour)
	require.NoError(t, ahead.Push(ctx, midnight, thermostat, downlink.Data{1}, downlink.PushOptions{}))
	_, err := ahead.Next(ctx, midnight, messageAt(1))
	require.NoError(t, err)
	used, _, err := behind.Quota(ctx, midnight.Add(-time.Minute), thermostat)
	require.NoError(t, err)
	require.Equal(t, 1, used, "of the day that has begun")
}

// While a table fails for all of many devices, the error remains one that can be logged.
func TestSharedQueue_sweepErrors(t *testing.T) {
	t.Parallel()
	table, ctx := newTable(t), t.Context()
	q := newShared(t, table, downlink.QueueOptions{Expiry: time.Hour})
	const devices = 1000
	for id := range sigfox.DeviceID(devices) {
		require.NoError(t, q.Push(ctx, noon, id, downlink.Data{1}, downlink.PushOptions{}))
	}
	tried := 0
	table.Before = func(method, _ string) error {
		if method == "Get" {
			tried++
			return store.ErrUnavailable
		}
		return nil
	}
	err := q.Sweep(ctx, noon.Add(time.Hour))
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.Equal(t, devices, tried)
	list, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok)
	require.Len(t, list.Unwrap(), 100)
}

func TestSharedQueue_sweep(t *testing.T) {
	t.Parallel()
	table, ctx := newTable(t), t.Context()
	var done []downlink.Done
	q := newShared(t, table, downlink.QueueOptions{Expiry: time.Hour, OnDone: func(d downlink.Done) { done = append(done, d) }})
	require.NoError(t, q.Push(ctx, noon, thermostat, downlink.Data{1}, downlink.PushOptions{}))
	require.NoError(t, q.Push(ctx, noon, otherDevice, downlink.Data{1}, downlink.PushOptions{Expiry: downlink.NoExpiry}))
	_, err := table.Create(ctx, noon, "not-a-device", nil, 0)
	require.NoError(t, err)
	_, err = table.Create(ctx, noon, "1", []byte("{}"), 0)
	require.NoError(t, err)

	require.ErrorIs(t, q.Sweep(ctx, noon.Add(time.Hour)), store.ErrCorrupt, "one device, and the others are swept")
	require.Len(t, done, 1)
	require.Equal(t, downlink.Expired, done[0].Outcome)
	_, err = table.Get(ctx, noon.Add(14*time.Hour), thermostat.String())
	require.ErrorIs(t, err, store.ErrNotFound)

	var ids []sigfox.DeviceID
	corrupt := 0
	for id, err := range q.Devices(ctx, noon.Add(time.Hour)) {
		if err != nil {
			require.ErrorIs(t, err, store.ErrCorrupt)
			corrupt++
			continue
		}
		ids = append(ids, id)
	}
	require.Equal(t, []sigfox.DeviceID{otherDevice}, ids)
	require.Equal(t, 2, corrupt)
	for _, err := range q.Devices(ctx, noon) {
		_ = err
		break // may be left
	}
}
