package dispatch_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// memory is a journal in memory.
type memory struct {
	err    error // of all methods
	panics bool  // all methods do

	mu      sync.Mutex
	open    map[string]dispatch.Delivery // by the ID of the request
	order   []string                     // the same IDs and more
	causes  map[string]dispatch.DropCause
	tries   map[string]int // attempts that Settle was told of
	updates int
}

// Accept implements dispatch.Journal.
func (m *memory) Accept(_ context.Context, list []dispatch.Delivery) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.store(list)
}

// Update implements dispatch.Journal.
func (m *memory) Update(_ context.Context, list []dispatch.Delivery) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.updates++
	return m.store(list)
}

func (m *memory) store(list []dispatch.Delivery) error {
	if err := m.fail(); err != nil {
		return err
	}
	if m.open == nil {
		m.open, m.causes = make(map[string]dispatch.Delivery), make(map[string]dispatch.DropCause)
		m.tries = make(map[string]int)
	}
	for _, d := range list {
		m.open[d.Request.ID] = d
		m.order = append(m.order, d.Request.ID)
	}
	return nil
}

// Settle implements dispatch.Journal.
func (m *memory) Settle(_ context.Context, list []dispatch.Delivery, cause dispatch.DropCause) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fail(); err != nil {
		return err
	}
	for _, d := range list {
		delete(m.open, d.Request.ID)
		m.causes[d.Request.ID] = cause
		m.tries[d.Request.ID] = len(d.Attempts)
	}
	return nil
}

func (m *memory) fail() error {
	if m.panics {
		panic(m.err)
	}
	return m.err
}

func (m *memory) deliveries() (list []dispatch.Delivery) {
	m.mu.Lock()
	defer m.mu.Unlock()
	listed := make(map[string]bool)
	for _, id := range m.order {
		if d, ok := m.open[id]; ok && !listed[id] {
			list = append(list, d)
			listed[id] = true
		}
	}
	return list
}

func TestJournal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		journal := &memory{}
		s := newServer(always(200))
		failing := newServer(always(500))
		d := newDispatcher(t, dispatch.Options{Transport: byHost{"good": s, "bad": failing, "worse": failing}, Journal: journal})
		stop := run(t, d)
		good, bad := request(t, plain(t, "good"), 1, 1), request(t, plain(t, "bad"), 1, 2)
		require.NoError(t, d.Enqueue(t.Context(), good))
		require.NoError(t, d.Enqueue(t.Context(), bad))
		require.Len(t, journal.deliveries(), 2, "accepted before Enqueue returns")
		synctest.Wait()
		list := journal.deliveries()
		require.Len(t, list, 1)
		require.Equal(t, bad.ID, list[0].Request.ID)
		require.Len(t, list[0].Attempts, 1)
		require.Equal(t, time.Minute, list[0].Due.Sub(list[0].Accepted))
		sleep(time.Hour)
		require.Empty(t, journal.deliveries())
		require.Equal(t, map[string]dispatch.DropCause{good.ID: "", bad.ID: dispatch.DropAttempts}, journal.causes)
		require.Equal(t, map[string]int{good.ID: 1, bad.ID: 4}, journal.tries)
		require.Equal(t, 3, journal.updates)

		_, err := d.Send(t.Context(), request(t, plain(t, "good"), 1, 3))
		require.NoError(t, err)
		require.Len(t, journal.causes, 2, "Send is not in the journal")
		require.Equal(t, errStop, stop())
	})
}

