package quality

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"aibms/learners"
	"aibms/learners/all"
	"aibms/learners/data"
	"aibms/learners/params"
)

// reference is what a peer reaches on a data set of tests/data: one line of a file of tests/reference.
type reference struct {
	Set, Target, Learner string
	Settings             map[string]string
	Rows, Columns        int                // of its training matrix
	Runs                 int                // random states that Mean and Deviation are of; 0: the recipe says
	Mean, Deviation      map[string]float64 // by metric
}

// theirs is what the peer reaches, over so many runs.
func (r *reference) theirs(metric string, runs int) sample {
	return sample{mean: r.Mean[metric], deviation: r.Deviation[metric], runs: runs}
}

// name is that of the test.
func (r *reference) name() string { return fmt.Sprintf("%s/%s/%v", r.Set, r.Learner, r.Settings) }

// readReferences reads the lines of a file of tests/reference, of which there must be at least so many: a test against a file that was cut short would pass by comparing nothing.
func readReferences[T any](t testing.TB, name string, least int) []T {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "reference", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	var references []T
	if err := json.Unmarshal(b, &references); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if len(references) < least {
		t.Fatalf("%s: only %d references, there should be %d or more", name, len(references), least)
	}
	return references
}

// numbers are the targets that are no classes.
var numbers = []string{"median_house_value", "progression", "ExitRates", "BounceRates"}

// A kind of matrix says what becomes of columns.
type kind int

const (
	wide         kind = iota // Load
	asCodes                  // LoadCodes
	asCategories             // LoadCategories
)

var sets struct {
	sync.Mutex
	loaded map[string]func() (*Split, error)
}

// load gives the rows of a data set. It is read once for all tests, which may set fields of what they get but not write into its matrices.
func load(t testing.TB, k kind, set, target string) *Split {
	t.Helper()
	key := fmt.Sprint(k, set, " ", target)
	sets.Lock()
	get := sets.loaded[key]
	if get == nil {
		how := map[kind]func(dir, set, target string, classification bool) (*Split, error){wide: Load, asCodes: LoadCodes, asCategories: LoadCategories}[k]
		get = sync.OnceValues(func() (*Split, error) { return how("../data", set, target, !slices.Contains(numbers, target)) })
		if sets.loaded == nil {
			sets.loaded = map[string]func() (*Split, error){}
		}
		sets.loaded[key] = get
	}
	sets.Unlock()
	split, err := get()
	if err != nil {
		t.Fatal(err)
	}
	train, test := *split.Train, *split.Test
	return &Split{Train: &train, Test: &test}
}

// sameShape ends the test unless the rows to learn from are as many, of as many columns, as those of the peer.
func sameShape(t testing.TB, train *data.Examples, rows, columns int) {
	t.Helper()
	if n, p := train.Dims(); n != rows || p != columns {
		t.Fatalf("%d x %d training matrix, the reference has %d x %d", n, p, rows, columns)
	}
}

// split is the data set of the reference.
func (r *reference) split(t testing.TB) *Split {
	t.Helper()
	split := load(t, wide, r.Set, r.Target)
	sameShape(t, split.Train, r.Rows, r.Columns)
	return split
}

// taskOf is the task of rows with a target.
func taskOf(e *data.Examples) learners.Task {
	switch len(e.Classes) {
	case 0:
		return learners.Regression
	case 2:
		return learners.Binary
	}
	return learners.Multiclass
}

// fit fits a learner to rows with a target.
func fit(t testing.TB, learner string, settings map[string]string, train *data.Examples, seed uint64) learners.Model {
	t.Helper()
	return fitIn(t, learner, settings, train, learners.Env{Task: taskOf(train), Seed: seed, Workers: 2})
}

