package bin

import (
	"context"
	"math"
	"slices"
)

const (
	// sampled is how many rows at most shape the bins of a feature with more distinct values than bins.
	sampled = 1 << 16
	// step is how many rows are worked on between two looks at the context.
	step = 1 << 16
)

// column is one column of a row-major matrix.
type column struct {
	x       []float64 // value i is x[i*stride]
	stride  int
	n       int
	weights []float64 // nil: 1 each
}

func (c *column) counts(i int) bool { return c.weights == nil || c.weights[i] > 0 }

// value is a distinct value and the sum of the weights of its rows.
type value struct{ v, mass float64 }

// fit finds the bins: a bin for each distinct value when there are no more than most, else by quantiles. Low and High of quantile bins are those of the rows looked at; encode
// widens them to all rows.
func (c *column) fit(ctx context.Context, f *Feature, most int) error {
	few, err := c.few(ctx, f)
	switch {
	case err != nil:
		return err
	case few == nil && f.Categorical:
		all, err := c.categories(ctx)
		if err != nil {
			return err
		}
		c.oneEach(f, heaviest(all, most))
	case len(few) > most && f.Categorical:
		c.oneEach(f, heaviest(few, most))
	case few != nil && len(few) <= most:
		c.oneEach(f, few)
	default:
		c.quantiles(f, few, most)
	}
	return nil
}

// few collects the distinct values while there are at most MaxBins of them, in their order; nil when there are more. It also notes whether a value is missing.
func (c *column) few(ctx context.Context, f *Feature) ([]value, error) {
	const size = 1024 // of the hash table, a power of two
	var slots [size]int16
	found := make([]value, 0, MaxBins+1)
	last := -1
	for i := 0; i < c.n; i++ {
		if i%step == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !c.counts(i) {
			continue
		}
		v := c.x[i*c.stride]
		if v != v {
			f.Missing = true
			continue
		}
		if len(found) > MaxBins {
			if f.Missing {
				break
			}
			continue // only to see whether a value is missing
		}
		v = finite(v) + 0 // -0 is 0
		mass := 1.0
		if c.weights != nil {
			mass = c.weights[i]
		}
		if last >= 0 && found[last].v == v {
			found[last].mass += mass
			continue
		}
		h := math.Float64bits(v) * 0x9E3779B97F4A7C15 >> 54
		for slots[h] != 0 && found[slots[h]-1].v != v {
			h = (h + 1) % size
		}
		if slots[h] == 0 {
			found = append(found, value{v: v})
			slots[h] = int16(len(found))
		}
		last = int(slots[h] - 1)
		found[last].mass += mass
	}
	if len(found) > MaxBins {
		return nil, nil
	}
	byValue(found)
	return found, nil
}

func byValue(v []value) {
	slices.SortFunc(v, func(a, b value) int {
		if a.v < b.v {
			return -1
		}
		return 1
	})
}

// categories are the distinct values of all rows.
func (c *column) categories(ctx context.Context) ([]value, error) {
	place := map[float64]int{}
	var all []value
	for i := 0; i < c.n; i++ {
		if i%step == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		v := finite(c.x[i*c.stride]) + 0
		if v != v || !c.counts(i) {
			continue
		}
		k, ok := place[v]
		if !ok {
			k = len(all)
			place[v] = k
			all = append(all, value{v: v})
		}
		if c.weights == nil {
			all[k].mass++
		} else {
			all[k].mass += c.weights[i]
		}
	}
	byValue(all)
	return all, nil
}

// heaviest keeps the values with the largest mass, of equal ones the smaller value, in the order of the values.
func heaviest(all []value, most int) []value {
	slices.SortStableFunc(all, func(a, b value) int {
		switch {
		case a.mass > b.mass:
			return -1
		case a.mass < b.mass:
			return 1
		}
		return 0
	})
	all = all[:min(most, len(all))]
	byValue(all)
	return all
}

// oneEach makes a bin of each value.
func (c *column) oneEach(f *Feature, values []value) {
	for _, v := range values {
		f.Low = append(f.Low, v.v)
	}
	f.High = slices.Clone(f.Low)
	f.setEdges()
}

// setEdges puts the edges half-way between neighbouring bins.
func (f *Feature) setEdges() {
	f.edges = nil
	for b := 0; b+1 < len(f.Low); b++ {
		f.edges = append(f.edges, f.Cut(b, b+1))
	}
}

// quantiles makes at most most bins of about equal mass. A value with the mass of a bin or more has a bin of its own, and the other bins share what is left.
func (c *column) quantiles(f *Feature, values []value, most int) {
	if values == nil {
		values = c.sample()
	}
	total, heavy := 0.0, 0
	for _, v := range values {
		total += v.mass
	}
	mean := total / float64(most)
	isHeavy := make([]bool, len(values))
	rest := total
	for i, v := range values {
		if v.mass >= mean {
			isHeavy[i] = true
			heavy++
			rest -= v.mass
		}
	}
	open := most - heavy // bins for the light values
	if open > 0 {
		mean = rest / float64(open)
	}
	filled, begin := 0.0, 0
	for i, v := range values {
		filled += v.mass
		last := i == len(values)-1
		full := isHeavy[i] || filled >= mean || !last && isHeavy[i+1] && filled >= mean/2
		if !last && (!full || len(f.Low) == most-1) {
			continue
		}
		f.Low, f.High = append(f.Low, values[begin].v), append(f.High, v.v)
		if !isHeavy[i] {
			rest -= filled
			if open--; open > 0 {
				mean = rest / float64(open)
			}
		}
		filled, begin = 0, i+1
	}
	f.setEdges()
}

