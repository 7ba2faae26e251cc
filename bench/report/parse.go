package main

import (
	"bufio"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// key tells the runs of one candidate from all others.
type key struct {
	pkg       string // last element of the import path
	bench     string // without "Benchmark"
	size      string // "" if the benchmark has no sizes
	candidate string // "" in a benchmark of ratios
	procs     int
}

// runs holds what was measured: a value per run for each unit.
type runs struct {
	keys   []key // in order of appearance
	values map[key]map[string][]float64
}

func newRuns() *runs { return &runs{values: make(map[key]map[string][]float64)} }

var (
	sizeName = regexp.MustCompile(`^[0-9]+[kM]?$`)
	procs    = regexp.MustCompile(`-([0-9]+)$`)
)

// read adds the output of go test -bench.
func (r *runs) read(in io.Reader) error {
	var pkg string
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		switch {
		case len(fields) == 2 && fields[0] == "pkg:":
			pkg = path.Base(fields[1])
		case len(fields) >= 4 && strings.HasPrefix(fields[0], "Benchmark"):
			r.addRun(parseName(pkg, fields[0]), fields[1], fields[2:])
		}
	}
	return lines.Err()
}

// parseName takes apart "BenchmarkX/<size>/<candidate>-<procs>", of which all
// but the first part may be missing.
func parseName(pkg, name string) key {
	k := key{pkg: pkg, procs: 1}
	if m := procs.FindStringSubmatch(name); m != nil {
		k.procs, _ = strconv.Atoi(m[1])
		name = strings.TrimSuffix(name, m[0])
	}
	parts := strings.Split(strings.TrimPrefix(name, "Benchmark"), "/")
	k.bench, parts = parts[0], parts[1:]
	if len(parts) > 0 && sizeName.MatchString(parts[0]) {
		k.size, parts = parts[0], parts[1:]
	}
	k.candidate = strings.Join(parts, "/")
	return k
}

// Units of a benchmark that lets its candidates take turns.
const (
	turns = "turns" // how many
	ratio = "/ours" // the median of the ratios to ours in the same turn
)

// addRun takes the number of iterations, and pairs of value and unit. A benchmark
// that runs its candidates in turns reports "x-ns" and "x/ours" for each candidate
// x: they are kept as if each candidate had been run alone.
func (r *runs) addRun(k key, iterations string, pairs []string) {
	for ; len(pairs) >= 2; pairs = pairs[2:] {
		v, err := strconv.ParseFloat(pairs[0], 64)
		if err != nil {
			continue
		}
		k, unit := k, pairs[1]
		if x, ok := strings.CutSuffix(unit, ratio); ok && k.candidate == "" {
			k.candidate, unit = x, ratio
			n, _ := strconv.ParseFloat(iterations, 64)
			r.add(k, turns, n)
		} else if x, ok := strings.CutSuffix(unit, "-ns"); ok && k.candidate == "" {
			k.candidate, unit = x, wallTime
		}
		r.add(k, unit, v)
	}
}

func (r *runs) add(k key, unit string, v float64) {
	if r.values[k] == nil {
		r.keys = append(r.keys, k)
		r.values[k] = make(map[string][]float64)
	}
	r.values[k][unit] = append(r.values[k][unit], v)
}

// median returns the median of the runs of k in this unit.
func (r *runs) median(k key, unit string) (float64, bool) {
	v := slices.Sorted(slices.Values(r.values[k][unit]))
	if len(v) == 0 {
		return 0, false
	}
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2, true
}

// rounds returns how many runs of k there are.
func (r *runs) rounds(k key) int {
	n := 0
	for _, v := range r.values[k] {
		n = max(n, len(v))
	}
	return n
}

// sizeOf returns the number that a size stands for, 0 for none.
func sizeOf(size string) float64 {
	unit := 1.0
	switch {
	case strings.HasSuffix(size, "k"):
		unit = 1e3
	case strings.HasSuffix(size, "M"):
		unit = 1e6
	}
	n, _ := strconv.ParseFloat(strings.TrimRight(size, "kM"), 64)
	return n * unit
}

// isOurs reports whether a candidate is a form of ours ("ours", "ours-batch").
func isOurs(candidate string) bool {
	return candidate == "ours" || strings.HasPrefix(candidate, "ours-")
}

// isPeer reports whether a candidate does the same work as ours: a floor or the
// harness does less.
func isPeer(candidate string) bool {
	return !isOurs(candidate) && !strings.HasPrefix(candidate, "floor") && !strings.HasPrefix(candidate, "harness")
}
