//go:build !purego

package neighbors

import "golang.org/x/sys/cpu"

// accelerated tells whether this processor has the instructions of screen_amd64.s. Tests set it to compare with screen.go.
var accelerated = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// squaresAVX is screenRows for power 2, absolutesAVX for power 1. width is a multiple of 8, count at least 1.
//
//go:noescape
func squaresAVX(panels *float32, count, width int, z *float32, limit float32, masks *uint16)

//go:noescape
func absolutesAVX(panels *float32, count, width int, z *float32, limit float32, masks *uint16)

// boxSquaresAVX is boxDistance for power 2, boxAbsolutesAVX for power 1.
//
//go:noescape
func boxSquaresAVX(box *float32, width int, z *float32) float32

//go:noescape
func boxAbsolutesAVX(box *float32, width int, z *float32) float32