// What a journal has is sent after a restart when it would have been sent without,
// with as many attempts in all.
func TestRestore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		journal := &memory{}
		s := newServer(always(500))
		d := newDispatcher(t, dispatch.Options{Transport: s, Journal: journal})
		stop := run(t, d)
		retried, fresh := request(t, plain(t, "a"), 1, 1), request(t, batchTarget(t, "fresh"), 1, 2)
		require.NoError(t, d.Enqueue(t.Context(), retried))
		b := batchTarget(t, "b")
		for i := range 3 {
			require.NoError(t, d.Enqueue(t.Context(), request(t, b, 1, sigfox.SeqNumber(i))))
		}
		time.Sleep(90 * time.Second)
		require.NoError(t, d.Enqueue(t.Context(), fresh))
		err := stop()
		e, ok := errors.AsType[*dispatch.DrainError](err)
		require.True(t, ok)
		require.ElementsMatch(t, e.Deliveries, journal.deliveries(), "the journal knows the same")
		before := s.seen()

		d = newDispatcher(t, dispatch.Options{Transport: s, Journal: journal, QueueSize: 1})
		require.NoError(t, d.Restore(t.Context(), journal.deliveries()))
		require.EqualValues(t, 5, d.Stats().Pending)
		stop = run(t, d)
		sleep(time.Hour)
		got := map[string][]time.Duration{}
		bodies := map[string]bool{}
		for _, c := range s.seen() {
			got[c.Target] = append(got[c.Target], c.At)
			bodies[c.Target+" "+c.Body] = true
		}
		const minute = time.Minute
		require.Equal(t, map[string][]time.Duration{
			"a": {0, minute, 3 * minute, 7 * minute},
			"b": {time.Second, minute + time.Second, 3*minute + time.Second, 7*minute + time.Second},
			// collected anew
			"fresh": {91 * time.Second, 151 * time.Second, 271 * time.Second, 511 * time.Second},
		}, got)
		require.Equal(t, map[string]bool{"a ": true, "b 1;0\n1;1\n1;2": true, "fresh 1;2": true}, bodies)
		require.Len(t, before, 4)
		require.Empty(t, journal.deliveries())
		require.Equal(t, errStop, stop())
		require.ErrorIs(t, d.Restore(t.Context(), e.Deliveries), dispatch.ErrStopped)
		requireBalance(t, d)
	})
}

func TestRestore_invalid(t *testing.T) {
	t.Parallel()
	d := newDispatcher(t, dispatch.Options{})
	list := []dispatch.Delivery{{Request: request(t, plain(t, "a"), 1, 1)}, {}}
	require.Error(t, d.Restore(t.Context(), list))
	require.Zero(t, d.Stats().Accepted)
}

func TestRestore_disabled(t *testing.T) {
	t.Parallel()
	d := newDispatcher(t, dispatch.Options{})
	d.Disable("a")
	require.NoError(t, d.Restore(t.Context(), []dispatch.Delivery{{Request: request(t, plain(t, "a"), 1, 1)}}))
	require.EqualValues(t, 1, d.Stats().Dropped[dispatch.DropDisabled])
	requireBalance(t, d)
}

// A journal that fails has nothing accepted; what it later cannot note is told.
func TestJournal_errors(t *testing.T) {
	t.Parallel()
	for name, panics := range map[string]bool{"error": false, "panic": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var told []dispatch.JournalError
				journal := &memory{}
				s := newServer(always(500))
				d := newDispatcher(t, dispatch.Options{
					Transport: s, Journal: journal, Retry: &dispatch.RetryPolicy{Delays: []time.Duration{time.Minute}},
					Hooks: dispatch.Hooks{OnJournalError: func(e dispatch.JournalError) { told = append(told, e) }},
				})
				require.NoError(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), 1, 1)))
				journal.err, journal.panics = errors.New("disk full"), panics
				stop := run(t, d)
				sleep(time.Hour)
				require.ErrorContains(t, d.Enqueue(t.Context(), request(t, plain(t, "a"), 1, 2)), "disk full")
				require.Len(t, told, 2)
				require.Equal(t, "update", told[0].Op)
				require.Equal(t, "settle", told[1].Op)
				require.ErrorContains(t, told[1].Err, "disk full")
				require.Len(t, told[1].Deliveries, 1)
				require.Len(t, s.seen(), 2, "it is sent all the same")
				require.Equal(t, errStop, stop())
				requireBalance(t, d)
			})
		})
	}
}

// Run waits for what a journal is about to accept.
func TestJournal_slowAccept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		journal := slowJournal{}
		d := newDispatcher(t, dispatch.Options{Transport: newServer(always(200)), Journal: journal})
		stop := run(t, d)
		accepted := make(chan error, 1)
		go func() { accepted <- d.Enqueue(context.Background(), request(t, plain(t, "a"), 1, 1)) }()
		synctest.Wait()
		err := stop()
		e, ok := errors.AsType[*dispatch.DrainError](err)
		require.True(t, ok)
		require.Len(t, e.Deliveries, 1)
		require.NoError(t, <-accepted)
	})
}

type slowJournal struct{}

func (slowJournal) Accept(context.Context, []dispatch.Delivery) error {
	time.Sleep(3 * time.Second)
	return nil
}

func (slowJournal) Update(context.Context, []dispatch.Delivery) error { return nil }

func (slowJournal) Settle(context.Context, []dispatch.Delivery, dispatch.DropCause) error { return nil }
