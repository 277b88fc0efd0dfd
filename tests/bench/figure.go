package main

import (
	"fmt"
	"slices"
	"strings"
)

// Figure is one number of the benchmark: ours, the peer's, and how many times better ours is. A new one is one file with a function that returns it, and a line
// in figures().
type Figure struct {
	Name string
	Ours string // what is measured
	Peer string // what it is held against; with a Bound, what may not be exceeded
	Why  string // what the figure tells a user
	Unit string // of both numbers

	Bound float64 // when not 0 there is no peer: the ratio is Bound / ours
	Least float64 // the ratio that must hold; 0: none was set
	Aim   float64 // the ratio to reach; 0: none was set

	Needs string // a file that is not part of the project; without it the figure is left out

	Size Size
	Grow []Size // further sizes that `make bench-growth` measures; what is 0 stays as in Size

	// Prepare makes ready what the measured runs need. It is called once; none of it is measured.
	Prepare func(b *Bench, s Size) (*Sides, error)
}

// Size says how much is measured; what does not concern a figure is 0.
type Size struct {
	Rows        int
	Columns     int // numeric columns of the table, the features of a learner
	Connections int
}

// Sides are the two closures of a figure. They run in turn, ours first, and each returns what it took in the unit of the figure.
type Sides struct {
	Ours  func() (float64, error)
	Peer  func() (float64, error) // nil when there is a Bound
	Guard func() error            // called after the runs: its error makes the figure void, since a number without equal quality is worth nothing; nil: no guard
	Close func() error            // lets go of what Prepare made; nil: nothing
}

// figures lists all figures, in the order in which they are measured and printed.
func figures() []Figure {
	return append([]Figure{
		e2eLogistic(typical),
		e2eLogistic(careful),
		trainScan(),
		tablePredict(),
		pointPredict(1),
		pointPredict(16),
		pointByKey(),
		pointByArguments(),
		streamRSS(),
		trainRSS(),
		silentSockets(),
		fitLogistic(),
		meansFigure(false),
		meansFigure(true),
		mixtureFigure(false),
		mixtureFigure(true),
		pcaFigure(false),
		pcaFigure(true),
	}, append(learnerFigures(), svmFigures()...)...)
}

// larger are the sizes of tables at which most figures are measured again: twice and ten times the rows, twice the columns.
func larger(s Size) []Size {
	return []Size{{Rows: 2 * s.Rows}, {Rows: 10 * s.Rows}, {Columns: 2 * s.Columns}}
}

// withRows is the figure with another number of rows; its further sizes grow by the same factors from there. A figure without rows stays as it is.
func (f Figure) withRows(rows int) Figure {
	if f.Size.Rows == 0 {
		return f
	}
	f.Grow = slices.Clone(f.Grow)
	for i := range f.Grow {
		f.Grow[i].Rows = f.Grow[i].Rows / f.Size.Rows * rows
	}
	f.Size.Rows = rows
	return f
}

// grown returns a figure at its own size and at the further ones, named as in "train_scan@rows=1000000"; a figure without further sizes gives none.
func grown(f Figure) []Figure {
	if len(f.Grow) == 0 {
		return nil
	}
	out := []Figure{f}
	for _, g := range f.Grow {
		at, name := f, f.Name
		for _, change := range []struct {
			what string
			now  int
			size *int
		}{{"rows", g.Rows, &at.Size.Rows}, {"columns", g.Columns, &at.Size.Columns}, {"connections", g.Connections, &at.Size.Connections}} {
			if change.now != 0 {
				*change.size = change.now
				name += fmt.Sprintf("@%s=%d", change.what, change.now)
			}
		}
		at.Name, at.Grow, at.Least, at.Aim = name, nil, 0, 0
		out = append(out, at)
	}
	return out
}

// choose returns the figures that only names, in their own order: a comma list of names, or of beginnings of names where no figure is called exactly so. An empty
// only chooses all. The further sizes of a figure belong to its name.
func choose(all []Figure, only string) ([]Figure, error) {
	if strings.TrimSpace(only) == "" {
		return all, nil
	}
	chosen := map[string]bool{}
	for _, word := range strings.Split(only, ",") {
		word = strings.TrimSpace(word)
		if word == "" {
			continue
		}
		found := false
		for _, match := range []func(name string) bool{func(name string) bool { return name == word || strings.HasPrefix(name, word+"@") }, func(name string) bool { return strings.HasPrefix(name, word) }} {
			for _, f := range all {
				if match(f.Name) {
					chosen[f.Name], found = true, true
				}
			}
			if found {
				break
			}
		}
		if !found {
			return nil, fmt.Errorf("there is no figure %q; there are %s", word, strings.Join(names(all), ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(f Figure) bool { return !chosen[f.Name] }), nil
}

func names(list []Figure) []string {
	var out []string
	for _, f := range list {
		out = append(out, f.Name)
	}
	return out
}
