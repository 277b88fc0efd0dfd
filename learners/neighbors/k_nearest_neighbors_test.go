package neighbors

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
)

// fitted is a model with the given settings.
func fitted(t testing.TB, e *data.Examples, settings map[string]string) *model {
	t.Helper()
	l := new(learner)
	var set params.Set
	l.Declare(&set)
	var given []params.Setting
	for name, value := range settings {
		given = append(given, params.Setting{Name: name, Value: value, Source: "USER"})
	}
	if err := set.Assign(name, given); err != nil {
		t.Fatal(err)
	}
	m, err := l.Fit(context.Background(), e, nil, learners.Env{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	return m.(*model)
}

// predicted are the predictions of rows.
func predicted(t testing.TB, m *model, x *mat.Dense) *mat.Dense {
	t.Helper()
	n, _ := x.Dims()
	out := mat.NewDense(n, max(1, m.classes), nil)
	if err := m.Predict(x, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// portable lets f run once by the instructions of the processor and once without.
func portable(t *testing.T, f func(t *testing.T)) {
	t.Run("as the processor can", f)
	if accelerated {
		accelerated = false
		defer func() { accelerated = true }()
		t.Run("portable", f)
	}
}

func TestAgainstScikitLearn(t *testing.T) {
	f, err := os.Open("../../tests/reference/k_nearest_neighbors/data.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	p := len(lines[0]) - 2
	var x, known, asked [][]float64
	var knownNumber, knownClass, class []float64
	for i, line := range lines[1:] {
		row := make([]float64, p+2)
		for j, text := range line {
			if row[j], err = strconv.ParseFloat(text, 64); err != nil {
				t.Fatal(err)
			}
		}
		x, class = append(x, row[:p]), append(class, row[p+1])
		if i%4 == 0 {
			asked = append(asked, row[:p])
			continue
		}
		known, knownNumber, knownClass = append(known, row[:p]), append(knownNumber, row[p]), append(knownClass, row[p+1])
	}
	text, err := os.ReadFile("../../tests/reference/k_nearest_neighbors/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Cases []struct {
			Settings      map[string]string
			Known         bool
			Rows          []int
			Neighbors     [][]int32
			Probabilities [][]float64
			Numbers       []float64
		}
	}
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.Cases) < 17 {
		t.Fatalf("only %d cases", len(reference.Cases))
	}
	classes := []string{"low", "middle", "high"}
	portable(t, func(t *testing.T) {
		for _, c := range reference.Cases {
			for _, algorithm := range algorithms {
				c.Settings["algorithm"] = algorithm
				what := fmt.Sprint(c.Settings)
				if c.Known {
					out := predicted(t, fitted(t, &data.Examples{X: dense(x), Y: class, Classes: classes}, c.Settings), dense(x[:50]))
					for i, want := range c.Probabilities {
						closeTo(t, what, out.RawRowView(i), want, 1e-12)
					}
					continue
				}
				if len(c.Rows) < 100 {
					t.Fatalf("%s: only %d rows", what, len(c.Rows))
				}
				m := fitted(t, &data.Examples{X: dense(known), Y: knownClass, Classes: classes}, c.Settings)
				out := predicted(t, m, dense(asked))
				numbers := predicted(t, fitted(t, &data.Examples{X: dense(known), Y: knownNumber}, c.Settings), dense(asked))
				s := newSearch(m)
				for k, i := range c.Rows {
					var near []int32
					for _, f := range s.find(asked[i]) {
						near = append(near, f.order)
					}
					if !slices.Equal(near[:len(c.Neighbors[k])], c.Neighbors[k]) {
						t.Errorf("%s: the neighbours of row %d are %v, want %v", what, i, near, c.Neighbors[k])
					}
					closeTo(t, what, out.RawRowView(i), c.Probabilities[k], 1e-11)
					closeTo(t, what, numbers.RawRowView(i), c.Numbers[k:k+1], 1e-8)
				}
			}
		}
	})
}

func closeTo(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	for k := range want {
		if !(math.Abs(got[k]-want[k]) <= tolerance) {
			t.Errorf("%s: %v, want %v", what, got, want)
			return
		}
	}
}

func dense(rows [][]float64) *mat.Dense {
	x := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, r := range rows {
		x.SetRow(i, r)
	}
	return x
}

// shapes of data that are hard on bounds: each makes n rows.
var shapes = map[string]func(rng *rand.Rand, n int) [][]float64{
	"one feature":            func(rng *rand.Rand, n int) [][]float64 { return normal(rng, n, 1, 1, 0) },
	"three features":         func(rng *rand.Rand, n int) [][]float64 { return normal(rng, n, 3, 1, 0) },
	"sixteen features":       func(rng *rand.Rand, n int) [][]float64 { return normal(rng, n, 16, 1, 0) },
	"seventeen features":     func(rng *rand.Rand, n int) [][]float64 { return normal(rng, n, 17, 1, 0) },
	"forty features":         func(rng *rand.Rand, n int) [][]float64 { return normal(rng, n, 40, 1, 0) },
	"far from zero":          func(rng *rand.Rand, n int) [][]float64 { return normal(rng, n, 6, 1, 1e9) },
	"tiny":                   func(rng *rand.Rand, n int) [][]float64 { return normal(rng, n, 6, 1e-160, 0) },
	"huge":                   func(rng *rand.Rand, n int) [][]float64 { return normal(rng, n, 6, 1e153, 0) },
	"of no single precision": func(rng *rand.Rand, n int) [][]float64 { return normal(rng, n, 6, 1e-9, 1) },
	"on a line":              onLine,
	"whole numbers, many ties": func(rng *rand.Rand, n int) [][]float64 {
		rows := normal(rng, n, 4, 1, 0)
		for _, r := range rows {
			for j := range r {
				r[j] = math.Round(r[j])
			}
		}
		return rows
	},
	"one row far off": func(rng *rand.Rand, n int) [][]float64 {
		rows := normal(rng, n, 5, 1, 0)
		rows[3][2] = 1e12
		return rows
	},
	"all equal": func(rng *rand.Rand, n int) [][]float64 { return normal(rng, n, 5, 0, 3) },
}

func normal(rng *rand.Rand, n, p int, size, middle float64) [][]float64 {
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, p)
		for j := range p {
			rows[i][j] = middle + size*rng.NormFloat64()/float64(1+j)
		}
	}
	return rows
}

func onLine(rng *rand.Rand, n int) [][]float64 {
	rows := normal(rng, n, 20, 1, 0)
	for _, r := range rows {
		for j := range r[1:] {
			r[j+1] = float64(j) * r[0]
		}
	}
	return rows
}

// TestNeighborsAreExact holds every algorithm against sorting all rows by distance and the order of training.
func TestNeighborsAreExact(t *testing.T) {
	portable(t, func(t *testing.T) {
		for shape, make := range shapes {
			for _, metric := range []map[string]string{{"metric": "euclidean"}, {"metric": "manhattan"}, {"metric": "minkowski", "p": "3"}} {
				rng := rand.New(rand.NewPCG(5, uint64(len(shape))))
				known, asked := make(rng, 400), make(rng, 24)
				asked = append(asked, known[:8]...)
				e := &data.Examples{X: dense(known)}
				for i := range known {
					e.Y = append(e.Y, float64(i))
				}
				exact := [][]int32{}
				for _, q := range asked {
					exact = append(exact, nearestOf(newNorm(metric["metric"], 3), known, q))
				}
				for _, k := range []int{1, 9} {
					for _, algorithm := range algorithms {
						settings := map[string]string{"algorithm": algorithm, "n_neighbors": fmt.Sprint(k), "leaf_size": "16"}
						for name, v := range metric {
							settings[name] = v
						}
						s := newSearch(fitted(t, e, settings))
						for i, q := range asked {
							found := s.find(q)
							if i%2 == 0 {
								s.remember(found)
							}
							for r, want := range exact[i][:k] {
								if found[r].order != want {
									t.Fatalf("%s, %v: neighbour %d of row %d is row %d, want %d", shape, settings, r, i, found[r].order, want)
								}
							}
						}
					}
				}
			}
		}
	})
}

// nearestOf sorts all rows by their distance from q.
func nearestOf(m norm, known [][]float64, q []float64) []int32 {
	order, distance := make([]int32, len(known)), make([]float64, len(known))
	for i, x := range known {
		order[i], distance[i] = int32(i), m.reduced(q, x)
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		switch {
		case distance[a] < distance[b]:
			return -1
		case distance[a] > distance[b]:
			return 1
		}
		return 0
	})
	return order
}

