package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// loopback is needed for examples and tests only: by default private addresses are
// refused.
func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

// message is a message of a device.
func message(seq sigfox.SeqNumber) callback.Uplink {
	return callback.Uplink{Device: 0x2c30ea, SeqNumber: sigfox.Some(seq), Time: time.Unix(1700000000, 0)}
}

// Send sends a message and waits for the outcome.
func ExampleDispatcher_Send() {
	customer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.URL)
		_, _ = fmt.Fprint(w, "thanks")
	}))
	defer customer.Close()

	target, err := dispatch.NewTarget(dispatch.TargetOptions{ID: "customer", Definition: callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataUplink,
		URL: customer.URL + "/sigfox?id={device}&seq={seqNumber}",
	}})
	if err != nil {
		panic(err)
	}
	d, err := dispatch.New(dispatch.Options{AllowPrefixes: loopback()})
	if err != nil {
		panic(err)
	}
	r, err := dispatch.NewRequest(target, message(7))
	if err != nil {
		panic(err)
	}
	result, err := d.Send(context.Background(), r)
	fmt.Println(result.Attempts[0].Status, string(result.Answer), err)
	// Output:
	// GET /sigfox?id=2C30EA&seq=7
	// 200 thanks <nil>
}

// Enqueue leaves a message to Run, which gives back what it could not deliver.
func ExampleDispatcher_Run() {
	customer := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println(r.URL)
	}))
	defer customer.Close()
	target := exampleTarget(customer.URL + "/{seqNumber}")

	ctx, stop := context.WithCancel(context.Background())
	var count atomic.Int32
	d, err := dispatch.New(dispatch.Options{
		AllowPrefixes: loopback(),
		Hooks: dispatch.Hooks{OnAttempt: func(context.Context, dispatch.AttemptEnd) {
			if count.Add(1) == 3 {
				stop()
			}
		}},
	})
	if err != nil {
		panic(err)
	}
	for seq := range sigfox.SeqNumber(3) {
		r, err := dispatch.NewRequest(target, message(seq))
		if err != nil {
			panic(err)
		}
		if err := d.Enqueue(ctx, r); err != nil { // such as dispatch.ErrQueueFull
			panic(err)
		}
	}
	err = d.Run(ctx)
	if left, ok := errors.AsType[*dispatch.DrainError](err); ok {
		fmt.Println("not delivered:", left.Deliveries)
	}
	fmt.Println(err)
	// Output:
	// /0
	// /1
	// /2
	// context canceled
}

// A policy of one's own: three more attempts within seconds, and none after an answer
// that will not change.
func ExampleRetryPolicy() {
	customer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "unknown device", http.StatusUnprocessableEntity)
	}))
	defer customer.Close()

	d, err := dispatch.New(dispatch.Options{AllowPrefixes: loopback(), Retry: &dispatch.RetryPolicy{
		Delays:        []time.Duration{time.Second, 2 * time.Second, 4 * time.Second},
		Jitter:        0.1,
		MaxRetryAfter: time.Minute,
		Decide: func(a dispatch.Attempt) dispatch.Decision {
			if a.Status == http.StatusUnprocessableEntity {
				return dispatch.GiveUp
			}
			return dispatch.Retry
		},
	}})
	if err != nil {
		panic(err)
	}
	r, err := dispatch.NewRequest(exampleTarget(customer.URL), message(1))
	if err != nil {
		panic(err)
	}
	_, err = d.Send(context.Background(), r)
	fmt.Println(err)
	failure, _ := errors.AsType[*dispatch.DeliveryError](err)
	fmt.Println(failure.Cause)
	// Output:
	// dispatch: target customer: not delivered in 1 attempts: status 422 Unprocessable Entity
	// final
}

// Hooks tell of attempts and of the health of targets.
func ExampleHooks() {
	customer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusGone)
	}))
	defer customer.Close()

	retry := dispatch.StandardWebhooks() // disables targets that answer 410
	d, err := dispatch.New(dispatch.Options{
		AllowPrefixes: loopback(),
		Retry:         &retry,
		Hooks: dispatch.Hooks{
			OnAttempt: func(_ context.Context, a dispatch.AttemptEnd) {
				fmt.Println("attempt", a.Attempt.Number, a.Attempt.Reason, a.Attempt.Status)
			},
			OnHealth: func(h dispatch.Health) { fmt.Println(h.Target, "is", h.State) },
			OnDrop:   func(x dispatch.Drop) { fmt.Println("dropped:", x.Cause) },
		},
	})
	if err != nil {
		panic(err)
	}
	r, err := dispatch.NewRequest(exampleTarget(customer.URL), message(1))
	if err != nil {
		panic(err)
	}
	_, _ = d.Send(context.Background(), r)
	fmt.Println(d.Enqueue(context.Background(), r))
	// Output:
	// attempt 1 status 410
	// dropped: final
	// customer is disabled
	// dropped: disabled
	// dispatch: target is disabled
}

func exampleTarget(address string) *dispatch.Target {
	target, err := dispatch.NewTarget(dispatch.TargetOptions{ID: "customer", Definition: callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataUplink, URL: address,
	}})
	if err != nil {
		panic(err)
	}
	return target
}
