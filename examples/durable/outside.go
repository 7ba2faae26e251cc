package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
)

// outside is all but the relay: the cloud, which sends numbered messages, and the
// customer, who counts what comes out. It believes nothing but the status of answers.
type outside struct {
	client http.Client
	port   int // of the customer, if it matters

	mu         sync.Mutex
	url        string        // of the relay, empty while there is none
	generation int           // of its process
	changed    chan struct{} // closed when there is another URL, or less is missing
	next       int
	sent       map[int]int       // how often
	first      map[int]int       // in which generation for the first time
	acked      map[int]bool      // answered 2xx
	missing    map[int]bool      // of those, not delivered yet
	delivered  map[int][]int     // in which generations
	refused    map[int]bool      // answered 500 once
	strange    []string          // what should not have come
	note       func(string, int) // is told of what is acknowledged and delivered
}

func newOutside() *outside {
	return &outside{
		client:  http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: senders}},
		changed: make(chan struct{}), sent: map[int]int{}, first: map[int]int{}, acked: map[int]bool{},
		missing: map[int]bool{}, delivered: map[int][]int{}, refused: map[int]bool{}, note: func(string, int) {},
	}
}

// serve is the customer. It returns the URL.
func (o *outside) serve(ctx context.Context) (url string, err error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", o.port))
	if err != nil {
		return "", err
	}
	o.note("customer", l.Addr().(*net.TCPAddr).Port) //nolint:errcheck // it is that of a TCP listener
	server := callback.NewServer("", http.HandlerFunc(o.receive))
	go func() { _ = server.Serve(l) }()
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return "http://" + l.Addr().String() + "/", nil
}

func (o *outside) receive(w http.ResponseWriter, r *http.Request) {
	var message struct {
		Device sigfox.DeviceID `json:"device"`
		Data   sigfox.Payload  `json:"data"`
	}
	err := json.NewDecoder(io.LimitReader(r.Body, 1<<10)).Decode(&message)
	data := message.Data.Bytes()
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil || len(data) != 8 {
		o.strange = append(o.strange, fmt.Sprintf("%v %v", message, err))
		return
	}
	n := int(binary.BigEndian.Uint64(data))
	if o.message(n).Device != message.Device || r.Header.Get(idHeader) != o.name(n) {
		o.strange = append(o.strange, fmt.Sprintf("message %d has ID %q", n, r.Header.Get(idHeader)))
	}
	if n%10 == 0 && !o.refused[n] { // so that there are retries
		o.refused[n] = true
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	o.delivered[n] = append(o.delivered[n], o.generation)
	delete(o.missing, n)
	o.note("delivered", n)
	o.tell()
}

// tell wakes those who wait. o.mu is held.
func (o *outside) tell() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// relayIs tells where the relay is, nowhere if url is empty, and which process it is.
func (o *outside) relayIs(generation int, url string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.generation, o.url = generation, url
	o.tell()
}

const (
	devices = 100
	senders = 16
	// ahead is how many messages may be missing before no more are sent.
	ahead = 2000
)

// message returns message number n, always the same.
func (o *outside) message(n int) callback.Uplink {
	data, _ := sigfox.NewPayload(binary.BigEndian.AppendUint64(nil, uint64(n)))
	return callback.Uplink{
		Device: sigfox.DeviceID(n%devices + 1), Time: time.Unix(1507396972+int64(n/devices), 0).UTC(),
		SeqNumber: sigfox.Some(sigfox.SeqNumber(n / devices % 4096)), Data: data,
	}
}

func (o *outside) name(n int) string {
	k, _ := o.message(n).Key()
	return fmt.Sprintf("%v.%d.%d", k.Device, k.Time, k.Seq)
}

// send is the cloud, until ctx ends.
func (o *outside) send(ctx context.Context) {
	var group sync.WaitGroup
	for range senders {
		group.Go(func() {
			for {
				n, ok := o.take(ctx)
				if !ok {
					return
				}
				o.deliver(ctx, n)
			}
		})
	}
	group.Wait()
}

// take returns the number of the next message, when few enough are missing.
func (o *outside) take(ctx context.Context) (n int, ok bool) {
	ok = o.await(ctx, func() bool { return len(o.missing) < ahead })
	o.mu.Lock()
	defer o.mu.Unlock()
	o.next++
	return o.next - 1, ok
}

// await waits until the condition holds, which is asked with o.mu held.
func (o *outside) await(ctx context.Context, condition func() bool) bool {
	for {
		o.mu.Lock()
		holds, changed := condition(), o.changed
		o.mu.Unlock()
		if holds && ctx.Err() == nil {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-changed:
		}
	}
}

// deliver sends a message, up to four times as the cloud does, though sooner.
func (o *outside) deliver(ctx context.Context, n int) {
	m := o.message(n)
	body := m.AppendJSON(nil)
	for range 4 {
		if !o.await(ctx, func() bool { return o.url != "" }) {
			return
		}
		if o.post(ctx, n, body) {
			return
		}
		pause(ctx, 50*time.Millisecond)
	}
}

func (o *outside) post(ctx context.Context, n int, body []byte) bool {
	o.mu.Lock()
	url := o.url
	if o.sent[n]++; o.sent[n] == 1 {
		o.first[n] = o.generation
	}
	o.mu.Unlock()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return false
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := o.client.Do(r)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.acked[n] = true
	if o.delivered[n] == nil {
		o.missing[n] = true
	}
	o.note("acknowledged", n)
	return true
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// counts is what outside has seen.
type counts struct {
	sent, acked, delivered int
	// missing were acknowledged and not delivered.
	missing int
	// duplicates were delivered again. Of unexplained the cloud had no need to send them
	// again, and no process died since they came.
	duplicates, unexplained int
	strange                 []string
}

func (o *outside) counts() counts {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := counts{
		sent: len(o.sent), acked: len(o.acked), delivered: len(o.delivered), missing: len(o.missing), strange: o.strange,
	}
	for n, generations := range o.delivered {
		for _, generation := range generations[1:] {
			c.duplicates++
			if generation == o.first[n] && o.sent[n] == 1 {
				c.unexplained++
			}
		}
	}
	return c
}

// err tells what must not be.
func (c *counts) err() error {
	if c.missing == 0 && c.unexplained == 0 && len(c.strange) == 0 {
		return nil
	}
	return fmt.Errorf("%d messages lost, %d duplicates without reason, strange: %q", c.missing, c.unexplained, c.strange)
}

// settle waits until everything that was acknowledged is delivered.
func (o *outside) settle(ctx context.Context) {
	o.await(ctx, func() bool { return len(o.missing) == 0 })
}
