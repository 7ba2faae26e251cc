package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
	"github.com/go-sigfox/sigfox/event"
)

const frames = "testdata/frames.jsonl"

// lines runs the command and returns what it printed.
func lines(t *testing.T, args ...string) []line {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), append(args, "-window", "2s"), nil, &out, &out))
	var all []line
	for dec := json.NewDecoder(&out); dec.More(); {
		var l line
		require.NoError(t, dec.Decode(&l))
		all = append(all, l)
	}
	return all
}

func TestRun_builtInReceiver(t *testing.T) {
	t.Parallel()
	count := map[string]int{}
	for _, l := range lines(t, "-frames", frames) {
		require.Equal(t, 204, l.Status, l)
		count[l.Callback]++
	}
	require.Equal(t, map[string]int{"DATA/UPLINK": 6, "SERVICE/DATA_ADVANCED": 6, "EVENT": 1}, count)
}

// received is what a customer's receiver got.
type received struct {
	mu       sync.Mutex
	uplinks  []callback.Uplink
	advanced []callback.DataAdvanced
	events   []event.Event
}

func note[M any](r *received, list *[]M) func(context.Context, M) error {
	return func(_ context.Context, m M) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		*list = append(*list, m)
		return nil
	}
}

func TestRun_target(t *testing.T) {
	t.Parallel()
	var r received
	o := callback.Options{Verifier: callback.Unverified()}
	mux := http.NewServeMux()
	mount := func(path string, h http.Handler, err error) {
		require.NoError(t, err)
		mux.Handle(path, h)
	}
	h, err := callback.NewHandler(note(&r, &r.uplinks), o)
	mount("/data/uplink", h, err)
	h, err = callback.NewHandler(note(&r, &r.advanced), o)
	mount("/service/data-advanced", h, err)
	h, err = event.NewHandler(note(&r, &r.events), o)
	mount("/event", h, err)
	server := httptest.NewServer(mux)
	defer server.Close()

	lines(t, "-frames", frames, "-target", server.URL+"/")

	require.Len(t, r.uplinks, 6)
	require.Len(t, r.advanced, 6)
	require.Len(t, r.events, 1, "numbers 1506 to 1510 are missing")
	require.Equal(t, event.InvalidSeqNumber, r.events[0].Type)
	slices.SortFunc(r.advanced, func(a, b callback.DataAdvanced) int { return cmp.Compare(a.Device, b.Device) })
	one := r.advanced[slices.IndexFunc(r.advanced, func(m callback.DataAdvanced) bool { return m.Device == 0x3068E })]
	require.Equal(t, "d609912345603f0f8004223c", one.Data.String())
	require.Len(t, one.Duplicates, 4)
	for _, d := range one.Duplicates {
		require.Equal(t, 3, d.NbRep.Or(0))
	}
}

func TestRun_errors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args  []string
		input string
		want  string
	}{
		"no such file": {[]string{"-frames", "testdata/none.jsonl"}, "", "no such file"},
		"bad flag":     {[]string{"-x"}, "", "flag provided but not defined"},
		"bad window":   {[]string{"-window", "-1s"}, "", "-window: "},
		"bad frame":    {[]string{"-window", "1ms"}, `{"device":"1"}{"device":"xyz"}`, "frame 2: "},
		"no device":    {[]string{"-window", "1ms"}, `{}`, "frame 1: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			err := run(t.Context(), tt.args, strings.NewReader(tt.input), &out, &out)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestRun_help(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-help"}, nil, &out, &out))
	require.Contains(t, out.String(), "-target")
}

func TestRun_endsWithContext(t *testing.T) {
	t.Parallel()
	file, err := os.Open(frames)
	require.NoError(t, err)
	defer file.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	require.ErrorIs(t, run(ctx, nil, file, &out, &out), context.Canceled)
}
