package feature

import (
	"fmt"
	"sort"
)

// maxBuckets limits QUANTILE_BUCKET: more buckets than that are no summary of anything.
const maxBuckets = 10_000

// quantileBucket is QUANTILE_BUCKET(x, n): the number, from 0, of the bucket that x falls into, where the n buckets hold equal shares of the
// training rows. Where one value fills several buckets there are fewer of them. Values beyond the training rows fall into the outer ones.
type quantileBucket struct {
	edges []float64 // ascending, all different; bucket i is edges[i-1] <= x < edges[i]
}

func checkQuantileBucket(args []literal) error {
	if len(args) != 1 {
		return fmt.Errorf("takes the number of buckets after the first argument, got %d arguments", len(args))
	}
	if n, ok := args[0].whole(); !ok || n < 2 || n > maxBuckets {
		return fmt.Errorf("the number of buckets must be a whole number from 2 to %d, got %s", maxBuckets, clip(args[0].sql))
	}
	return nil
}

func fitQuantileBucket(f *fitting, args []literal, col []float64) (step, error) {
	values, err := sorted(f.ctx, col)
	if err != nil {
		return nil, err
	}
	if len(values) == 0 {
		flat(f, moments{})
		return quantileBucket{}, nil
	}
	n, _ := args[0].whole()
	var s quantileBucket
	last := values[0] // no bucket is left of the smallest value, none starts at the largest
	for i := 1; i < n; i++ {
		if edge := quantile(values, float64(i)/float64(n)); edge > last && edge < values[len(values)-1] {
			s.edges = append(s.edges, edge)
			last = edge
		}
	}
	if len(s.edges)+1 < n {
		f.warn("the values of %s make %d buckets of different values, not %d", f.item.Input, len(s.edges)+1, n)
	}
	return s, nil
}

func (s quantileBucket) apply(col []float64) {
	for i, x := range col {
		if x == x {
			col[i] = float64(sort.Search(len(s.edges), func(e int) bool { return s.edges[e] > x }))
		}
	}
}

func (s quantileBucket) state() []float64 { return s.edges }

func loadQuantileBucket(args []literal, state []float64) (step, error) {
	if n, _ := args[0].whole(); len(state) >= n {
		return nil, fmt.Errorf("%d edges of %d buckets", len(state), n)
	}
	for i, e := range state {
		if !finite(e) || i > 0 && e <= state[i-1] {
			return nil, fmt.Errorf("edge %v", e)
		}
	}
	return quantileBucket{state}, nil
}
