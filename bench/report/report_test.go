package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const output = `goos: linux
pkg: github.com/go-sigfox/sigfox/bench/seen
BenchmarkSeen/10k/ours-2         	 10	  50.0 ns/op	  14.2 B/entry
BenchmarkSeen/10k/ours-2         	 10	  70.0 ns/op	  14.2 B/entry
BenchmarkSeen/10k/ours-2         	 10	  60.0 ns/op	  14.2 B/entry
BenchmarkSeen/1M/ours-2          	 10	 120.0 ns/op	  14.2 B/entry
BenchmarkSeen/10k/map+ring-2     	 10	  90.0 ns/op
BenchmarkSeen/1M/map+ring-2      	 10	 240.0 ns/op	  45.0 B/entry
BenchmarkSeen/1M/floor-2         	 10	  30.0 ns/op
BenchmarkSeenRatio/1M-2          	 31	  50.0 floor-ns	  0.50 floor/ours	   200 map+ring-ns	   2.10 map+ring/ours	 100 ours-ns	   1.00 ours/ours
PASS
`

const seenTable = `| candidate | 10k ns | 1M ns | B/entry |
|---|---:|---:|---:|
| **ours** | 60 (**1.50x** map+ring) | 120 (**2.00x** map+ring) | 14.2 |
| map+ring | 90 (1.50x) | 240 (2.00x) | 45 |
| floor |  | 30 (0.25x) |  |
`

const ratioTable = `| candidate | 1M ns |
|---|---:|
| floor | 50 (0.50x) |
| **ours** | 100 (**2.10x** map+ring) |
| map+ring | 200 (2.10x) |
`

func parsed(t *testing.T) *runs {
	t.Helper()
	r := newRuns()
	require.NoError(t, r.read(strings.NewReader(output)))
	return r
}

func TestTable(t *testing.T) {
	t.Parallel()
	all := benches(parsed(t))
	require.Len(t, all, 2)
	require.Equal(t, seenTable, all[0].table())
	require.Equal(t, ratioTable, all[1].table())
}

func TestParseName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]key{
		"BenchmarkSeen/10M/freelru.Synced-2": {bench: "Seen", size: "10M", candidate: "freelru.Synced", procs: 2},
		"BenchmarkDecode/encoding-json":      {bench: "Decode", candidate: "encoding-json", procs: 1},
		"BenchmarkSeenRatio/1M":              {bench: "SeenRatio", size: "1M", procs: 1},
		"BenchmarkHarness":                   {bench: "Harness", procs: 1},
	} {
		require.Equal(t, want, parseName("", name), name)
	}
}

// TestReadme runs the command twice: it replaces what it wrote, and nothing else.
func TestReadme(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	results, readme := filepath.Join(dir, "seen.txt"), filepath.Join(dir, "README.md")
	require.NoError(t, os.WriteFile(results, []byte(output), 0o600))
	require.NoError(t, os.WriteFile(readme, []byte("before\n<!-- begin seen -->\nold\n<!-- end seen -->\nafter\n"), 0o600))
	for range 2 {
		require.NoError(t, run(readme, filepath.Join(dir, "plots"), []string{results}))
		text, err := os.ReadFile(readme)
		require.NoError(t, err)
		require.Equal(t, "before\n<!-- begin seen -->\n### Seen (median of 3)\n\n"+seenTable+
			"\n![Seen: cost against n](plots/seen-Seen.svg)\n\n### SeenRatio (median of 31 turns)\n\n"+
			ratioTable+"\n<!-- end seen -->\nafter\n", string(text))
	}
	svg, err := os.ReadFile(filepath.Join(dir, "plots", "seen-Seen.svg"))
	require.NoError(t, err)
	require.Contains(t, string(svg), "<svg")
	require.Contains(t, string(svg), "map+ring")
}
