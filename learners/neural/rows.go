package neural

import (
	"aibms/learners/matmul"
	"aibms/learners/vector"
)

// These are functions of package vector, which also go in double precision.

// addRow adds row to each row of z.
func addRow[T matmul.Float](z, row []T) {
	if s, ok := any(z).([]float32); ok && len(row) > 1 {
		vector.AddRow(s, any(row).([]float32))
		return
	}
	for len(z) > 0 {
		for j, v := range row {
			z[j] += v
		}
		z = z[len(row):]
	}
}

// addColumns adds the rows of d to sums.
func addColumns[T matmul.Float](sums, d []T) {
	if s, ok := any(sums).([]float32); ok {
		vector.AddColumns(s, any(d).([]float32))
		return
	}
	for len(d) > 0 {
		for j, v := range d[:len(sums)] {
			sums[j] += v
		}
		d = d[len(sums):]
	}
}

// multiply multiplies z by by.
func multiply[T matmul.Float](z, by []T) {
	if s, ok := any(z).([]float32); ok {
		vector.Multiply(s, any(by).([]float32))
		return
	}
	for i, v := range by[:len(z)] {
		z[i] *= v
	}
}
