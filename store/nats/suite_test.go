package nats_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/nats"
	"github.com/go-sigfox/sigfox/store/nats/natstest"
	"github.com/go-sigfox/sigfox/store/storetest"
)

func start(t *testing.T, nodes int) *natstest.Cluster {
	t.Helper()
	c, err := natstest.Start(t.TempDir(), nodes, nil)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func connect(t *testing.T, c *natstest.Cluster, options ...client.Option) *client.Conn {
	t.Helper()
	conn, err := c.Connect(options...)
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	return conn
}

func open(t *testing.T, conn *client.Conn, o nats.Options) *nats.Store {
	t.Helper()
	s, err := nats.Open(t.Context(), conn, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// prefix makes the name of a test one of streams.
func prefix(t *testing.T) string {
	t.Helper()
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune("/ #", r) {
			return '_'
		}
		return r
	}, t.Name())
	return name[max(0, len(name)-32):]
}

func suite(t *testing.T, nodes int) {
	t.Helper()
	c := start(t, nodes)
	conn := connect(t, c)
	storetest.Run(t, storetest.Options{
		Open: func(t *testing.T) store.Store {
			t.Helper()
			return open(t, conn, nats.Options{Prefix: prefix(t)})
		},
		Reopen: func(t *testing.T, s store.Store) store.Store {
			t.Helper()
			require.NoError(t, s.(*nats.Store).Close())
			return open(t, connect(t, c), nats.Options{Prefix: prefix(t)})
		},
		RealTime: true,
		Unit:     3 * time.Second, // much longer than a write takes on a disk that is busy
	})
}

func TestSuite(t *testing.T) {
	t.Parallel()
	for _, nodes := range []int{1, 3} {
		t.Run(strconv.Itoa(nodes), func(t *testing.T) {
			t.Parallel()
			suite(t, nodes)
		})
	}
}
