package metric

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// groupCase is one case of tests/reference/metric/groups.json.
type groupCase struct {
	Name    string
	X       [][]float64
	Group   []int32
	Groups  int
	Weights []float64
	Centres [][]float64
	Values  map[string]*float64
}

func dense(rows [][]float64) *mat.Dense {
	if rows == nil {
		return nil
	}
	x := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, r := range rows {
		x.SetRow(i, r)
	}
	return x
}

func TestGroupsAgainstScikitLearn(t *testing.T) {
	text, err := os.ReadFile("../../tests/reference/metric/groups.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []groupCase
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 10 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			g := Grouping{X: dense(c.X), Group: c.Group, Groups: c.Groups, Weights: c.Weights}
			found := map[string]float64{}
			keep := func(name string, v Value, err error) Value {
				t.Helper()
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if !math.IsNaN(v.Low) && !(v.Low <= v.Value && v.Value <= v.High) {
					t.Errorf("%s = %g is outside [%g, %g]", name, v.Value, v.Low, v.High)
				}
				found[name] = v.Value
				return v
			}
			v, err := Silhouette(t.Context(), g)
			keep("silhouette", v, err)
			v, err = DaviesBouldin(t.Context(), g)
			keep("davies_bouldin", v, err)
			v, err = MeanSquaredDistance(t.Context(), g, nil)
			found["baseline"] = keep("mean_squared_distance", v, err).Baseline
			if c.Centres != nil {
				v, err = MeanSquaredDistance(t.Context(), g, dense(c.Centres))
				keep("around_centres", v, err)
			}
			if len(found) != len(c.Values) {
				t.Errorf("%d values, the reference has %d", len(found), len(c.Values))
			}
			for name, want := range c.Values {
				tolerance := 1e-9
				if c.Name == "far from zero" { // the peer's distances lose digits there
					tolerance = 1e-6
				}
				if !near(found[name], want, tolerance) {
					t.Errorf("%s = %.15g, want %.15g", name, found[name], show(want))
				}
			}
		})
	}
}

// blobs are n rows around three points.
func blobs(n int, seed uint64) Grouping {
	rng := rand.New(rand.NewPCG(seed, 2))
	g := Grouping{X: mat.NewDense(n, 3, nil), Group: make([]int32, n), Groups: 3}
	for i := range n {
		g.Group[i] = int32(rng.IntN(3))
		for j := range 3 {
			g.X.Set(i, j, rng.NormFloat64()+2*float64(g.Group[i])*float64(j))
		}
	}
	return g
}

// measures are the three metrics of groups.
var measures = map[string]func(context.Context, Grouping) (Value, error){
	"silhouette":            Silhouette,
	"davies_bouldin":        DaviesBouldin,
	"mean_squared_distance": func(ctx context.Context, g Grouping) (Value, error) { return MeanSquaredDistance(ctx, g, nil) },
}

func TestWeightsOfGroupedRowsAreRepeatedRows(t *testing.T) {
	g, repeated := blobs(200, 1), Grouping{Groups: 3}
	var rows [][]float64
	for i := range g.Group {
		g.Weights = append(g.Weights, float64(i%4))
		for range i % 4 {
			rows = append(rows, g.X.RawRowView(i))
			repeated.Group = append(repeated.Group, g.Group[i])
		}
	}
	repeated.X = dense(rows)
	for name, f := range measures {
		a, errA := f(t.Context(), g)
		b, errB := f(t.Context(), repeated)
		if errA != nil || errB != nil || !near(a.Value, &b.Value, 1e-12) {
			t.Errorf("%s is %v (%v) weighted, %v (%v) repeated", name, a.Value, errA, b.Value, errB)
		}
		if a.Rows != 150 {
			t.Errorf("%s is over %d rows, 150 have a weight", name, a.Rows)
		}
	}
}

func TestSilhouetteOfManyRowsIsThatOfASample(t *testing.T) {
	g := blobs(6000, 2)
	whole, err := silhouette(t.Context(), g, 6000)
	if err != nil {
		t.Fatal(err)
	}
	part, err := silhouette(t.Context(), g, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if part.Rows != 1000 || whole.Rows != 6000 {
		t.Errorf("over %d and %d rows", part.Rows, whole.Rows)
	}
	if !(part.Low < whole.Value && whole.Value < part.High) {
		t.Errorf("the sample has [%g, %g], all rows %g", part.Low, part.High, whole.Value)
	}
	if again, _ := silhouette(t.Context(), g, 1000); again.Value != part.Value {
		t.Error("another sample the second time")
	}
	if v, err := Silhouette(t.Context(), blobs(SilhouetteRows+10, 3)); err != nil || v.Rows != SilhouetteRows {
		t.Errorf("beyond the limit it is over %d rows: %v", v.Rows, err)
	}
}

// TestSilhouetteInterval holds that the interval covers the value of the population in about 95 of 100 samples.
func TestSilhouetteInterval(t *testing.T) {
	whole, err := silhouette(t.Context(), blobs(6000, 4), 6000)
	if err != nil {
		t.Fatal(err)
	}
	covered := 0
	for seed := range uint64(200) {
		v, err := Silhouette(t.Context(), blobs(300, 100+seed))
		if err != nil {
			t.Fatal(err)
		}
		if v.Low <= whole.Value && whole.Value <= v.High {
			covered++
		}
	}
	if covered < 180 || covered == 200 {
		t.Errorf("%d of 200 intervals cover the value", covered)
	}
}

func TestGroupsThatCannotBeMeasured(t *testing.T) {
	for text, change := range map[string]func(*Grouping){
		"there are no rows":        func(g *Grouping) { g.Group = nil },
		"but 5 group numbers":      func(g *Grouping) { g.Group = g.Group[:5] },
		"but 1 row weights":        func(g *Grouping) { g.Weights = []float64{1} },
		"at least one group":       func(g *Grouping) { g.Groups = 0 },
		"row 3 has the group 7":    func(g *Grouping) { g.Group[2] = 7 },
		"row 1 has the group -1":   func(g *Grouping) { g.Group[0] = -1 },
		"row 2 has the weight -1":  func(g *Grouping) { g.Weights = []float64{1, -1, 1, 1, 1, 1, 1, 1} },
		"all 8 row weights are 0":  func(g *Grouping) { g.Weights = make([]float64, 8) },
		"row 4 has the value NaN":  func(g *Grouping) { g.X.Set(3, 1, math.NaN()) },
		"row 5 has the value +Inf": func(g *Grouping) { g.X.Set(4, 0, math.Inf(1)) },
		"the centres are 1 x 3":    nil,
	} {
		g := blobs(8, 5)
		if change == nil {
			if _, err := MeanSquaredDistance(t.Context(), g, mat.NewDense(1, 3, nil)); err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%q is wanted, got %v", text, err)
			}
			continue
		}
		change(&g)
		for name, f := range measures {
			var input *InputError
			if _, err := f(t.Context(), g); !errors.As(err, &input) || !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %q is wanted, got %v", name, text, err)
			}
		}
	}
}

func TestGroupsOfHugeNumbersAreUndefinedAndNothingIsInfinite(t *testing.T) {
	g := blobs(20, 6)
	g.X.Set(3, 1, 1e300)
	g.X.Set(5, 1, -1e300)
	for name, f := range measures {
		v, err := f(t.Context(), g)
		if err != nil || math.IsInf(v.Value, 0) || math.IsInf(v.Low, 0) || math.IsInf(v.High, 0) || math.IsInf(v.Baseline, 0) {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}

func TestMeasuringGroupsEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, f := range measures {
		if _, err := f(ctx, blobs(50, 7)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
