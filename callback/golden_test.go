package callback_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/go-sigfox/sigfox/callback"
)

var update = flag.Bool("update", false, "write the .want.json files")

// goldenTypes are the content types of the files in testdata by their ends.
var goldenTypes = map[string]string{
	".json":  "application/json",
	".form":  "application/x-www-form-urlencoded",
	".query": "",
	".text":  "text/plain",
}

// golden returns the callbacks of a service in testdata, by file.
func golden(t testing.TB, s callback.Service) map[string]callback.Input {
	t.Helper()
	dir := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(s.String()))
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*"))
	require.NoError(t, err)
	inputs := make(map[string]callback.Input)
	for _, file := range files {
		contentType, ok := goldenTypes[filepath.Ext(file)]
		if !ok || strings.HasSuffix(file, ".want.json") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		if filepath.Ext(file) == ".query" {
			inputs[file] = callback.Input{Query: string(text)}
		} else {
			inputs[file] = callback.Input{ContentType: contentType, Body: text}
		}
	}
	return inputs
}

// Each callback in testdata reads as its .want.json says: canonical JSON, one
// message a line.
func TestGolden(t *testing.T) {
	t.Parallel()
	for s, k := range kinds {
		inputs := golden(t, s)
		require.NotEmpty(t, inputs, s)
		for file, in := range inputs {
			t.Run(file, func(t *testing.T) {
				t.Parallel()
				messages, err := k.parse(in)
				require.NoError(t, err)
				got := strings.Join(messages, "\n") + "\n"

				wantFile := strings.TrimSuffix(file, filepath.Ext(file)) + ".want.json"
				if *update {
					require.NoError(t, os.WriteFile(wantFile, []byte(got), 0o600))
				}
				want, err := os.ReadFile(wantFile)
				require.NoError(t, err)
				require.Empty(t, cmp.Diff(string(want), got))
				for _, m := range messages {
					require.Equal(t, m, k.again(t, m), "canonical JSON reads as itself")
				}
			})
		}
	}
}
