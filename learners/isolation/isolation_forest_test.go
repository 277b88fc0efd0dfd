package isolation

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
)

// reference is tests/reference/isolation_forest/expected.json: trees of scikit-learn and their scores.
type reference struct {
	X           [][]float64
	Samples     int
	Trees       [][][5]float64
	Scores      []float64
	Limit       float64
	Unusual     []int32
	Sizes       []int
	AveragePath []float64 `json:"average_path"`
}

func readReference(t *testing.T) *reference {
	t.Helper()
	b, err := os.ReadFile("../../tests/reference/isolation_forest/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Trees) < 5 || len(r.X) < 100 {
		t.Fatalf("%d trees, %d rows", len(r.Trees), len(r.X))
	}
	return &r
}

// levels puts a tree of scikit-learn, which comes depth first, into the order of ours.
func levels(tree [][5]float64) *grown {
	g := &grown{nodes: []split{{rows: int32(tree[0][4])}}}
	old := []int{0} // of each node of ours, its number there
	for i := 0; i < len(old); i++ {
		n := tree[old[i]]
		g.depth = int(g.nodes[i].depth)
		if n[0] < 0 {
			continue
		}
		g.nodes[i].left, g.nodes[i].feature, g.nodes[i].threshold = int32(len(g.nodes)), int32(n[2]), n[3]
		for _, child := range []int{int(n[0]), int(n[1])} {
			g.nodes = append(g.nodes, split{depth: g.nodes[i].depth + 1, rows: int32(tree[child][4])})
			old = append(old, child)
		}
	}
	return g
}

// TestTreesOfScikitLearnScoreAlike takes the trees of scikit-learn: scores, the limit by contamination and the decisions must be its own.
func TestTreesOfScikitLearnScoreAlike(t *testing.T) {
	r := readReference(t)
	for i, m := range r.Sizes {
		if got := averagePath(m); math.Abs(got-r.AveragePath[i]) > 1e-14*r.AveragePath[i] {
			t.Errorf("c(%d) = %v, scikit-learn has %v", m, got, r.AveragePath[i])
		}
	}
	f := &forest{features: 3, samples: r.Samples, terms: 1}
	for _, tree := range r.Trees {
		if err := f.append(levels(tree)); err != nil {
			t.Fatal(err)
		}
	}
	e := &data.Examples{X: mat.NewDense(len(r.X), 3, nil), Features: []string{"a", "b", "c"}}
	for i, row := range r.X {
		e.X.SetRow(i, row)
	}
	scores := mat.NewDense(len(r.X), 1, nil)
	if err := f.Predict(e.X, scores); err != nil {
		t.Fatal(err)
	}
	for i, want := range r.Scores {
		if got := scores.At(i, 0); math.Abs(got-want) > 1e-12 {
			t.Fatalf("row %d has the score %v, scikit-learn gives %v", i, got, want)
		}
	}
	limit, err := f.quantile(context.Background(), e, newUrn(len(r.X), nil), 0.9, 2)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(limit-r.Limit) > 1e-12 {
		t.Errorf("the limit is %v, scikit-learn's is %v", limit, r.Limit)
	}
	f.limit = limit
	codes := make([]int32, len(r.X))
	if err := f.Classify(e.X, codes); err != nil {
		t.Fatal(err)
	}
	for i, want := range r.Unusual {
		if codes[i] != want {
			t.Errorf("row %d is class %d, scikit-learn says %d", i, codes[i], want)
		}
	}
}

