//go:build !purego

package boosting

import "golang.org/x/sys/cpu"

// vectors tells whether this processor has the instructions of scorer_amd64.s and the system keeps their registers.
var vectors = cpu.X86.HasAVX2 && cpu.X86.HasPOPCNT

// exitLeaves writes the number of the leaf that each row falls into, by the codes of 64 rows a column, the entries of a tree plane by plane, and how many of them each plane has.
// There is at least one plane.
//
//go:noescape
func exitLeaves(leaves *[scoredRows]uint8, codes *uint8, splits *entry, planes *uint16, count int)

// encodeColumn writes the biased codes of at least one row: how many of the column's cuts its number exceeds. The numbers stand stride bytes apart, from x on. Infinities count as the largest
// numbers, as in training, and NaN as missing.
//
//go:noescape
func encodeColumn(codes *uint8, x *float64, stride, rows int, cuts *float64, pivots int, missing float64)
