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
	// longer than silence: each of which sends one of so many messages.
	watched = sigfox.DeviceID(0xF000)
	every   = 25
	silence = 2 * time.Second
	// copies of every fifth message arrive at once, as when the cloud repeats itself.
	copies = 3
)

// world is the cloud that sends, and what the replicas have an effect on.
type world struct {
	client http.Client
	output io.Writer

	mu       sync.Mutex
	changed  chan struct{} // closed when something has happened
	next     int
	acked    map[int]bool
	missing  map[int]bool // acknowledged, and not handled
	refused  int          // answered 503
	ackBegun time.Time    // when the last of those that were acknowledged was sent
	runs     map[int][]deed
	hearings map[sigfox.DeviceID]int // of devices that are watched
	alerts   map[sigfox.DeviceID]map[string][]deed
	unmissed map[sigfox.DeviceID]bool // heard, and not alerted
	troubles []*trouble
}

// deed is what a replica did, and when.
type deed struct {
	by *replica
	at time.Time
}

func newWorld(output io.Writer) *world {
	return &world{
		client: http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: copies * senders}},
		output: output, changed: make(chan struct{}), acked: map[int]bool{}, missing: map[int]bool{},
		runs: map[int][]deed{}, hearings: map[sigfox.DeviceID]int{},
		alerts: map[sigfox.DeviceID]map[string][]deed{}, unmissed: map[sigfox.DeviceID]bool{},
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

// message returns message number n, now and then of a device that is watched.
func message(n int) callback.Uplink {
	device := sigfox.DeviceID(n%devices + 1)
	if n%every == 0 {
		device = watched + sigfox.DeviceID(n/every)
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
		begun := time.Now()
		if w.answered(n, w.post(ctx, url, body), begun) {
			return
		}
		pause(ctx, 200*time.Millisecond)
	}
}

// answered reports whether a message need not be sent again.
func (w *world) answered(n, status int, begun time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.tell()
	if status == http.StatusServiceUnavailable {
		w.refused++
	}
	if status/100 != 2 {
		return false
	}
	w.acked[n] = true
	if begun.After(w.ackBegun) {
		w.ackBegun = begun
	}
	if len(w.runs[n]) == 0 {
		w.missing[n] = true
	}
	return true
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
	w.runs[n] = append(w.runs[n], deed{by, time.Now()})
	delete(w.missing, n)
	w.tell()
}

// heard notes that a replica is about to note that a device was heard.
func (w *world) heard(id sigfox.DeviceID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hearings[id]++
	w.unmissed[id] = true
}

func (w *world) alerted(by *replica, b keepalive.Breach) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.alerts[b.Device] == nil {
		w.alerts[b.Device] = map[string][]deed{}
	}
	w.alerts[b.Device][b.ID()] = append(w.alerts[b.Device][b.ID()], deed{by, time.Now()})
	delete(w.unmissed, b.Device)
	w.tell()
}

// complete reports whether all that was acknowledged is handled, and each device that was
// heard is missed. w.mu is held.
func (w *world) complete() bool { return len(w.missing) == 0 && len(w.unmissed) == 0 }
