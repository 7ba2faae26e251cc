package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// results holds the cost of a request by candidate and round.
type results struct {
	names []string
	costs map[string][]cost
}

func newResults(list []candidate) *results {
	r := &results{costs: make(map[string][]cost)}
	for _, c := range list {
		r.names = append(r.names, c.name)
	}
	return r
}

func (r *results) add(name string, c cost) { r.costs[name] = append(r.costs[name], c) }

// print writes a table of medians.
func (r *results) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "candidate\trequests/s\tto http.Client\tlowest\thighest\tCPU us/request\tto http.Client\tlowest\thighest\tmallocs\tbytes\t")
	for _, name := range r.names {
		rate, cpu := r.ratios(name, cost.perSecond), r.ratios(name, cost.cpu)
		_, _ = fmt.Fprintf(w, "%s\t%.0f\t%.2f\t%.2f\t%.2f\t%.1f\t%.2f\t%.2f\t%.2f\t%.1f\t%.0f\t\n", name,
			r.median(name, cost.perSecond), median(rate), slices.Min(rate), slices.Max(rate),
			r.median(name, cost.cpu), median(cpu), slices.Min(cpu), slices.Max(cpu),
			r.median(name, func(c cost) float64 { return c.mallocs }),
			r.median(name, func(c cost) float64 { return c.bytes }))
	}
	return w.Flush() // fails if a write did
}

func (c cost) cpu() float64 { return c.userMicros + c.systemMicros }

func (c cost) perSecond() float64 { return 1e6 / c.micros }

func (r *results) median(name string, value func(cost) float64) float64 {
	var list []float64
	for _, c := range r.costs[name] {
		list = append(list, value(c))
	}
	return median(list)
}

// ratios returns a figure of a candidate over that of the baseline, by round.
func (r *results) ratios(name string, value func(cost) float64) []float64 {
	base := r.costs[baseline]
	if base == nil { // it was not asked for
		base = r.costs[name]
	}
	list := make([]float64, len(r.costs[name]))
	for round := range list {
		list[round] = value(r.costs[name][round]) / value(base[round])
	}
	return list
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return (list[(len(list)-1)/2] + list[len(list)/2]) / 2
}
