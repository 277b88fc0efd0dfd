package bayes

import (
	"context"
	"fmt"
	"math"

	"aibms/internal/safego"
	"aibms/learners/data"
)

const (
	chunkRows = 4096
	askEvery  = 256     // rows between two questions to the context
	maxLevels = 1 << 20 // categories of a feature
)

// counts are the sums over the training rows. Matrices are K x q: a row for each class, a column for each feature that is a number.
type counts struct {
	classes       int
	numeric       []int     // q: the features that are numbers
	levels        []int     // p: of how many categories the feature is; 0: a number
	shift         []float64 // q: what is taken off a value before it is summed, so that variances keep their digits
	weight        []float64 // K
	present       []float64 // weight of the rows that do not miss the feature
	first, second []float64 // gaussian: of x - shift and its square; multinomial, complement: first of x; bernoulli: first of yes
	shares        []float64 // of each feature that is a category, each category, each class: weight
}

// chunking says into how many chunks of how many rows n rows are parted, when the sums of one are cells numbers three times over: never by the number of workers, and so that all sums
// together stay below 64 MB unless one chunk is more.
func chunking(n, cells int) (chunks, size int) {
	chunks = min((n+chunkRows-1)/chunkRows, 256, max(1, (64<<20)/(24*max(1, cells))))
	size = max(1, (n+max(1, chunks)-1)/max(1, chunks))
	return chunks, size
}

// count sums over the rows.
func (l *naiveBayes) count(ctx context.Context, e *data.Examples, workers int) (*counts, error) {
	n, p := e.X.Dims()
	c := &counts{classes: len(e.Classes), levels: make([]int, p)}
	copy(c.levels, e.Categories)
	if l.distribution == categorical {
		if err := c.codes(ctx, e, workers); err != nil {
			return nil, err
		}
	}
	cells := 0
	for j, levels := range c.levels {
		if levels == 0 {
			c.numeric = append(c.numeric, j)
			cells++
		}
		cells += levels
	}
	if int64(cells)*int64(c.classes) > 1<<28 {
		return nil, fmt.Errorf("%s: %d categories of all features in %d classes are too many", name, cells, c.classes)
	}
	if l.distribution == gaussian {
		c.shift = shifts(e, c.numeric)
	}
	chunks, size := chunking(n, cells*c.classes)
	parts := make([]*counts, chunks)
	err := safego.Chunks(ctx, n, size, workers, func(chunk, lo, hi int) error {
		part := c.empty()
		parts[chunk] = part
		return l.sum(ctx, e, part, lo, hi)
	})
	if err != nil {
		return nil, err
	}
	total := c.empty()
	for _, part := range parts {
		if part != nil {
			total.add(part)
		}
	}
	return total, nil
}

// empty is counts of the same shape without rows.
func (c *counts) empty() *counts {
	cells, shares := c.classes*len(c.numeric), 0
	for _, levels := range c.levels {
		shares += levels * c.classes
	}
	return &counts{classes: c.classes, numeric: c.numeric, levels: c.levels, shift: c.shift, weight: make([]float64, c.classes), present: make([]float64, cells),
		first: make([]float64, cells), second: make([]float64, cells), shares: make([]float64, shares)}
}

func (c *counts) add(d *counts) {
	for _, pair := range [][2][]float64{{c.weight, d.weight}, {c.present, d.present}, {c.first, d.first}, {c.second, d.second}, {c.shares, d.shares}} {
		for i, v := range pair[1] {
			pair[0][i] += v
		}
	}
}

// shifts are the means of the features over a few rows; of one that is constant exactly its value.
func shifts(e *data.Examples, numeric []int) []float64 {
	const rows = 64
	n, _ := e.X.Dims()
	step := max(1, n/rows)
	out := make([]float64, len(numeric))
	for at, j := range numeric {
		base, sum, count := math.NaN(), 0.0, 0
		for i := 0; i < n && i < rows*step; i += step {
			v := e.X.At(i, j)
			if v != v {
				continue
			}
			if count++; count == 1 {
				base = v
			}
			sum += v/rows - base/rows
		}
		if count > 0 {
			out[at] = base + sum*(rows/float64(count))
		}
	}
	return out
}

