package nats_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/nats"
	"github.com/go-sigfox/sigfox/store/nats/natstest"
)

// While the server is away everything is unavailable, soon; when it is back all goes on,
// without a new store or connection.
func TestAway(t *testing.T) {
	t.Parallel()
	c := start(t, 1)
	conn := connect(t, c)
	patient, patientTable := parts(t, open(t, conn, nats.Options{}))
	s := open(t, conn, nats.Options{Timeout: time.Second})
	q, table := parts(t, s)
	now := time.Now
	require.NoError(t, patient.Put(t.Context(), now(), store.Item{ID: "a"}, store.Item{ID: "b"}, store.Item{ID: "c"}))
	held := claim(t, patient, 2)
	require.NoError(t, patient.Bury(t.Context(), now(), held[1]))
	revision, err := patientTable.Create(t.Context(), now(), "k", []byte("v"), 0)
	require.NoError(t, err)

	c.StopAll()
	_, err = table.Get(t.Context(), now(), "k")
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorIs(t, q.Put(t.Context(), now(), store.Item{ID: "d"}), store.ErrUnavailable)
	require.ErrorIs(t, q.Put(t.Context(), now(), store.Item{ID: "e"}, store.Item{ID: "f"}), store.ErrUnavailable)
	until(t, "a claim that fails", func() bool {
		claims, err := q.Claim(t.Context(), now(), 1, time.Minute)
		require.Empty(t, claims)
		return errors.Is(err, store.ErrUnavailable)
	})
	require.ErrorIs(t, q.Done(t.Context(), held[0]), store.ErrUnavailable)
	require.ErrorIs(t, q.Extend(t.Context(), now(), time.Minute, held[0]), store.ErrUnavailable)
	_, err = q.Save(t.Context(), now(), held[0], true)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorIs(t, q.Revive(t.Context(), now(), "b"), store.ErrUnavailable)
	require.ErrorIs(t, q.Purge(t.Context(), "b"), store.ErrUnavailable)
	_, err = table.Create(t.Context(), now(), "l", nil, 0)
	require.ErrorIs(t, err, store.ErrUnavailable)
	_, err = table.Update(t.Context(), now(), "k", nil, revision, 0)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorIs(t, table.Delete(t.Context(), now(), "k", 0), store.ErrUnavailable)
	for _, err := range table.All(t.Context(), now()) {
		require.ErrorIs(t, err, store.ErrUnavailable)
	}
	_, err = s.Table(t.Context(), "other")
	require.ErrorIs(t, err, store.ErrUnavailable)
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = table.Get(short, now(), "k")
	require.ErrorIs(t, err, context.DeadlineExceeded, "the caller's own limit")

	require.NoError(t, c.StartAll())
	until(t, "a claim", func() bool {
		claims, err := patient.Claim(t.Context(), now(), 1, time.Minute)
		return err == nil && len(claims) == 1 && claims[0].ID == "c"
	})
	// What failed may have been sent when the connection came back, and is safe to repeat.
	require.NoError(t, patient.Put(t.Context(), now(), store.Item{ID: "d"}))
	require.NoError(t, patient.Put(t.Context(), now(), store.Item{ID: "e"}, store.Item{ID: "f"}))
	require.NoError(t, patient.Done(t.Context(), held[0]))
	e, err := patientTable.Get(t.Context(), now(), "k")
	if err == nil {
		require.NotZero(t, e.Revision)
	} else {
		require.ErrorIs(t, err, store.ErrNotFound, "the Delete was sent")
	}
}

func parts(t *testing.T, s *nats.Store) (store.Queue, store.Table) {
	t.Helper()
	q, err := s.Queue(t.Context(), "q")
	require.NoError(t, err)
	table, err := s.Table(t.Context(), "t")
	require.NoError(t, err)
	return q, table
}

// writer puts items and counts in a table until it is told to stop, and keeps what was
// acknowledged.
type writer struct {
	put    []string
	count  int
	failed int
}

