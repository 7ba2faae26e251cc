package barrier_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox/internal/barrier"
	"github.com/go-sigfox/sigfox/store"
)

// TestBarriers_order claims with any room and has some keys wait at times: items with the
// same key are taken in the order in which they were put.
func TestBarriers_order(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		ctx, now := context.Background(), time.Unix(1_700_000_000, 0)
		q, err := store.NewMemory().Queue(ctx, "q")
		require.NoError(rt, err)
		var b barrier.Barriers
		put, want, got := 0, map[string][]string{}, map[string][]string{}
		take := func(room int, busy string) (more bool) {
			claims, err := q.Claim(ctx, now, room, time.Hour)
			require.NoError(rt, err)
			for _, c := range claims {
				key := c.ID[:1]
				until, ok := b.Holds(key, c.Due)
				if !ok && key == busy {
					ok, until = true, now.Add(3*time.Second)
					b.Raise(now, key, until)
				}
				if !ok {
					got[key] = append(got[key], c.ID)
					require.NoError(rt, q.Done(ctx, c))
					continue
				}
				c.Due = until
				_, err := q.Save(ctx, now, c, false)
				require.NoError(rt, err)
			}
			b.EndRound(now, len(claims) < room)
			return len(claims) == room
		}
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				key := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key")
				id := fmt.Sprint(key, put)
				put++
				want[key] = append(want[key], id)
				require.NoError(t, q.Put(ctx, now, store.Item{ID: id}))
			},
			"take": func(t *rapid.T) {
				take(rapid.IntRange(1, 4).Draw(t, "room"), rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "busy"))
			},
			"wait": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "seconds")) * time.Second)
			},
		})
		now = now.Add(time.Hour)
		for take(1, "") {
		}
		for key := range want {
			require.Equal(rt, want[key], got[key])
		}
	})
}

// TestBarriers_forget forgets barriers that are over when the queue is drained, or when
// there are too many of them.
func TestBarriers_forget(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	var b barrier.Barriers
	b.EndRound(now, true)
	holds := func(key string) bool {
		_, ok := b.Holds(key, time.Time{})
		b.EndRound(now, false)
		return ok
	}
	b.Raise(now, "late", now.Add(2*time.Second))
	b.Raise(now, "early", now.Add(time.Second))
	b.Raise(now, "late", now.Add(time.Second)) // is not lowered
	b.EndRound(now.Add(time.Second), true)
	require.True(t, holds("early"), "something was held back")
	b.EndRound(now.Add(time.Second), false)
	require.True(t, holds("early"), "not all was claimed")
	b.EndRound(now.Add(time.Second), true)
	require.False(t, holds("early"))
	require.True(t, holds("late"))
	late := now.Add(3 * time.Second)
	_, ok := b.Holds("late", late)
	require.False(t, ok, "not before the barrier")
	_, ok = b.Holds("late", now)
	require.True(t, ok)
	until, ok := b.Holds("late", late)
	require.True(t, ok, "after one that is held back")
	require.Equal(t, late, until)
	for n := range 4095 {
		b.Raise(now, strconv.Itoa(n), now.Add(3*time.Second))
	}
	require.True(t, holds("late"))
	b.Raise(now.Add(2*time.Second), "one more", now.Add(3*time.Second))
	require.False(t, holds("late"))
	require.True(t, holds("0"))
	b.EndRound(now, true)
	b.EndRound(now.Add(3*time.Second), true)
	require.False(t, holds("0"))
	require.False(t, holds("one more"))
}
