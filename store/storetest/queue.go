package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox/store"
)

const long = time.Minute

func (s *suite) put(q store.Queue, ids ...string) {
	s.Helper()
	var items []store.Item
	for _, id := range ids {
		items = append(items, store.Item{ID: id, Data: []byte("data of " + id)})
	}
	s.ok(q.Put(s.Context(), s.clock(), items...))
}

// claim claims until n items are handed out, which takes one call where there is one
// process.
func (s *suite) claim(q store.Queue, n int, lease time.Duration) (claims []store.Claim) {
	s.Helper()
	s.eventually(0, fmt.Sprintf("%d claims", n), func() bool {
		more, err := q.Claim(s.Context(), s.clock(), n-len(claims), lease)
		s.ok(err)
		claims = append(claims, more...)
		return len(claims) == n
	})
	return claims
}

// nothing expects that no item is handed out.
func (s *suite) nothing(q store.Queue) {
	s.Helper()
	claims, err := q.Claim(s.Context(), s.clock(), 10, long)
	s.ok(err)
	equal(s, len(claims), 0, "items handed out")
}

func ids(claims []store.Claim) (list []string) {
	for _, c := range claims {
		list = append(list, c.ID)
	}
	return list
}

func (s *suite) length(q store.Queue, waiting, dead int) {
	s.Helper()
	s.eventually(0, fmt.Sprintf("%d waiting, %d dead", waiting, dead), func() bool {
		w, d, err := q.Len(s.Context())
		s.ok(err)
		return w == waiting && d == dead
	})
}

func queueOrder(s *suite) {
	q := s.queue("q")
	s.put(q, "a", "b")
	s.put(q, "c")
	first := s.claim(q, 2, long)
	if got := ids(first); !slices.Equal(got, []string{"a", "b"}) {
		s.Fatalf("handed out %v", got)
	}
	equal(s, string(first[0].Data), "data of a", "data")
	equal(s, first[0].Claims, 0, "claims before")
	equal(s, s.claim(q, 1, long)[0].ID, "c", "third item")
	s.nothing(q)
	s.ok(q.Done(s.Context(), first...))
	s.ok(q.Done(s.Context(), first...)) // again is no error
	s.length(q, 1, 0)
	other := s.queue("other")
	s.nothing(other)
}

func queueRepeatedPut(s *suite) {
	q := s.queue("q")
	s.put(q, "a")
	s.ok(q.Put(s.Context(), s.clock(), store.Item{ID: "a", Data: []byte("other")}, store.Item{ID: "b"}))
	s.length(q, 2, 0)
	claims := s.claim(q, 2, long)
	equal(s, string(claims[0].Data), "data of a", "data")
	equal(s, len(claims[1].Data), 0, "length of empty data")
}

func queueLease(s *suite) {
	q := s.queue("q")
	s.put(q, "a")
	old := s.claim(q, 1, s.options.Unit)[0]
	s.nothing(q)
	var again []store.Claim
	s.eventually(s.options.Unit, "claim after the lease", func() bool {
		var err error
		again, err = q.Claim(s.Context(), s.clock(), 1, long)
		s.ok(err)
		return len(again) == 1
	})
	equal(s, again[0].Claims, 1, "claims before")
	equal(s, string(again[0].Data), "data of a", "data")
	_, err := q.Save(s.Context(), s.clock(), old, false)
	s.is(err, store.ErrLost)
	s.is(q.Extend(s.Context(), s.clock(), long, old), store.ErrLost)
	s.is(q.Bury(s.Context(), s.clock(), old), store.ErrLost)
	s.ok(q.Extend(s.Context(), s.clock(), long, again[0]))
	s.ok(q.Done(s.Context(), again[0]))
	s.length(q, 0, 0)
}

func queueExtend(s *suite) {
	q := s.queue("q")
	s.put(q, "a")
	c := s.claim(q, 1, 2*s.options.Unit)[0]
	for range 4 {
		before := s.clock()
		s.eventually(s.options.Unit, "half a lease", func() bool { return !s.clock().Before(before.Add(s.options.Unit)) })
		s.ok(q.Extend(s.Context(), s.clock(), 2*s.options.Unit, c))
		s.nothing(q)
	}
}

func queueDue(s *suite) {
	q := s.queue("q")
	due := s.clock().Add(2 * s.options.Unit)
	s.ok(q.Put(s.Context(), s.clock(), store.Item{ID: "later", Due: due}, store.Item{ID: "now"}))
	equal(s, s.claim(q, 1, long)[0].ID, "now", "first item")
	s.nothing(q)
	s.eventually(2*s.options.Unit, "item that is due", func() bool {
		claims, err := q.Claim(s.Context(), s.clock(), 1, long)
		s.ok(err)
		return len(claims) == 1 && claims[0].ID == "later" && !s.clock().Before(due)
	})
}

func queueSave(s *suite) {
	q := s.queue("q")
	s.put(q, "a")
	c := s.claim(q, 1, long)[0]
	c.Data = []byte("second")
	c, err := q.Save(s.Context(), s.clock(), c, true)
	s.ok(err)
	s.nothing(q)
	s.length(q, 1, 0)
	c.Data, c.Due = []byte("third"), s.clock().Add(s.options.Unit)
	_, err = q.Save(s.Context(), s.clock(), c, false)
	s.ok(err)
	s.nothing(q)
	var again []store.Claim
	s.eventually(s.options.Unit, "item given back", func() bool {
		again, err = q.Claim(s.Context(), s.clock(), 1, long)
		s.ok(err)
		return len(again) == 1
	})
	equal(s, string(again[0].Data), "third", "data")
	s.length(q, 1, 0)
}

