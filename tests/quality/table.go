// Package quality compares what learners reach on real data with the numbers of other implementations (tests/reference/quality).
//
// Load reads a data set of tests/data and turns it into matrices by one fixed recipe, which tests/reference/quality/gen.py follows to the letter.
package quality

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"aibms/learners/data"
)

// Split holds the matrices of a data set: the rows to learn from and the rows to judge by.
type Split struct {
	Train, Test *data.Examples
}

// Load reads dir/set/data.csv.gz.
//
//   - Test rows are those of the fixed split that tests/data/README.md describes.
//   - The columns keep their order; each becomes features as Wide says.
//   - The target of a classification is the rank of its text among the values of all rows (numbers in their order, else by bytes); of a regression, the number.
func Load(dir, set, target string, classification bool) (*Split, error) {
	return loadWith(dir, set, []string{target}, classification, Wide)
}

// LoadCodes is Load with the features of Codes.
func LoadCodes(dir, set, target string, classification bool) (*Split, error) {
	return loadWith(dir, set, []string{target}, classification, Codes)
}

// LoadTargets is Load for a regression of several targets.
func LoadTargets(dir, set string, targets []string, layout Layout) (*Split, error) {
	return loadWith(dir, set, targets, false, layout)
}

// Layout makes the features of a column: from its texts over all rows, and its numbers when they are numbers (NaN for an empty field). train are the training rows.
type Layout func(name string, texts []string, numbers []float64, train []int) (names []string, columns [][]float64)

// Wide is the layout for learners that take complete numbers only.
//
//   - A column with a text that is not a number, in any row, is categorical: one column of 0 or 1 for each value of the training rows, in the order of their bytes, none dropped; a value
//     that only test rows have is all zeros.
//   - Any other column is numeric: an empty field becomes the median of the training rows, then the mean of the training rows is taken off and the result divided by their standard
//     deviation (divisor n; 1 when that is 0).
func Wide(name string, texts []string, numbers []float64, train []int) (names []string, columns [][]float64) {
	if numbers != nil {
		return []string{name}, [][]float64{standardise(numbers, train)}
	}
	for _, level := range levels(texts, train) {
		column := make([]float64, len(texts))
		for i, text := range texts {
			if text == level {
				column[i] = 1
			}
		}
		names, columns = append(names, name+"="+level), append(columns, column)
	}
	return names, columns
}

// Codes is the layout for learners that grow trees: a categorical column (see Wide) becomes the rank of each text among those of the training rows, in the order of their bytes, NaN for a
// value that only test rows have; any other column is the numbers as they are, NaN for empty fields.
func Codes(name string, texts []string, numbers []float64, train []int) (names []string, columns [][]float64) {
	if numbers != nil {
		return []string{name}, [][]float64{numbers}
	}
	rank := map[string]float64{}
	for k, level := range levels(texts, train) {
		rank[level] = float64(k)
	}
	column := make([]float64, len(texts))
	for i, text := range texts {
		v, ok := rank[text]
		if !ok {
			v = math.NaN()
		}
		column[i] = v
	}
	return []string{name}, [][]float64{column}
}

