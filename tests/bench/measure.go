package main

import (
	"fmt"
	"io"
	"slices"
)

// Result is a figure's measured numbers. Ours and Peer are the medians of their runs. Ratio is the median of the ratios of the pairs, since the two runs of a pair
// meet the same machine: so it need not be exactly Peer / Ours.
type Result struct {
	Figure      Figure
	Ours, Peer  float64
	Ratio       float64
	Low, High   float64 // the least and the largest ratio of a pair
	OursRuns    []float64
	PeerRuns    []float64
	PairsRatios []float64
}

// alternate runs both sides in turn, ours first, pairs times after one pair that does not count.
func alternate(f Figure, s *Sides, pairs int, log io.Writer) (*Result, error) {
	r := &Result{Figure: f}
	for i := range pairs + 1 {
		ours, err := s.Ours()
		if err != nil {
			return nil, fmt.Errorf("ours: %w", err)
		}
		peer := f.Bound
		if s.Peer != nil {
			if peer, err = s.Peer(); err != nil {
				return nil, fmt.Errorf("peer: %w", err)
			}
		}
		if ours <= 0 || peer <= 0 {
			return nil, fmt.Errorf("ours took %v %s, the peer %v: no ratio can be taken", ours, f.Unit, peer)
		}
		what := fmt.Sprintf("pair %d of %d", i, pairs)
		if i == 0 {
			what = "warm-up"
		} else {
			r.OursRuns, r.PeerRuns, r.PairsRatios = append(r.OursRuns, ours), append(r.PeerRuns, peer), append(r.PairsRatios, peer/ours)
		}
		fmt.Fprintf(log, "%s: %s: ours %.4g %s, peer %.4g, ratio %.3g\n", f.Name, what, ours, f.Unit, peer, peer/ours)
	}
	r.Ours, r.Peer, r.Ratio = median(r.OursRuns), median(r.PeerRuns), median(r.PairsRatios)
	r.Low, r.High = slices.Min(r.PairsRatios), slices.Max(r.PairsRatios)
	return r, nil
}

// median is the middle of the values, or the mean of the two in the middle; there must be one.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// auc is the share of pairs of a row of class 1 and one of class 0 in which the former has the larger score; equal scores count half.
func auc(score []float64, one []bool) float64 {
	order := make([]int, len(score))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case score[a] < score[b]:
			return -1
		case score[a] > score[b]:
			return 1
		}
		return 0
	})
	ranks, ones := 0.0, 0.0
	for lo := 0; lo < len(order); {
		hi := lo
		for hi < len(order) && score[order[hi]] == score[order[lo]] {
			hi++
		}
		for _, i := range order[lo:hi] {
			if one[i] {
				ranks += float64(lo+hi+1) / 2
				ones++
			}
		}
		lo = hi
	}
	return (ranks - ones*(ones+1)/2) / (ones * (float64(len(one)) - ones))
}
