package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/event"
	cloud "github.com/go-sigfox/sigfox/examples/cloud"
)

// customer is a receiver that notes what it gets and needs no network.
type customer struct {
	delay time.Duration // before each answer
	down  bool

	mu       sync.Mutex
	requests []request
}

type request struct {
	Path string
	Body map[string]any
}

// RoundTrip implements http.RoundTripper.
func (c *customer) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	select {
	case <-time.After(c.delay):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	one := request{Path: r.URL.Path}
	if err := json.Unmarshal(body, &one.Body); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return nil, errors.New("connection refused")
	}
	c.requests = append(c.requests, one)
	answer := &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: r, Header: http.Header{}}
	if ask, _ := one.Body["ack"].(bool); ask {
		answer.StatusCode = http.StatusOK
		device, _ := one.Body["device"].(string)
		answer.Body = io.NopCloser(strings.NewReader(`{"` + device + `":{"downlinkData":"0011223344556677"}}`))
	}
	return answer, nil
}

// got returns the requests for a path, in order.
func (c *customer) got(path string) (list []request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.requests {
		if r.Path == path {
			list = append(list, r)
		}
	}
	return list
}

// start is when the tests' networks begin.
var start = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// play runs a network against the customer for some time of ours, in no time.
func play(t *testing.T, to *customer, d time.Duration, args ...string) *cloud.Cloud {
	t.Helper()
	n, err := cloud.NewCloud(t.Context(), start, to, append([]string{"-target", "http://customer.example"}, args...)...)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	require.NoError(t, n.Run(ctx))
	return n
}

func TestCloud_everythingWithinAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		to := &customer{}
		n := play(t, to, time.Minute, "-speed", "60")
		for _, path := range []string{
			"/data/uplink", "/data/bidir", "/service/status", "/service/acknowledge", "/service/repeater",
			"/service/data-advanced", "/error", "/event",
		} {
			require.NotEmpty(t, to.got(path), path)
		}
		seen := map[string]bool{}
		for _, r := range to.got("/event") {
			name, _ := r.Body["eventType"].(string)
			seen[name] = true
		}
		for _, kind := range event.Kinds() {
			require.True(t, seen[string(kind.Type)], "%s: %v", kind.Type, seen)
		}
		c := n.Counts()
		require.Equal(t, c.Sent, c.Delivered)
		require.Zero(t, c.Failed)
		require.Len(t, to.requests, c.Delivered)
		require.InDelta(t, time.Hour.Seconds(), n.Now().Sub(start).Seconds(), 60)
	})
}

func TestCloud_sameSeedSameNetwork(t *testing.T) {
	t.Parallel()
	run := func(seed string) (all []string) {
		synctest.Test(t, func(t *testing.T) {
			to := &customer{}
			play(t, to, 20*time.Second, "-seed", seed)
			for _, r := range to.requests {
				text, err := json.Marshal(r)
				require.NoError(t, err)
				all = append(all, string(text))
			}
		})
		slices.Sort(all) // several are sent at once
		return all
	}
	first := run("7")
	require.NotEmpty(t, first)
	require.Equal(t, first, run("7"))
	require.NotEqual(t, first, run("8"))
}

func TestCloud_downlink(t *testing.T) {
	t.Parallel()
	for name, delay := range map[string]time.Duration{"at once": 0, "after nine seconds": 9 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				to := &customer{delay: delay}
				n := play(t, to, time.Minute, "-devices", "5", "-speed", "600")
				require.NotZero(t, n.Downlinks(0x2C3001), "the thermostat asked and was answered, whatever the speed")
				i := slices.IndexFunc(to.got("/service/acknowledge"), func(r request) bool { return r.Body["device"] == "2C3001" })
				require.GreaterOrEqual(t, i, 0)
				ack := to.got("/service/acknowledge")[i].Body
				require.InDelta(t, 0, ack["infoCode"], 0)
				require.Equal(t, true, ack["downlinkAck"])
			})
		})
	}
}

func TestCloud_receiverThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		to := &customer{delay: time.Hour}
		n := play(t, to, 2*time.Minute, "-devices", "5")
		require.Greater(t, n.Now().Sub(start), 10*time.Minute, "its answers are not waited for for ever")
		require.Zero(t, n.Downlinks(0x2C3001))
		require.NotZero(t, n.Counts().Failed)
		require.Zero(t, n.Counts().Delivered)
	})
}

func TestCloud_receiverThatIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		to := &customer{down: true}
		n := play(t, to, time.Minute)
		c := n.Counts()
		require.NotZero(t, c.Failed)
		require.NotZero(t, c.Retries)
		require.InDelta(t, time.Hour.Seconds(), n.Now().Sub(start).Seconds(), 60, "the network goes on")
	})
}

func TestCloud_script(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		to := &customer{}
		play(t, to, 10*time.Second, "-devices", "5", "-script", "testdata/script.jsonl")
		sent := slices.ContainsFunc(to.got("/data/uplink"), func(r request) bool { return r.Body["data"] == "00dc3250" })
		require.True(t, sent)
	})
	_, err := cloud.NewCloud(t.Context(), start, nil, "-script", "testdata/none.jsonl", "-target", "http://customer.example")
	require.ErrorContains(t, err, "testdata/none.jsonl")
	_, err = cloud.NewCloud(t.Context(), start, nil, "-devices", "1", "-script", "testdata/script.jsonl", "-target", "http://customer.example")
	require.ErrorContains(t, err, "unknown device")
}
