// Command report turns the output of go test -bench into tables and plots.
//
//	report [-readme README.md] [-plots dir] results.txt...
//
// It takes the median of all runs of a candidate, so the output of several
// rounds may simply be appended to one file. Benchmarks are to be named
// Benchmark<Name>/<size>/<candidate>, with "ours" and the names of the peers for
// candidates; "ours-..." is another form of ours, and "floor..." does less work
// than a peer and is not compared. The size may be missing. The cost is the
// metric cpu-ns/op if a benchmark on one core has it, else ns/op.
//
// A benchmark Benchmark<Name>/<size> that lets its candidates take turns reports
// <candidate>-ns and <candidate>/ours for each of them, and gives a table as well.
//
// Without -readme it prints the tables. With -readme it puts those of each
// package between <!-- begin package --> and <!-- end package --> in that file,
// and leaves the rest of it alone.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("report: ")
	readme := flag.String("readme", "", "Markdown `file` to put the tables into")
	plots := flag.String("plots", "", "`directory` to write the plots to")
	flag.Parse()
	if err := run(*readme, *plots, flag.Args()); err != nil {
		log.Fatal(err)
	}
}

func run(readme, plots string, files []string) error {
	r := newRuns()
	for _, file := range files {
		if err := readFile(r, file); err != nil {
			return err
		}
	}
	sections, err := sections(r, readme, plots)
	if err != nil {
		return err
	}
	if readme == "" {
		for _, s := range sections {
			fmt.Print(s.text)
		}
		return nil
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	return os.WriteFile(readme, []byte(replace(string(text), sections)), 0o600)
}

func readFile(r *runs, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	return errors.Join(r.read(f), f.Close())
}

// section is what the README says of one package.
type section struct{ pkg, text string }

func sections(r *runs, readme, plots string) ([]section, error) {
	var all []section
	for _, b := range benches(r) {
		if len(all) == 0 || all[len(all)-1].pkg != b.pkg {
			all = append(all, section{pkg: b.pkg})
		}
		s := &all[len(all)-1]
		s.text += fmt.Sprintf("### %s (median of %s)\n\n%s\n", b.name, b.rounds(), b.table())
		if plots == "" {
			continue
		}
		file, err := b.draw(plots)
		if err != nil {
			return nil, err
		}
		if file == "" {
			continue
		}
		if link, err := filepath.Rel(filepath.Dir(readme), file); err == nil {
			file = filepath.ToSlash(link)
		}
		s.text += fmt.Sprintf("![%s: cost against n](%s)\n\n", b.name, file)
	}
	return all, nil
}

// rounds tells how often each candidate was measured.
func (b *bench) rounds() string {
	if n := b.turns(); n > 0 {
		return fmt.Sprintf("%d turns", n)
	}
	rounds := 0
	for _, k := range b.runs.keys {
		if k.pkg == b.pkg && k.bench == b.name {
			rounds = max(rounds, b.runs.rounds(k))
		}
	}
	return strconv.Itoa(rounds)
}

// replace puts each section between its marks, and appends those that have none.
func replace(text string, sections []section) string {
	for _, s := range sections {
		begin, end := fmt.Sprintf("<!-- begin %s -->\n", s.pkg), fmt.Sprintf("<!-- end %s -->\n", s.pkg)
		before, rest, found := strings.Cut(text, begin)
		if !found {
			text += "\n" + begin + s.text + end
			continue
		}
		_, after, _ := strings.Cut(rest, end)
		text = before + begin + s.text + end + after
	}
	return text
}
