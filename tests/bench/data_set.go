package main

import (
	"fmt"
	"math"
	"path/filepath"

	"gonum.org/v1/gonum/mat"

	"aibms/learners/data"
	"aibms/tests/quality"
)

// dataSet is what a contest is held on.
type dataSet struct {
	name  string
	words string // says what it is
	size  Size   // of the training rows, or of all where they are made up
	grow  []Size
	load  func(Size) (*quality.Split, error)
	needs string // see Figure.Needs
}

// coded is a data set of tests/data whose categories are codes, as trees want them.
func coded(set, target string, rows, columns int, classes bool) dataSet {
	return dataSet{name: set, words: fmt.Sprintf("real data: the %d training rows of %s", rows, set), size: Size{Rows: rows, Columns: columns}, load: func(Size) (*quality.Split, error) {
		return quality.LoadCodes(filepath.Join("tests", "data"), set, target, classes)
	}}
}

// twoRates are the visits of online_shoppers with two numbers to predict: how many visits leave the pages that were seen, and how many see no other page.
func twoRates(layout quality.Layout, columns int, words string) dataSet {
	return dataSet{name: "targets_online_shoppers", words: "real data: the 9988 training rows of online_shoppers" + words + ", ExitRates and BounceRates at once", size: Size{Rows: 9_988, Columns: columns},
		load: func(Size) (*quality.Split, error) {
			return quality.LoadTargets(filepath.Join("tests", "data"), "online_shoppers", []string{"ExitRates", "BounceRates"}, layout)
		}}
}

// wide is a data set of tests/data with a column for each category and the others standardised.
func wide(set, target string, rows, columns int, classes bool) dataSet {
	return dataSet{name: set, words: fmt.Sprintf("real data: the %d training rows of %s, a column for each category, standardised", rows, set), size: Size{Rows: rows, Columns: columns},
		load: func(Size) (*quality.Split, error) {
			return quality.Load(filepath.Join("tests", "data"), set, target, classes)
		}}
}

// flightsDir is where the rows of flights1m lie, which are not part of the project: data.csv.gz as tests/data/README.md describes such files, with the target late15.
const flightsDir = "tests/bench/data"

// flights are those rows, their airports as codes.
func flights() dataSet {
	return ofFlights(coded("flights1m", "late15", 799_819, 7, true), quality.LoadCodes)
}

// wideFlights are the same rows with a column for each airport of departure and of arrival.
func wideFlights() dataSet {
	return ofFlights(wide("flights1m", "late15", 799_819, 461, true), quality.Load)
}

func ofFlights(d dataSet, load func(dir, set, target string, classification bool) (*quality.Split, error)) dataSet {
	d.needs = filepath.Join(flightsDir, "flights1m", "data.csv.gz")
	d.load = func(Size) (*quality.Split, error) { return load(flightsDir, "flights1m", "late15", true) }
	return d
}

// synthetic are n rows of curved with p columns.
func synthetic(name string, n, p int) dataSet {
	return dataSet{name: "syn_" + name, words: fmt.Sprintf("%d rows of %d normal columns, all values distinct, four fifths of them to learn from", n, p), size: Size{Rows: n, Columns: p},
		grow: []Size{{Rows: 2 * n}, {Columns: 2 * p}}, load: curved}
}

// curved makes rows of normal columns n(i, j) (points.go), j from 0, whose binary target depends on the first nine by curves and products; every fifth is a test row.
//
//	f(i) = 0.8 x0 - 0.6 x1 + 0.7 x2 x3 + 0.5 sin(2 x4) + 0.4 (|x5| - 0.8) + 0.5 x6 [x7 > 0] - 0.3 x8^2 + 0.3
//	y(i) = 1 when u(i, 3001) < 1 / (1 + exp(-1.5 f(i))), else 0
func curved(s Size) (*quality.Split, error) {
	if s.Columns < 9 {
		return nil, fmt.Errorf("the target needs 9 columns, got %d", s.Columns)
	}
	return madeUp(s, []string{"0", "1"}, func(i int, x []float64) float64 {
		for j := range x {
			x[j] = normal(uint64(i), uint64(j))
		}
		f := 0.8*x[0] - 0.6*x[1] + 0.7*x[2]*x[3] + 0.5*math.Sin(2*x[4]) + 0.4*(math.Abs(x[5])-0.8) - 0.3*x[8]*x[8] + 0.3
		if x[7] > 0 {
			f += 0.5 * x[6]
		}
		if uniform(uint64(i), 3001) < 1/(1+math.Exp(-1.5*f)) {
			return 1
		}
		return 0
	})
}

// friedman are n rows of p uniform columns u(i, j+1) with Friedman's first function of five of them as the target, and normal noise.
//
//	y(i) = 10 sin(pi x0 x1) + 20 (x2 - 1/2)^2 + 10 x3 + 5 x4 + noise
//
//	J. Friedman: Multivariate adaptive regression splines. Annals of Statistics 19 (1991)
func friedman(name string, n, p int) dataSet {
	return dataSet{name: "fri_" + name, words: fmt.Sprintf("%d rows of %d uniform columns, four fifths of them to learn from", n, p), size: Size{Rows: n, Columns: p},
		grow: []Size{{Rows: 2 * n}, {Columns: 2 * p}}, load: func(s Size) (*quality.Split, error) {
			return madeUp(s, nil, func(i int, x []float64) float64 {
				for j := range x {
					x[j] = uniform(uint64(i), uint64(j+1))
				}
				return friedmanOf(x) + normal(uint64(i), 1000)
			})
		}}
}

// friedmanTargets are the rows of friedman with two more targets: the same function of the next five features each, with noise of its own.
func friedmanTargets(name string, n, p int) dataSet {
	d := friedman(name, n, p)
	d.name, d.words = "targets_"+d.name, d.words+"; three targets"
	one := d.load
	d.load = func(s Size) (*quality.Split, error) {
		if s.Columns < 15 {
			return nil, fmt.Errorf("three targets need 15 columns, got %d", s.Columns)
		}
		split, err := one(s)
		if err != nil {
			return nil, err
		}
		for part, e := range []*data.Examples{split.Train, split.Test} {
			e.Targets = [][]float64{e.Y}
			for k := 1; k < 3; k++ {
				y := make([]float64, len(e.Y))
				for i := range y {
					y[i] = friedmanOf(e.X.RawRowView(i)[5*k:]) + normal(uint64(i), uint64(2000+2*k+part))
				}
				e.Targets = append(e.Targets, y)
			}
		}
		return split, nil
	}
	return d
}

// friedmanOf is Friedman's first function of x[0] to x[4].
func friedmanOf(x []float64) float64 {
	return 10*math.Sin(math.Pi*x[0]*x[1]) + 20*(x[2]-0.5)*(x[2]-0.5) + 10*x[3] + 5*x[4]
}

// madeUp makes rows by a function that fills the features of row i and returns its target.
func madeUp(s Size, classes []string, row func(i int, x []float64) float64) (*quality.Split, error) {
	tests := (s.Rows + 4) / 5
	split := &quality.Split{}
	for part, n := range map[**data.Examples]int{&split.Train: s.Rows - tests, &split.Test: tests} {
		*part = &data.Examples{X: mat.NewDense(n, s.Columns, nil), Classes: classes}
		for j := range s.Columns {
			(*part).Features = append((*part).Features, fmt.Sprintf("x%d", j))
		}
	}
	for i := range s.Rows {
		e := split.Train
		if isTest(i) {
			e = split.Test
		}
		y := row(i, e.X.RawRowView(len(e.Y)))
		e.Y = append(e.Y, y)
	}
	return split, nil
}