func (w *writer) run(ctx context.Context, name string, q store.Queue, table store.Table) {
	var revision uint64
	for i := 0; ctx.Err() == nil; i++ {
		id := name + "-" + strconv.Itoa(i)
		if err := q.Put(context.Background(), time.Now(), store.Item{ID: id}); err == nil {
			w.put = append(w.put, id)
		} else {
			w.failed++
		}
		var err error
		value := []byte(strconv.Itoa(w.count + 1))
		if revision == 0 {
			revision, err = table.Create(context.Background(), time.Now(), name, value, 0)
		} else {
			revision, err = table.Update(context.Background(), time.Now(), name, value, revision, 0)
		}
		if err == nil {
			w.count++
			continue
		}
		w.failed++ // it may have been done all the same
		revision = 0
		for ctx.Err() == nil {
			e, err := table.Get(context.Background(), time.Now(), name)
			if err == nil {
				revision = e.Revision
				w.count, _ = strconv.Atoi(string(e.Value))
			}
			if err == nil || errors.Is(err, store.ErrNotFound) {
				break
			}
		}
	}
}

// lacks reports whether anything that was acknowledged is not among the items.
func (w *writer) lacks(items map[string]bool) bool {
	return slices.ContainsFunc(w.put, func(id string) bool { return !items[id] })
}

// check expects everything that was acknowledged, as another process sees it.
func (w *writer) check(t *testing.T, name string, items map[string]bool, table store.Table) {
	t.Helper()
	for _, id := range w.put {
		require.True(t, items[id], "%s was acknowledged and is lost", id)
	}
	e, err := table.Get(t.Context(), time.Now(), name)
	require.NoError(t, err)
	count, err := strconv.Atoi(string(e.Value))
	require.NoError(t, err)
	require.GreaterOrEqual(t, count, w.count, "an acknowledged update is lost")
}

// Three nodes lose a leader, and then all of them are restarted, under load: nothing that
// was acknowledged is lost. CRASHES is how often, for a longer run.
func TestCluster_leaders(t *testing.T) {
	t.Parallel()
	rounds := 1
	if n, err := strconv.Atoi(os.Getenv("CRASHES")); err == nil {
		rounds = n
	}
	c := start(t, 3)
	const writers = 4
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var group sync.WaitGroup
	all := make([]writer, writers)
	for i := range all {
		q, table := parts(t, open(t, connect(t, c), nats.Options{Timeout: 2 * time.Second}))
		group.Go(func() { all[i].run(ctx, "writer-"+strconv.Itoa(i), q, table) })
	}
	s := open(t, connect(t, c), nats.Options{})
	require.Equal(t, store.Replicated, s.Durability())
	q, _ := parts(t, s)
	grow := func() { // until more was acknowledged
		waiting, _, err := q.Len(t.Context())
		require.NoError(t, err)
		until(t, "more items", func() bool {
			more, _, err := q.Len(t.Context())
			return err == nil && more >= waiting+20
		})
	}
	for range rounds {
		grow()
		leader := c.Leader("sigfox_queue_q")
		require.NotEqual(t, -1, leader)
		c.Stop(leader)
		until(t, "another leader", func() bool { return c.Leader("sigfox_queue_q") >= 0 })
		until(t, "the queue", func() bool { _, _, err := q.Len(t.Context()); return err == nil })
		grow()
		require.NoError(t, c.Restart(leader))
	}
	c.StopAll()
	require.NoError(t, c.StartAll())
	until(t, "the queue", func() bool { _, _, err := q.Len(t.Context()); return err == nil })
	grow()
	stop()
	group.Wait()

	conn := connect(t, c)
	// The consumer that reads may be on a node that is behind since the restart: what was
	// lost is in none, whenever it is asked.
	var items map[string]bool
	until(t, "every item that was acknowledged", func() bool {
		items = subjects(t, conn, "sigfox.queue.q.item.")
		return !slices.ContainsFunc(all, func(w writer) bool { return w.lacks(items) })
	})
	_, table := parts(t, open(t, conn, nats.Options{}))
	acknowledged, failed := 0, 0
	for i := range all {
		all[i].check(t, "writer-"+strconv.Itoa(i), items, table)
		acknowledged += len(all[i].put)
		failed += all[i].failed
	}
	t.Logf("%d puts acknowledged, %d items found, %d calls failed", acknowledged, len(items), failed)
}

// subjects returns what follows the prefix in the subjects of a queue's stream, without
// the help of the store.
func subjects(t *testing.T, conn *client.Conn, prefix string) map[string]bool {
	t.Helper()
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	consumer, err := js.OrderedConsumer(t.Context(), "sigfox_queue_q", jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{prefix + ">"},
	})
	require.NoError(t, err)
	messages, err := consumer.Messages()
	require.NoError(t, err)
	defer messages.Stop()
	found := map[string]bool{}
	for {
		m, err := messages.Next(jetstream.NextMaxWait(natstest.Patience))
		require.NoError(t, err)
		found[strings.TrimPrefix(m.Subject(), prefix)] = true
		meta, err := m.Metadata()
		require.NoError(t, err)
		if meta.NumPending == 0 {
			return found
		}
	}
}

