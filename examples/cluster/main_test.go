package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What run returns tells of anything that was lost, handled again without reason, or not
// alerted once.
func TestRun(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := run(t.Context(), []string{"-for", "3s", "-back", "1s", "-kill", "replica2@1s", "-cut", "replica1@1500ms"},
		strings.NewReader("kill nobody\nmend node1\nkill node1\n"), &out, io.Discard)
	t.Log("\n" + out.String())
	require.NoError(t, err)
	for _, line := range []string{"killed replica2", "killed node1", "cut replica1 off", `there is no "nobody"`, `"mend"`} {
		require.Contains(t, out.String(), line)
	}
	require.Contains(t, out.String(), "0 lost, 0 handled again without reason")
}

func TestRun_misuse(t *testing.T) {
	t.Parallel()
	require.NoError(t, run(t.Context(), []string{"-h"}, nil, io.Discard, io.Discard))
	require.ErrorContains(t, run(t.Context(), []string{"-kill", "node1"}, nil, io.Discard, io.Discard), "-kill")
	require.Error(t, run(t.Context(), []string{"-for", "x"}, nil, io.Discard, io.Discard))
}
