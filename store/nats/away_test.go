package nats_test

import (
	"os"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/nats"
)

// away is how long the servers are away, AWAY for a longer run. Whatever ends or grows
// with time is far shorter: leases, values, attempts to connect, and what the servers keep
// of those who follow.
func away(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("AWAY")
	if text == "" {
		return 6 * time.Second
	}
	d, err := time.ParseDuration(text)
	require.NoError(t, err)
	return d
}

// For however long the server is away, whatever is refused is not done later, and all
// goes on as soon as it is back: with the same connection, store and queue.
func TestAway_long(t *testing.T) {
	t.Parallel()
	c := start(t, 1)
	var tries atomic.Int64
	conn := connect(t, c, client.ReconnectErrHandler(func(*client.Conn, error) { tries.Add(1) }))
	q, table := parts(t, open(t, conn, nats.Options{}))
	hasty, hastyTable := parts(t, open(t, conn, nats.Options{Timeout: time.Second}))
	_, _, err := hasty.Len(t.Context()) // it has heard all of the queue
	require.NoError(t, err)
	ctx, now := t.Context(), time.Now
	require.NoError(t, q.Put(ctx, now(), store.Item{ID: "held"}, store.Item{ID: "due", Due: now().Add(time.Second)}))
	held, err := q.Claim(ctx, now(), 1, time.Second/2)
	require.NoError(t, err)
	require.Len(t, held, 1)
	_, err = table.Create(ctx, now(), "short", nil, time.Second)
	require.NoError(t, err)
	forever, err := table.Create(ctx, now(), "forever", []byte("v"), 0)
	require.NoError(t, err)

	c.StopAll()
	until(t, "a lost connection", func() bool { return !conn.IsConnected() })
	end := time.NewTimer(away(t))
	refused := 0
	for over := false; !over; refused++ {
		require.ErrorIs(t, hasty.Put(ctx, now(), store.Item{ID: id(refused)}), store.ErrUnavailable)
		_, err := hastyTable.Create(ctx, now(), id(refused), nil, 0)
		require.ErrorIs(t, err, store.ErrUnavailable)
		claims, err := hasty.Claim(ctx, now(), 1, time.Hour)
		require.Empty(t, claims)
		require.ErrorIs(t, err, store.ErrUnavailable)
		select {
		case <-end.C:
			over = true
		default:
		}
	}
	require.Greater(t, tries.Load(), int64(10), "tries to connect")
	buffered, err := conn.Buffered()
	require.NoError(t, err)
	require.Zero(t, buffered, "what would be done later")

	require.NoError(t, c.StartAll())
	var got []string
	for _, c := range claim(t, q, 2) {
		got = append(got, c.ID)
	}
	require.ElementsMatch(t, []string{"held", "due"}, got)
	waiting, _, err := q.Len(ctx)
	require.NoError(t, err)
	require.Equal(t, 2, waiting, "nothing that was refused")
	_, err = q.Save(ctx, now(), held[0], true)
	require.ErrorIs(t, err, store.ErrLost)
	until(t, "an end of the value", func() bool {
		_, err := table.Create(ctx, now(), "short", nil, 0)
		return err == nil
	})
	_, err = table.Update(ctx, now(), "forever", nil, forever, 0)
	require.NoError(t, err)
	keys := map[string]bool{}
	for e, err := range table.All(ctx, now()) {
		require.NoError(t, err)
		keys[e.Key] = true
	}
	require.Equal(t, map[string]bool{"short": true, "forever": true}, keys, "nothing that was refused")
	t.Logf("%d refused, %d tries to connect", refused, tries.Load())
}

// A client that was away for so long that the servers have forgotten that it follows a
// queue hears of all that has happened meanwhile.
func TestPartition_long(t *testing.T) {
	t.Parallel()
	c := start(t, 1)
	link, err := c.Link()
	require.NoError(t, err)
	t.Cleanup(link.Close)
	conn, err := link.Connect()
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	s := open(t, conn, nats.Options{})
	s.SetHeartbeat(500 * time.Millisecond)
	q, _ := parts(t, s)
	direct := connect(t, c)
	other, _ := parts(t, open(t, direct, nats.Options{})) // which does not follow
	js, err := jetstream.New(direct)
	require.NoError(t, err)
	stream, err := js.Stream(t.Context(), "sigfox_queue_q")
	require.NoError(t, err)
	followers := func() int {
		info, err := stream.Info(t.Context())
		require.NoError(t, err)
		return info.State.Consumers
	}
	for _, item := range []string{"a", "b"} {
		require.NoError(t, q.Put(t.Context(), time.Now(), store.Item{ID: item}))
	}
	held := claim(t, q, 1)
	require.Equal(t, 1, followers())

	for name, apart := range map[string]func(){"c": link.Cut, "d": link.Stall} {
		apart()
		until(t, "a follower that is forgotten", func() bool { return followers() == 0 })
		require.NoError(t, other.Put(t.Context(), time.Now(), store.Item{ID: name}))
		link.Mend()
		until(t, "what was put meanwhile", func() bool {
			waiting, _, err := q.Len(t.Context())
			return err == nil && waiting == 3
		})
		require.NoError(t, q.Done(t.Context(), held...))
		held = claim(t, q, 1)
	}
	require.Len(t, claim(t, q, 1), 1)
}

// A connection that does not go on trying is warned of, and when it is closed everything
// is unavailable at once.
func TestAway_forGood(t *testing.T) {
	t.Parallel()
	c := start(t, 1)
	conn := connect(t, c, client.MaxReconnects(2))
	s := open(t, conn, nats.Options{Timeout: time.Hour})
	require.Contains(t, s.Warnings()[len(s.Warnings())-1], "after 2 tries")
	_, table := parts(t, s)
	c.StopAll()
	until(t, "a closed connection", conn.IsClosed)
	_, err := table.Get(t.Context(), time.Now(), "k")
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorIs(t, err, client.ErrConnectionClosed)
}