// loadWith reads a data set; classes are those of the first target.
func loadWith(dir, set string, targets []string, classification bool, layout Layout) (*Split, error) {
	header, rows, err := read(filepath.Join(dir, set, "data.csv.gz"))
	if err != nil {
		return nil, err
	}
	var train, test []int
	for i := range rows {
		if mix(uint64(i))%5 == 0 {
			test = append(test, i)
		} else {
			train = append(train, i)
		}
	}
	var names []string
	var columns [][]float64 // over all rows
	y := make([][]float64, len(targets))
	var classes []string
	for j, name := range header {
		texts := make([]string, len(rows))
		for i, row := range rows {
			texts[i] = row[j]
		}
		numbers, numeric := parse(texts)
		switch at := slices.Index(targets, name); {
		case at >= 0 && classification:
			y[at], classes = codes(texts, numeric)
		case at >= 0:
			y[at] = numbers
		default:
			if !numeric {
				numbers = nil
			}
			more, made := layout(name, texts, numbers, train)
			names, columns = append(names, more...), append(columns, made...)
		}
	}
	for k, target := range targets {
		if y[k] == nil {
			return nil, fmt.Errorf("data set %s has no column %q of numbers or classes", set, target)
		}
	}
	take := func(rows []int) *data.Examples {
		e := &data.Examples{X: mat.NewDense(len(rows), len(columns), nil), Features: names, Classes: classes}
		for k, i := range rows {
			for j, column := range columns {
				e.X.Set(k, j, column[i])
			}
		}
		for _, all := range y {
			column := make([]float64, len(rows))
			for k, i := range rows {
				column[k] = all[i]
			}
			e.Targets = append(e.Targets, column)
		}
		if e.Y = e.Targets[0]; len(targets) == 1 {
			e.Targets = nil
		}
		return e
	}
	return &Split{Train: take(train), Test: take(test)}, nil
}

func read(path string) (header []string, rows [][]string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, nil, err
	}
	rows, err = csv.NewReader(z).ReadAll()
	if err != nil {
		return nil, nil, err
	}
	return rows[0], rows[1:], nil
}

// mix spreads row numbers evenly (splitmix64).
func mix(i uint64) uint64 {
	z := (i + 1) * 0x9E3779B97F4A7C15
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB
	return z ^ (z >> 31)
}

// parse returns the numbers, NaN for empty fields, and whether every other field is a number.
func parse(texts []string) (numbers []float64, numeric bool) {
	numbers = make([]float64, len(texts))
	for i, text := range texts {
		if text == "" {
			numbers[i] = math.NaN()
			continue
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, false
		}
		numbers[i] = v
	}
	return numbers, true
}

// standardise fills empty fields and scales, both by the training rows.
func standardise(numbers []float64, train []int) []float64 {
	var known []float64
	for _, i := range train {
		if !math.IsNaN(numbers[i]) {
			known = append(known, numbers[i])
		}
	}
	slices.Sort(known)
	k := len(known)
	median := (known[(k-1)/2] + known[k/2]) / 2
	filled := make([]float64, len(numbers))
	for i, v := range numbers {
		if filled[i] = v; math.IsNaN(v) {
			filled[i] = median
		}
	}
	mean, square := 0.0, 0.0
	for _, i := range train {
		mean += filled[i] / float64(len(train))
	}
	for _, i := range train {
		square += (filled[i] - mean) * (filled[i] - mean) / float64(len(train))
	}
	deviation := math.Sqrt(square)
	if deviation == 0 {
		deviation = 1
	}
	for i := range filled {
		filled[i] = (filled[i] - mean) / deviation
	}
	return filled
}

// levels are the distinct texts of the training rows, sorted by bytes.
func levels(texts []string, train []int) []string {
	seen := map[string]bool{}
	var out []string
	for _, i := range train {
		if !seen[texts[i]] {
			seen[texts[i]] = true
			out = append(out, texts[i])
		}
	}
	slices.Sort(out)
	return out
}

// codes ranks the distinct texts: numbers in their order, else by bytes.
func codes(texts []string, numeric bool) (y []float64, classes []string) {
	seen := map[string]bool{}
	for _, text := range texts {
		if !seen[text] {
			seen[text] = true
			classes = append(classes, text)
		}
	}
	slices.SortFunc(classes, func(a, b string) int {
		if numeric {
			x, _ := strconv.ParseFloat(a, 64)
			y, _ := strconv.ParseFloat(b, 64)
			if x != y {
				if x < y {
					return -1
				}
				return 1
			}
		}
		if a < b {
			return -1
		} else if a > b {
			return 1
		}
		return 0
	})
	rank := map[string]int{}
	for k, class := range classes {
		rank[class] = k
	}
	y = make([]float64, len(texts))
	for i, text := range texts {
		y[i] = float64(rank[text])
	}
	return y, classes
}