// queuePlace gives items back to where they were, and several of them to one time.
func queuePlace(s *suite) {
	q := s.queue("q")
	order := func(want ...string) (claims []store.Claim) {
		s.Helper()
		claims = s.claim(q, len(want), long)
		if got := ids(claims); !slices.Equal(got, want) {
			s.Fatalf("handed out %v, want %v", got, want)
		}
		return claims
	}
	giveBack := func(claims ...store.Claim) {
		s.Helper()
		for _, c := range slices.Backward(claims) {
			_, err := q.Save(s.Context(), s.clock(), c, false)
			s.ok(err)
		}
	}
	began := s.clock()
	s.put(q, "d", "c")
	s.eventually(s.options.Unit, "later", func() bool { return !s.clock().Before(began.Add(s.options.Unit)) })
	s.put(q, "b", "a")
	giveBack(order("d", "c")...)
	claims := order("d", "c", "b", "a")
	if due := claims[1].Due; due.IsZero() || due.After(claims[2].Due) || claims[2].Due.After(s.clock()) {
		s.Fatalf("due %v, then %v, and claimed at %v", due, claims[2].Due, s.clock())
	}
	claims[3].Due = claims[1].Due
	claims[0].Due = claims[2].Due
	giveBack(claims...)
	claims = order("c", "a", "d", "b")
	together := s.clock()
	for i := range claims {
		claims[i].Due = together
	}
	giveBack(claims...)
	order("d", "c", "b", "a")
}

func queueDead(s *suite) {
	q := s.queue("q")
	s.put(q, "a", "b")
	for _, c := range s.claim(q, 2, long) {
		c.Data = append([]byte("dead "), c.ID...)
		s.ok(q.Bury(s.Context(), s.clock(), c))
	}
	s.length(q, 0, 2)
	var dead []string
	for item, err := range q.Dead(s.Context()) {
		s.ok(err)
		dead = append(dead, item.ID+": "+string(item.Data))
	}
	if !slices.Equal(dead, []string{"a: dead a", "b: dead b"}) {
		s.Fatalf("dead: %q", dead)
	}
	s.is(q.Revive(s.Context(), s.clock(), "x"), store.ErrNotFound)
	s.is(q.Purge(s.Context(), "x"), store.ErrNotFound)
	s.ok(q.Revive(s.Context(), s.clock(), "b"))
	s.length(q, 1, 1)
	equal(s, string(s.claim(q, 1, long)[0].Data), "dead b", "data of what was revived")
	s.ok(q.Purge(s.Context(), "a"))
	s.length(q, 1, 0)
}

func queueNext(s *suite) {
	q := s.queue("q")
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	if err := q.Next(ctx, time.Now().Add(long)); err == nil {
		s.put(q, "early") // it may return early
	}
	s.ok(q.Next(s.Context(), time.Now()))
	woken := make(chan error, 1)
	go func() { woken <- q.Next(s.Context(), time.Now().Add(long)) }()
	s.put(q, "a")
	s.ok(<-woken)
}

// queueDeadAgain has an item come again while one of its ID is dead.
func queueDeadAgain(s *suite) {
	q := s.queue("q")
	bury := func(data string) {
		s.Helper()
		c := s.claim(q, 1, long)[0]
		c.Data = []byte(data)
		s.ok(q.Bury(s.Context(), s.clock(), c))
	}
	s.put(q, "a")
	bury("first")
	s.put(q, "a")
	s.length(q, 1, 1)
	s.is(q.Revive(s.Context(), s.clock(), "a"), store.ErrExists)
	s.length(q, 1, 1)
	bury("second")
	s.length(q, 0, 1)
	s.ok(q.Revive(s.Context(), s.clock(), "a"))
	s.length(q, 1, 0)
	c := s.claim(q, 1, long)[0]
	equal(s, string(c.Data), "second", "data of what was revived")
	equal(s, c.Claims, 0, "claims before")
}

// queueOneHolder has several claim at once: each item has one holder.
func queueOneHolder(s *suite) {
	q := s.queue("q")
	const items, holders = 60, 6
	var all []string
	for i := range items {
		all = append(all, fmt.Sprint("item-", i))
	}
	s.put(q, all...)
	var mu sync.Mutex
	var got []string
	var group sync.WaitGroup
	for range holders {
		group.Go(func() {
			for {
				claims, err := q.Claim(s.Context(), s.clock(), 3, long)
				if err != nil {
					s.Error(err)
					return
				}
				mu.Lock()
				got = append(got, ids(claims)...)
				finished := len(got) >= items
				mu.Unlock()
				if err := q.Done(s.Context(), claims...); err != nil {
					s.Error(err)
				}
				if finished || s.Context().Err() != nil {
					return
				}
			}
		})
	}
	group.Wait()
	slices.Sort(got)
	slices.Sort(all)
	if !slices.Equal(got, all) {
		s.Fatalf("handed out %d items, %d different ones of %d", len(got), len(slices.Compact(got)), items)
	}
	s.length(q, 0, 0)
}

func queueNames(s *suite) {
	for _, name := range []string{"", "a b", "a/b", "a.b", string(make([]byte, 33))} {
		if _, err := s.store.Queue(s.Context(), name); err == nil {
			s.Errorf("queue %q was made", name)
		}
	}
	q := s.queue("ok-Name_1")
	for _, id := range []string{"", "a b", "a\n", "ä", string(make([]byte, 129))} {
		if err := q.Put(s.Context(), s.clock(), store.Item{ID: id}); err == nil {
			s.Errorf("item %q was put", id)
		}
	}
	odd := `!"#$%&'()*+,-./:;<=>?@[\]^_{|}~`
	s.put(q, odd)
	equal(s, s.claim(q, 1, long)[0].ID, odd, "id")
}
