package params

import (
	"math"
	"reflect"
	"testing"
)

type example struct {
	c       float64
	iters   int
	bias    bool
	penalty string
	names   string
}

func declare(e *example) *Set {
	s := &Set{}
	s.Float(&e.c, "c", 1, "inverse strength", Above(0), TuneLog(1e-3, 1e3))
	s.Int(&e.iters, "max_iter", 100, "most iterations", AtLeast(1), AtMost(1e6))
	s.Bool(&e.bias, "fit_intercept", true, "learn an intercept")
	s.Choice(&e.penalty, "penalty", "l2", []string{"l2", "l1"}, "penalty")
	s.Text(&e.names, "names", "", "names of features", "features that matter")
	return s
}

func TestDefaultsReachTheFields(t *testing.T) {
	var e example
	declare(&e)
	if want := (example{1, 100, true, "l2", ""}); e != want {
		t.Fatalf("got %+v, want %+v", e, want)
	}
}

func TestAssign(t *testing.T) {
	var e example
	s := declare(&e)
	given := []Setting{{"C", "0.5", "USER"}, {"max_iter", "1e3", "USER"}, {"fit_intercept", "FALSE", "USER"}, {"penalty", "L1", "TUNED"}, {"names", "a, B", "USER"}}
	if err := s.Assign("demo", given); err != nil {
		t.Fatal(err)
	}
	if want := (example{0.5, 1000, false, "l1", "a, B"}); e != want {
		t.Fatalf("got %+v, want %+v", e, want)
	}
	want := []Setting{{"c", "0.5", "USER"}, {"max_iter", "1000", "USER"}, {"fit_intercept", "false", "USER"}, {"penalty", "l1", "TUNED"}, {"names", "a, B", "USER"}}
	if got := s.Settings(given); !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestAssignErrorsTeach(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"c", "-1", `hyper-parameter "c" must be > 0, got -1`},
		{"c", "NaN", `hyper-parameter "c" must be > 0, got NaN`},
		{"c", "1e999", `hyper-parameter "c" must be > 0 and below 1.8e308, got '1e999'`},
		{"max_iter", "0", `hyper-parameter "max_iter" must be >= 1 and <= 1e+06, got 0`},
		{"max_iter", "1.5", `hyper-parameter "max_iter" must be a whole number, got '1.5'`},
		{"fit_intercept", "maybe", `hyper-parameter "fit_intercept" must be TRUE or FALSE, got 'maybe'`},
		{"penalty", "l3", `hyper-parameter "penalty" must be one of l2, l1; got 'l3'`},
		{"maxiter", "5", `learner demo has no hyper-parameter "maxiter" (did you mean max_iter?); it has: c, max_iter, fit_intercept, penalty, names`},
		{"zzz", "5", `learner demo has no hyper-parameter "zzz"; it has: c, max_iter, fit_intercept, penalty, names`},
	} {
		var e example
		err := declare(&e).Assign("demo", []Setting{{c.name, c.value, "USER"}})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s = %s: got %v, want %s", c.name, c.value, err, c.want)
		}
	}
	var e example
	if err := declare(&e).Assign("demo", []Setting{{"c", "1", "USER"}, {"C", "2", "USER"}}); err == nil {
		t.Error("a hyper-parameter given twice was accepted")
	}
}

func TestWrongDeclarationsPanic(t *testing.T) {
	for name, f := range map[string]func(*Set, *float64){
		"default out of range": func(s *Set, v *float64) { s.Float(v, "a", 0, "doc", Above(0)) },
		"twice":                func(s *Set, v *float64) { s.Float(v, "a", 0, "doc"); s.Float(v, "a", 0, "doc") },
		"no doc":               func(s *Set, v *float64) { s.Float(v, "a", 0, "") },
		"upper case":           func(s *Set, v *float64) { s.Float(v, "A", 0, "doc") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			var v float64
			f(&Set{}, &v)
		})
	}
}

func TestFormatFloatReadsBack(t *testing.T) {
	for _, v := range []float64{0, 1, 0.1, 1e-300, math.MaxFloat64, math.SmallestNonzeroFloat64, 1.0 / 3} {
		var got float64
		s := &Set{}
		s.Float(&got, "v", v, "doc")
		if got != v {
			t.Errorf("%v came back as %v", v, got)
		}
	}
}

func TestNearest(t *testing.T) {
	choices := []string{"random_forest", "linear_svm", "logistic_regression"}
	for name, want := range map[string]string{"randomforest": "random_forest", "LINEARSVM": "linear_svm", "logistic_regresion": "logistic_regression", "xgboost": ""} {
		if got := Nearest(name, choices); got != want {
			t.Errorf("Nearest(%s) = %q, want %q", name, got, want)
		}
	}
}
