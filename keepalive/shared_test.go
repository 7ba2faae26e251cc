package keepalive_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/keepalive"
	"github.com/go-sigfox/sigfox/store"
	"github.com/go-sigfox/sigfox/store/storetest"
)

const (
	sharedDelay = 30 * time.Minute
	grace       = 5 * time.Second
	lease       = time.Minute
	quiet       = 45 * time.Minute // enough for every alert
)

// alert is a call of the function of Run.
type alert struct {
	id      string
	replica int
	at      time.Time
}

// cluster is replicas on one table. To be used in a bubble.
type cluster struct {
	t     testing.TB
	table store.Table
	o     keepalive.Options
	s     keepalive.SharedOptions
	all   []*replica

	mu     sync.Mutex
	alerts []alert
	// fn is what the function of replicas does, after the alert was noted.
	fn func(r *replica, b keepalive.Breach) error
}

// replica is a process.
type replica struct {
	*keepalive.SharedMonitor
	number int
	table  storetest.FaultyTable
	dead   atomic.Bool
	stop   context.CancelFunc
	ended  chan struct{}

	mu     sync.Mutex
	failed []error
}

func newCluster(t testing.TB, replicas int) *cluster {
	t.Helper()
	table, err := store.NewMemory().Table(t.Context(), "keepalive")
	require.NoError(t, err)
	c := &cluster{t: t, table: table, o: keepalive.Options{Delay: sharedDelay}}
	for range replicas {
		c.start()
	}
	synctest.Wait()
	return c
}

// add returns a replica that does not run yet.
func (c *cluster) add() *replica {
	r := &replica{number: len(c.all), ended: make(chan struct{})}
	r.table = storetest.FaultyTable{Table: c.table, Before: func(string, string) error {
		if r.dead.Load() {
			return store.ErrUnavailable
		}
		return nil
	}}
	s := c.s
	s.OnError = func(f keepalive.SharedFailure) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.failed = append(r.failed, f.Err)
	}
	m, err := keepalive.NewSharedMonitor(&r.table, c.o, s)
	require.NoError(c.t, err)
	r.SharedMonitor = m
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, r)
	return r
}

func (c *cluster) start() *replica {
	r := c.add()
	c.run(r)
	return r
}

func (c *cluster) run(r *replica) {
	ctx, cancel := context.WithCancel(c.t.Context())
	r.stop, r.ended = cancel, make(chan struct{})
	go func() {
		defer close(r.ended)
		_ = r.Run(ctx, func(_ context.Context, b keepalive.Breach) error { return c.alert(r, b) })
	}()
}

func (c *cluster) alert(r *replica, b keepalive.Breach) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.alerts = append(c.alerts, alert{b.ID(), r.number, time.Now()})
	if c.fn != nil {
		return c.fn(r, b)
	}
	return nil
}

// told returns the alerts since it was called before.
func (c *cluster) told() []alert {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	told := c.alerts
	c.alerts = nil
	return told
}

// kill ends a process at once: nothing that it does reaches the table any more.
func (r *replica) kill() {
	r.dead.Store(true)
	r.stop()
}

func (r *replica) errs() []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.failed)
}

// away takes the table from all replicas, or gives it back.
func (c *cluster) away(away bool) {
	for _, r := range c.all {
		r.dead.Store(away)
	}
}

// end stops all replicas, as a bubble has to.
func (c *cluster) end() {
	for _, r := range c.all {
		if r.stop != nil {
			r.stop()
			<-r.ended
		}
	}
}

func (c *cluster) touch(replica int, id sigfox.DeviceID) {
	require.NoError(c.t, c.all[replica].Touch(time.Now(), id))
}

// breachID is the name of a silence since a time.
func breachID(id sigfox.DeviceID, last time.Time) string {
	return keepalive.Breach{Device: id, LastSeen: last}.ID()
}

// bubble runs a test with a cluster at a whole second.
func bubble(t *testing.T, replicas int, fn func(c *cluster)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, replicas)
		defer c.end()
		fn(c)
	})
}

func TestBreach_ID(t *testing.T) {
	t.Parallel()
	b := keepalive.Breach{Device: 0x2C30EA, LastSeen: time.UnixMilli(1767268800000)}
	require.Equal(t, "2C30EA.1767268800000", b.ID())
}

