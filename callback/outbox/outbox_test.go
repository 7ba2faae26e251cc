package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/callbacktest"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/outbox"
	"github.com/go-sigfox/sigfox/store"
)

// customer is the receiver of all targets.
type customer struct {
	mu     sync.Mutex
	start  time.Time
	calls  []string // target, attempt's id and when
	answer func(host string) (status int, err error)
}

// RoundTrip implements http.RoundTripper.
func (c *customer) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.calls = append(c.calls, fmt.Sprintf("%s at %v", r.URL.Host, time.Since(c.start)))
	answer := c.answer
	c.mu.Unlock()
	status, err := http.StatusNoContent, error(nil)
	if answer != nil {
		status, err = answer(r.URL.Host)
	}
	if err != nil {
		<-r.Context().Done()
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

func (c *customer) seen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{}, c.calls...)
}

// target has callbacks sent to a host.
func target(t *testing.T, host string, change ...func(*callback.Definition)) *dispatch.Target {
	t.Helper()
	d := callback.Definition{
		ID: host, Channel: callback.ChannelURL, Service: callback.DataUplink, Enabled: true, Method: http.MethodPost,
		URL: "https://" + host + "/", ContentType: "application/json", BodyTemplate: `{"device":"{device}"}`,
	}
	for _, f := range change {
		f(&d)
	}
	got, err := dispatch.NewTarget(dispatch.TargetOptions{Definition: d})
	require.NoError(t, err)
	return got
}

// replica is one process with an outbox.
type replica struct {
	*outbox.Outbox
	dispatcher *dispatch.Dispatcher
	mu         sync.Mutex
	errs       []error
}

func newReplica(t *testing.T, s store.Store, c *customer, o outbox.Options, targets ...*dispatch.Target) *replica {
	t.Helper()
	r := &replica{}
	o.Store = s
	o.Targets = func(id string) (*dispatch.Target, bool) {
		for _, one := range targets {
			if one.ID() == id {
				return one, true
			}
		}
		return nil, false
	}
	o.OnError = func(err error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.errs = append(r.errs, err)
	}
	var err error
	r.Outbox, err = outbox.New(t.Context(), o)
	require.NoError(t, err)
	r.dispatcher, err = dispatch.New(dispatch.Options{Transport: c, Journal: r})
	require.NoError(t, err)
	return r
}

func (r *replica) run(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	require.ErrorIs(t, r.Run(ctx, r.dispatcher), context.DeadlineExceeded)
}

func (r *replica) enqueue(t *testing.T, to *dispatch.Target, device sigfox.DeviceID) string {
	t.Helper()
	m := callbacktest.Uplink()
	m.Device = device
	request, err := dispatch.NewRequest(to, m)
	require.NoError(t, err)
	require.NoError(t, r.Enqueue(t.Context(), request))
	return request.ID
}

func (r *replica) requireLen(t *testing.T, waiting, dead int) {
	t.Helper()
	w, d, err := r.Len(t.Context())
	require.NoError(t, err)
	require.Equal(t, [2]int{waiting, dead}, [2]int{w, d})
}

func failing(string) (int, error) { return http.StatusInternalServerError, nil }

func TestOutbox_delivers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &customer{start: time.Now()}
		to := target(t, "a.example")
		r := newReplica(t, store.NewMemory(), c, outbox.Options{}, to)
		time.AfterFunc(5*time.Second, func() { r.enqueue(t, to, 2) })
		r.enqueue(t, to, 1)
		r.run(t, 10*time.Second)
		require.Equal(t, []string{"a.example at 0s", "a.example at 5s"}, c.seen())
		r.requireLen(t, 0, 0)
		require.Empty(t, r.errs)
	})
}

func TestOutbox_retriesOnTimeAfterRestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &customer{start: time.Now(), answer: failing}
		to := target(t, "a.example")
		s := store.NewMemory()
		first := newReplica(t, s, c, outbox.Options{}, to)
		id := first.enqueue(t, to, 1)
		first.run(t, 90*time.Second) // attempts at 0 and 1 m
		first.requireLen(t, 1, 0)
		time.Sleep(30 * time.Second)
		second := newReplica(t, s, c, outbox.Options{}, to)
		second.run(t, 10*time.Minute)
		require.Equal(t, []string{
			"a.example at 0s", "a.example at 1m0s", "a.example at 3m0s", "a.example at 7m0s",
		}, c.seen())
		second.requireLen(t, 0, 1)
		var dead []outbox.Dead
		for d, err := range second.Dead(t.Context()) {
			require.NoError(t, err)
			dead = append(dead, d)
		}
		require.Len(t, dead, 1)
		require.Equal(t, id, dead[0].ID)
		require.Equal(t, dispatch.DropAttempts, dead[0].Cause)
		require.Len(t, dead[0].Delivery.Attempts, 4)
		require.Equal(t, http.StatusInternalServerError, dead[0].Delivery.Attempts[0].Status)
		require.Same(t, to, dead[0].Delivery.Request.Target)

		c.answer = nil
		require.NoError(t, second.Revive(t.Context(), id))
		third := newReplica(t, s, c, outbox.Options{}, to)
		third.run(t, time.Second)
		third.requireLen(t, 0, 0)
		require.Len(t, c.seen(), 5)
		require.ErrorIs(t, third.Purge(t.Context(), id), store.ErrNotFound)
	})
}

func TestOutbox_takesOverFromTheDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &customer{start: time.Now()}
		to := target(t, "a.example")
		s := store.NewMemory()
		r := newReplica(t, s, c, outbox.Options{Lease: 20 * time.Second}, to)
		r.enqueue(t, to, 1)
		q, err := s.Queue(t.Context(), "outbox")
		require.NoError(t, err)
		_, err = q.Claim(t.Context(), time.Now(), 1, 20*time.Second) // by a process that dies
		require.NoError(t, err)
		r.run(t, time.Minute)
		require.Equal(t, []string{"a.example at 20s"}, c.seen())
	})
}

func TestOutbox_replicasShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &customer{start: time.Now()}
		slow := make(map[string]bool)
		c.answer = func(host string) (int, error) {
			c.mu.Lock()
			first := !slow[host]
			slow[host] = true
			c.mu.Unlock()
			if first {
				return 0, errors.New("hangs")
			}
			return http.StatusOK, nil
		}
		s := store.NewMemory()
		to := target(t, "a.example")
		var replicas []*replica
		for range 3 {
			replicas = append(replicas, newReplica(t, s, c, outbox.Options{Lease: 3 * time.Second}, to))
		}
		for n := range 50 {
			replicas[n%3].enqueue(t, to, sigfox.DeviceID(n))
		}
		var group sync.WaitGroup
		for _, r := range replicas {
			group.Go(func() { r.run(t, 3*time.Minute) })
		}
		group.Wait()
		require.Len(t, c.seen(), 51, "each is sent once, one of them again, although attempts take longer than leases")
		replicas[0].requireLen(t, 0, 0)
	})
}

func TestOutbox_hangingTargetHoldsUpNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &customer{start: time.Now()}
		c.answer = func(host string) (int, error) {
			if host == "hung.example" {
				return 0, errors.New("hangs")
			}
			return http.StatusOK, nil
		}
		hung, fine := target(t, "hung.example"), target(t, "fine.example")
		r := newReplica(t, store.NewMemory(), c, outbox.Options{Held: 20, HeldPerTarget: 5}, hung, fine)
		for n := range 200 {
			r.enqueue(t, hung, sigfox.DeviceID(n))
		}
		r.enqueue(t, fine, 1)
		r.run(t, time.Second)
		require.Contains(t, c.seen(), "fine.example at 0s")
		r.requireLen(t, 200, 0)
	})
}

