package main_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	cloud "github.com/go-sigfox/sigfox/examples/cloud"
)

// log is a terminal.
type log struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestRun(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	client := &http.Client{Transport: &http.Transport{}}
	var terminal log
	var status int
	var page []byte
	err := cloud.Run(ctx, []string{"-addr", "127.0.0.1:0", "-speed", "600"}, &terminal, func(addr net.Addr) {
		go func() { // while it runs
			defer cancel()
			defer client.CloseIdleConnections()
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr.String(), http.NoBody)
			if err != nil {
				return
			}
			answer, err := client.Do(r)
			if err != nil {
				return
			}
			defer func() { _ = answer.Body.Close() }()
			status = answer.StatusCode
			page, _ = io.ReadAll(answer.Body)
		}()
	})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, string(page), "<title>Sigfox Cloud on this machine</title>")
	require.Contains(t, terminal.String(), "The page is at http://127.0.0.1:")
	require.Regexp(t, `\d+ frames, \d+ messages, \d+ callbacks: \d+ delivered, \d+ given up; received \d+\n$`, terminal.String())
}

func TestRun_for(t *testing.T) {
	t.Parallel()
	require.NoError(t, cloud.Run(t.Context(), []string{"-addr", "127.0.0.1:0", "-for", "1ms"}, io.Discard, func(net.Addr) {}))
}

func TestRun_help(t *testing.T) {
	t.Parallel()
	var terminal log
	require.NoError(t, cloud.Run(t.Context(), []string{"-help"}, &terminal, nil))
	require.Contains(t, terminal.String(), "-target")
}

func TestRun_portIsTaken(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	err = cloud.Run(t.Context(), []string{"-addr", listener.Addr().String()}, io.Discard, nil)
	require.ErrorContains(t, err, "Is another program using the port? Choose another with -addr 127.0.0.1:8081")
}

func TestRun_flags(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"-speed 0":                      "-speed must be between 0.1 and 3600",
		"-speed NaN":                    "-speed must be between 0.1 and 3600",
		"-speed fast":                   `invalid value "fast" for flag -speed`,
		"-devices 0":                    "-devices must be between 1 and 100000",
		"-stations 501":                 "-stations must be between 1 and 500",
		"-target 127.0.0.1:9000":        "-target must be a URL such as http://127.0.0.1:9000",
		"-target ftp://127.0.0.1":       "-target must be a URL such as http://127.0.0.1:9000",
		"-target http://x?route=":       "-target must be a URL such as http://127.0.0.1:9000",
		"9000":                          `"9000" is no flag; see -help`,
		"-sped 3":                       "flag provided but not defined: -sped",
		"-script nosuchfile -devices 5": "nosuchfile",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			var terminal log
			err := cloud.Run(t.Context(), append([]string{"-addr", "127.0.0.1:0"}, strings.Fields(args)...), &terminal, nil)
			require.ErrorContains(t, err, want)
		})
	}
}

// newCloud returns a network that stands still, with the receiver that is built in.
func newCloud(t *testing.T, args ...string) *cloud.Cloud {
	t.Helper()
	n, err := cloud.NewCloud(t.Context(), time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC), nil, args...)
	require.NoError(t, err)
	t.Cleanup(n.StopDemo)
	return n
}
