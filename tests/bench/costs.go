package main

import (
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"time"

	"aibms/internal/safego"
	"aibms/learners"
	"aibms/learners/data"
)

// cost is a learner whose fit is measured as its data grow, by itself and on one thread.
type cost struct {
	learner  string
	settings map[string]string
	rows     int    // of curved, four fifths of them learned from; twice as many in the second column
	parts    string // the hyper-parameter that says how many trees, epochs or clusters there are; "": none
	count    int    // its value
}

// costs are the learners of the table, at sizes that take about a second.
var costs = []cost{
	{learner: "linear_regression", rows: 1_000_000},
	{learner: "logistic_regression", rows: 1_000_000},
	{learner: "linear_svm", rows: 200_000, settings: map[string]string{"calibration_folds": "0"}},
	{learner: "svm", rows: 5_000, settings: map[string]string{"calibration_folds": "0"}},
	{learner: "decision_tree", rows: 50_000},
	{learner: "random_forest", rows: 50_000, parts: "n_trees", count: 20},
	{learner: "extra_trees", rows: 50_000, parts: "n_trees", count: 20},
	{learner: "gradient_boosting", rows: 100_000, parts: "n_trees", count: 100},
	{learner: "isolation_forest", rows: 100_000, parts: "n_trees", count: 100},
	{learner: "neural_network", rows: 50_000, settings: map[string]string{"hidden_layers": "64,32", "patience": "0"}, parts: "epochs", count: 10},
	{learner: "k_nearest_neighbors", rows: 50_000},
	{learner: "naive_bayes", rows: 1_000_000},
	{learner: "discriminant_analysis", rows: 1_000_000},
	{learner: "k_means", rows: 200_000, settings: map[string]string{"max_iter": "20", "tol": "0"}, parts: "n_clusters", count: 8},
	{learner: "gaussian_mixture", rows: 50_000, settings: map[string]string{"max_iter": "10", "tol": "0"}, parts: "n_components", count: 4},
	{learner: "pca", rows: 1_000_000, parts: "n_components", count: 8},
}

// costColumns is how many features the rows of the table have.
const costColumns = 28

// printCosts prints the table: processor seconds of a fit, then how many times as long it takes with twice the rows, twice the features, and twice the trees, epochs or clusters; the memory that was
// live beside the rows at most, and what the learner had said of it.
// only is a comma list of learners; "": all of them.
func printCosts(b *Bench, out io.Writer, only string) error {
	fmt.Fprintf(out, "| learner | rows x features | CPU s | rows x 2 | features x 2 | parts x 2 | MB | with rows x 2 | MB that it had announced |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, c := range costs {
		if only != "" && !slices.Contains(strings.Split(only, ","), c.learner) {
			continue
		}
		base, err := c.measure(b, c.rows, costColumns, 1)
		if err != nil {
			return fmt.Errorf("%s: %w", c.learner, err)
		}
		rows, err := c.measure(b, 2*c.rows, costColumns, 1)
		if err != nil {
			return fmt.Errorf("%s: %w", c.learner, err)
		}
		features, err := c.measure(b, c.rows, 2*costColumns, 1)
		if err != nil {
			return fmt.Errorf("%s: %w", c.learner, err)
		}
		parts := "–"
		if c.parts != "" {
			more, err := c.measure(b, c.rows, costColumns, 2)
			if err != nil {
				return fmt.Errorf("%s: %w", c.learner, err)
			}
			parts = fmt.Sprintf("%.2g (%s %d)", more.seconds/base.seconds, c.parts, 2*c.count)
		}
		fmt.Fprintf(out, "| `%s` | %d x %d | %.3g | %.2g | %.2g | %s | %.3g | %.3g | %.3g |\n", c.learner, c.rows*4/5, costColumns, base.seconds, rows.seconds/base.seconds, features.seconds/base.seconds, parts,
			base.megabytes, rows.megabytes, base.announced)
	}
	return nil
}

// costed is what one size took.
type costed struct{ seconds, megabytes, announced float64 }

// measure fits three times, and takes the least time and the most memory.
func (c cost) measure(b *Bench, rows, columns, times int) (costed, error) {
	split, err := curved(Size{Rows: rows, Columns: columns})
	if err != nil {
		return costed{}, err
	}
	settings := map[string]string{}
	for k, v := range c.settings {
		settings[k] = v
	}
	if c.parts != "" {
		settings[c.parts] = strconv.Itoa(times * c.count)
	}
	r := costed{seconds: math.Inf(1)}
	if r.announced, err = announced(c.learner, settings, split.Train); err != nil {
		return r, err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(10)) // so that what is live is known soon
	for range 3 {
		debug.FreeOSMemory()
		stop := watchLive()
		took, err := cpuOf(func() error {
			_, err := fitWith(b, c.learner, settings, split.Train, 1, 1)
			return err
		})
		live := stop()
		if err != nil {
			return r, err
		}
		r.seconds, r.megabytes = min(r.seconds, took), max(r.megabytes, live)
	}
	return r, nil
}

// announced is what the learner says it needs, in MB; NaN when it says nothing.
func announced(learner string, settings map[string]string, e *data.Examples) (float64, error) {
	l, _, err := learnerWith(learner, settings)
	if err != nil {
		return 0, err
	}
	if m, ok := l.(learners.MemoryEstimator); ok {
		return float64(m.MemoryNeeded(learners.ShapeOf(e))) / 1e6, nil
	}
	return math.NaN(), nil
}

// watchLive watches the live heap until the function that it returns is called, which tells by how many MB it grew at most.
func watchLive() (stop func() float64) {
	live := func() float64 {
		s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(s)
		return float64(s[0].Value.Uint64()) / 1e6
	}
	before, done, most := live(), make(chan struct{}), make(chan float64)
	safego.Go(func() error {
		largest := live()
		ticks := time.NewTicker(time.Millisecond)
		defer ticks.Stop()
		for {
			select {
			case <-ticks.C:
				largest = max(largest, live())
			case <-done:
				most <- max(largest, live())
				return nil
			}
		}
	}, nil)
	return func() float64 {
		close(done)
		return max(0, <-most-before)
	}
}
