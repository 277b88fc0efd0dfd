//go:build !amd64 || purego

package neighbors

var accelerated = false

func squaresAVX(panels *float32, count, width int, z *float32, limit float32, masks *uint16) {}

func absolutesAVX(panels *float32, count, width int, z *float32, limit float32, masks *uint16) {}

func boxSquaresAVX(box *float32, width int, z *float32) float32 { return 0 }

func boxAbsolutesAVX(box *float32, width int, z *float32) float32 { return 0 }
