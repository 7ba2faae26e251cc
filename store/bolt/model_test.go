package bolt_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/bolt"
)

// pair does everything twice, with a store in a file and one in memory.
type pair struct {
	*rapid.T
	test    *testing.T
	options bolt.Options
	file    *bolt.Store
	memory  *store.Memory
	now     time.Time
	claims  [2][]store.Claim
}

func (p *pair) each(fn func(i int, s store.Store) string) {
	p.Helper()
	if a, b := fn(0, p.file), fn(1, p.memory); a != b {
		p.Fatalf("file: %s\nmemory: %s", a, b)
	}
}

func (p *pair) queue(s store.Store) store.Queue {
	q, err := s.Queue(p.test.Context(), "q")
	require.NoError(p, err)
	return q
}

func (p *pair) table(s store.Store) store.Table {
	t, err := s.Table(p.test.Context(), "t")
	require.NoError(p, err)
	return t
}

func show(item store.Item) string {
	return fmt.Sprintf("%s %q due %v, %d claims", item.ID, item.Data, item.Due.UTC(), item.Claims)
}

func (p *pair) actions() map[string]func(*rapid.T) {
	ctx := p.test.Context()
	id := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"})
	data := rapid.SliceOfN(rapid.Byte(), 0, 600)
	delay := rapid.SampledFrom([]time.Duration{-time.Second, 0, time.Second, time.Minute})
	pick := func(t *rapid.T) int {
		if len(p.claims[0]) == 0 {
			t.Skip("nothing claimed")
		}
		return rapid.IntRange(0, len(p.claims[0])-1).Draw(t, "claim")
	}
	return map[string]func(*rapid.T){
		"put": func(t *rapid.T) {
			items := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) store.Item {
				item := store.Item{ID: id.Draw(t, "id"), Data: data.Draw(t, "data")}
				if rapid.Bool().Draw(t, "due") {
					item.Due = p.now.Add(delay.Draw(t, "delay"))
				}
				return item
			}), 0, 4).Draw(t, "items")
			p.each(func(_ int, s store.Store) string { return fmt.Sprint(p.queue(s).Put(ctx, p.now, items...)) })
		},
		"claim": func(t *rapid.T) {
			n, lease := rapid.IntRange(0, 5).Draw(t, "n"), time.Duration(rapid.IntRange(1, 60).Draw(t, "seconds"))*time.Second
			p.each(func(i int, s store.Store) string {
				claims, err := p.queue(s).Claim(ctx, p.now, n, lease)
				p.claims[i] = append(p.claims[i], claims...)
				var list []string
				for _, c := range claims {
					list = append(list, show(c.Item))
				}
				return fmt.Sprint(list, err)
			})
		},
		"extend": func(t *rapid.T) {
			n, lease := pick(t), delay.Draw(t, "lease")
			p.each(func(i int, s store.Store) string {
				return fmt.Sprint(p.queue(s).Extend(ctx, p.now, lease, p.claims[i][n:min(n+2, len(p.claims[i]))]...))
			})
		},
		"done": func(t *rapid.T) {
			n := pick(t)
			p.each(func(i int, s store.Store) string { return fmt.Sprint(p.queue(s).Done(ctx, p.claims[i][n])) })
		},
		"save": func(t *rapid.T) {
			n, hold, d, due := pick(t), rapid.Bool().Draw(t, "hold"), data.Draw(t, "data"), p.now.Add(delay.Draw(t, "delay"))
			if rapid.Bool().Draw(t, "past") {
				due = p.now.Add(-delay.Draw(t, "ago"))
			}
			unchanged := rapid.Bool().Draw(t, "unchanged")
			p.each(func(i int, s store.Store) string {
				c := p.claims[i][n]
				if c.Data = d; !unchanged {
					c.Due = due
				}
				c, err := p.queue(s).Save(ctx, p.now, c, hold)
				if err == nil {
					p.claims[i][n] = c
				}
				return fmt.Sprint(err)
			})
		},
		"bury": func(t *rapid.T) {
			n := pick(t)
			p.each(func(i int, s store.Store) string { return fmt.Sprint(p.queue(s).Bury(ctx, p.now, p.claims[i][n])) })
		},
		"revive": func(t *rapid.T) {
			id := id.Draw(t, "id")
			p.each(func(_ int, s store.Store) string { return fmt.Sprint(p.queue(s).Revive(ctx, p.now, id)) })
		},
		"purge": func(t *rapid.T) {
			id := id.Draw(t, "id")
			p.each(func(_ int, s store.Store) string { return fmt.Sprint(p.queue(s).Purge(ctx, id)) })
		},
		"create": func(t *rapid.T) {
			key, d, ttl := id.Draw(t, "key"), data.Draw(t, "data"), delay.Draw(t, "ttl")
			p.each(func(_ int, s store.Store) string {
				revision, err := p.table(s).Create(ctx, p.now, key, d, ttl)
				return fmt.Sprint(revision, err)
			})
		},
		"update": func(t *rapid.T) {
			key, d, ttl := id.Draw(t, "key"), data.Draw(t, "data"), delay.Draw(t, "ttl")
			off := rapid.SampledFrom([]uint64{0, 0, 0, 1}).Draw(t, "off")
			p.each(func(_ int, s store.Store) string {
				e, _ := p.table(s).Get(ctx, p.now, key)
				revision, err := p.table(s).Update(ctx, p.now, key, d, e.Revision+off, ttl)
				return fmt.Sprint(revision, err)
			})
		},
		"delete": func(t *rapid.T) {
			key, off := id.Draw(t, "key"), rapid.Uint64Range(0, 1).Draw(t, "off")
			p.each(func(_ int, s store.Store) string {
				e, _ := p.table(s).Get(ctx, p.now, key)
				return fmt.Sprint(p.table(s).Delete(ctx, p.now, key, e.Revision*off+off))
			})
		},
		"time": func(t *rapid.T) {
			p.now = p.now.Add(rapid.SampledFrom([]time.Duration{1, time.Second, time.Minute}).Draw(t, "step"))
		},
		"reopen": func(*rapid.T) {
			require.NoError(p, p.file.Close())
			var err error
			p.file, err = bolt.Open(p.options)
			require.NoError(p, err)
			for _, c := range p.claims[1] { // as if whoever holds them had given them back
				_, _ = p.queue(p.memory).Save(ctx, p.now, c, false)
			}
		},
		"": func(*rapid.T) { p.each(func(_ int, s store.Store) string { return p.contents(s) }) },
	}
}

