package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/bolt"
)

// The other process says in a line what it is about to do, in small letters, and in
// capitals what was acknowledged: put, handed out, saved (with a number that grows), done, buried,
// revised (with a number).

const crashLease = time.Minute

// say writes a line at once, so that it stands when the process is killed after it.
func say(format string, args ...any) {
	_, _ = os.Stdout.WriteString(fmt.Sprintf(format, args...) + "\n")
}

// crashChild works until it is killed. Its clock is an hour later each time, when all
// leases have ended.
func crashChild(path string, turn int) error {
	s, err := bolt.Open(bolt.Options{Path: path})
	if err != nil {
		return err
	}
	ctx, begun := context.Background(), time.Now()
	now := func() time.Time {
		return time.Unix(1_500_000_000, 0).Add(time.Duration(turn)*time.Hour + time.Since(begun))
	}
	q, err := s.Queue(ctx, "q")
	if err != nil {
		return err
	}
	t, err := s.Table(ctx, "t")
	if err != nil {
		return err
	}
	say("ready")
	failed := make(chan error)
	var saves atomic.Int64
	saves.Store(int64(turn) << 32)
	for n := range 8 {
		go func() { failed <- crashPut(ctx, q, now, fmt.Sprint(turn, "-", n)) }()
	}
	for range 4 {
		go func() { failed <- crashWork(ctx, q, now, &saves) }()
	}
	for n := range 2 {
		go func() { failed <- crashRevise(ctx, t, now, fmt.Sprint("key", n)) }()
	}
	return <-failed
}

func crashPut(ctx context.Context, q store.Queue, now func() time.Time, name string) error {
	for n := 0; ; n++ {
		a, b := fmt.Sprint(name, "-", n, "a"), fmt.Sprint(name, "-", n, "b")
		data := make([]byte, rand.IntN(1000))
		if err := q.Put(ctx, now(), store.Item{ID: a, Data: data}, store.Item{ID: b, Data: data}); err != nil {
			return err
		}
		say("P %s", a)
		say("P %s", b)
	}
}

func crashWork(ctx context.Context, q store.Queue, now func() time.Time, saves *atomic.Int64) error {
	for {
		claims, err := q.Claim(ctx, now(), 3, crashLease)
		if err != nil {
			return err
		}
		for _, c := range claims {
			say("H %s", c.ID)
			n := int(saves.Add(1))
			c.Data = []byte(strconv.Itoa(n))
			if c, err = q.Save(ctx, now(), c, true); err != nil {
				return err
			}
			say("S %s %d", c.ID, n)
			switch rand.IntN(4) {
			case 0: // left to the next process
			case 1:
				say("b %s", c.ID)
				if err := q.Bury(ctx, now(), c); err != nil {
					return err
				}
				say("B %s", c.ID)
			default:
				say("d %s", c.ID)
				if err := q.Done(ctx, c); err != nil {
					return err
				}
				say("D %s", c.ID)
			}
		}
	}
}

func crashRevise(ctx context.Context, t store.Table, now func() time.Time, key string) error {
	for {
		e, err := t.Get(ctx, now(), key)
		switch {
		case errors.Is(err, store.ErrNotFound):
			_, err = t.Create(ctx, now(), key, []byte("0"), 0)
		case err == nil:
			n, _ := strconv.Atoi(string(e.Value))
			_, err = t.Update(ctx, now(), key, []byte(strconv.Itoa(n+1)), e.Revision, 0)
			say("R %s %d", key, n+1)
		}
		if err != nil {
			return err
		}
	}
}

// count is what the killed processes have said.
type count struct {
	put, done, tried, buried map[string]bool
	saved, revised           map[string]int
	wrong                    []string
	kills                    int
}

func (c *count) hear(line string) {
	what, rest, _ := strings.Cut(line, " ")
	id, number, _ := strings.Cut(rest, " ")
	n, _ := strconv.Atoi(number)
	switch what {
	case "P":
		c.put[id] = true
	case "H":
		if c.done[id] || c.buried[id] {
			c.wrong = append(c.wrong, id+" was handed out after it was done")
		}
	case "S":
		c.saved[id] = n
	case "d", "b":
		c.tried[id] = true
	case "D":
		c.done[id] = true
	case "B":
		c.buried[id] = true
	case "R":
		c.revised[id] = n
	}
}

func TestCrash(t *testing.T) {
	t.Parallel()
	o := bolt.Options{Path: path(t), MaxBytes: 8 << 30, CompactAbove: 0.3}
	c := &count{
		put: map[string]bool{}, done: map[string]bool{}, tried: map[string]bool{}, buried: map[string]bool{},
		saved: map[string]int{}, revised: map[string]int{},
	}
	for turn := range max(crashes(), 20) {
		child := start(t, "crash", o.Path, turn)
		require.Equal(t, "ready", child.line())
		timer := time.AfterFunc(time.Duration(rand.IntN(100_000))*time.Microsecond, func() { _ = child.Process.Kill() })
		for line := child.line(); line != ""; line = child.line() {
			c.hear(line)
		}
		timer.Stop()
		require.ErrorContains(t, child.Wait(), "killed")
		c.kills++

		begun := time.Now()
		s, err := bolt.Open(o)
		require.NoError(t, err)
		opened := time.Since(begun)
		require.NoError(t, s.Check(t.Context()), "after kill %d", c.kills)
		require.NoError(t, s.Close())
		if crashes() > 0 && turn%50 == 0 {
			t.Logf("kill %d: opened in %v", c.kills, opened)
		}
	}
	require.Empty(t, c.wrong)
	c.compare(t, open(t, o))
}