// fitIn fits a learner.
func fitIn(t testing.TB, learner string, settings map[string]string, train *data.Examples, env learners.Env) learners.Model {
	t.Helper()
	spec, ok := all.Registry().Lookup(learner)
	if !ok {
		t.Fatalf("there is no learner %s", learner)
	}
	var given []params.Setting
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		given = append(given, params.Setting{Name: name, Value: settings[name], Source: "USER"})
	}
	l, err := spec.With(given)
	if err != nil {
		t.Fatal(err)
	}
	m, err := l.Fit(t.Context(), train, nil, env)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// withSetting are settings and one more.
func withSetting(settings map[string]string, name, value string) map[string]string {
	more := maps.Clone(settings)
	if more == nil {
		more = map[string]string{}
	}
	more[name] = value
	return more
}

// predict is what a model with a target says of rows.
func predict(t testing.TB, e *data.Examples, m learners.Model) *mat.Dense {
	t.Helper()
	n, _ := e.Dims()
	out := mat.NewDense(n, max(e.Outputs(), len(e.Classes)), nil)
	if err := m.Predict(e.X, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// measure judges a model by rows: r2 of a number; accuracy and log_loss of classes, and auc of two.
func measure(t testing.TB, test *data.Examples, m learners.Model) map[string]float64 {
	t.Helper()
	out := predict(t, test, m)
	if test.Classes == nil {
		return map[string]float64{"r2": stat.RSquaredFrom(mat.Col(nil, 0, out), test.Y, nil)}
	}
	decided := make([]int32, len(test.Y))
	if c, ok := m.(learners.Classifier); ok {
		if err := c.Classify(test.X, decided); err != nil {
			t.Fatal(err)
		}
	} else {
		for i := range decided {
			decided[i] = int32(largest(out.RawRowView(i)))
		}
	}
	right, loss := 0.0, 0.0
	for i, y := range test.Y {
		if float64(decided[i]) == y {
			right++
		}
		loss -= math.Log(max(out.At(i, int(y)), 2.220446049250313e-16)) // scikit-learn's least probability
	}
	n := float64(len(test.Y))
	found := map[string]float64{"accuracy": right / n, "log_loss": loss / n}
	if len(test.Classes) == 2 {
		found["auc"] = AUC(mat.Col(nil, 1, out), test.Y)
	}
	return found
}

func largest(v []float64) int {
	at := 0
	for k, x := range v {
		if x > v[at] {
			at = k
		}
	}
	return at
}

// sample are the mean and the standard deviation of the results of so many runs, of one 0.
type sample struct {
	mean, deviation float64
	runs            int
}

func sampleOf(values []float64) sample {
	s := sample{mean: stat.Mean(values, nil), runs: len(values)}
	if len(values) > 1 {
		s.deviation = stat.StdDev(values, nil)
	}
	return s
}

// once is what a run reaches in which nothing is drawn.
func once(value float64) sample { return sample{mean: value, runs: 1} }

// overSeeds are the samples of what runs with the seeds 0, 1, 2 ... reach, by metric.
func overSeeds(runs int, run func(seed uint64) map[string]float64) map[string]sample {
	values := map[string][]float64{}
	for seed := range uint64(runs) {
		for name, v := range run(seed) {
			values[name] = append(values[name], v)
		}
	}
	found := map[string]sample{}
	for name, v := range values {
		found[name] = sampleOf(v)
	}
	return found
}

// chance is two standard errors of the difference of two means.
func chance(a, b sample) float64 {
	return 2 * math.Sqrt(a.deviation*a.deviation/float64(a.runs)+b.deviation*b.deviation/float64(b.runs))
}

// fixed is how much worse than its peer's a learner's result may be where there are rows enough for chance to be smaller.
var fixed = map[string]float64{"auc": 0.002, "accuracy": 0.003, "r2": 0.003}

// words are settings as a user writes them.
func words(settings map[string]string) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		list = append(list, name+" = "+settings[name])
	}
	if list == nil {
		return "defaults"
	}
	return strings.Join(list, ", ")
}
