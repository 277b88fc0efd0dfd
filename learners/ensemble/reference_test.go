package ensemble

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
)

// reference is a case of tests/reference/ensemble/expected.json.
type reference struct {
	Target, Learner string
	Settings        map[string]string
	Predictions     [][]float64
}

// TestAgainstScikitLearn: votings and stackings of a linear learner and a tree are those of scikit-learn, given the same folds.
func TestAgainstScikitLearn(t *testing.T) {
	b, err := os.ReadFile("../../tests/reference/ensemble/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var references []reference
	if err := json.Unmarshal(b, &references); err != nil {
		t.Fatal(err)
	}
	if len(references) != 14 {
		t.Fatalf("%d cases", len(references))
	}
	specs := map[string]*learners.Spec{votingName: Voting(base), stackingName: Stacking(base)}
	for _, r := range references {
		t.Run(fmt.Sprint(r.Learner, r.Target, r.Settings), func(t *testing.T) {
			e := referenceRows(t, r.Target)
			linear := "logistic_regression (tol = 1e-12)"
			if e.Classes == nil {
				linear = "linear_regression (penalty = l2)"
			}
			settings := []string{"learners", linear + ", decision_tree (max_depth = 3)"}
			if r.Learner == stackingName {
				settings = append(settings, "final", linear)
			}
			for name, value := range r.Settings {
				settings = append(settings, name, value)
			}
			out := predict(t, fit(t, e, 7, specs[r.Learner], settings...), e)
			_, k := out.Dims()
			worst := 0.0
			for i, want := range r.Predictions {
				row := out.RawRowView(3 * i)
				if r.Settings["voting"] == "hard" { // scikit-learn tells the class alone
					class := largest(row)
					for c := range row {
						row[c] = 0
					}
					row[class] = 1
				}
				for c, v := range want {
					worst = max(worst, math.Abs(row[c+k-len(want)]-v))
				}
			}
			if t.Logf("largest difference %.1e", worst); worst > 2e-6 {
				t.Errorf("predictions differ by %g", worst)
			}
		})
	}
}

func referenceRows(t *testing.T, target string) *data.Examples {
	t.Helper()
	f, err := os.Open("../../tests/reference/decision_tree/data.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	place := map[string]int{}
	for j, name := range rows[0] {
		place[name] = j
	}
	e := &data.Examples{X: mat.NewDense(len(rows)-1, 5, nil), Features: rows[0][:5], Classes: map[string][]string{"binary": {"a", "b"}, "multi": {"a", "b", "c", "d"}}[target]}
	number := func(text string) float64 {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for i, row := range rows[1:] {
		for j := range 5 {
			e.X.Set(i, j, number(row[j]))
		}
		e.Y = append(e.Y, number(row[place[target]]))
	}
	return e
}