func TestNewSharedMonitor(t *testing.T) {
	t.Parallel()
	table, err := store.NewMemory().Table(t.Context(), "keepalive")
	require.NoError(t, err)
	_, err = keepalive.NewSharedMonitor(nil, keepalive.Options{}, keepalive.SharedOptions{})
	require.ErrorContains(t, err, "nil")
	_, err = keepalive.NewSharedMonitor(table, keepalive.Options{Resolution: 1}, keepalive.SharedOptions{})
	require.ErrorContains(t, err, "Resolution")
	for name, o := range map[string]keepalive.SharedOptions{
		"Flush": {Flush: -1}, "Grace": {Grace: -1}, "Lease": {Lease: -1}, "Resync": {Resync: -1}, "Workers": {Workers: -1},
	} {
		_, err = keepalive.NewSharedMonitor(table, keepalive.Options{}, o)
		require.EqualError(t, err, "keepalive: SharedOptions."+name+" is negative")
	}
}

// One alert for a silence, at its instant, whoever heard the device.
func TestSharedMonitor_oneAlert(t *testing.T) {
	bubble(t, 3, func(c *cluster) {
		t := c.t
		for round := range 3 {
			last := time.Now()
			c.touch(round, 0x2C30EA)
			time.Sleep(sharedDelay + grace - 1)
			require.Empty(t, c.told())
			time.Sleep(time.Nanosecond)
			told := c.told()
			require.Len(t, told, 1)
			require.Equal(t, breachID(0x2C30EA, last), told[0].id)
			require.Equal(t, last.Add(sharedDelay+grace), told[0].at)
			time.Sleep(quiet)
			require.Empty(t, c.told(), "none again before the next message")
		}
	})
}

// Messages that reach one replica are known to all.
func TestSharedMonitor_roundRobin(t *testing.T) {
	bubble(t, 3, func(c *cluster) {
		t := c.t
		for n := range 10 {
			c.touch(n%3, 0x2C30EA)
			time.Sleep(sharedDelay - time.Second) // due a second later
		}
		require.Empty(t, c.told())
		time.Sleep(sharedDelay)
		require.Len(t, c.told(), 1)
	})
}

// A message in the last moment, on another replica, ends the silence.
func TestSharedMonitor_lastMoment(t *testing.T) {
	bubble(t, 2, func(c *cluster) {
		t := c.t
		c.touch(0, 0x2C30EA)
		time.Sleep(10 * time.Minute)
		c.touch(1, 0x1FD48BE)
		time.Sleep(20*time.Minute - 1)
		c.touch(1, 0x2C30EA) // flushed after it is due, within Grace
		time.Sleep(29 * time.Minute)
		require.Equal(t, []string{"1FD48BE"}, devicesOf(c.told()))
	})
}

func devicesOf(alerts []alert) (ids []string) {
	for _, a := range alerts {
		ids = append(ids, a.id[:len(a.id)-len(".946684800000")])
	}
	return ids
}

// A process that dies in its function gives the alert up by expiry; the next has the
// same ID.
func TestSharedMonitor_diesInFunction(t *testing.T) {
	bubble(t, 3, func(c *cluster) {
		t := c.t
		dying := true
		c.fn = func(r *replica, _ keepalive.Breach) error {
			if dying {
				dying = false
				r.kill()
				return context.Canceled
			}
			return nil
		}
		last := time.Now()
		c.touch(0, 0x2C30EA)
		time.Sleep(quiet)
		told := c.told()
		require.Len(t, told, 2)
		require.Equal(t, breachID(0x2C30EA, last), told[0].id)
		require.Equal(t, told[0].id, told[1].id)
		require.NotEqual(t, told[0].replica, told[1].replica)
		require.Equal(t, last.Add(sharedDelay+grace+lease), told[1].at)
	})
}

