package nats_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/nats"
	"github.com/go-sigfox/sigfox/store/nats/natstest"
)

func TestOpen_options(t *testing.T) {
	t.Parallel()
	conn := connect(t, start(t, 1))
	for name, o := range map[string]nats.Options{
		"Prefix":   {Prefix: "a.b"},
		"Replicas": {Replicas: 6},
		"Timeout":  {Timeout: -1},
		"MaxItems": {MaxItems: -1},
		"MaxBytes": {MaxBytes: -1},
		"MaxAge":   {MaxAge: time.Millisecond},
	} {
		_, err := nats.Open(t.Context(), conn, o)
		require.ErrorContains(t, err, "Options."+name)
	}
	_, err := nats.Open(t.Context(), nil, nats.Options{})
	require.Error(t, err)
	_, err = nats.Open(t.Context(), conn, nats.Options{Domain: "elsewhere", Timeout: 100 * time.Millisecond})
	require.ErrorIs(t, err, store.ErrUnavailable)
	conn.Close()
	_, err = nats.Open(t.Context(), conn, nats.Options{})
	require.ErrorIs(t, err, store.ErrUnavailable)
}

func TestOlder(t *testing.T) {
	t.Parallel()
	for version, older := range map[string]bool{
		"2.11.9": true, "2.12.0": false, "2.12.1-beta": false, "2.9.20": true, "3.0.0": false, "dev": true,
	} {
		require.Equal(t, older, nats.Older(version, "2.12.0"), version)
	}
	err := error(&nats.VersionError{Server: "2.10.3", Minimum: "2.12.0"})
	require.EqualError(t, err, `store/nats: the server is version "2.10.3", at least 2.12.0 is needed`)
}

func TestOpen_noJetStream(t *testing.T) {
	t.Parallel()
	c, err := natstest.Start(t.TempDir(), 1, func(o *server.Options) { o.JetStream = false })
	require.NoError(t, err)
	t.Cleanup(c.StopAll)
	_, err = nats.Open(t.Context(), connect(t, c), nats.Options{Timeout: 100 * time.Millisecond})
	require.ErrorIs(t, err, store.ErrUnavailable)
}

// A stream that would lose items, or that a later version has written, is not used.
func TestSettingError(t *testing.T) {
	t.Parallel()
	conn := connect(t, start(t, 1))
	s := open(t, conn, nats.Options{})
	_, err := s.Queue(t.Context(), "q")
	require.NoError(t, err)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	stream, err := js.Stream(t.Context(), "sigfox_queue_q")
	require.NoError(t, err)
	good := stream.CachedInfo().Config
	for setting, change := range map[string]func(*jetstream.StreamConfig){
		"maximum age":            func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour },
		"maximum bytes":          func(c *jetstream.StreamConfig) { c.MaxBytes = 1 << 30 },
		"maximum messages":       func(c *jetstream.StreamConfig) { c.MaxMsgs = 10 },
		"direct reads":           func(c *jetstream.StreamConfig) { c.AllowDirect = true },
		"metadata sigfox-schema": func(c *jetstream.StreamConfig) { c.Metadata = map[string]string{"sigfox-schema": "2"} },
		"messages per subject":   func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 2 },
	} {
		config := good
		change(&config)
		_, err := js.UpdateStream(t.Context(), config)
		require.NoError(t, err, setting)
		_, err = open(t, conn, nats.Options{}).Queue(t.Context(), "q")
		var wrong *nats.SettingError
		require.ErrorAs(t, err, &wrong, setting)
		require.Equal(t, setting, wrong.Setting)
		require.ErrorContains(t, err, "sigfox_queue_q")
	}
	_, err = js.UpdateStream(t.Context(), good)
	require.NoError(t, err)
	_, err = open(t, conn, nats.Options{Replicas: 3}).Queue(t.Context(), "q")
	require.ErrorContains(t, err, "has replicas 1, not 3")
	_, err = open(t, conn, nats.Options{}).Queue(t.Context(), "q")
	require.NoError(t, err)
}