// contents is all that can be seen of a store without changing it.
func (p *pair) contents(s store.Store) string {
	var all []string
	waiting, dead, err := p.queue(s).Len(p.test.Context())
	all = append(all, fmt.Sprint(waiting, dead, err))
	for item, err := range p.queue(s).Dead(p.test.Context()) {
		all = append(all, fmt.Sprint("dead ", show(item), err))
	}
	var values []string
	for e, err := range p.table(s).All(p.test.Context(), p.now) {
		values = append(values, fmt.Sprint(e, err))
	}
	slices.Sort(values)
	return strings.Join(append(all, values...), "\n")
}

func TestModel(t *testing.T) {
	t.Parallel()
	dir, runs := t.TempDir(), 0
	rapid.Check(t, func(r *rapid.T) {
		runs++
		p := &pair{
			T: r, test: t, memory: store.NewMemory(), now: time.Unix(1_500_000_000, 0),
			options: bolt.Options{Path: fmt.Sprintf("%s/%d.db", dir, runs)},
		}
		var err error
		p.file, err = bolt.Open(p.options)
		require.NoError(r, err)
		defer func() { require.NoError(r, p.file.Close()) }()
		r.Repeat(p.actions())
		require.NoError(r, p.file.Check(t.Context()))
		require.Equal(r, p.contents(p.memory), p.contents(p.file))
	})
}
