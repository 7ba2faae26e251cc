//go:build soak

package dispatch_test

import (
	"context"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// idHeader carries the ID of a request.
const idHeader = "X-Request-Id"

// ledger is what the receivers have counted, apart from the dispatcher.
type ledger struct {
	mu     sync.Mutex
	bodies map[string]string // of each request, by ID
	taken  map[string]int    // how often it was answered with 2xx
	other  []string          // IDs that came with another body than before
}

func newLedger() *ledger {
	return &ledger{bodies: make(map[string]string), taken: make(map[string]int)}
}

func (l *ledger) note(id, body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if before, ok := l.bodies[id]; ok && before != body {
		l.other = append(l.other, id)
	}
	l.bodies[id] = body
}

func (l *ledger) take(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken[id]++
}

// unreliable is a receiver that does everything that receivers do.
type unreliable struct {
	address string
	ledger  *ledger
	healed  atomic.Bool
	faults  atomic.Int64

	mu     sync.Mutex
	server *http.Server
	done   chan struct{}
}

func newUnreliable(t *testing.T, l *ledger) *unreliable {
	t.Helper()
	u := &unreliable{address: "127.0.0.1:0", ledger: l}
	require.NoError(t, u.start())
	t.Cleanup(u.stop)
	return u
}

func (u *unreliable) start() error {
	listener, err := net.Listen("tcp", u.address)
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.address = listener.Addr().String()
	u.server = &http.Server{Handler: u, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
	u.done = make(chan struct{})
	go func(s *http.Server, done chan struct{}) {
		defer close(done)
		_ = s.Serve(listener)
	}(u.server, u.done)
	return nil
}

func (u *unreliable) stop() {
	u.mu.Lock()
	defer u.mu.Unlock()
	_ = u.server.Close()
	<-u.done
}

// restart has it refuse connections for a while, after those there are were cut.
func (u *unreliable) restart(ctx context.Context) error {
	u.stop()
	pause(ctx, rand.N(200*time.Millisecond))
	return u.start()
}

// ServeHTTP implements http.Handler.
func (u *unreliable) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault := rand.IntN(100)
	if u.healed.Load() {
		fault = 100
	}
	if fault < 5 {
		u.hangUp(w) // without having read it
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	id := r.Header.Get(idHeader)
	u.ledger.note(id, string(body))
	if fault < 40 {
		u.faults.Add(1)
	}
	switch {
	case fault < 10:
		w.WriteHeader(http.StatusInternalServerError)
	case fault < 15:
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	case fault < 20:
		u.hangUp(w)
	case fault < 23:
		<-r.Context().Done() // until the dispatcher has lost its patience
	case fault < 26:
		u.drip(w, r)
	case fault < 30:
		w.Header().Set("Location", "http://127.0.0.1:1/")
		w.WriteHeader(http.StatusFound)
	case fault < 35:
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write(make([]byte, 1<<20))
	case fault < 40:
		u.ledger.take(id) // the answer is lost, so that it comes again
		u.hangUp(w)
	default:
		u.ledger.take(id)
		w.WriteHeader(http.StatusNoContent)
	}
}

// hangUp resets the connection.
func (*unreliable) hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}

// drip answers byte by byte, for longer than the dispatcher waits.
func (*unreliable) drip(w http.ResponseWriter, r *http.Request) {
	flusher := http.NewResponseController(w)
	for range 100 {
		if _, err := io.WriteString(w, "x"); err != nil || flusher.Flush() != nil {
			return
		}
		pause(r.Context(), 20*time.Millisecond)
	}
}

// pause returns early if ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