func TestLimits(t *testing.T) {
	t.Parallel()
	conn := connect(t, start(t, 1))
	now := time.Now
	t.Run("items", func(t *testing.T) {
		t.Parallel()
		q, err := open(t, conn, nats.Options{Prefix: "items", MaxItems: 2}).Queue(t.Context(), "q")
		require.NoError(t, err)
		require.NoError(t, q.Put(t.Context(), now(), store.Item{ID: "a"}, store.Item{ID: "b"}))
		require.ErrorIs(t, q.Put(t.Context(), now(), store.Item{ID: "c"}), store.ErrFull)
		c := claim(t, q, 2)
		require.NoError(t, q.Bury(t.Context(), now(), c[0]))
		require.ErrorIs(t, q.Put(t.Context(), now(), store.Item{ID: "c"}), store.ErrFull)
		require.NoError(t, q.Done(t.Context(), c[1]))
		require.NoError(t, q.Put(t.Context(), now(), store.Item{ID: "c"}))
	})
	t.Run("bytes", func(t *testing.T) {
		t.Parallel()
		s := open(t, conn, nats.Options{Prefix: "bytes", MaxBytes: 10_000})
		q, err := s.Queue(t.Context(), "q")
		require.NoError(t, err)
		table, err := s.Table(t.Context(), "t")
		require.NoError(t, err)
		require.NoError(t, q.Put(t.Context(), now(), store.Item{ID: "a", Data: make([]byte, 20_000)}))
		until(t, "a full queue", func() bool { return errors.Is(q.Put(t.Context(), now(), store.Item{ID: "b"}), store.ErrFull) })
		_, err = table.Create(t.Context(), now(), "a", make([]byte, 20_000), 0)
		require.NoError(t, err)
		until(t, "a full table", func() bool {
			_, err := table.Create(t.Context(), now(), "b", nil, 0)
			_ = table.Delete(t.Context(), now(), "b", 0)
			return errors.Is(err, store.ErrFull)
		})
		require.NoError(t, q.Done(t.Context(), claim(t, q, 1)...), "what is full is worked off")
	})
	t.Run("age", func(t *testing.T) {
		t.Parallel()
		s := open(t, conn, nats.Options{Prefix: "age", MaxAge: time.Second})
		q, err := s.Queue(t.Context(), "q")
		require.NoError(t, err)
		require.NoError(t, q.Put(t.Context(), now(), store.Item{ID: "a"}))
		require.NoError(t, q.Bury(t.Context(), now(), claim(t, q, 1)[0]))
		until(t, "no dead", func() bool {
			for _, err := range q.Dead(t.Context()) {
				require.NoError(t, err)
			}
			_, dead, err := q.Len(t.Context())
			require.NoError(t, err)
			return dead == 0
		})
	})
	t.Run("message", func(t *testing.T) {
		t.Parallel()
		q, err := open(t, conn, nats.Options{Prefix: "message"}).Queue(t.Context(), "q")
		require.NoError(t, err)
		err = q.Put(t.Context(), now(), store.Item{ID: "a", Data: make([]byte, 2<<20)})
		require.ErrorIs(t, err, client.ErrMaxPayload)
		require.NotErrorIs(t, err, store.ErrUnavailable, "it would not do better later")
		require.ErrorContains(t, q.Put(t.Context(), now(), make([]store.Item, 1001)...), "1001 items")
	})
}

// A server without room says so; what it does not store is never a success.
func TestServerFull(t *testing.T) {
	t.Parallel()
	c, err := natstest.Start(t.TempDir(), 1, func(o *server.Options) { o.JetStreamMaxStore = 1 << 20 })
	require.NoError(t, err)
	t.Cleanup(c.StopAll)
	q, err := open(t, connect(t, c), nats.Options{}).Queue(t.Context(), "q")
	require.NoError(t, err)
	for i := range 100 {
		if err = q.Put(t.Context(), time.Now(), store.Item{ID: id(i), Data: make([]byte, 50_000)}); err != nil {
			break
		}
	}
	require.ErrorIs(t, err, store.ErrFull)
}

func TestDurability(t *testing.T) {
	t.Parallel()
	for _, always := range []bool{true, false} {
		c, err := natstest.Start(t.TempDir(), 1, func(o *server.Options) { accounts(o).SyncAlways = always })
		require.NoError(t, err)
		t.Cleanup(c.StopAll)
		account, err := c.Server(0).LookupAccount("OWN")
		require.NoError(t, err)
		require.NoError(t, account.EnableJetStream(nil, nil))
		conn, system := connect(t, c, client.UserInfo("user", "secret")), connect(t, c, client.UserInfo("system", "secret"))

		var log bytes.Buffer
		s := open(t, conn, nats.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		require.Equal(t, store.CrashSafe, s.Durability(), "as it cannot be known")
		require.Len(t, s.Warnings(), 2)
		require.Contains(t, log.String(), "sync_interval")
		require.Contains(t, log.String(), "1 replicas")
		require.Len(t, open(t, conn, nats.Options{AcceptLazySync: true}).Warnings(), 1)

		s = open(t, conn, nats.Options{System: system})
		if always {
			require.Equal(t, store.Synced, s.Durability())
			require.Len(t, s.Warnings(), 1)
		} else {
			require.Equal(t, store.CrashSafe, s.Durability())
			require.Contains(t, s.Warnings()[0], "node-1")
		}
		_, err = nats.Open(t.Context(), conn, nats.Options{System: conn, Timeout: 100 * time.Millisecond})
		require.ErrorIs(t, err, store.ErrUnavailable, "not the system account")
	}
}

// accounts gives a server a user and a system account.
func accounts(o *server.Options) *server.Options {
	own, system := server.NewAccount("OWN"), server.NewAccount("SYSTEM")
	o.Accounts, o.SystemAccount = []*server.Account{own, system}, "SYSTEM"
	o.Users = []*server.User{
		{Username: "user", Password: "secret", Account: own},
		{Username: "system", Password: "secret", Account: system},
	}
	return o
}

func claim(t *testing.T, q store.Queue, n int) (claims []store.Claim) {
	t.Helper()
	until(t, "claims", func() bool {
		more, err := q.Claim(t.Context(), time.Now(), n-len(claims), time.Minute)
		require.NoError(t, err)
		claims = append(claims, more...)
		return len(claims) == n
	})
	return claims
}

// until waits for something the servers do in their own time.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), natstest.Patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			require.FailNow(t, "not in time", what)
		case <-ticker.C:
		}
	}
}
