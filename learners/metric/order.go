package metric

import "math"

// digit is the number of bits that one pass of the radix sort looks at, and passes how many make up a key.
const (
	digit  = 11
	passes = (64 + digit - 1) / digit
)

// keyed is a row under the key that it is sorted by.
type keyed struct {
	key uint64
	row int32
}

// order returns the row numbers 0..len(values)-1 sorted by rising value, equal values by row number. No value may be NaN. It is a radix sort from the lowest
// digit up, which keeps the order of equals: O(n) time, 36 n bytes. It stops soon after ended reports true; the result is then void.
func order(values []float64, ended func() bool) []int32 {
	n := len(values)
	from, to := make([]keyed, n), make([]keyed, n)
	var counts [passes][1 << digit]int
	for i, v := range values {
		if i%block == 0 && ended() {
			return make([]int32, n)
		}
		key := sortKey(v)
		from[i] = keyed{key, int32(i)}
		for p := range passes {
			counts[p][key>>(p*digit)&(1<<digit-1)]++
		}
	}
	for p := range passes {
		at := &counts[p]
		start, single := 0, false
		for d, c := range at {
			single = single || c == n
			at[d], start = start, start+c
		}
		if single { // all rows have the same digit here
			continue
		}
		for i, x := range from {
			if i%block == 0 && ended() {
				return make([]int32, n)
			}
			d := x.key >> (p * digit) & (1<<digit - 1)
			to[at[d]] = x
			at[d]++
		}
		from, to = to, from
	}
	rows := make([]int32, n)
	for i, x := range from {
		rows[i] = x.row
	}
	return rows
}

// sortKey maps floats to integers of the same order: IEEE 754 orders the positive ones as integers already, and the negative ones in reverse. Both zeros
// are one.
func sortKey(v float64) uint64 {
	bits := math.Float64bits(v + 0)
	if bits>>63 == 1 {
		return ^bits
	}
	return bits | 1<<63
}
