package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// results holds the cost of a request by handler and round.
type results struct {
	names []string
	costs map[string][]cost
}

func newResults(names []string) *results {
	return &results{names: names, costs: make(map[string][]cost)}
}

func (r *results) add(name string, c cost) { r.costs[name] = append(r.costs[name], c) }

// print writes a table of medians. Ratios are those of turns of the same round.
func (r *results) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "handler\tCPU us/request\tuser\tmallocs\tbytes\tCPU / noop\tlowest\thighest\t")
	for _, name := range r.names {
		ratios := r.ratios(name, r.names[0])
		_, _ = fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.1f\t%.0f\t%.2f\t%.2f\t%.2f\t\n", name,
			r.median(name, cost.cpu),
			r.median(name, func(c cost) float64 { return c.userMicros }),
			r.median(name, func(c cost) float64 { return c.mallocs }),
			r.median(name, func(c cost) float64 { return c.bytes }),
			median(ratios), slices.Min(ratios), slices.Max(ratios))
	}
	return w.Flush() // fails if a write did
}

func (c cost) cpu() float64 { return c.userMicros + c.systemMicros }

func (r *results) median(name string, value func(cost) float64) float64 {
	var list []float64
	for _, c := range r.costs[name] {
		list = append(list, value(c))
	}
	return median(list)
}

// ratios returns the processor time of a handler over that of another, by round.
func (r *results) ratios(name, floor string) []float64 {
	list := make([]float64, len(r.costs[name]))
	for round := range list {
		list[round] = r.costs[name][round].cpu() / r.costs[floor][round].cpu()
	}
	return list
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return (list[(len(list)-1)/2] + list[len(list)/2]) / 2
}