// codes finds of how many categories each feature of numbers is, for the categorical form.
func (c *counts) codes(ctx context.Context, e *data.Examples, workers int) error {
	n, p := e.X.Dims()
	chunks, size := chunking(n, p)
	most := make([][]int, chunks)
	err := safego.Chunks(ctx, n, size, workers, func(chunk, lo, hi int) error {
		found := make([]int, p)
		most[chunk] = found
		for i := lo; i < hi; i++ {
			if i%askEvery == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			for j, v := range e.X.RawRowView(i) {
				if c.levels[j] > 0 || v != v {
					continue
				}
				if !(v >= 0 && v < maxLevels) || v != math.Trunc(v) {
					return fmt.Errorf("%s: distribution 'categorical' wants categories, or their codes 0, 1, 2 ... below %d; feature %s is %v in training row %d", name, maxLevels, featureName(e, j), v, i+1)
				}
				found[j] = max(found[j], int(v)+1)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for j := range c.levels {
		if c.levels[j] == 0 {
			c.levels[j] = 1 // a feature that nobody has
			for _, found := range most {
				if found != nil {
					c.levels[j] = max(c.levels[j], found[j])
				}
			}
		}
	}
	return nil
}

func featureName(e *data.Examples, j int) string {
	if j < len(e.Features) {
		return e.Features[j]
	}
	return fmt.Sprint(j + 1)
}

// sum adds the rows from lo to hi.
func (l *naiveBayes) sum(ctx context.Context, e *data.Examples, c *counts, lo, hi int) error {
	q := len(c.numeric)
	straight := q == len(c.levels) // all features are numbers, so a row is as it is
	var row []float64
	if !straight {
		row = make([]float64, q)
	} else if l.distribution == gaussian {
		if done, err := c.addQuickly(ctx, e, lo, hi); done || err != nil {
			return err
		}
	}
	for i := lo; i < hi; i++ {
		if i%askEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		w, k := e.Weight(i), int(e.Y[i])
		if w == 0 {
			continue
		}
		x := e.X.RawRowView(i)
		c.weight[k] += w
		if straight {
			row = x
		} else {
			for at, j := range c.numeric {
				row[at] = x[j]
			}
			c.addCategories(x, k, w)
		}
		first, second, present := c.first[k*q:(k+1)*q], c.second[k*q:(k+1)*q], c.present[k*q:(k+1)*q]
		switch l.distribution {
		case gaussian:
			addSquares(row, c.shift, w, first, second, present)
		case bernoulli:
			for j, v := range row {
				if v > l.binarize {
					first[j] += w
				} else if v != v {
					present[j] -= w
				}
			}
		default:
			for j, v := range row {
				switch {
				case v > 0:
					first[j] += w * v
				case v < 0:
					return fmt.Errorf("%s: distribution '%s' wants numbers of at least 0, such as counts; feature %s is %v in training row %d", name, l.distribution, featureName(e, c.numeric[j]), v, i+1)
				}
			}
		}
	}
	for k, w := range c.weight {
		for j := range c.present[k*q : (k+1)*q] {
			// what was taken off for missing values is put right; rounding must not leave a rest where nobody has a value
			if v := c.present[k*q+j] + w; v > 1e-12*w {
				c.present[k*q+j] = v
			} else {
				c.present[k*q+j] = 0
			}
		}
	}
	return nil
}

// addSquares adds w (x - shift) and w (x - shift)^2; the weight of missing values is taken off present.
func addSquares(x, shift []float64, w float64, first, second, present []float64) {
	for j, v := range x {
		if v != v {
			present[j] -= w
			continue
		}
		d := v - shift[j]
		first[j] += w * d
		second[j] += w * d * d
	}
}

// addQuickly does the same for rows of which none misses a value, four rows of a class at a time. It reports whether that was so; if not, nothing was added.
func (c *counts) addQuickly(ctx context.Context, e *data.Examples, lo, hi int) (bool, error) {
	q := len(c.numeric)
	waiting, count := make([][4]int, c.classes), make([]uint8, c.classes)
	for i := lo; i < hi; i++ {
		if i%askEvery == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
		w, k := e.Weight(i), int(e.Y[i])
		if w == 0 {
			continue
		}
		c.weight[k] += w
		waiting[k][count[k]] = i
		if count[k]++; count[k] == 4 {
			count[k] = 0
			addFour(e, waiting[k], c.shift, c.first[k*q:(k+1)*q], c.second[k*q:(k+1)*q])
		}
	}
	for k, n := range count {
		for _, i := range waiting[k][:n] {
			addSquares(e.X.RawRowView(i), c.shift, e.Weight(i), c.first[k*q:(k+1)*q], c.second[k*q:(k+1)*q], c.present[k*q:(k+1)*q])
		}
	}
	for at, sum := range c.first {
		if sum != sum || c.present[at] != 0 {
			clear(c.weight)
			clear(c.first)
			clear(c.second)
			clear(c.present)
			return false, nil
		}
	}
	for k, w := range c.weight {
		for j := range q {
			c.present[k*q+j] = w
		}
	}
	return true, nil
}

// addFour adds four rows.
func addFour(e *data.Examples, rows [4]int, shift, first, second []float64) {
	x0 := e.X.RawRowView(rows[0])
	n := len(x0)
	x1, x2, x3 := e.X.RawRowView(rows[1])[:n], e.X.RawRowView(rows[2])[:n], e.X.RawRowView(rows[3])[:n]
	shift, first, second = shift[:n], first[:n], second[:n]
	if e.Weights == nil {
		for j, v := range x0 {
			s := shift[j]
			a, b, c, d := v-s, x1[j]-s, x2[j]-s, x3[j]-s
			first[j] += (a + b) + (c + d)
			second[j] += (a*a + b*b) + (c*c + d*d)
		}
		return
	}
	w0, w1, w2, w3 := e.Weights[rows[0]], e.Weights[rows[1]], e.Weights[rows[2]], e.Weights[rows[3]]
	for j, v := range x0 {
		s := shift[j]
		a, b, c, d := v-s, x1[j]-s, x2[j]-s, x3[j]-s
		u, v, w, z := w0*a, w1*b, w2*c, w3*d
		first[j] += (u + v) + (w + z)
		second[j] += (u*a + v*b) + (w*c + z*d)
	}
}

func (c *counts) addCategories(x []float64, k int, w float64) {
	offset := 0
	for j, levels := range c.levels {
		if levels == 0 {
			continue
		}
		if v := x[j]; v >= 0 && v < float64(levels) {
			c.shares[offset+int(v)*c.classes+k] += w
		}
		offset += levels * c.classes
	}
}