// The alert that a dead process owes is given although the device has spoken since.
func TestSharedMonitor_diesAndDeviceSpeaks(t *testing.T) {
	bubble(t, 3, func(c *cluster) {
		t := c.t
		dying := true
		c.fn = func(r *replica, _ keepalive.Breach) error {
			if dying {
				dying = false
				r.kill()
				return context.Canceled
			}
			return nil
		}
		first := time.Now()
		c.touch(0, 0x2C30EA)
		time.Sleep(sharedDelay + grace)
		dead := c.told()[0].replica
		time.Sleep(10 * time.Second)
		second := time.Now()
		c.touch((dead+1)%3, 0x2C30EA)
		time.Sleep(quiet)
		told := c.told()
		require.Len(t, told, 2)
		require.Equal(t, breachID(0x2C30EA, first), told[0].id)
		require.Equal(t, first.Add(sharedDelay+grace+lease), told[0].at)
		require.Equal(t, breachID(0x2C30EA, second), told[1].id)
		require.Equal(t, second.Add(sharedDelay+grace), told[1].at)
	})
}

// A function that fails is called again after Retry, by one replica at a time.
func TestSharedMonitor_functionFails(t *testing.T) {
	bubble(t, 3, func(c *cluster) {
		t := c.t
		fails := 3
		c.fn = func(*replica, keepalive.Breach) error {
			if fails > 0 {
				fails--
				return errors.New("no network")
			}
			return nil
		}
		last := time.Now()
		c.touch(0, 0x2C30EA)
		time.Sleep(quiet)
		told := c.told()
		require.Len(t, told, 4)
		for i, a := range told {
			require.Equal(t, last.Add(sharedDelay+grace+time.Duration(i)*time.Minute), a.at)
			require.Equal(t, breachID(0x2C30EA, last), a.id)
		}
		for _, r := range c.all {
			require.Zero(t, r.Waiting())
		}
	})
}

// A replica that stops while its function runs gives the alert back.
func TestSharedMonitor_stops(t *testing.T) {
	bubble(t, 1, func(c *cluster) {
		t := c.t
		c.fn = func(r *replica, _ keepalive.Breach) error {
			r.stop()
			return context.Canceled
		}
		c.touch(0, 0x2C30EA)
		time.Sleep(quiet)
		require.Len(t, c.told(), 1)
		c.fn = nil
		r := c.start()
		require.Len(t, c.told(), 1, "at once")
		require.Equal(t, 1, r.Len())
		c.touch(1, 0x2C30EA)
		time.Sleep(quiet)
		require.Len(t, c.told(), 1)

		// And so does a Run of the same monitor.
		c.run(c.all[0])
		time.Sleep(quiet)
		require.Empty(t, c.told())
		require.ErrorIs(t, r.Run(t.Context(), nil), keepalive.ErrRunning)
	})
}

// All replicas restart: what fell due meanwhile is told once, what was told is not.
func TestSharedMonitor_restart(t *testing.T) {
	bubble(t, 2, func(c *cluster) {
		t := c.t
		c.touch(0, 1)
		time.Sleep(20 * time.Minute)
		c.touch(1, 2)
		time.Sleep(15 * time.Minute)
		require.Equal(t, []string{"1"}, devicesOf(c.told()))
		c.touch(0, 3) // a moment before the end
		c.end()
		time.Sleep(quiet)
		c.start()
		c.start()
		time.Sleep(grace)
		told := devicesOf(c.told())
		slices.Sort(told)
		require.Equal(t, []string{"2", "3"}, told)
		time.Sleep(quiet)
		require.Empty(t, c.told())
		c.touch(3, 1)
		time.Sleep(quiet)
		require.Equal(t, []string{"1"}, devicesOf(c.told()))
	})
}

// The replica that alone has heard a device dies: the others know it by Resync.
func TestSharedMonitor_soleHearerDies(t *testing.T) {
	bubble(t, 2, func(c *cluster) {
		t := c.t
		last := time.Now()
		c.touch(0, 0x2C30EA)
		time.Sleep(2*time.Second - 1)
		c.all[0].kill()
		time.Sleep(quiet)
		told := c.told()
		require.Len(t, told, 1)
		require.Equal(t, last.Add(sharedDelay+grace), told[0].at)
	})
}

// A process that dies before it has written a message loses that only.
func TestSharedMonitor_diesBeforeFlush(t *testing.T) {
	bubble(t, 2, func(c *cluster) {
		t := c.t
		first := time.Now()
		c.touch(0, 0x2C30EA)
		time.Sleep(10 * time.Minute)
		time.Sleep(time.Second / 2)
		c.touch(0, 0x2C30EA)
		c.all[0].kill()
		time.Sleep(quiet)
		told := c.told()
		require.Len(t, told, 1)
		require.Equal(t, first.Add(sharedDelay+grace), told[0].at)
	})
}