// sample returns the distinct values of up to sampled rows, spread over all, in their order, with their masses.
func (c *column) sample() []value {
	rows := min(c.n, sampled)
	order := make([]float64, 0, rows)
	var all []value
	for k := 0; k < rows; k++ {
		i := k
		if rows < c.n { // one row of each of equal stretches
			lo, hi := k*c.n/rows, (k+1)*c.n/rows
			i = lo + int(mix(uint64(k))%uint64(hi-lo))
		}
		if v := finite(c.x[i*c.stride]) + 0; v == v && c.counts(i) {
			if c.weights == nil {
				order = append(order, v)
			} else {
				all = append(all, value{v, c.weights[i]})
			}
		}
	}
	if c.weights == nil {
		sortFloats(order)
		for _, v := range order {
			if k := len(all) - 1; k >= 0 && all[k].v == v {
				all[k].mass++
			} else {
				all = append(all, value{v, 1})
			}
		}
		return all
	}
	slices.SortStableFunc(all, func(a, b value) int {
		switch {
		case a.v < b.v:
			return -1
		case a.v > b.v:
			return 1
		}
		return 0
	})
	distinct := all[:0]
	for _, v := range all {
		if k := len(distinct) - 1; k >= 0 && distinct[k].v == v.v {
			distinct[k].mass += v.mass
		} else {
			distinct = append(distinct, v)
		}
	}
	return distinct
}

// sortFloats sorts finite numbers: by counting, eleven bits at a time from the lowest, skipping bits that are all equal.
func sortFloats(v []float64) {
	if len(v) < 1024 {
		slices.Sort(v)
		return
	}
	const digit, digits = 11, 6
	keys, other := make([]uint64, len(v)), make([]uint64, len(v))
	var counts [digits][1 << digit]uint32
	for i, x := range v {
		k := math.Float64bits(x)
		k ^= uint64(int64(k)>>63) | 1<<63 // the order of the numbers is the order of these keys
		keys[i] = k
		for d := range digits {
			counts[d][k>>(digit*d)&(1<<digit-1)]++
		}
	}
	for d := range digits {
		count := &counts[d]
		if count[keys[0]>>(digit*d)&(1<<digit-1)] == uint32(len(v)) {
			continue
		}
		at := uint32(0)
		for b, c := range count {
			count[b] = at
			at += c
		}
		for _, k := range keys {
			b := k >> (digit * d) & (1<<digit - 1)
			other[count[b]] = k
			count[b]++
		}
		keys, other = other, keys
	}
	for i, k := range keys {
		v[i] = math.Float64frombits(k ^ (^uint64(int64(k)>>63) | 1<<63))
	}
}

// mix spreads the bits of a number (splitmix64).
func mix(i uint64) uint64 {
	z := (i + 1) * 0x9E3779B97F4A7C15
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB
	return z ^ (z >> 31)
}

// encode writes the codes of all rows and widens the bins to the rows of positive weight.
func (c *column) encode(ctx context.Context, f *Feature, codes []uint8) error {
	s := newSearch(f)
	var low, high [MaxBins + 1]float64
	for b := range low {
		low[b], high[b] = math.MaxFloat64, -math.MaxFloat64
	}
	for lo := 0; lo < c.n; lo += step {
		if err := ctx.Err(); err != nil {
			return err
		}
		for i := lo; i < min(c.n, lo+step); i++ {
			v := c.x[i*c.stride]
			b := s.code(v)
			codes[i] = b
			if b == Missing {
				if f.Categorical && c.counts(i) {
					f.Missing = true // a category without a bin
				}
			} else if c.counts(i) {
				if v < low[b] {
					low[b] = v
				}
				if v > high[b] {
					high[b] = v
				}
			}
		}
	}
	for b := range f.Low {
		if low[b] <= high[b] {
			f.Low[b], f.High[b] = finite(low[b])+0, finite(high[b])+0
		}
	}
	return nil
}

// search finds codes: Feature.Code with the edges padded to a power of two, so that it has no branches to guess.
type search struct {
	feature *Feature
	half    int
	edges   [256]float64
}

func newSearch(f *Feature) *search {
	s := &search{feature: f}
	for b := range s.edges {
		s.edges[b] = math.Inf(1)
	}
	copy(s.edges[:], f.edges)
	for s.half = 1; 2*s.half-1 < len(f.edges); {
		s.half *= 2
	}
	return s
}

func (s *search) code(v float64) uint8 {
	if v != v || s.feature.Categorical || len(s.feature.Low) == 0 {
		return s.feature.Code(v)
	}
	at := 0
	for h := s.half; h > 0; h /= 2 {
		above := 0 // no jump: the compiler makes a number of the comparison
		if s.edges[(at+h-1)&255] < v {
			above = 1
		}
		at += h & -above
	}
	if at >= len(s.feature.Low) { // infinity
		at = len(s.feature.Low) - 1
	}
	return uint8(at)
}
