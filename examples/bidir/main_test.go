package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

func TestDemo(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, run(t.Context(), nil, &out, io.Discard))
	var said []string
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "<") || strings.HasPrefix(line, " ") {
			said = append(said, strings.TrimRight(line, " \n"))
		}
	}
	require.Equal(t, []string{
		"  2C30EA reports 19.4 °C, set to 18.0 °C",
		"< 204 No Content",
		"  2C30EA is to be told 21.5 °C; downlinks used today: 0 of 4",
		"< 202 Accepted",
		"  2C30EA reports 19.4 °C, set to 18.0 °C",
		"  2C30EA is offered 00d7000000000000",
		`< 200 OK {"2C30EA":{"downlinkData":"00d7000000000000"}}`,
		"  2C30EA: downlink 00d7000000000000 is put back (Network error)",
		"< 204 No Content",
		"  2C30EA reports 19.4 °C, set to 18.0 °C",
		"  2C30EA is offered 00d7000000000000",
		`< 200 OK {"2C30EA":{"downlinkData":"00d7000000000000"}}`,
		"< 204 No Content", // the repeated callback
		"  2C30EA: downlink 00d7000000000000 is confirmed (Acked)",
		"< 204 No Content",
		"  2C30EA reports 21.5 °C, set to 21.5 °C",
		"< 204 No Content",
	}, said)
}

func TestSetPoint(t *testing.T) {
	t.Parallel()
	verifier, err := callback.BearerToken("secret")
	require.NoError(t, err)
	handler, err := newService(verifier, log.New(io.Discard, "", 0))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		target, authorization string
		status                int
	}{
		"accepted":     {"/setpoint/002c30ea?celsius=21.5", "Bearer secret", http.StatusAccepted},
		"lowest":       {"/setpoint/2C30EA?celsius=5", "Bearer secret", http.StatusAccepted},
		"too hot":      {"/setpoint/2C30EA?celsius=30.1", "Bearer secret", http.StatusBadRequest},
		"not a number": {"/setpoint/2C30EA?celsius=NaN", "Bearer secret", http.StatusBadRequest},
		"missing":      {"/setpoint/2C30EA", "Bearer secret", http.StatusBadRequest},
		"no device":    {"/setpoint/bathroom?celsius=21.5", "Bearer secret", http.StatusBadRequest},
		"wrong secret": {"/setpoint/2C30EA?celsius=21.5", "Bearer guess", http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, c.target, nil)
			r.Header.Set("Authorization", c.authorization)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			require.Equal(t, c.status, w.Code)
		})
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	require.NoError(t, run(t.Context(), []string{"-help"}, io.Discard, io.Discard))
	require.Error(t, run(t.Context(), []string{"-unknown"}, io.Discard, io.Discard))
	require.ErrorIs(t, run(t.Context(), []string{"-addr", "127.0.0.1:0"}, io.Discard, io.Discard), callback.ErrEmptySecret)
	require.Error(t, run(t.Context(), []string{"-addr", "nowhere", "-token", "secret"}, io.Discard, io.Discard))

	ended, end := context.WithCancel(t.Context())
	end()
	require.NoError(t, run(ended, []string{"-addr", "127.0.0.1:0", "-token", "secret"}, io.Discard, io.Discard))
}