// compare looks for all that was acknowledged.
func (c *count) compare(t *testing.T, s *bolt.Store) {
	t.Helper()
	ctx := t.Context()
	q, err := s.Queue(ctx, "q")
	require.NoError(t, err)
	there, dead := map[string]string{}, map[string]string{}
	waiting, buried, err := q.Len(ctx)
	require.NoError(t, err)
	claims, err := q.Claim(ctx, time.Unix(1_600_000_000, 0), waiting+1, crashLease)
	require.NoError(t, err)
	for _, claim := range claims {
		there[claim.ID] = string(claim.Data)
	}
	for item, err := range q.Dead(ctx) {
		require.NoError(t, err)
		dead[item.ID] = string(item.Data)
	}
	require.Len(t, there, waiting)
	require.Len(t, dead, buried)
	lost, again := 0, 0
	for id := range c.put {
		_, isThere := there[id]
		_, isDead := dead[id]
		if !isThere && !isDead && !c.tried[id] {
			lost++
		}
		if isThere && (c.done[id] || c.buried[id]) || isDead && c.done[id] {
			again++
		}
		if n, _ := strconv.Atoi(there[id] + dead[id]); (isThere || isDead) && n < c.saved[id] {
			lost++
		}
	}
	require.Zero(t, lost, "acknowledged, and lost")
	require.Zero(t, again, "done, and there again")
	for id := range c.buried {
		require.Contains(t, dead, id)
	}
	table, err := s.Table(ctx, "t")
	require.NoError(t, err)
	for key, n := range c.revised {
		e, err := table.Get(ctx, time.Unix(1_600_000_000, 0), key)
		require.NoError(t, err)
		got, err := strconv.Atoi(string(e.Value))
		require.NoError(t, err)
		require.GreaterOrEqual(t, got, n)
	}
	t.Logf("%d kills: %d put, %d saved, %d done, %d buried, %d revisions acknowledged, %d waiting, 0 lost",
		c.kills, len(c.put), len(c.saved), len(c.done), len(c.buried), c.revised["key0"]+c.revised["key1"], waiting)
}

// compactChild opens and closes, each time with a compaction.
func compactChild(path string, _ int) error {
	say("ready")
	for {
		if err := bolt.Compact(bolt.Options{Path: path}); err != nil {
			return err
		}
	}
}

func TestCrash_Compact(t *testing.T) {
	t.Parallel()
	const items = 5000
	o := bolt.Options{Path: path(t)}
	s, err := bolt.Open(o)
	require.NoError(t, err)
	fill(t, s, items)
	require.NoError(t, s.Close())
	for turn := range max(crashes()/10, 3) {
		child := start(t, "compact", o.Path, turn)
		require.Equal(t, "ready", child.line())
		time.AfterFunc(time.Duration(rand.IntN(100_000))*time.Microsecond, func() { _ = child.Process.Kill() })
		require.ErrorContains(t, child.Wait(), "killed")
		s, err := bolt.Open(o)
		require.NoError(t, err)
		require.NoError(t, s.Check(t.Context()))
		require.Equal(t, items, s.Stats().Items)
		require.NoError(t, s.Close())
	}
}

// fill puts n items into the queue "q", many at a time.
func fill(t testing.TB, s *bolt.Store, n int) store.Queue {
	t.Helper()
	q, err := s.Queue(t.Context(), "q")
	require.NoError(t, err)
	const group = 5000
	data := make([]byte, recordSize)
	for from := 0; from < n; from += group {
		var items []store.Item
		for i := from; i < min(from+group, n); i++ {
			items = append(items, store.Item{ID: id(i), Data: data})
		}
		require.NoError(t, q.Put(t.Context(), time.Now(), items...))
	}
	return q
}

// TestReopen tells how long it takes to open a store with a million items; with fewer in
// the short form.
func TestReopen(t *testing.T) {
	t.Parallel()
	items := 50_000
	if crashes() > 0 {
		items = 1_000_000
	}
	o := bolt.Options{Path: path(t), MaxBytes: 8 << 30}
	s, err := bolt.Open(o)
	require.NoError(t, err)
	fill(t, s, items)
	require.NoError(t, s.Close())

	begun := time.Now()
	s, err = bolt.Open(o)
	require.NoError(t, err)
	opened := time.Since(begun)
	q, err := s.Queue(t.Context(), "q")
	require.NoError(t, err)
	claims, err := q.Claim(t.Context(), time.Now(), 1, time.Minute)
	require.NoError(t, err)
	require.Len(t, claims, 1)
	claimed := time.Since(begun)
	waiting, _, err := q.Len(t.Context())
	require.NoError(t, err)
	require.Equal(t, items, waiting)
	t.Logf("%d items, %d MB: opened in %v, first claim after %v", items, s.Stats().FileBytes>>20, opened, claimed)
	if crashes() > 0 {
		require.Less(t, opened, time.Second)
	}
	require.NoError(t, s.Close())
}
