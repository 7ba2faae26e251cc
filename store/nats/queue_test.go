package nats_test

import (
	"bytes"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/nats"
)

func id(i int) string { return "item-" + strconv.Itoa(i) }

func TestEscape(t *testing.T) {
	t.Parallel()
	for i := range 256 {
		s := "a" + string([]byte{byte(i)}) + "b"
		token := nats.Escape(s)
		require.NotContains(t, token, ".")
		require.NotContains(t, token, "*")
		require.NotContains(t, token, ">")
		require.Equal(t, s, nats.Unescape(token))
	}
	for _, token := range []string{"=", "=4", "=zz"} {
		require.Empty(t, nats.Unescape(token))
	}
}

// Putting again leaves what is there, adds what is not, and what was done before.
func TestQueue_putAgain(t *testing.T) {
	t.Parallel()
	q, err := open(t, connect(t, start(t, 1)), nats.Options{}).Queue(t.Context(), "q")
	require.NoError(t, err)
	put := func(ids ...string) {
		var items []store.Item
		for _, id := range ids {
			items = append(items, store.Item{ID: id})
		}
		require.NoError(t, q.Put(t.Context(), time.Now(), items...))
	}
	put()
	put("a", "b", "a")
	require.NoError(t, q.Done(t.Context(), claim(t, q, 2)[0]))
	put("a", "b", "c")
	put("a", "b")
	require.Len(t, claim(t, q, 2), 2)
	waiting, dead, err := q.Len(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int{3, 0}, []int{waiting, dead})
}

// Who is late with Done removes the item it had, and no other of the same ID.
func TestQueue_lateDone(t *testing.T) {
	t.Parallel()
	conn := connect(t, start(t, 1))
	q, err := open(t, conn, nats.Options{}).Queue(t.Context(), "q")
	require.NoError(t, err)
	other, err := open(t, conn, nats.Options{}).Queue(t.Context(), "q")
	require.NoError(t, err)
	require.NoError(t, q.Put(t.Context(), time.Now(), store.Item{ID: "a"}))
	late, err := q.Claim(t.Context(), time.Now(), 1, time.Millisecond)
	require.NoError(t, err)
	second := claim(t, other, 1)
	require.NoError(t, other.Done(t.Context(), second...))
	require.NoError(t, q.Put(t.Context(), time.Now(), store.Item{ID: "a"}))
	require.NoError(t, q.Done(t.Context(), late...))
	require.NoError(t, other.Done(t.Context(), second...))
	require.NoError(t, q.Done(t.Context(), store.Claim{Item: store.Item{ID: "a"}, Receipt: "no receipt"}))
	require.Len(t, claim(t, q, 1), 1)
}

// A queue that has never been followed by this process can do all the same.
func TestQueue_othersClaims(t *testing.T) {
	t.Parallel()
	conn := connect(t, start(t, 1))
	q, err := open(t, conn, nats.Options{}).Queue(t.Context(), "q")
	require.NoError(t, err)
	other, err := open(t, conn, nats.Options{}).Queue(t.Context(), "q")
	require.NoError(t, err)
	require.NoError(t, q.Put(t.Context(), time.Now(), store.Item{ID: "a"}, store.Item{ID: "b"}, store.Item{ID: "c"}))
	claims := claim(t, q, 3)
	require.NoError(t, other.Done(t.Context(), claims[0]))
	claims[1].Data = []byte("saved")
	_, err = other.Save(t.Context(), time.Now(), claims[1], true)
	require.NoError(t, err)
	require.NoError(t, q.Extend(t.Context(), time.Now(), time.Minute, claims[1]), "it has not heard of the save, or has")
	require.NoError(t, q.Bury(t.Context(), time.Now(), claims[2]))
	require.ErrorIs(t, other.Bury(t.Context(), time.Now(), claims[2]), store.ErrLost)
	require.NoError(t, other.Revive(t.Context(), time.Now(), "c"))
	require.NoError(t, q.Bury(t.Context(), time.Now(), claim(t, q, 1)[0]))
	require.NoError(t, other.Purge(t.Context(), "c"))
	until(t, "one item", func() bool {
		waiting, dead, err := q.Len(t.Context())
		require.NoError(t, err)
		return waiting == 1 && dead == 0
	})
}

