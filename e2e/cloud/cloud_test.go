// Package cloud_test uses examples/cloud from outside: its page in Chromium, and its
// callbacks with receivers in other languages.
package cloud_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// build returns the path of the program.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "cloud")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./examples/cloud")
	build.Dir = "../.."
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// node runs a file of tests in JavaScript.
func node(t *testing.T, file string) {
	t.Helper()
	run := exec.CommandContext(t.Context(), "node", "--test", "--test-reporter=spec", "--test-force-exit", "--test-timeout=300000", file)
	run.Env = append(os.Environ(), "CLOUD="+build(t))
	out, err := run.CombinedOutput()
	t.Logf("%s", out)
	require.NoError(t, err)
}

// TestPage needs Chromium. With SCREENSHOT=../../docs/cloud.png it renews the picture
// in the README.
func TestPage(t *testing.T) {
	t.Parallel()
	node(t, "page.test.js")
}

// TestReceivers needs Python.
func TestReceivers(t *testing.T) {
	t.Parallel()
	node(t, "receivers.test.js")
}