// Of sixteen clients that create one key at once, each on a connection of its own, one
// succeeds; a lease that one of them holds ends for the others.
func TestCluster_clients(t *testing.T) {
	t.Parallel()
	c := start(t, 3)
	const clients = 16
	stores := make([]*nats.Store, clients)
	for i := range stores {
		stores[i] = open(t, connect(t, c), nats.Options{})
	}
	q, table := parts(t, stores[0])
	for key := range 5 {
		var winners atomic.Int64
		var group sync.WaitGroup
		for _, s := range stores {
			table, err := s.Table(t.Context(), "t")
			require.NoError(t, err)
			group.Go(func() {
				_, err := table.Create(t.Context(), time.Now(), strconv.Itoa(key), nil, time.Hour)
				if err == nil {
					winners.Add(1)
				} else if !errors.Is(err, store.ErrExists) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		require.EqualValues(t, 1, winners.Load())
	}
	require.NoError(t, table.Delete(t.Context(), time.Now(), "0", 0))

	other, err := stores[1].Queue(t.Context(), "q")
	require.NoError(t, err)
	require.NoError(t, q.Put(t.Context(), time.Now(), store.Item{ID: "a"}))
	begun := time.Now()
	first, err := q.Claim(t.Context(), begun, 1, time.Second)
	require.NoError(t, err)
	require.Len(t, first, 1)
	second := claim(t, other, 1)
	require.Equal(t, 1, second[0].Claims)
	require.GreaterOrEqual(t, time.Since(begun), time.Second, "not before the lease has ended")
	require.ErrorIs(t, q.Extend(t.Context(), time.Now(), time.Minute, first[0]), store.ErrLost)
	require.NoError(t, other.Done(t.Context(), second...))
}

// A client whose connection is cut, and cannot be made again for a while, loses its
// claims to another; when it is back it is told so, and works on.
func TestPartition(t *testing.T) {
	t.Parallel()
	c := start(t, 1)
	link, err := c.Link()
	require.NoError(t, err)
	t.Cleanup(link.Close)
	conn, err := link.Connect()
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	cut := open(t, conn, nats.Options{Timeout: 2 * time.Second})
	q, table := parts(t, cut)
	other, _ := parts(t, open(t, connect(t, c), nats.Options{}))
	require.NoError(t, q.Put(t.Context(), time.Now(), store.Item{ID: "a"}))
	held, err := q.Claim(t.Context(), time.Now(), 1, 100*time.Millisecond)
	require.NoError(t, err)
	require.Len(t, held, 1)

	link.Cut()
	require.ErrorIs(t, q.Extend(t.Context(), time.Now(), time.Minute, held[0]), store.ErrUnavailable)
	require.NoError(t, other.Put(t.Context(), time.Now(), store.Item{ID: "b"}))
	taken := claim(t, other, 2)
	require.NoError(t, other.Done(t.Context(), taken...))
	_, err = table.Create(t.Context(), time.Now(), "k", nil, 0)
	require.ErrorIs(t, err, store.ErrUnavailable)

	link.Mend()
	until(t, "an empty queue", func() bool {
		waiting, _, err := q.Len(t.Context())
		return err == nil && waiting == 0
	})
	_, err = q.Save(t.Context(), time.Now(), held[0], true)
	require.ErrorIs(t, err, store.ErrLost)
	require.NoError(t, q.Done(t.Context(), held...))
	require.NoError(t, q.Put(t.Context(), time.Now(), store.Item{ID: "c"}))
	require.Len(t, claim(t, q, 1), 1)
}

func TestStart_error(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/file"
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := natstest.Start(file, 1, nil)
	require.ErrorContains(t, err, "Can't start JetStream")
}

// A node that is isolated keeps its clients for no longer than an operation takes: they
// go to the others, and lose nothing.
func TestCluster_leaveIsolatedLeader(t *testing.T) {
	t.Parallel()
	leaveIsolated(t, 0)
}

func TestCluster_leaveIsolatedFollower(t *testing.T) {
	t.Parallel()
	leaveIsolated(t, 1)
}

// leaveIsolated isolates the node that comes so many after the leader.
func leaveIsolated(t *testing.T, distance int) {
	t.Helper()
	c, err := natstest.StartDivisible(t.TempDir(), 3, nil)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	others, _ := parts(t, open(t, connect(t, c), nats.Options{}))
	require.NoError(t, others.Put(t.Context(), time.Now(), store.Item{ID: "before"}))
	first := -1
	until(t, "a leader", func() bool {
		first = c.Leader("sigfox_queue_q")
		return first >= 0
	})
	first = (first + distance) % 3
	urls := []string{c.NodeURL(first), c.NodeURL((first + 1) % 3), c.NodeURL((first + 2) % 3)}
	conn, err := client.Connect(strings.Join(urls, ","), client.DontRandomize(), client.IgnoreDiscoveredServers(), client.MaxReconnects(-1))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	warnings := make(lines, 100)
	q, _ := parts(t, open(t, conn, nats.Options{
		Timeout: 2 * time.Second, AcceptLazySync: true, Logger: slog.New(slog.NewTextHandler(warnings, nil)),
	}))
	require.Equal(t, urls[0], conn.ConnectedUrl())

	c.Isolate(first)
	require.ErrorIs(t, q.Put(t.Context(), time.Now(), store.Item{ID: "meanwhile"}), store.ErrUnavailable)
	require.Contains(t, <-warnings, "server="+urls[0])
	until(t, "the client to write elsewhere", func() bool {
		return q.Put(t.Context(), time.Now(), store.Item{ID: "meanwhile"}) == nil
	})
	require.NotEqual(t, urls[0], conn.ConnectedUrl())

	c.Rejoin(first)
	until(t, "all items", func() bool {
		waiting, _, err := others.Len(t.Context())
		return err == nil && waiting == 2
	})
}

// lines keeps what is logged.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

// A server is not left because a caller has no time.
func TestKeepServer(t *testing.T) {
	t.Parallel()
	link, err := start(t, 1).Link()
	require.NoError(t, err)
	t.Cleanup(link.Close)
	conn, err := link.Connect()
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	q, _ := parts(t, open(t, conn, nats.Options{Timeout: time.Minute}))
	link.Stall()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, q.Put(ctx, time.Now(), store.Item{ID: "a"}), store.ErrUnavailable)
	link.Mend()
	require.NoError(t, q.Put(t.Context(), time.Now(), store.Item{ID: "b"}))
	require.Zero(t, conn.Stats().Reconnects)
}

// A leader that is isolated from the others has its clients see nothing done that is not
// done: what is acknowledged meanwhile, by the others, is there when it is back.
func TestCluster_isolatedLeader(t *testing.T) {
	t.Parallel()
	c, err := natstest.StartDivisible(t.TempDir(), 3, nil)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	s := open(t, connect(t, c), nats.Options{})
	q, _ := parts(t, s)
	require.NoError(t, q.Put(t.Context(), time.Now(), store.Item{ID: "before"}))
	leader := c.Leader("sigfox_queue_q")
	require.NotEqual(t, -1, leader)
	stuck, err := client.Connect(c.NodeURL(leader), client.IgnoreDiscoveredServers())
	require.NoError(t, err)
	t.Cleanup(stuck.Close)
	alone, _ := parts(t, open(t, stuck, nats.Options{Timeout: 2 * time.Second}))

	c.Isolate(leader)
	require.ErrorIs(t, alone.Put(t.Context(), time.Now(), store.Item{ID: "alone"}), store.ErrUnavailable)
	conn, err := client.Connect(c.NodeURL((leader+1)%3), client.IgnoreDiscoveredServers())
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	until(t, "the others to go on", func() bool {
		s, err := nats.Open(t.Context(), conn, nats.Options{})
		if err != nil {
			return false
		}
		defer s.Close()
		q, err := s.Queue(t.Context(), "q")
		return err == nil && q.Put(t.Context(), time.Now(), store.Item{ID: "meanwhile"}) == nil
	})
	_, err = alone.Claim(t.Context(), time.Now(), 1, time.Minute)
	require.ErrorIs(t, err, store.ErrUnavailable)

	c.Rejoin(leader)
	until(t, "the isolated client", func() bool { return alone.Put(t.Context(), time.Now(), store.Item{ID: "alone"}) == nil })
	until(t, "all items", func() bool {
		waiting, _, err := alone.Len(t.Context())
		return err == nil && waiting == 3
	})
	var got []string
	for _, c := range claim(t, alone, 3) {
		got = append(got, c.ID)
	}
	require.ElementsMatch(t, []string{"before", "meanwhile", "alone"}, got)
}