// While the table is away nothing is lost: what was heard is written when it is back,
// and there is no alert for a device that spoke.
func TestSharedMonitor_tableAway(t *testing.T) {
	bubble(t, 2, func(c *cluster) {
		t := c.t
		c.touch(0, 1)
		c.touch(0, 2)
		time.Sleep(20 * time.Minute)
		c.away(true)
		time.Sleep(5 * time.Minute)
		c.touch(1, 1)
		time.Sleep(quiet)
		require.Empty(t, c.told())
		require.NotEmpty(t, c.all[1].errs())
		require.ErrorIs(t, c.all[1].errs()[0], store.ErrUnavailable)
		require.ErrorIs(t, c.all[0].Set(t.Context(), time.Now(), 1, time.Hour), store.ErrUnavailable)
		require.ErrorIs(t, c.all[0].Remove(t.Context(), time.Now(), 1), store.ErrUnavailable)
		c.touch(1, 1)
		c.away(false)
		time.Sleep(2 * grace)
		require.Equal(t, []string{"2"}, devicesOf(c.told()))
		time.Sleep(quiet)
		require.Equal(t, []string{"1"}, devicesOf(c.told()))
	})
}

// An alert that was given, but could not be noted, is not given again.
func TestSharedMonitor_noteFails(t *testing.T) {
	bubble(t, 2, func(c *cluster) {
		t := c.t
		c.fn = func(*replica, keepalive.Breach) error {
			c.away(true)
			time.AfterFunc(lease/2, func() { c.away(false) })
			return nil
		}
		c.touch(0, 0x2C30EA)
		time.Sleep(quiet)
		require.Len(t, c.told(), 1)
	})
}

// A failure that could not be noted is tried again when the lease ends.
func TestSharedMonitor_failureNotNoted(t *testing.T) {
	bubble(t, 2, func(c *cluster) {
		t := c.t
		c.fn = func(*replica, keepalive.Breach) error {
			c.fn = nil
			c.away(true)
			time.AfterFunc(time.Second, func() { c.away(false) })
			return errors.New("no network")
		}
		last := time.Now()
		c.touch(0, 0x2C30EA)
		time.Sleep(quiet)
		told := c.told()
		require.Len(t, told, 2)
		require.Equal(t, last.Add(sharedDelay+grace+lease), told[1].at)
	})
}

func TestSharedMonitor_Set(t *testing.T) {
	bubble(t, 2, func(c *cluster) {
		t := c.t
		ctx := t.Context()
		last := time.Now()
		c.touch(0, 1)
		c.touch(0, 2)
		time.Sleep(10 * time.Minute)
		require.NoError(t, c.all[0].Set(ctx, time.Now(), 1, time.Hour))
		require.NoError(t, c.all[1].Set(ctx, time.Now(), 2, 0))
		require.NoError(t, c.all[1].Set(ctx, time.Now(), 3, 2*time.Hour)) // not heard yet
		time.Sleep(5*time.Minute + time.Second)
		for _, r := range c.all {
			for id, want := range map[sigfox.DeviceID]time.Duration{1: time.Hour, 2: 0, 3: 2 * time.Hour} {
				status, ok := r.Lookup(id)
				require.True(t, ok)
				require.Equal(t, want, status.Delay)
			}
		}
		time.Sleep(30 * time.Minute)
		require.Empty(t, c.told(), "neither the default delay")
		var delay *keepalive.DelayError
		require.ErrorAs(t, c.all[0].Set(ctx, time.Now(), 1, time.Minute), &delay)

		// Shorter than the silence: at once.
		require.NoError(t, c.all[1].Set(ctx, time.Now(), 1, 40*time.Minute))
		time.Sleep(grace)
		told := c.told()
		require.Equal(t, []string{breachID(1, last)}, []string{told[0].id})
		require.Len(t, told, 1)

		c.all[1].kill() // the delay outlives who has set it
		time.Sleep(2 * time.Hour)
		require.Equal(t, []string{"3"}, devicesOf(c.told()))
	})
}

