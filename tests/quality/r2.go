package quality

// R2 is the share of the variance of y that predictions explain.
func R2(predictions, y []float64) float64 {
	mean, left, total := 0.0, 0.0, 0.0
	for _, v := range y {
		mean += v / float64(len(y))
	}
	for i, v := range y {
		left += (v - predictions[i]) * (v - predictions[i])
		total += (v - mean) * (v - mean)
	}
	return 1 - left/total
}
