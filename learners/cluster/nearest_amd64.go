//go:build !purego

package cluster

// nearestFMA holds tiles of 6 rows of p numbers against a panel of 8 centres, as nearest_amd64.s says: for each row it lowers first, the least sum so far, with which, its centre, and
// second, unless that is nil, the second least. from is the number of the panel's first centre, xRow a stride in bytes; tiles and p are at least 1.
//
//go:noescape
func nearestFMA(tiles, p int, x *float64, xRow int, panel, square *float64, from int, first *float64, which *int32, second *float64)

// candidatesFMA sets to, 4 numbers a row, to the squared distances of tiles of 6 rows from 4 candidates, and adds to the 4 potentials the weight of each row times the distance or, when
// that is less, closest. size is |x|^2 of each row, square that of each candidate; a distance below rounding times their sum is zero.
//
//go:noescape
func candidatesFMA(tiles, p int, x *float64, xRow int, panel, square, size, closest, weight, to, potential *float64, rounding float64)