// TestEveryAlgorithmPredictsTheSameBits: also with weights, of which k counts the sum, and asked for in blocks.
func TestEveryAlgorithmPredictsTheSameBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	known, asked := normal(rng, 2000, 7, 1, 0), normal(rng, 300, 7, 1, 0)
	e := &data.Examples{X: dense(known), Classes: []string{"a", "b", "c"}}
	for range known {
		e.Y = append(e.Y, float64(rng.IntN(3)))
		e.Weights = append(e.Weights, float64(rng.IntN(3))*rng.Float64())
	}
	for _, weights := range []string{"uniform", "distance"} {
		var first *mat.Dense
		for _, algorithm := range algorithms {
			for _, fast := range []bool{accelerated, false} {
				old := accelerated
				accelerated = fast
				out := predicted(t, fitted(t, e, map[string]string{"algorithm": algorithm, "weights": weights}), dense(asked))
				accelerated = old
				if first == nil {
					first = out
				}
				if !mat.Equal(first, out) {
					t.Errorf("%s, %s: other predictions", weights, algorithm)
				}
			}
		}
	}
}

// TestKCountsWeight: of the last row only the part that is needed votes.
func TestKCountsWeight(t *testing.T) {
	e := &data.Examples{X: mat.NewDense(4, 1, []float64{1, 2, 3, 4}), Y: []float64{10, 20, 40, 80}, Weights: []float64{1.5, 1, 2, 5}}
	for k, want := range map[string]float64{"1": 10, "2": (1.5*10 + 0.5*20) / 2, "3": (1.5*10 + 1*20 + 0.5*40) / 3, "9": (1.5*10 + 1*20 + 2*40 + 4.5*80) / 9} {
		out := predicted(t, fitted(t, e, map[string]string{"n_neighbors": k}), mat.NewDense(1, 1, []float64{0}))
		if math.Abs(out.At(0, 0)-want) > 1e-12 {
			t.Errorf("k = %s: %v, want %v", k, out.At(0, 0), want)
		}
	}
}

