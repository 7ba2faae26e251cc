package board_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox"
	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/examples/cloud/board"
)

var now = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// subject returns that of the n-th message of a device.
func subject(s callback.Service, id sigfox.DeviceID, n int) dispatch.Subject {
	return dispatch.Subject{
		Service: s, Device: id, Time: now.Add(time.Duration(n) * time.Minute), SeqNumber: sigfox.Some(sigfox.SeqNumber(n)),
	}
}

// request returns a request with the id.
func request(t *testing.T, id string, s dispatch.Subject) dispatch.Request {
	t.Helper()
	target, err := dispatch.NewTarget(dispatch.TargetOptions{ID: "5f1a2b3c4d5e6f7081920001", Definition: callback.Definition{
		Channel: callback.ChannelURL, Service: callback.DataUplink, Enabled: true, Method: http.MethodPost,
		URL: "http://receiver.example/{device}", ContentType: "application/json", BodyTemplate: `{"data":"{data}"}`,
	}})
	require.NoError(t, err)
	r, err := dispatch.NewRequest(target, callback.Uplink{Device: s.Device, Time: s.Time})
	require.NoError(t, err)
	r.ID, r.Subject = id, s
	return r
}

func end(r dispatch.Request, number, status int) *dispatch.AttemptEnd {
	a := dispatch.Attempt{Number: number, Status: status, Duration: 3 * time.Millisecond}
	if status != http.StatusOK {
		a.Reason, a.Error = dispatch.ReasonStatus, "status "+strconv.Itoa(status)
	}
	return &dispatch.AttemptEnd{Target: r.Target, Requests: []dispatch.Request{r}, Attempt: a}
}

// row is what the tests read of a row.
type row struct {
	ID         int
	Kind       string
	Device     string
	Seq        *int
	Info       string
	Ask        bool
	Deliveries []struct {
		ID       string
		State    string
		Next     int64
		Request  struct{ Method, URL, Body string }
		Attempts []struct {
			Number, Status int
			Reason         string
			Millis         float64
			Lines          int
		}
	}
}

func rowsOf(t *testing.T, b *board.Board) (rows []row) {
	t.Helper()
	text, err := b.Rows()
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &rows))
	return rows
}

func TestBoard_lifeOfADelivery(t *testing.T) {
	t.Parallel()
	b := board.New()
	s := subject(callback.DataUplink, 0x1A2B, 7)
	r := request(t, "a", s)
	state := func() string { return rowsOf(t, b)[0].Deliveries[0].State }

	b.Sent(&r)
	require.Equal(t, "pending", state())
	b.Attempt(end(r, 1, http.StatusInternalServerError), now)
	b.Retry(&dispatch.RetryInfo{Requests: []dispatch.Request{r}}, now.Add(time.Minute))
	require.Equal(t, "retrying", state())
	require.Equal(t, now.Add(time.Minute).UnixMilli(), rowsOf(t, b)[0].Deliveries[0].Next)
	b.Attempt(end(r, 2, http.StatusOK), now)
	require.Equal(t, "ok", state())

	one := rowsOf(t, b)[0]
	require.Equal(t, "DATA", one.Kind)
	require.Equal(t, "1A2B", one.Device)
	require.Equal(t, 7, *one.Seq)
	d := one.Deliveries[0]
	require.Zero(t, d.Next)
	require.Equal(t, "POST", d.Request.Method)
	require.Equal(t, "http://receiver.example/1A2B", d.Request.URL)
	require.Len(t, d.Attempts, 2)
	require.Equal(t, 500, d.Attempts[0].Status)
	require.Equal(t, "status", d.Attempts[0].Reason)
	require.InDelta(t, 3, d.Attempts[0].Millis, 0)
	require.Zero(t, d.Attempts[1].Lines)
	require.Equal(t, board.Counts{Messages: 1, Sent: 1, Delivered: 1, Retries: 1}, b.Counts())
}

func TestBoard_givenUp(t *testing.T) {
	t.Parallel()
	b := board.New()
	r := request(t, "a", subject(callback.DataUplink, 0x1A2B, 7))
	b.Sent(&r)
	b.Attempt(end(r, 4, http.StatusBadGateway), now)
	b.Drop(&dispatch.Drop{Request: r})
	require.Equal(t, "failed", rowsOf(t, b)[0].Deliveries[0].State)
	require.Equal(t, 1, b.Counts().Failed)
	for one := range b.All() {
		last, tried := one.Deliveries[0].Last()
		require.True(t, tried)
		require.Equal(t, http.StatusBadGateway, last.Status)
	}
}