func TestOutbox_batch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &customer{start: time.Now()}
		to := target(t, "a.example", func(d *callback.Definition) {
			d.Channel, d.LinePattern, d.URL, d.BodyTemplate, d.ContentType = callback.ChannelBatchURL, "{device};{data}", "https://a.example/?b={batch}", "", ""
		})
		r := newReplica(t, store.NewMemory(), c, outbox.Options{}, to)
		for n := range 10 {
			r.enqueue(t, to, sigfox.DeviceID(n))
		}
		r.run(t, 5*time.Second)
		require.Equal(t, []string{"a.example at 1s"}, c.seen())
		r.requireLen(t, 0, 0)
	})
}

func TestOutbox_whatCannotBeSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &customer{start: time.Now()}
		s := store.NewMemory()
		r := newReplica(t, s, c, outbox.Options{})
		gone := r.enqueue(t, target(t, "gone.example"), 1)
		q, err := s.Queue(t.Context(), "outbox")
		require.NoError(t, err)
		require.NoError(t, q.Put(t.Context(), time.Now(), store.Item{ID: "newer", Data: []byte(`{"v":2}`)}, store.Item{ID: "broken"}))
		r.run(t, time.Second)
		require.Len(t, r.errs, 3)
		require.ErrorContains(t, r.errs[0], "unknown target")
		require.ErrorIs(t, r.errs[1], store.ErrCorrupt)
		require.ErrorIs(t, r.errs[2], store.ErrCorrupt)
		r.requireLen(t, 0, 3)
		for d, err := range r.Dead(t.Context()) {
			if d.ID != gone {
				require.ErrorIs(t, err, store.ErrCorrupt)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, "gone.example", d.TargetID)
			require.Equal(t, dispatch.DropCause("gone"), d.Cause)
			require.Nil(t, d.Delivery.Request.Target)
		}
	})
}

func TestOutbox_discardDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &customer{start: time.Now(), answer: failing}
		to := target(t, "a.example")
		r := newReplica(t, store.NewMemory(), c, outbox.Options{DiscardDead: true}, to)
		r.enqueue(t, to, 1)
		r.run(t, 10*time.Minute)
		r.requireLen(t, 0, 0)
	})
}

func TestOutbox_misuse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &customer{start: time.Now()}
		to := target(t, "a.example")
		r := newReplica(t, store.NewMemory(), c, outbox.Options{}, to)
		request, err := dispatch.NewRequest(to, callbacktest.Uplink())
		require.NoError(t, err)
		require.ErrorIs(t, r.dispatcher.Enqueue(t.Context(), request), outbox.ErrBypassed)
		require.EqualError(t, r.Enqueue(t.Context(), dispatch.Request{}), "outbox: request without target")
		request.ID = ""
		require.NoError(t, r.Enqueue(t.Context(), request))
		var group sync.WaitGroup
		group.Go(func() { r.run(t, time.Minute) })
		synctest.Wait()
		require.ErrorIs(t, r.Run(t.Context(), r.dispatcher), outbox.ErrRunning)
		group.Wait()
	})
}

func TestNew_errors(t *testing.T) {
	t.Parallel()
	s := store.NewMemory()
	none := func(string) (*dispatch.Target, bool) { return nil, false }
	for want, o := range map[string]outbox.Options{
		"outbox: Options.Store is nil":                      {},
		"outbox: Options.Targets is nil":                    {Store: s},
		"outbox: Options.Held or HeldPerTarget is negative": {Store: s, Targets: none, HeldPerTarget: -1},
		"outbox: Options.Lease is negative":                 {Store: s, Targets: none, Lease: -1},
		"outbox: Options.Lease is 2ns, not at least 1s":     {Store: s, Targets: none, Lease: 2},
		`outbox: store: name "a/b" has other characters`:    {Store: s, Targets: none, Name: "a/b"},
	} {
		_, err := outbox.New(t.Context(), o)
		require.ErrorContains(t, err, want)
	}
}
