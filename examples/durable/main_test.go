package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// programEnv has the test be the program.
const programEnv = "DURABLE_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" || os.Getenv(programEnv) != "" {
		main()
		return
	}
	flag.Parse()
	os.Exit(m.Run())
}

// setting returns a number from the environment, which make crash sets.
func setting(t *testing.T, name string, normal int) string {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return strconv.Itoa(normal)
	}
	_, err := strconv.Atoi(text)
	require.NoError(t, err)
	return text
}

// TestCrash kills the relay under load at random instants; another process, this one,
// counts.
func TestCrash(t *testing.T) {
	var out bytes.Buffer
	err := run(t.Context(), []string{
		"-kills", setting(t, "CRASHES", 10), "-entries", setting(t, "ENTRIES", 10_000), "-file", filepath.Join(t.TempDir(), "durable.db"),
	}, &out, os.Stderr)
	t.Log("\n" + out.String())
	require.NoError(t, err)
	require.Contains(t, out.String(), " 0 lost, ")
	require.Contains(t, out.String(), " (0 of them without reason)")
	require.Contains(t, out.String(), " 0 dead; ")
	require.Regexp(t, `check in .*: <nil>`, out.String())
}

// TestDemonstration kills the program and starts it again.
func TestDemonstration(t *testing.T) {
	file := filepath.Join(t.TempDir(), "durable.db")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	first := exec.CommandContext(ctx, os.Args[0], "-file", file)
	first.Env = append(os.Environ(), programEnv+"=1")
	stdout, err := first.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, first.Start())
	lines := bufio.NewScanner(stdout)
	for n := 0; n < 4 && lines.Scan(); n++ { // two seconds
		t.Log(lines.Text())
	}
	require.NoError(t, first.Process.Kill())
	require.Error(t, first.Wait())

	var out bytes.Buffer
	require.NoError(t, run(ctx, []string{"-file", file, "-for", "1s"}, &out, os.Stderr))
	t.Log("\n" + out.String())
	before, _, ok := strings.Cut(out.String(), "\n")
	require.True(t, ok)
	require.NotContains(t, before, " 0 acknowledged", "it remembers what was before")
	require.Contains(t, out.String(), "after:")
}

func TestRun_misuse(t *testing.T) {
	require.NoError(t, run(t.Context(), []string{"-h"}, &bytes.Buffer{}, &bytes.Buffer{}))
	require.Error(t, run(t.Context(), []string{"-kills", "x"}, &bytes.Buffer{}, &bytes.Buffer{}))
	require.Error(t, run(t.Context(), []string{"-file", t.TempDir(), "-for", "1s"}, &bytes.Buffer{}, &bytes.Buffer{}))
}
