package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// bench is one benchmark with all its sizes and candidates.
type bench struct {
	runs       *runs
	pkg, name  string
	sizes      []string // ascending
	procs      []int
	candidates []string // in order of appearance
}

// benches returns the benchmarks of r in order of appearance.
func benches(r *runs) []*bench {
	var all []*bench
	for _, k := range r.keys {
		i := slices.IndexFunc(all, func(b *bench) bool { return b.pkg == k.pkg && b.name == k.bench })
		if i < 0 {
			i = len(all)
			all = append(all, &bench{runs: r, pkg: k.pkg, name: k.bench})
		}
		b := all[i]
		b.sizes = addNew(b.sizes, k.size)
		b.procs = addNew(b.procs, k.procs)
		b.candidates = addNew(b.candidates, k.candidate)
	}
	for _, b := range all {
		slices.SortFunc(b.sizes, func(x, y string) int { return cmp.Compare(sizeOf(x), sizeOf(y)) })
		slices.Sort(b.procs)
		if b.turns() > 0 {
			b.sortByRatio()
		}
	}
	return all
}

// sortByRatio orders candidates that report their figures by name: floors, ours,
// then peers by their ratio at the largest size.
func (b *bench) sortByRatio() {
	b.candidates = slices.DeleteFunc(b.candidates, func(c string) bool { return c == "" })
	order := func(c string) float64 {
		class := 0.0
		if isOurs(c) {
			class = 1e6
		} else if isPeer(c) {
			class = 2e6
		}
		for _, size := range slices.Backward(b.sizes) {
			if v, ok := b.ratio(size, b.procs[0], c); ok {
				return class + v
			}
		}
		return class
	}
	slices.SortStableFunc(b.candidates, func(x, y string) int { return cmp.Compare(order(x), order(y)) })
}

func addNew[T comparable](s []T, v T) []T {
	if slices.Contains(s, v) {
		return s
	}
	return append(s, v)
}

func (b *bench) key(size string, procs int, candidate string) key {
	return key{pkg: b.pkg, bench: b.name, size: size, candidate: candidate, procs: procs}
}

// isValues reports whether the benchmark has no candidates, only metrics.
func (b *bench) isValues() bool { return len(b.candidates) == 1 && b.candidates[0] == "" }

// turns returns how many turns the candidates took, 0 if they were run one by one.
func (b *bench) turns() int {
	n, _ := b.runs.median(b.key(b.sizes[0], b.procs[0], "ours"), turns)
	return int(n)
}

// The processor time of an operation leaves out what other programs took on a
// busy machine, so it counts as its cost if a benchmark of one core reports it.
const (
	wallTime = "ns/op"
	cpuTime  = "cpu-ns/op"
)

// cost returns what an operation of a candidate costs, in ns.
func (b *bench) cost(size string, procs int, candidate string) (float64, bool) {
	k := b.key(size, procs, candidate)
	if v, ok := b.runs.median(k, cpuTime); ok && procs == 1 {
		return v, true
	}
	return b.runs.median(k, wallTime)
}

// ratio returns how many times as much as ours a candidate costs.
func (b *bench) ratio(size string, procs int, candidate string) (float64, bool) {
	if v, ok := b.runs.median(b.key(size, procs, candidate), ratio); ok {
		return v, true
	}
	v, ok := b.cost(size, procs, candidate)
	ours, oursOK := b.cost(size, procs, "ours")
	return v / ours, ok && oursOK
}

// best returns the cheapest peer.
func (b *bench) best(size string, procs int) (candidate string, ratio float64) {
	for _, c := range b.candidates {
		v, ok := b.ratio(size, procs, c)
		if ok && isPeer(c) && (candidate == "" || v < ratio) {
			candidate, ratio = c, v
		}
	}
	return candidate, ratio
}

// table returns the benchmark as a Markdown table: the cost of each candidate
// with its ratio to ours, and for ours the ratio to the best peer; then what
// else was measured, at the largest size that the candidate ran at.
func (b *bench) table() string {
	if b.isValues() {
		return b.valueTable()
	}
	var head []string
	rows := make([][]string, len(b.candidates))
	for i, c := range b.candidates {
		rows[i] = []string{c}
		if isOurs(c) {
			rows[i][0] = "**" + c + "**"
		}
	}
	for _, size := range b.sizes {
		for _, procs := range b.procs {
			head = append(head, b.column(size, procs))
			for i, c := range b.candidates {
				rows[i] = append(rows[i], b.costCell(size, procs, c))
			}
		}
	}
	for _, unit := range b.metrics() {
		head = append(head, unit)
		for i, c := range b.candidates {
			rows[i] = append(rows[i], b.atLargest(c, unit))
		}
	}
	return markdown(append([]string{"candidate"}, head...), rows)
}

func (b *bench) column(size string, procs int) string {
	name := "ns"
	if size != "" {
		name = size + " ns"
	}
	if len(b.procs) > 1 {
		name += fmt.Sprintf(", %d core", procs)
		if procs > 1 {
			name += "s"
		}
	}
	return name
}

// costCell returns "120 (2.1x)": the cost, and how much it is of ours. With ours
// it is the best peer that is so much of it.
func (b *bench) costCell(size string, procs int, candidate string) string {
	v, ok := b.cost(size, procs, candidate)
	if !ok {
		return ""
	}
	text := number(v)
	if ratio, ok := b.ratio(size, procs, candidate); !ok {
		return text
	} else if !isOurs(candidate) {
		text += fmt.Sprintf(" (%.2fx)", ratio)
	} else if best, peer := b.best(size, procs); best != "" {
		text += fmt.Sprintf(" (**%.2fx** %s)", peer/ratio, best)
	}
	return text
}

// metrics returns the units other than the cost, in order of appearance.
func (b *bench) metrics() []string {
	var units []string
	for _, k := range b.runs.keys {
		if k.pkg != b.pkg || k.bench != b.name || !slices.Contains(b.candidates, k.candidate) {
			continue
		}
		for unit := range b.runs.values[k] {
			if !slices.Contains([]string{wallTime, cpuTime, ratio, turns}, unit) {
				units = addNew(units, unit)
			}
		}
	}
	slices.Sort(units)
	return units
}

func (b *bench) atLargest(candidate, unit string) string {
	for _, size := range slices.Backward(b.sizes) {
		if v, ok := b.runs.median(b.key(size, b.procs[0], candidate), unit); ok {
			return number(v)
		}
	}
	return ""
}

// valueTable is table for a benchmark without candidates.
func (b *bench) valueTable() string {
	head := []string{"measured"}
	var rows [][]string
	for _, unit := range b.metrics() {
		row := []string{unit}
		for _, size := range b.sizes {
			v, ok := b.runs.median(b.key(size, b.procs[0], ""), unit)
			if !ok {
				row = append(row, "")
				continue
			}
			row = append(row, number(v))
		}
		rows = append(rows, row)
	}
	for _, size := range b.sizes {
		head = append(head, cmp.Or(size, "value"))
	}
	return markdown(head, rows)
}

// number prints three digits, or all of the whole part.
func number(v float64) string {
	switch {
	case v == float64(int64(v)) || v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

func markdown(head []string, rows [][]string) string {
	var s strings.Builder
	line := func(cells []string) { fmt.Fprintf(&s, "| %s |\n", strings.Join(cells, " | ")) }
	line(head)
	fmt.Fprintf(&s, "|---|%s\n", strings.Repeat("---:|", len(head)-1))
	for _, row := range rows {
		line(row)
	}
	return s.String()
}