// Messages that others publish on the subjects of a queue do no harm.
func TestQueue_foreignMessages(t *testing.T) {
	t.Parallel()
	conn := connect(t, start(t, 1))
	var log lockedBuffer
	q, err := open(t, conn, nats.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}).Queue(t.Context(), "q")
	require.NoError(t, err)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	foreign := [][2]string{
		{"other", ""},
		{"item.=", ""},
		{"item.a", "Sigfox-State"},
		{"item.b", "Sigfox-Due"},
		{"item.c", "Sigfox-Lease"},
		{"item.d", "Sigfox-Claims"},
		{"item.e", "Sigfox-Origin"},
	}
	for _, f := range foreign {
		m := jetstreamMessage("sigfox.queue.q."+f[0], f[1])
		_, err := js.PublishMsg(t.Context(), m)
		require.NoError(t, err)
	}
	require.NoError(t, q.Put(t.Context(), time.Now(), store.Item{ID: "good"}))
	require.Equal(t, "good", claim(t, q, 1)[0].ID)
	require.ErrorIs(t, q.Put(t.Context(), time.Now(), store.Item{ID: "b"}), store.ErrCorrupt)
	require.Equal(t, len(foreign), bytes.Count(log.Bytes(), []byte("message that is no item")))
}

// Three clients that claim from one queue get each item once.
func TestQueue_crowd(t *testing.T) {
	t.Parallel()
	c := start(t, 1)
	const items = 300
	q, err := open(t, connect(t, c), nats.Options{}).Queue(t.Context(), "q")
	require.NoError(t, err)
	var list []store.Item
	for i := range items {
		list = append(list, store.Item{ID: id(i)})
	}
	require.NoError(t, q.Put(t.Context(), time.Now(), list...))
	var mu sync.Mutex
	got := map[string]int{}
	var group sync.WaitGroup
	for range 3 {
		q, err := open(t, connect(t, c), nats.Options{}).Queue(t.Context(), "q")
		require.NoError(t, err)
		group.Go(func() {
			for more := true; more; {
				claims, err := q.Claim(t.Context(), time.Now(), 7, time.Minute)
				if err == nil {
					err = q.Done(t.Context(), claims...)
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for _, c := range claims {
					got[c.ID]++
				}
				more = len(got) < items
				mu.Unlock()
			}
		})
	}
	group.Wait()
	require.Len(t, got, items)
	for id, n := range got {
		require.Equal(t, 1, n, id)
	}
}

// Next of one process wakes up by what another does.
func TestQueue_next(t *testing.T) {
	t.Parallel()
	c := start(t, 1)
	q, err := open(t, connect(t, c), nats.Options{}).Queue(t.Context(), "q")
	require.NoError(t, err)
	s := open(t, connect(t, c), nats.Options{})
	other, err := s.Queue(t.Context(), "q")
	require.NoError(t, err)
	_, _, err = other.Len(t.Context())
	require.NoError(t, err)
	woken := make(chan error, 1)
	go func() {
		var err error
		for len(woken) == 0 && err == nil {
			var claims []store.Claim
			if err = other.Next(t.Context(), time.Now().Add(time.Hour)); err == nil {
				claims, err = other.Claim(t.Context(), time.Now(), 1, time.Minute)
			}
			if len(claims) == 1 {
				break
			}
		}
		woken <- err
	}()
	require.NoError(t, q.Put(t.Context(), time.Now(), store.Item{ID: "a"}))
	require.NoError(t, <-woken)
	go func() { woken <- other.Next(t.Context(), time.Now().Add(time.Hour)) }()
	require.NoError(t, s.Close())
	if err := <-woken; err != nil {
		require.ErrorIs(t, err, store.ErrUnavailable)
	}
}