func TestBoard_batch(t *testing.T) {
	t.Parallel()
	b := board.New()
	r1 := request(t, "a", subject(callback.DataUplink, 1, 1))
	r2 := request(t, "b", subject(callback.DataUplink, 2, 1))
	b.Sent(&r1)
	b.Sent(&r2)
	e := end(r1, 1, http.StatusOK)
	e.Requests = append(e.Requests, r2)
	b.Attempt(e, now)
	for _, one := range rowsOf(t, b) {
		require.Equal(t, "ok", one.Deliveries[0].State)
		require.Equal(t, 2, one.Deliveries[0].Attempts[0].Lines)
	}
	require.Equal(t, 2, b.Counts().Delivered)
}

func TestBoard_whatStandsInOneRow(t *testing.T) {
	t.Parallel()
	b := board.New()
	asks := subject(callback.DataBidir, 0x1A2B, 1)
	asks.Ack = true
	later := subject(callback.ServiceAcknowledge, 0x1A2B, 2) // reported later, without the number of the message
	later.SeqNumber = sigfox.Opt[sigfox.SeqNumber]{}
	for i, s := range []dispatch.Subject{asks, subject(callback.ServiceDataAdvanced, 0x1A2B, 1), later} {
		r := request(t, strconv.Itoa(i), s)
		b.Sent(&r)
	}
	rows := rowsOf(t, b)
	require.Len(t, rows, 1)
	require.Len(t, rows[0].Deliveries, 3)
	require.True(t, rows[0].Ask)

	for _, s := range []callback.Service{
		callback.ServiceStatus, callback.ServiceRepeater, callback.ErrorCallback, callback.EventCallback,
	} {
		b.Update(subject(s, 0x1A2B, 1), func(r *board.Row) { r.Info = "x" })
	}
	kinds := map[string]bool{}
	for _, one := range rowsOf(t, b) {
		kinds[one.Kind] = true
	}
	require.Equal(t, map[string]bool{"DATA": true, "STATUS": true, "REPEATER": true, "ERROR": true, "EVENT": true}, kinds)
	require.Equal(t, 1, b.Counts().Messages)
}

func TestBoard_isBounded(t *testing.T) {
	t.Parallel()
	b := board.New()
	empty, err := b.Rows()
	require.NoError(t, err)
	require.JSONEq(t, "[]", string(empty))
	var first dispatch.Request
	for n := range 1000 {
		r := request(t, strconv.Itoa(n), subject(callback.DataUplink, 1, n))
		r.Subject.Ack = true
		b.Sent(&r)
		if n == 0 {
			first = r
		}
	}
	rows := rowsOf(t, b)
	require.Len(t, rows, 300)
	require.Equal(t, 1000, rows[0].ID, "the newest is first")
	b.Attempt(end(first, 1, http.StatusOK), now) // it is shown no more, but counts
	require.Equal(t, board.Counts{Messages: 1000, Sent: 1000, Delivered: 1}, b.Counts())
}

func TestRequestOf(t *testing.T) {
	t.Parallel()
	mail := board.RequestOf(&dispatch.Request{Mail: &callback.Mail{Recipient: "a@example.com", Subject: "s", Message: "m"}})
	require.Equal(t, board.Request{Method: "MAIL", URL: "a@example.com", Body: "s\n\nm"}, mail)
	target, err := dispatch.NewTarget(dispatch.TargetOptions{ID: "5f1a2b3c4d5e6f7081920001", Definition: callback.Definition{
		Channel: callback.ChannelBatchURL, Service: callback.DataUplink, Enabled: true, Method: http.MethodPost,
		URL: "https://user:secret@receiver.example/x?b={batch}", LinePattern: "{device}",
	}})
	require.NoError(t, err)
	line := board.RequestOf(&dispatch.Request{Target: target, Line: []byte("1A2B")})
	require.Equal(t, board.Request{Method: "BATCH", URL: "https://receiver.example/x?b={batch}", Body: "1A2B"}, line)
}

// stream is a page that can be read while it is served.
type stream struct {
	*httptest.ResponseRecorder
	mu   sync.Mutex
	text strings.Builder
}

func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// SetWriteDeadline is asked for by http.ResponseController.
func (*stream) SetWriteDeadline(time.Time) error { return nil }

