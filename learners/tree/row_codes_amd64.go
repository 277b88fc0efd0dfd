//go:build !purego

package tree

import "golang.org/x/sys/cpu"

// vectors tells whether this processor has the instructions of row_codes_amd64.s and the system keeps their registers.
var vectors = cpu.X86.HasAVX2

// stride and width are in bytes, width a multiple of blockBytes; n is at least 1.

//go:noescape
func spreadAVX(codes *uint8, stride, width int, ids *int32, n int, low, high *uint8)

//go:noescape
func tallyAVX(codes *uint8, stride, width int, ids *int32, moments *moment, n int, cut, bit *uint8, even, odd *tallied)

//go:noescape
func partitionAVX(codes *uint8, cut, missing int, ids, spareIDs *int32, moments, spareMoments *moment, n int) int
