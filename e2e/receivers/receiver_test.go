// Package receivers_test sends callbacks to programs that others wrote, Node-RED and
// PHP, and compares what they read with what the author of the definition meant.
package receivers_test

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// receiver is a program that answers each request with a reading.
type receiver struct {
	base string // its URL
	// fold makes of the values of one name what the program makes of them.
	fold func(values []string) any
}

// reading is what a program made of a request.
type reading struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"` // percent-encoded
	Headers map[string]string `json:"headers"`
	Query   map[string]any    `json:"query"`
	Body    any               `json:"body"` // what JSON or form hold; the text of others; nil if there is none
}

// nodeRED starts Node-RED. The values of a repeated name become a list.
func nodeRED(t *testing.T) receiver {
	t.Helper()
	flow, err := filepath.Abs("nodered/flow.json")
	require.NoError(t, err)
	base := start(t, "Started flows", "node", "nodered/node_modules/node-red/red.js",
		"--userDir", t.TempDir(), "--settings", "nodered/settings.js", flow)
	return receiver{base: base, fold: func(values []string) any {
		if len(values) == 1 {
			return values[0]
		}
		list := make([]any, len(values))
		for i, v := range values {
			list[i] = v
		}
		return list
	}}
}

// php starts PHP with its own web server. The last value of a repeated name counts.
func php(t *testing.T) receiver {
	t.Helper()
	base := start(t, "started", "php", "-n", "-S", "127.0.0.1:0", "php/receive.php")
	return receiver{base: base, fold: func(values []string) any { return values[len(values)-1] }}
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// start starts a server, which ends with the test, and returns its URL once it has
// said that it is ready.
func start(t *testing.T, ready string, command ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), command[0], command[1:]...)
	output, w := io.Pipe()
	c.Stdout, c.Stderr = w, w
	require.NoError(t, c.Start(), "needs node and php, and 'npm ci', which e2e/run does")
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.CloseWithError(fmt.Errorf("%s ended: %w", command[0], c.Wait()))
	}()
	t.Cleanup(func() {
		_ = c.Process.Kill()
		<-done
	})
	var said strings.Builder
	base := ""
	for lines := bufio.NewScanner(output); lines.Scan(); {
		fmt.Fprintln(&said, lines.Text())
		if base == "" {
			base = address.FindString(lines.Text())
		}
		if base != "" && strings.Contains(lines.Text(), ready) {
			go func() { _, _ = io.Copy(io.Discard, output) }()
			return base
		}
	}
	t.Fatalf("%s did not get ready:\n%s", command[0], &said)
	return ""
}