// TestWhatVotesWhenRowsAreFarOrEqual: distances of zero leave out the others, infinite ones all vote.
func TestWhatVotesWhenRowsAreFarOrEqual(t *testing.T) {
	e := &data.Examples{X: mat.NewDense(4, 1, []float64{1, 1, 2, 1e200}), Y: []float64{1, 3, 50, 0}}
	m := fitted(t, e, map[string]string{"n_neighbors": "3", "weights": "distance"})
	for q, want := range map[float64]float64{1: 2, -math.MaxFloat64: 18, 3: (1.0/2 + 3.0/2 + 50) / 2} {
		if got := predicted(t, m, mat.NewDense(1, 1, []float64{q})).At(0, 0); math.Abs(got-want) > 1e-12 {
			t.Errorf("%g is predicted %v, want %v", q, got, want)
		}
	}
}

func TestAutoTakesATreeWhereItPassesOverRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 1))
	for p, want := range map[int]string{2: "kd_tree", 60: "brute"} {
		e := &data.Examples{X: dense(normal(rng, 5000, 2, 1, 0))}
		if p > 2 { // of equal size, so that no direction tells more than another
			e.X = mat.NewDense(1500, p, nil)
			for i := range 1500 {
				for j := range p {
					e.X.Set(i, j, rng.NormFloat64())
				}
			}
		}
		n, _ := e.X.Dims()
		e.Y = make([]float64, n)
		if m := fitted(t, e, nil); m.algorithm != want {
			t.Errorf("%s for %d features, want %s", m.algorithm, p, want)
		}
	}
}

func TestTooFewNeighborsAndTooLittleMemoryAreErrors(t *testing.T) {
	e := &data.Examples{X: mat.NewDense(4, 1, []float64{1, 2, 3, 4}), Y: []float64{1, 2, 3, 4}}
	for text, change := range map[string]func(e *data.Examples, env *learners.Env){
		"there are only 4 training rows":        func(e *data.Examples, env *learners.Env) {},
		"weights of the training rows sum to 2": func(e *data.Examples, env *learners.Env) { e.Weights = []float64{0.5, 0.5, 0.5, 0.5} },
		"and 100 are allowed":                   func(e *data.Examples, env *learners.Env) { env.Memory = 100 },
	} {
		l := new(learner)
		l.Declare(new(params.Set))
		c, env := *e, learners.Env{Workers: 1}
		change(&c, &env)
		if _, err := l.Fit(t.Context(), &c, nil, env); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%q is wanted, got %v", text, err)
		}
	}
}

// TestPredictAllocatesNothingForEachRow counts.
func TestPredictAllocatesNothingForEachRow(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 1))
	e := &data.Examples{X: dense(normal(rng, 3000, 6, 1, 0)), Y: make([]float64, 3000)}
	for _, algorithm := range algorithms {
		m := fitted(t, e, map[string]string{"algorithm": algorithm})
		count := func(n int) float64 {
			x, out := e.X.Slice(0, n, 0, 6).(*mat.Dense), mat.NewDense(n, 1, nil)
			return testing.AllocsPerRun(5, func() {
				if err := m.Predict(x, out); err != nil {
					t.Fatal(err)
				}
			})
		}
		if few, many := count(100), count(1000); many > few+4 {
			t.Errorf("%s allocates %v times for 100 rows, %v times for 1000", algorithm, few, many)
		}
	}
}

// TestDirectionsThatAreNotOrthonormalAreDamage: bounds would be wrong.
func TestDirectionsThatAreNotOrthonormalAreDamage(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 1))
	m := fitted(t, &data.Examples{X: dense(normal(rng, 100, 6, 1, 0)), Y: make([]float64, 100)}, nil)
	m.space.axes[2] *= 1.001
	w := artifact.NewWriter()
	m.save(w)
	r, err := artifact.Decode(w.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := load(1, r); err == nil {
		t.Error("no error")
	}
}
