package main

import (
	"fmt"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
)

// draw writes an SVG plot of cost against size to dir and returns its file name,
// or "" if there are fewer than two sizes.
func (b *bench) draw(dir string) (string, error) {
	if len(b.sizes) < 2 || b.isValues() {
		return "", nil
	}
	p := plot.New()
	p.Title.Text = b.pkg + ": " + b.name
	p.X.Label.Text, p.Y.Label.Text = "n", "ns per operation"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker = sizeTicks(b.sizes)
	p.Y.Tick.Marker = plot.LogTicks{Prec: -1}
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.TextStyle.Font.Size = vg.Points(8)
	p.Add(plotter.NewGrid())
	for i, c := range b.candidates {
		if err := b.addLine(p, i, c); err != nil {
			return "", err
		}
	}
	p.Y.Max *= 4 // room for the legend
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	file := filepath.Join(dir, fmt.Sprintf("%s-%s.svg", b.pkg, b.name))
	return file, p.Save(8*vg.Inch, 5*vg.Inch, file)
}

func (b *bench) addLine(p *plot.Plot, i int, candidate string) error {
	var points plotter.XYs
	for _, size := range b.sizes {
		if v, ok := b.cost(size, b.procs[0], candidate); ok {
			points = append(points, plotter.XY{X: sizeOf(size), Y: v})
		}
	}
	if len(points) == 0 {
		return nil
	}
	line, marks, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.Color, marks.Color = plotutil.Color(i), plotutil.Color(i)
	marks.Shape = plotutil.Shape(i)
	if isOurs(candidate) {
		line.Width = vg.Points(3)
	} else if !isPeer(candidate) {
		line.Dashes = plotutil.Dashes(1)
	}
	p.Add(line, marks)
	p.Legend.Add(candidate, line, marks)
	return nil
}

// sizeTicks marks the sizes by their names.
type sizeTicks []string

// Ticks implements plot.Ticker.
func (t sizeTicks) Ticks(_, _ float64) []plot.Tick {
	ticks := make([]plot.Tick, len(t))
	for i, size := range t {
		ticks[i] = plot.Tick{Value: sizeOf(size), Label: size}
	}
	return ticks
}
