package boosting

import (
	"context"

	"aibms/internal/safego"
)

// sides tells for each code whether its rows go left (1) or right (0).
type sides [256]uint8

// partitioner divides the rows of a leaf in place, keeping their order on either side.
type partitioner struct {
	scratch []uint32
	workers int
}

// parallelPart is how many rows at least are divided by more than one worker.
const parallelPart = 1 << 16

// divide moves the rows that go left to the front and returns how many they are. The order of either side is that of rows.
func (d *partitioner) divide(ctx context.Context, rows []uint32, codes []uint8, s *sides) (int, error) {
	n := len(rows)
	if n < parallelPart || d.workers <= 1 {
		left := 0
		for lo := 0; lo < n; lo += parallelPart {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			part := rows[lo:min(n, lo+parallelPart)]
			right := d.scratch[lo-left:]
			left += stable(rows[left:], right[:len(part)], part, codes, s)
		}
		copy(rows[left:], d.scratch[:n-left])
		return left, nil
	}
	chunks := (n + parallelPart - 1) / parallelPart
	lefts := make([]int, chunks)
	err := safego.Chunks(ctx, n, parallelPart, d.workers, func(c, lo, hi int) error { // left rows to the front of the chunk, right ones to the scratch
		lefts[c] = stable(rows[lo:hi], d.scratch[lo:hi], rows[lo:hi], codes, s)
		return nil
	})
	if err != nil {
		return 0, err
	}
	left := 0
	for c, k := range lefts {
		lo := c * parallelPart
		copy(rows[left:], rows[lo:lo+k])
		left += k
	}
	at := left
	for c, k := range lefts {
		lo := c * parallelPart
		at += copy(rows[at:], d.scratch[lo:min(n, lo+parallelPart)-k])
	}
	return left, nil
}

// stable writes the rows of part that go left to left, the others to right, and returns how many went left. left may begin where part does, or before.
func stable(left, right, part []uint32, codes []uint8, s *sides) int {
	if vectors && len(part) > 0 {
		_, _ = left[len(part)-1], right[len(part)-1]
		return stableAVX(&left[0], &right[0], &part[0], len(part), &codes[0], &s[0])
	}
	return stableByBytes(left, right, part, codes, s)
}

// stableByBytes is stable without assembly.
func stableByBytes(left, right, part []uint32, codes []uint8, s *sides) int {
	l, r := 0, 0
	for _, row := range part {
		left[l], right[r] = row, row
		k := int(s[codes[row]])
		l += k
		r += 1 - k
	}
	return l
}
