package callback_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/bench/callback/candidates"
	"github.com/go-sigfox/sigfox/callback"
)

// served is a handler with what it read last.
type served struct {
	name    string
	handler http.Handler
	read    func() (device string, lat float64)
}

// serving returns the handlers of DATA_ADVANCED callbacks.
func serving(t testing.TB) []served {
	t.Helper()
	var ours callback.DataAdvanced
	handler, err := candidates.Ours(func(_ context.Context, m callback.DataAdvanced) error { ours = m; return nil })
	require.NoError(t, err)
	var naive candidates.DataAdvancedMessage
	return []served{
		{"noop", candidates.Noop(), nil},
		{"ours", handler, func() (string, float64) {
			lat, _, _ := ours.ComputedLocation.Or(callback.Location{}).Position()
			return ours.Device.String(), lat
		}},
		{
			"naive",
			candidates.Naive[candidates.DataAdvancedBody](func(_ context.Context, m candidates.DataAdvancedMessage) error { naive = m; return nil }),
			func() (string, float64) { return naive.Device, naive.ComputedLocation.Lat },
		},
	}
}

// servingUplinks returns the handlers of DATA/UPLINK callbacks.
func servingUplinks(t testing.TB) []served {
	t.Helper()
	var ours callback.Uplink
	handler, err := candidates.Ours(func(_ context.Context, m callback.Uplink) error { ours = m; return nil })
	require.NoError(t, err)
	var naive candidates.UplinkMessage
	return []served{
		{"noop", candidates.Noop(), nil},
		{"ours", handler, func() (string, float64) { return ours.Device.String(), 0 }},
		{
			"naive",
			candidates.Naive[candidates.UplinkBody](func(_ context.Context, m candidates.UplinkMessage) error { naive = m; return nil }),
			func() (string, float64) { return naive.Device, 0 },
		},
	}
}

// request is a request that can be sent again and again.
type request struct {
	*http.Request
	text string
	body strings.Reader
}

func newRequest(t testing.TB, body string) *request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/sigfox", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", candidates.Authorization)
	r.Header.Set("Content-Type", "application/json")
	r.ContentLength = int64(len(body))
	again := &request{Request: r, text: body}
	r.Body = io.NopCloser(&again.body)
	return again
}

func (r *request) again() *http.Request {
	r.body.Reset(r.text)
	return r.Request
}

// nullWriter is an answer that goes nowhere.
type nullWriter struct {
	header http.Header
	status int
}

func (w *nullWriter) Header() http.Header         { return w.header }
func (w *nullWriter) WriteHeader(status int)      { w.status = status }
func (w *nullWriter) Write(b []byte) (int, error) { return len(b), nil }

func BenchmarkHandler(b *testing.B) { benchmarkHandlers(b, serving(b), candidates.DataAdvanced) }

func BenchmarkHandlerUplink(b *testing.B) { benchmarkHandlers(b, servingUplinks(b), candidates.Uplink) }

func benchmarkHandlers(b *testing.B, list []served, body string) {
	b.Helper()
	for _, s := range list {
		b.Run(s.name, func(b *testing.B) {
			r, w := newRequest(b, body), &nullWriter{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				s.handler.ServeHTTP(w, r.again())
			}
		})
	}
}

// BenchmarkHandlerRatio lets the handlers work in turns.
func BenchmarkHandlerRatio(b *testing.B) {
	b.Run("data-advanced", func(b *testing.B) { takeTurns(b, longTurn, handling(b, serving(b), candidates.DataAdvanced)) })
	b.Run("uplink", func(b *testing.B) { takeTurns(b, longTurn, handling(b, servingUplinks(b), candidates.Uplink)) })
}

// handling returns what answers a request with this body.
func handling(b *testing.B, list []served, body string) (all []candidate) {
	b.Helper()
	r, w := newRequest(b, body), &nullWriter{header: http.Header{}}
	for _, s := range list {
		all = append(all, candidate{s.name, func() { s.handler.ServeHTTP(w, r.again()) }})
	}
	return all
}

func indexOfOurs(list []served) int {
	return slices.IndexFunc(list, func(s served) bool { return s.name == "ours" })
}

func TestHandlersReadTheSame(t *testing.T) {
	for body, list := range map[string][]served{
		candidates.DataAdvanced: serving(t), candidates.Uplink: servingUplinks(t),
	} {
		for _, s := range list {
			r, w := newRequest(t, body), &nullWriter{header: http.Header{}}
			s.handler.ServeHTTP(w, r.again())
			require.Less(t, w.status, 300, s.name)
			if s.read == nil {
				continue
			}
			device, lat := s.read()
			require.Equal(t, "2C30EA", device, s.name)
			if body == candidates.DataAdvanced {
				require.InDelta(t, 1.2763981, lat, 0, s.name)
			}
		}
	}
}

func TestOursDoesNotAllocate(t *testing.T) {
	for body, list := range map[string][]served{
		candidates.DataAdvanced: serving(t), candidates.Uplink: servingUplinks(t),
	} {
		handler := list[indexOfOurs(list)].handler
		r, w := newRequest(t, body), &nullWriter{header: http.Header{}}
		require.Zero(t, testing.AllocsPerRun(1000, func() { handler.ServeHTTP(w, r.again()) }))
	}
}
