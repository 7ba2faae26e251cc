package sigfox_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadme holds that the Go code in the README compiles: a program, and pieces to which
// what they leave out is added here.
func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	pieces := regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	around := [][2]string{
		{},
		{`package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/go-sigfox/sigfox/callback"
)

func receiver(verifier callback.Verifier, handle func(context.Context, callback.Uplink) error) (http.Handler, error) {
`, "\treturn h, err\n}\n\nfunc main() {}\n"},
		{`package main

import (
	"context"
	"time"

	"github.com/go-sigfox/sigfox/callback/dispatch"
	"github.com/go-sigfox/sigfox/callback/pipeline"
	"github.com/go-sigfox/sigfox/callback/routing"
	"github.com/go-sigfox/sigfox/dedup"
)

func sender(ctx context.Context, frame pipeline.Frame, station interface {
	Emit(context.Context, pipeline.Emission) error
}) (dedup.Verdict, error) {
`, "\treturn verdict, err\n}\n\nfunc main() {}\n"},
	}
	require.Len(t, pieces, len(around))
	for i, piece := range pieces {
		code := strings.ReplaceAll(piece[1], "\n...\n", "\n")
		file := filepath.Join(t.TempDir(), "main.go")
		require.NoError(t, os.WriteFile(file, []byte(around[i][0]+code+around[i][1]), 0o600))
		out, err := exec.CommandContext(t.Context(), "go", "vet", file).CombinedOutput()
		require.NoError(t, err, "%s\n%s", piece[1], out)
	}
}