// With the default delay off only devices with one of their own are kept, on all replicas.
func TestSharedMonitor_defaultOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 0)
		c.o.Delay = 0
		a, b := c.start(), c.start()
		defer c.end()
		synctest.Wait()
		require.NoError(t, a.Set(t.Context(), time.Now(), 1, sharedDelay))
		for range 5 {
			time.Sleep(20 * time.Minute)
			require.NoError(t, b.Touch(time.Now(), 1))
			require.NoError(t, b.Touch(time.Now(), 2))
		}
		require.Empty(t, c.told())
		require.Equal(t, 1, b.Len())
		time.Sleep(quiet)
		require.Equal(t, []string{"1"}, devicesOf(c.told()))
	})
}

func TestSharedMonitor_Remove(t *testing.T) {
	bubble(t, 2, func(c *cluster) {
		t := c.t
		c.touch(0, 1)
		time.Sleep(10 * time.Minute)
		require.Equal(t, 1, c.all[1].Len())
		c.touch(0, 1)
		require.NoError(t, c.all[0].Remove(t.Context(), time.Now(), 1))
		require.Zero(t, c.all[0].Len())
		time.Sleep(quiet)
		require.Empty(t, c.told())
		for range c.all[1].All() {
			t.Fatal("the other replica has forgotten it too")
		}
		c.touch(1, 1)
		time.Sleep(quiet)
		require.Len(t, c.told(), 1)
	})
}

func TestSharedMonitor_full(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 0)
		c.o.MaxDevices = 1
		a, b := c.start(), c.start()
		defer c.end()
		synctest.Wait()
		require.NoError(t, a.Touch(time.Now(), 1))
		require.ErrorIs(t, a.Touch(time.Now(), 2), keepalive.ErrFull)
		time.Sleep(2 * time.Second)
		require.NoError(t, b.Touch(time.Now(), 2))
		time.Sleep(10 * time.Minute)
		require.True(t, slices.ContainsFunc(a.errs(), func(err error) bool { return errors.Is(err, keepalive.ErrFull) }))
		time.Sleep(quiet)
		told := devicesOf(c.told())
		slices.Sort(told)
		require.Equal(t, []string{"1", "2"}, told, "each is known to one replica")
	})
}

// A value that cannot be read is told, and does not hold up the others.
func TestSharedMonitor_corrupt(t *testing.T) {
	bubble(t, 1, func(c *cluster) {
		t := c.t
		for key, value := range map[string]string{"1": "\x01", "2": "\x02\x00", "no-device": "\x01\x00\x00\x00"} {
			_, err := c.table.Create(t.Context(), time.Now(), key, []byte(value), 0)
			require.NoError(t, err)
		}
		c.touch(0, 1)
		c.touch(0, 2)
		c.touch(0, 3)
		time.Sleep(quiet)
		require.Equal(t, []string{"3"}, devicesOf(c.told()))
		errs := c.all[0].errs()
		require.NotEmpty(t, errs)
		for _, err := range errs {
			require.ErrorIs(t, err, store.ErrCorrupt)
		}
		require.NoError(t, c.all[0].Remove(t.Context(), time.Now(), 1)) // heals it
		c.touch(0, 1)
		time.Sleep(quiet)
		require.Equal(t, []string{"1"}, devicesOf(c.told()))
	})
}

// Replicas that always come first do not keep one for ever.
func TestSharedMonitor_conflicts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 0)
		r := c.add()
		r.table.Before = func(method, _ string) error {
			if method == "Create" || method == "Update" {
				return store.ErrConflict
			}
			return nil
		}
		require.NoError(t, r.Touch(time.Now(), 1))
		require.ErrorIs(t, r.Flush(t.Context(), time.Now()), store.ErrConflict)
		r.table.Before = nil
		require.NoError(t, r.Flush(t.Context(), time.Now()))
		r.table.Before = func(method, _ string) error {
			if method == "Update" {
				return store.ErrConflict
			}
			return nil
		}
		c.run(r)
		time.Sleep(quiet)
		require.Empty(t, c.told(), "no alert without a claim")
		require.ErrorIs(t, r.errs()[0], store.ErrConflict)
		c.end()
	})
}
