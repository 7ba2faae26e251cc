package storetest

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sigfox/sigfox/store"
)

func tableCompareAndSet(s *suite) {
	t := s.table("t")
	ctx := s.Context()
	_, err := t.Get(ctx, s.clock(), "k")
	s.is(err, store.ErrNotFound)
	_, err = t.Update(ctx, s.clock(), "k", []byte("x"), 1, 0)
	s.is(err, store.ErrConflict)
	first, err := t.Create(ctx, s.clock(), "k", []byte("one"), 0)
	s.ok(err)
	_, err = t.Create(ctx, s.clock(), "k", []byte("x"), 0)
	s.is(err, store.ErrExists)
	e, err := t.Get(ctx, s.clock(), "k")
	s.ok(err)
	equal(s, string(e.Value), "one", "value")
	equal(s, e.Revision, first, "revision")
	equal(s, e.Key, "k", "key")
	second, err := t.Update(ctx, s.clock(), "k", []byte("two"), first, 0)
	s.ok(err)
	_, err = t.Update(ctx, s.clock(), "k", []byte("x"), first, 0)
	s.is(err, store.ErrConflict)
	s.is(t.Delete(ctx, s.clock(), "k", first), store.ErrConflict)
	s.ok(t.Delete(ctx, s.clock(), "k", second))
	s.ok(t.Delete(ctx, s.clock(), "k", 0)) // again is no error
	_, err = t.Get(ctx, s.clock(), "k")
	s.is(err, store.ErrNotFound)
	third, err := t.Create(ctx, s.clock(), "k", nil, 0)
	s.ok(err)
	if third == first || third == second {
		s.Fatal("a revision came again")
	}
	other := s.table("other")
	_, err = other.Get(ctx, s.clock(), "k")
	s.is(err, store.ErrNotFound)
}

func tableExpiry(s *suite) {
	t := s.table("t")
	ctx := s.Context()
	_, err := t.Create(ctx, s.clock(), "short", []byte("x"), s.options.Unit)
	s.ok(err)
	forever, err := t.Create(ctx, s.clock(), "forever", []byte("x"), s.options.Unit)
	s.ok(err)
	_, err = t.Update(ctx, s.clock(), "forever", []byte("y"), forever, 0)
	s.ok(err)
	_, err = t.Create(ctx, s.clock(), "short", nil, 0)
	s.is(err, store.ErrExists)
	s.eventually(s.options.Unit, "a key that can be created again", func() bool {
		_, err := t.Create(ctx, s.clock(), "short", []byte("again"), 0)
		return err == nil
	})
	e, err := t.Get(ctx, s.clock(), "forever")
	s.ok(err)
	equal(s, string(e.Value), "y", "value without end")
}

// tableOneWinner has several create and update the same keys at once.
func tableOneWinner(s *suite) {
	t := s.table("t")
	const keys, writers = 10, 8
	var created atomic.Int64
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for i := range keys {
				key := fmt.Sprint("key", i)
				if _, err := t.Create(s.Context(), s.clock(), key, []byte{0}, 0); err == nil {
					created.Add(1)
				}
				s.count(t, key)
			}
		})
	}
	group.Wait()
	equal(s, created.Load(), int64(keys), "winners")
	for i := range keys {
		e, err := t.Get(s.Context(), s.clock(), fmt.Sprint("key", i))
		s.ok(err)
		equal(s, int(e.Value[0]), writers, "updates")
	}
}

// count adds one to a value.
func (s *suite) count(t store.Table, key string) {
	for s.Context().Err() == nil {
		e, err := t.Get(s.Context(), s.clock(), key)
		if err != nil {
			s.Error(err)
			return
		}
		if _, err = t.Update(s.Context(), s.clock(), key, []byte{e.Value[0] + 1}, e.Revision, 0); err == nil {
			return
		}
	}
}

func tableAll(s *suite) {
	t := s.table("t")
	var want []string
	for i := range 50 {
		key := fmt.Sprint("key.", i)
		_, err := t.Create(s.Context(), s.clock(), key, []byte(key), 0)
		s.ok(err)
		if i%5 == 0 {
			s.ok(t.Delete(s.Context(), s.clock(), key, 0))
			continue
		}
		want = append(want, key+key)
	}
	var got []string
	for e, err := range t.All(s.Context(), s.clock()) {
		s.ok(err)
		got = append(got, e.Key+string(e.Value))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		s.Fatalf("got %q, want %q", got, want)
	}
	for _, err := range t.All(s.Context(), s.clock()) { // which may be left
		s.ok(err)
		break
	}
}

func tableKeys(s *suite) {
	t := s.table("t")
	for _, key := range []string{"", "a b", "a*", "a>", ".a", "a.", "a..b", string(make([]byte, 129))} {
		if _, err := t.Create(s.Context(), s.clock(), key, nil, 0); err == nil {
			s.Errorf("key %q was created", key)
		}
	}
	_, err := t.Create(s.Context(), s.clock(), "2C30EA.1507396972.1504-a_b=c", nil, 0)
	s.ok(err)
}

// reopen expects all to be there after the process.
func reopen(s *suite) {
	if s.options.Reopen == nil {
		if s.store.Durability() != store.Volatile {
			s.Error("Options.Reopen is required for a store that is not volatile")
		}
		return
	}
	q, t := s.queue("q"), s.table("t")
	s.put(q, "a", "b", "c")
	held := s.claim(q, 2, s.options.Unit)
	held[1].Data = []byte("saved")
	_, err := q.Save(s.Context(), s.clock(), held[1], true)
	s.ok(err)
	s.ok(q.Done(s.Context(), held[0]))
	revision, err := t.Create(s.Context(), s.clock(), "k", []byte("v"), 0)
	s.ok(err)

	s.store = s.options.Reopen(s.T, s.store)
	q, t = s.queue("q"), s.table("t")
	s.length(q, 2, 0)
	data := map[string]string{}
	s.eventually(s.options.Unit, "what was held by the process before", func() bool {
		claims, err := q.Claim(s.Context(), s.clock(), 10, long)
		s.ok(err)
		for _, c := range claims {
			data[c.ID] = string(c.Data)
		}
		return len(data) == 2
	})
	equal(s, data["b"], "saved", "data that was saved")
	equal(s, data["c"], "data of c", "data")
	_, err = t.Update(s.Context(), s.clock(), "k", []byte("w"), revision, 0)
	s.ok(err)
}

// reopenOrder expects what was held to be before what came after it.
func reopenOrder(s *suite) {
	if !s.options.EndsLeases {
		return
	}
	q := s.queue("q")
	s.put(q, "a", "b", "c")
	for _, id := range []string{"d", "e"} {
		s.now = s.now.Add(time.Millisecond)
		s.put(q, id)
	}
	held := s.claim(q, 4, long)
	held[0].Data = []byte("saved")
	_, err := q.Save(s.Context(), s.clock(), held[0], true)
	s.ok(err)
	s.ok(q.Extend(s.Context(), s.clock(), 2*long, held[1]))
	s.ok(q.Done(s.Context(), held[2]))
	s.put(q, "f")

	s.store = s.options.Reopen(s.T, s.store)
	q = s.queue("q")
	s.is(q.Extend(s.Context(), s.clock(), long, held[3]), store.ErrLost)
	claims := s.claim(q, 5, long)
	if got := ids(claims); !slices.Equal(got, []string{"a", "b", "d", "e", "f"}) {
		s.Fatalf("claimed %q", got)
	}
	equal(s, string(claims[0].Data), "saved", "data that was saved")
	equal(s, claims[1].Claims, 1, "claims before")
}