func fit(t testing.TB, e *data.Examples, seed uint64, settings map[string]string) learners.Model {
	t.Helper()
	l := new(isolationForest)
	var set params.Set
	l.Declare(&set)
	var given []params.Setting
	for name, value := range settings {
		given = append(given, params.Setting{Name: name, Value: value})
	}
	if err := set.Assign(name, given); err != nil {
		t.Fatal(err)
	}
	m, err := l.Fit(context.Background(), e, nil, learners.Env{Task: learners.Anomaly, Seed: seed, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func normal(n, p int, seed uint64) *data.Examples {
	rng := rand.New(rand.NewPCG(seed, 0))
	e := &data.Examples{X: mat.NewDense(n, p, nil), Features: make([]string, p)}
	for i := range n {
		for j := range p {
			e.X.Set(i, j, rng.NormFloat64())
		}
	}
	return e
}

func scoreOf(t testing.TB, m learners.Model, rows ...[]float64) []float64 {
	t.Helper()
	x, out := mat.NewDense(len(rows), len(rows[0]), nil), mat.NewDense(len(rows), 1, nil)
	for i, row := range rows {
		x.SetRow(i, row)
	}
	if err := m.Predict(x, out); err != nil {
		t.Fatal(err)
	}
	return mat.Col(nil, 0, out)
}

// TestPathLengthIsTheDepthInTheNodes walks through the nodes that EachNode gives, as a reader would.
func TestPathLengthIsTheDepthInTheNodes(t *testing.T) {
	e := normal(300, 3, 1)
	for i := range 300 {
		if i%7 == 0 {
			e.X.Set(i, i%3, math.NaN())
		}
	}
	m := fit(t, e, 4, map[string]string{"n_trees": "20", "max_samples": "100"})
	trees := map[int]map[int]learners.TreeNode{}
	m.(learners.Trees).EachNode(func(n learners.TreeNode) bool {
		if trees[n.Tree] == nil {
			trees[n.Tree] = map[int]learners.TreeNode{}
		}
		trees[n.Tree][n.Node] = n
		return true
	})
	if len(trees) != 20 {
		t.Fatalf("%d trees", len(trees))
	}
	for i := range 300 {
		row := e.X.RawRowView(i)
		sum := 0.0
		for k := range 20 {
			n, depth := trees[k][0], 0.0
			if n.Rows != 100 {
				t.Fatalf("tree %d has %v rows", k, n.Rows)
			}
			for n.Feature >= 0 {
				v := row[n.Feature]
				if v <= n.Threshold || math.IsNaN(v) && n.MissingLeft {
					n = trees[k][n.Left]
				} else {
					n = trees[k][n.Right]
				}
				depth++
			}
			if want := depth + averagePath(int(n.Rows)); n.Value[0] != want || depth > 7 {
				t.Fatalf("a leaf at depth %v with %v rows has the value %v, not %v", depth, n.Rows, n.Value[0], want)
			}
			sum += n.Value[0]
		}
		want := math.Pow(2, -sum/20/averagePath(100))
		if got := scoreOf(t, m, row)[0]; math.Abs(got-want) > 1e-12 {
			t.Fatalf("row %d has the score %v, by its path lengths %v", i, got, want)
		}
	}
}

// TestExtendedSplitsSeeBetweenHeaps: two heaps leave shadows where the coordinates of one meet those of the other. Parallel splits take the shadows for half usual, extended ones less so (Hariri et al., figure 3).
func TestExtendedSplitsSeeBetweenHeaps(t *testing.T) {
	e := normal(2000, 2, 2)
	for i := range 2000 {
		e.X.Set(i, i%2, e.X.At(i, i%2)+10)
	}
	parallel := fit(t, e, 1, map[string]string{"n_trees": "400"})
	extended := fit(t, e, 1, map[string]string{"n_trees": "400", "extension_level": "1"})
	shadow, heap := []float64{0, 0}, []float64{10, 0}
	p, x := scoreOf(t, parallel, shadow, heap), scoreOf(t, extended, shadow, heap)
	if !(x[0]-x[1] > p[0]-p[1]+0.05) || !(p[0] > p[1]) {
		t.Errorf("shadow and heap have the scores %v by parallel splits, %v by extended ones", p, x)
	}
	if _, ok := extended.(learners.Trees); ok {
		t.Error("splits over several features cannot be read as trees")
	}
}

// TestUnitsDoNotMatter: a feature in other units gives the same scores, for both kinds of splits.
func TestUnitsDoNotMatter(t *testing.T) {
	e := normal(400, 3, 3)
	other := normal(400, 3, 3)
	for i := range 400 {
		other.X.Set(i, 1, 1024*other.X.At(i, 1))
	}
	for _, level := range []string{"0", "1", "2"} {
		a, b := fit(t, e, 1, map[string]string{"extension_level": level}), fit(t, other, 1, map[string]string{"extension_level": level})
		for i := range 400 {
			x, y := scoreOf(t, a, e.X.RawRowView(i))[0], scoreOf(t, b, other.X.RawRowView(i))[0]
			if math.Abs(x-y) > 1e-9 {
				t.Fatalf("extension_level %s: row %d has the score %v, in other units %v", level, i, x, y)
			}
		}
	}
}

// TestContaminationIsAShareOfTheWeight counts the training rows that are called unusual.
func TestContaminationIsAShareOfTheWeight(t *testing.T) {
	e := normal(1000, 4, 5)
	count := func(m learners.Model) (rows, weight float64) {
		codes := make([]int32, 1000)
		if err := m.(learners.Classifier).Classify(e.X, codes); err != nil {
			t.Fatal(err)
		}
		for i, c := range codes {
			rows += float64(c)
			weight += float64(c) * e.Weight(i)
		}
		return rows, weight
	}
	if rows, _ := count(fit(t, e, 1, map[string]string{"contamination": "0.05"})); rows != 50 {
		t.Errorf("%v of 1000 rows are unusual, wanted are 50", rows)
	}
	total := 0.0
	for i := range 1000 {
		e.Weights = append(e.Weights, float64(1+i%3))
		total += e.Weights[i]
	}
	if _, weight := count(fit(t, e, 1, map[string]string{"contamination": "0.05"})); math.Abs(weight-0.05*total) > 3 {
		t.Errorf("%v of the weight %v is unusual, wanted is a twentieth", weight, total)
	}
}

// TestRowsThatMissValuesPart: where nothing tells rows apart but that a few of them miss a value, these are the unusual ones.
func TestRowsThatMissValuesPart(t *testing.T) {
	e := &data.Examples{X: mat.NewDense(200, 2, nil), Features: []string{"a", "b"}}
	for i := range 200 {
		e.X.SetRow(i, []float64{1, 2})
	}
	e.X.Set(17, 1, math.NaN())
	s := scoreOf(t, fit(t, e, 1, nil), []float64{1, 2}, []float64{1, math.NaN()})
	if !(s[1] > 0.7 && s[0] < 0.5) {
		t.Errorf("the row with a value has the score %v, the one without %v", s[0], s[1])
	}
}

// TestUrn draws all copies of weighted rows, and counts how often rows are drawn.
func TestUrn(t *testing.T) {
	u := newUrn(4, []float64{2, 0, 3, 1})
	rng := rand.New(rand.NewPCG(1, 1))
	rows, taken, counts := make([]int32, 6), make([]int32, 4), [4]int{}
	u.draw(rng, rows, taken)
	for _, i := range rows {
		counts[i]++
	}
	if counts != [4]int{2, 0, 3, 1} || u.size() != 6 {
		t.Errorf("all rows of an urn of %d are %v", u.size(), counts)
	}
	counts = [4]int{}
	for range 6000 {
		u.draw(rng, rows[:1], taken)
		counts[rows[0]]++
	}
	for i, want := range []int{2000, 0, 3000, 1000} {
		if math.Abs(float64(counts[i]-want)) > 200 {
			t.Errorf("row %d was drawn first in %d of 6000 cases, wanted are about %d", i, counts[i], want)
		}
	}
	if small := newUrn(3, []float64{1e-9, 0, 2e-9}); small.size() != 2 {
		t.Errorf("two rows of small weight are %d", small.size())
	}
}

func TestTooLittleMemoryIsAnError(t *testing.T) {
	l := new(isolationForest)
	var set params.Set
	l.Declare(&set)
	if _, err := l.Fit(context.Background(), normal(500, 3, 1), nil, learners.Env{Task: learners.Anomaly, Workers: 1, Memory: 1000}); err == nil {
		t.Error("1000 bytes were enough")
	}
}
