//go:build !purego

package boosting

// sigmoidsAVX sets p to sigmoid of each of the n numbers of z, a multiple of four and at least that, and reports whether all were within what exp does by itself; if not, p means nothing.
// powers is expTable.
//
//go:noescape
func sigmoidsAVX(p, z *float64, n int, powers *float64) bool

// stableAVX is stable of n rows, at least one.
//
//go:noescape
func stableAVX(left, right, part *uint32, n int, codes, sides *uint8) int
