package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCluster kills a replica and a node under load. What run returns tells of anything
// that was lost, handled again without reason, or not alerted once.
func TestCluster(t *testing.T) {
	var out bytes.Buffer
	err := run(t.Context(), []string{"-for", "7s", "-back", "1s", "-kill", "replica2@1s,node1@2s,replica1@4s"},
		strings.NewReader("nobody\nreplica3\n"), &out, io.Discard)
	t.Log("\n" + out.String())
	require.NoError(t, err)
	for _, name := range []string{"replica1", "replica2", "replica3", "node1"} {
		require.Contains(t, out.String(), "killed "+name)
	}
	require.Contains(t, out.String(), `there is no "nobody"`)
	require.Contains(t, out.String(), "10 alerts for 10 silences; 0 lost, 0 handled again without reason")
}

func TestRun_misuse(t *testing.T) {
	require.NoError(t, run(t.Context(), []string{"-h"}, nil, io.Discard, io.Discard))
	require.ErrorContains(t, run(t.Context(), []string{"-kill", "node1"}, nil, io.Discard, io.Discard), "-kill node1")
	require.Error(t, run(t.Context(), []string{"-for", "x"}, nil, io.Discard, io.Discard))
}
