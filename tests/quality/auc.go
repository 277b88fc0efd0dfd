package quality

import "slices"

// AUC is the share of pairs of a row of class 1 and one of class 0 in which the former has the larger score; equal scores count half.
func AUC(score, y []float64) float64 {
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
			ranks += y[i] * float64(lo+hi+1) / 2
			ones += y[i]
		}
		lo = hi
	}
	zeros := float64(len(y)) - ones
	return (ranks - ones*(ones+1)/2) / (ones * zeros)
}
