package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

func report(out io.Writer, c config, results []samples, m memory) error {
	for _, s := range results {
		s.sort()
	}
	if err := printArms(out, c, results); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "\nmemory: %.1f MiB, %.1f with a full queue, %.1f after %d messages, %.1f with garbage at most\n\n",
		m.before, m.full, m.after, c.flood, m.most)
	return printRatios(out, c, results)
}

func printArms(out io.Writer, c config, results []samples) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "arm\tsamples\tp50 us\tp90 us\tp99 us\tp99.9 us\t")
	once := slices.Repeat([]int{1}, c.blocks)
	for a, s := range results {
		_, _ = fmt.Fprintf(w, "%v\t%d\t%.0f\t%.0f\t%.0f\t%.0f\t\n", arm(a), len(s),
			s.quantile(0.5, once), s.quantile(0.9, once), s.quantile(0.99, once), s.quantile(0.999, once))
	}
	return w.Flush() // fails if a write did
}

func printRatios(out io.Writer, c config, results []samples) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "p99 of the others\tratio\t\tmedian of blocks\t\tp50\t")
	for _, line := range []struct {
		what    string
		a, base arm
	}{
		{"the same arm twice", healthyAgain, healthy},
		{"all enqueued before", hung, healthy},
		{"all enqueued meanwhile, paced", flooded, healthy},
		{"all enqueued meanwhile, at once, to the same beside", storm, stormBeside},
	} {
		s, base := results[line.a], results[line.base]
		all, median := pooled(s, base, 0.99).estimate(c.blocks), typical(s, base, c.blocks, 0.99).estimate(c.blocks)
		_, _ = fmt.Fprintf(w, "%s\t%v\t%s\t%v\t%s\t%v\t\n", line.what, all, all.verdict(), median, median.verdict(),
			pooled(s, base, 0.5).estimate(c.blocks))
	}
	return w.Flush() // fails if a write did
}

// limit is what a hung target may do to the p99 of the others.
const limit = 1.10

// verdict tells what the ratio and its interval say of the limit.
func (e estimate) verdict() string {
	switch {
	case e.high <= limit:
		return "within 10 %"
	case e.low > limit:
		return "MORE THAN 10 %"
	default:
		return "NOT DECIDED"
	}
}

// String shows the ratio with its interval.
func (e estimate) String() string { return fmt.Sprintf("%.3f [%.3f, %.3f]", e.ratio, e.low, e.high) }
