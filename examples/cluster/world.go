package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/keepalive"
)

const (
	senders = 8
	devices = 100
	// watched is the first of the devices that send one message and then are silent for
	// longer than silence.
	watched = sigfox.DeviceID(0xF000)
	silent  = 10
	silence = 2 * time.Second
	// copies of every fifth message arrive at once, as when the cloud repeats itself.
	copies = 3
)

// world is the cloud that sends, and what the replicas have an effect on.
type world struct {
	client http.Client
	output io.Writer

	mu      sync.Mutex
	changed chan struct{} // closed when something has happened
	next    int
	resent  map[int]bool // other than as one of the copies
	acked   map[int]bool
	missing map[int]bool       // acknowledged, and not handled
	runs    map[int][]*replica // who ran the function
	alerts  map[sigfox.DeviceID]map[string]int
}

func newWorld(output io.Writer) *world {
	return &world{
		client: http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: copies * senders}},
		output: output, changed: make(chan struct{}), resent: map[int]bool{}, acked: map[int]bool{}, missing: map[int]bool{},
		runs: map[int][]*replica{}, alerts: map[sigfox.DeviceID]map[string]int{},
	}
}

func (w *world) say(format string, values ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = fmt.Fprintf(w.output, format+"\n", values...)
}

// tell wakes those who wait. w.mu is held.
func (w *world) tell() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// await waits until the condition holds, which is asked with w.mu held.
func (w *world) await(ctx context.Context, condition func() bool) bool {
	for {
		w.mu.Lock()
		holds, changed := condition(), w.changed
		w.mu.Unlock()
		if holds {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-changed:
		}
	}
}

// message returns message number n: the first ones are of the devices that are watched.
func message(n int) callback.Uplink {
	device := watched + sigfox.DeviceID(n)
	if n >= silent {
		device = sigfox.DeviceID(n%devices + 1)
	}
	data, _ := sigfox.NewPayload(binary.BigEndian.AppendUint64(nil, uint64(n)))
	return callback.Uplink{
		Device: device, Time: time.Unix(1507396972+int64(n/devices), 0).UTC(),
		SeqNumber: sigfox.Some(sigfox.SeqNumber(n / devices % 4096)), Data: data,
	}
}

// send is the cloud, until ctx ends.
func (w *world) send(ctx context.Context, url string) {
	var group sync.WaitGroup
	for range senders {
		group.Go(func() {
			for ctx.Err() == nil {
				w.mu.Lock()
				n := w.next
				w.next++
				w.mu.Unlock()
				w.sendCopies(ctx, url, n)
			}
		})
	}
	group.Wait()
}

func (w *world) sendCopies(ctx context.Context, url string, n int) {
	var group sync.WaitGroup
	for i := range copies {
		if i == 0 || n%5 == 0 {
			group.Go(func() { w.deliver(ctx, url, n) })
		}
	}
	group.Wait()
}

// deliver sends one copy, again if it is not answered 2xx.
func (w *world) deliver(ctx context.Context, url string, n int) {
	m := message(n)
	body := m.AppendJSON(nil)
	for range 6 {
		status := w.post(ctx, url, body)
		w.mu.Lock()
		if status/100 == 2 {
			w.acked[n] = true
			if w.runs[n] == nil {
				w.missing[n] = true
			}
			w.tell()
			w.mu.Unlock()
			return
		}
		w.resent[n] = true
		w.mu.Unlock()
		pause(ctx, 200*time.Millisecond)
	}
}

func (w *world) post(ctx context.Context, url string, body []byte) (status int) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := w.client.Do(r)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode
}

func (w *world) handled(by *replica, m callback.Uplink) {
	n := int(binary.BigEndian.Uint64(m.Data.Bytes()))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.runs[n] = append(w.runs[n], by)
	delete(w.missing, n)
	w.tell()
}

func (w *world) alerted(b keepalive.Breach) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.alerts[b.Device] == nil {
		w.alerts[b.Device] = map[string]int{}
	}
	w.alerts[b.Device][b.ID()]++
	w.tell()
}

// complete reports whether all that was acknowledged is handled and all alerts are
// given. w.mu is held.
func (w *world) complete() bool { return len(w.missing) == 0 && len(w.alerts) == w.silences() }

// silences returns how many there are.
func (w *world) silences() (n int) {
	for i := range silent {
		if w.acked[i] {
			n++
		}
	}
	return n
}

// counts is what came of it.
type counts struct {
	sent, acked, missing, once int
	// again is how many runs there were besides the first. Of unexplained, the replica
	// that ran the function before is alive, and the cloud had no reason to send the
	// message again.
	again, unexplained int
	silences, alerts   int
}

func (w *world) counts() (c counts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c = counts{sent: w.next, acked: len(w.acked), missing: len(w.missing), silences: w.silences()}
	for n, runs := range w.runs {
		if len(runs) == 1 {
			c.once++
		}
		for i := range runs[1:] {
			c.again++
			if !runs[i].dead.Load() && !w.resent[n] {
				c.unexplained++
			}
		}
	}
	for _, ids := range w.alerts {
		for _, times := range ids {
			c.alerts += times
		}
	}
	return c
}

func (c *counts) String() string {
	return fmt.Sprintf("%6d sent %6d acknowledged %6d handled once %4d on their way %3d handled again %3d alerts for %d silences",
		c.sent, c.acked, c.once, c.missing, c.again, c.alerts, c.silences)
}

// err tells what must not be.
func (c *counts) err() error {
	if c.missing == 0 && c.unexplained == 0 && c.alerts == c.silences {
		return nil
	}
	return fmt.Errorf("%d messages lost, %d handled again without reason, %d alerts for %d silences",
		c.missing, c.unexplained, c.alerts, c.silences)
}
