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
	_, _ = fmt.Fprintln(w, "candidate\trequests/s\tto http.Client\tCPU us/request\tto http.Client\tbest quarter: requests/s\tto http.Client\tCPU us/request\tto http.Client\tmallocs\tbytes\t")
	for _, name := range r.names {
		_, _ = fmt.Fprintf(w, "%s\t%.0f\t%.2f\t%.1f\t%.2f\t%.0f\t%.2f\t%.1f\t%.2f\t%.1f\t%.0f\t\n", name,
			r.quantile(name, cost.perSecond, 0.5), median(r.ratios(name, cost.perSecond)),
			r.quantile(name, cost.cpu, 0.5), median(r.ratios(name, cost.cpu)),
			r.quantile(name, cost.perSecond, 0.75), r.quantile(name, cost.perSecond, 0.75)/r.quantile(r.base(), cost.perSecond, 0.75),
			r.quantile(name, cost.cpu, 0.25), r.quantile(name, cost.cpu, 0.25)/r.quantile(r.base(), cost.cpu, 0.25),
			r.quantile(name, func(c cost) float64 { return c.mallocs }, 0.5),
			r.quantile(name, func(c cost) float64 { return c.bytes }, 0.5))
	}
	return w.Flush() // fails if a write did
}

func (c cost) cpu() float64 { return c.userMicros + c.systemMicros }

func (c cost) perSecond() float64 { return 1e6 / c.micros }

// base is the candidate that the others are compared to.
func (r *results) base() string {
	if r.costs[baseline] == nil { // it was not asked for
		return r.names[0]
	}
	return baseline
}

func (r *results) quantile(name string, value func(cost) float64, q float64) float64 {
	var list []float64
	for _, c := range r.costs[name] {
		list = append(list, value(c))
	}
	return quantile(list, q)
}

// ratios returns a figure of a candidate over that of the baseline, by round.
func (r *results) ratios(name string, value func(cost) float64) []float64 {
	base := r.costs[r.base()]
	list := make([]float64, len(r.costs[name]))
	for round := range list {
		list[round] = value(r.costs[name][round]) / value(base[round])
	}
	return list
}

func median(list []float64) float64 { return quantile(list, 0.5) }

// quantile interpolates between neighbours.
func quantile(list []float64, q float64) float64 {
	list = slices.Sorted(slices.Values(list))
	at := q * float64(len(list)-1)
	i := int(at)
	if i+1 == len(list) {
		return list[i]
	}
	return list[i] + (at-float64(i))*(list[i+1]-list[i])
}
