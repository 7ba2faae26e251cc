package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
)

// candidate sends requests and returns when all are answered.
type candidate struct {
	name string
	send func(requests int) error
}

// baseline is the candidate that the others are compared to.
const baseline = "http.Client"

const (
	attemptTimeout = 10 * time.Second
	maxAnswer      = 64 << 10
	maxHeader      = 16 << 10
	maxConns       = 256
	contentType    = "application/json"
	bodyTemplate   = `{"device":"{device}","time":{time},"data":"{data}","seqNumber":{seqNumber}}`
)

func candidates(ctx context.Context, url string, c config) ([]candidate, error) {
	ours, err := newSender(ctx, url, c)
	if err != nil {
		return nil, err
	}
	loop := newLoop(ctx, url, c.concurrency)
	list := []candidate{
		{baseline, func(n int) error { return loop.send(n, loop.ready) }},
		{"http.Client, rendering", func(n int) error { return loop.send(n, loop.render) }},
		{"ours", func(n int) error { return ours.send(n, ours.render) }},
		{"ours, rendered before", func(n int) error { return ours.send(n, ours.ready) }},
		{"ours, Send", ours.sendDirectly},
	}
	for _, one := range list {
		if one.name == c.only {
			return []candidate{one}, nil
		}
	}
	if c.only != "" {
		return nil, fmt.Errorf("no candidate %q", c.only)
	}
	return list, nil
}

// uplink returns a message. Devices differ, as they do in a fleet.
func uplink(n int) callback.Uplink {
	return callback.Uplink{
		Device: sigfox.DeviceID(uint32(n) * 0x9e3779b1), Time: time.Unix(1500000000, 0),
		SeqNumber: sigfox.Some(sigfox.SeqNumber(n % 4096)), Data: payload(),
	}
}

func payload() sigfox.Payload {
	p, _ := sigfox.NewPayload([]byte("\xd6\x09\x91\x23\x45\x60\x3f\x0f\x80\x04\x22\x3c")) // 12 bytes are not too many
	return p
}

// sender sends by the dispatcher.
type sender struct {
	ctx         context.Context
	dispatcher  *dispatch.Dispatcher
	target      *dispatch.Target
	rendered    dispatch.Request
	concurrency int

	pending atomic.Int64
	failed  atomic.Int64
	low     chan struct{} // told when pending gets down to lowWater, and to 0
}

// The queue is kept between these, as that of a dispatcher that keeps up: whoever
// enqueues waits at one, and goes on at the other.
const highWater, lowWater = 256, 224

func newSender(ctx context.Context, url string, c config) (*sender, error) {
	s := &sender{ctx: ctx, concurrency: c.concurrency, low: make(chan struct{}, 1)}
	var err error
	s.dispatcher, err = dispatch.New(dispatch.Options{
		AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Concurrency:   c.concurrency, Timeout: attemptTimeout,
		Hooks: dispatch.Hooks{OnAttempt: s.onAttempt},
	})
	if err != nil {
		return nil, err
	}
	s.target, err = dispatch.NewTarget(dispatch.TargetOptions{ID: "a", Definition: callback.Definition{
		Service: callback.DataUplink, Method: http.MethodPost, URL: url, ContentType: contentType, BodyTemplate: bodyTemplate,
	}})
	if err != nil {
		return nil, err
	}
	if s.rendered, err = s.render(0); err != nil {
		return nil, err
	}
	go func() { _ = s.dispatcher.Run(ctx) }() // ends with the measurement
	return s, nil
}

func (s *sender) onAttempt(_ context.Context, a dispatch.AttemptEnd) {
	if !a.Attempt.OK() {
		s.failed.Add(1)
	}
	if n := s.pending.Add(-1); n == lowWater || n == 0 {
		select {
		case s.low <- struct{}{}:
		default:
		}
	}
}

// wait returns when no more than limit requests wait.
func (s *sender) wait(limit int64) error {
	for s.pending.Load() > limit {
		select {
		case <-s.low:
		case <-s.ctx.Done():
			return context.Cause(s.ctx)
		}
	}
	return nil
}

func (s *sender) render(n int) (dispatch.Request, error) {
	return dispatch.NewRequest(s.target, uplink(n))
}

// ready returns a request that was rendered before; only its device is another, by
// which the dispatcher keeps messages in order.
func (s *sender) ready(n int) (dispatch.Request, error) {
	r := s.rendered
	r.Subject.Device = uplink(n).Device
	return r, nil
}

func (s *sender) send(requests int, next func(int) (dispatch.Request, error)) error {
	for n := range requests {
		if s.pending.Add(1) > highWater {
			if err := s.wait(lowWater); err != nil {
				return err
			}
		}
		r, err := next(n)
		if err != nil {
			return err
		}
		if err := s.dispatcher.Enqueue(s.ctx, r); err != nil {
			return err
		}
	}
	if err := s.wait(0); err != nil {
		return err
	}
	if n := s.failed.Load(); n > 0 {
		return fmt.Errorf("%d attempts failed", n)
	}
	return nil
}

// sendDirectly is without queue and order: Send from as many goroutines.
func (s *sender) sendDirectly(requests int) error {
	s.pending.Add(int64(requests))
	return inParallel(s.concurrency, requests, func(n int) error {
		r, err := s.render(n)
		if err != nil {
			return err
		}
		_, err = s.dispatcher.Send(s.ctx, r)
		return err
	})
}

// loop is the usual loop around http.Client, with the care that the dispatcher takes
// for one request: limits for time and answer, and a look at the status.
type loop struct {
	ctx         context.Context
	client      *http.Client
	url         string
	concurrency int
	body        []byte
}

func newLoop(ctx context.Context, url string, concurrency int) *loop {
	l := &loop{ctx: ctx, url: url, concurrency: concurrency, client: &http.Client{
		Timeout: attemptTimeout,
		Transport: &http.Transport{
			DisableCompression: true, MaxResponseHeaderBytes: maxHeader,
			MaxConnsPerHost: maxConns, MaxIdleConnsPerHost: maxConns, MaxIdleConns: 4 * maxConns,
			IdleConnTimeout: 90 * time.Second, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	l.body = l.render(0)
	return l
}

func (l *loop) ready(int) []byte { return l.body }

// render is the template written out.
func (*loop) render(n int) []byte {
	m := uplink(n)
	seq, _ := m.SeqNumber.Get()
	return fmt.Appendf(nil, `{"device":"%v","time":%d,"data":"%v","seqNumber":%d}`, m.Device, m.Time.Unix(), m.Data, seq)
}

func (l *loop) send(requests int, body func(int) []byte) error {
	return inParallel(l.concurrency, requests, func(n int) error { return l.post(body(n)) })
}

func (l *loop) post(body []byte) error {
	r, err := http.NewRequestWithContext(l.ctx, http.MethodPost, l.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", contentType)
	response, err := l.client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // nothing is written
	if _, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer)); err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return errors.New(response.Status)
	}
	return nil
}

// inParallel calls do for the numbers below requests.
func inParallel(concurrency, requests int, do func(int) error) error {
	var next atomic.Int64
	errs := make([]error, concurrency)
	var group sync.WaitGroup
	for i := range concurrency {
		group.Go(func() {
			for errs[i] == nil {
				n := int(next.Add(1)) - 1
				if n >= requests {
					return
				}
				errs[i] = do(n)
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}