// events returns the data of what came by the name.
func (s *stream) events(name string) (data []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for block := range strings.SplitSeq(s.text.String(), "\n\n") {
		if rest, ok := strings.CutPrefix(block, "event: "+name+"\ndata: "); ok {
			data = append(data, rest)
		}
	}
	return data
}

// open serves a page until ctx ends.
func open(ctx context.Context, b *board.Board) *stream {
	s := &stream{ResponseRecorder: httptest.NewRecorder()}
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/ui/events", http.NoBody)
	go b.ServeHTTP(s, r)
	return s
}

func TestServeHTTP(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		b := board.New()
		go b.Run(ctx, func() time.Time { return now })
		page := open(ctx, b)
		synctest.Wait()
		for n := range 100 { // within a moment
			b.Update(subject(callback.DataUplink, 1, n), func(r *board.Row) { r.Info = "a" })
			b.Update(subject(callback.DataUplink, 1, n), func(r *board.Row) { r.Info = "b" })
		}
		b.Frames(7)
		b.Tell("demo", false)
		time.Sleep(1100 * time.Millisecond) // of the bubble's clock
		synctest.Wait()

		told := page.events("rows")
		require.Len(t, told, 1, "many changes are told at once")
		var rows []row
		require.NoError(t, json.Unmarshal([]byte(told[0]), &rows))
		require.Len(t, rows, 60, "no more than a page can show")
		require.Equal(t, 100, rows[0].ID)
		require.Equal(t, "b", rows[0].Info)
		require.Equal(t, []string{"false"}, page.events("demo"))

		stats := page.events("stats")
		require.Len(t, stats, 1)
		var s board.Stats
		require.NoError(t, json.Unmarshal([]byte(stats[0]), &s))
		require.Equal(t, board.Stats{Now: now.UnixMilli(), Messages: 100, Total: board.Counts{Frames: 7, Messages: 100}}, s)
	})
}

func TestStats_latency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		b := board.New()
		go b.Run(ctx, func() time.Time { return now })
		page := open(ctx, b)
		for n := range 100 {
			r := request(t, strconv.Itoa(n), subject(callback.DataUplink, 1, n))
			e := end(r, 1, http.StatusOK)
			e.Attempt.Duration = time.Duration(n) * time.Millisecond
			b.Attempt(e, now)
		}
		time.Sleep(2100 * time.Millisecond)
		synctest.Wait()
		var s [2]board.Stats
		for i, text := range page.events("stats") {
			require.NoError(t, json.Unmarshal([]byte(text), &s[i]))
		}
		require.InDelta(t, 50, s[0].P50, 0)
		require.InDelta(t, 95, s[0].P95, 0)
		require.Equal(t, 100, s[0].Delivered)
		require.Zero(t, s[1].P50, "each second is on its own")
		require.Zero(t, s[1].Delivered)
	})
}

// stuck is a page that takes nothing.
type stuck struct {
	*stream
	release chan struct{}
}

func (s *stuck) Write(p []byte) (int, error) {
	<-s.release
	return s.stream.Write(p)
}

func TestServeHTTP_pageThatIsTooSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := board.New()
		page := &stuck{&stream{ResponseRecorder: httptest.NewRecorder()}, make(chan struct{})}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			b.ServeHTTP(page, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
		}()
		synctest.Wait()
		for n := range 1000 {
			b.Tell("n", n)
		}
		close(page.release)
		<-ended // it was cut off, to load everything anew
		require.Len(t, page.events("n"), 64)
	})
}

func TestServeHTTP_pageThatCannotStream(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	board.New().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
	require.Equal(t, http.StatusInternalServerError, w.Code)
}

func TestServeHTTP_overTheWire(t *testing.T) {
	t.Parallel()
	b := board.New()
	server := httptest.NewServer(b)
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, http.NoBody)
	require.NoError(t, err)
	got, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = got.Body.Close() }()
	require.Equal(t, "text/event-stream", got.Header.Get("Content-Type"))
	lines := bufio.NewScanner(got.Body)
	require.True(t, lines.Scan())
	require.Equal(t, "retry: 1000", lines.Text())
	b.Tell("demo", true)
	var text []string
	for len(text) < 3 && lines.Scan() {
		text = append(text, lines.Text())
	}
	require.Equal(t, []string{"", "event: demo", "data: true"}, text)
}
