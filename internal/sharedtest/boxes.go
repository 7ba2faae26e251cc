package sharedtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/inbox"
	"github.com/go-sigfox/sigfox/callback/outbox"
	"github.com/go-sigfox/sigfox/store"
)

const (
	messages = 40
	fatal    = 6 // the call in which a replica dies
)

func message(n int) callback.Uplink {
	return callback.Uplink{
		Device: sigfox.DeviceID(n%7 + 1), Time: time.Unix(1507396972+int64(n), 0).UTC(), SeqNumber: sigfox.Some(sigfox.SeqNumber(n)),
	}
}

// Inbox checks replicas with an inbox.Inbox each: what they accepted is handled, also what
// one of them held that died, and what one gave back that stopped. Strict expects it to
// be handled once, where no replica can be so slow that others take over from it.
func Inbox(t T, strict bool, stores ...store.Store) {
	t.Helper()
	j := newJournal()
	var calls atomic.Int64 // of the first replica
	var all []*replica
	var boxes []*inbox.Inbox[callback.Uplink]
	for i, s := range stores {
		r := newReplica(s)
		b, err := inbox.New(t.Context(), func(_ context.Context, m callback.Uplink) error {
			n := int(m.SeqNumber.Or(0))
			if i == 0 && calls.Add(1) == fatal {
				r.kill()
			}
			if r.dead.Load() {
				return errDead
			}
			if !j.try(nameOf(n), n) {
				return errors.New("sharedtest: try again")
			}
			j.note(r, nameOf(n))
			return nil
		}, inbox.Options[callback.Uplink]{Store: r.store, Lease: lease, Delays: []time.Duration{time.Second, time.Second, time.Second}})
		ok(t, err)
		all, boxes = append(all, r), append(boxes, b)
	}
	play(t, j, all, strict,
		func(i int) { all[i].run(t, boxes[i].Run) },
		func(i, n int) error { return boxes[i].Put(t.Context(), message(n)) })
}

func nameOf(n int) string { return fmt.Sprint("message ", n) }

// play has replicas take messages by turns. The first one runs alone until it dies, the
// second one stops soon after it has begun.
func play(t T, j *journal, all []*replica, strict bool, start func(i int), take func(i, n int) error) {
	t.Helper()
	var names []string
	accept := func(from, to int) {
		for n := from; n < to; n++ {
			if take(n%len(all), n) == nil {
				names = append(names, nameOf(n))
			}
		}
	}
	accept(0, messages/2)
	start(0)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case <-all[0].ended:
	case <-ctx.Done():
		t.Fatalf("no replica died in %v", patience)
	}
	for i := range all[1:] {
		start(i + 1)
	}
	accept(messages/2, messages)
	all[1].stop()
	j.await(t, names, false)
	for _, r := range all {
		r.stop()
	}
	if strict {
		j.once(t)
	}
}

// customer is the receiver of what a replica sends.
type customer struct {
	journal *journal
	replica *replica
	dies    bool
	calls   atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (c *customer) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if c.dies && c.calls.Add(1) == fatal {
		c.replica.kill()
	}
	if c.replica.dead.Load() {
		return nil, errDead
	}
	status := http.StatusServiceUnavailable
	var n int
	if _, err := fmt.Sscan(string(body), &n); err != nil {
		return nil, err
	}
	if c.journal.try(nameOf(n), n) {
		status = http.StatusNoContent
		c.journal.note(c.replica, nameOf(n))
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// Outbox checks replicas with an outbox.Outbox each, as Inbox does.
func Outbox(t T, strict bool, stores ...store.Store) {
	t.Helper()
	target, err := dispatch.NewTarget(dispatch.TargetOptions{Definition: callback.Definition{
		ID: "target", Channel: callback.ChannelURL, Service: callback.DataUplink, Enabled: true, Method: http.MethodPost,
		URL: "https://customer.example/", ContentType: "text/plain", BodyTemplate: "{seqNumber}",
	}})
	ok(t, err)
	j := newJournal()
	var all []*replica
	var boxes []*outbox.Outbox
	var dispatchers []*dispatch.Dispatcher
	for i, s := range stores {
		r := newReplica(s)
		b, err := outbox.New(t.Context(), outbox.Options{
			Store: r.store, Lease: lease, Targets: func(string) (*dispatch.Target, bool) { return target, true },
		})
		ok(t, err)
		d, err := dispatch.New(dispatch.Options{
			Transport: &customer{journal: j, replica: r, dies: i == 0}, Journal: b,
			Retry: &dispatch.RetryPolicy{Delays: []time.Duration{time.Second, time.Second, time.Second}, MaxAge: time.Hour},
		})
		ok(t, err)
		all, boxes, dispatchers = append(all, r), append(boxes, b), append(dispatchers, d)
	}
	play(t, j, all, strict,
		func(i int) {
			all[i].run(t, func(ctx context.Context) error { return boxes[i].Run(ctx, dispatchers[i]) })
		},
		func(i, n int) error {
			request, err := dispatch.NewRequest(target, message(n))
			ok(t, err)
			return boxes[i].Enqueue(t.Context(), request)
		})
}
