package neighbors

import "math"

// lanes is how many rows a panel holds: width lines of 16 numbers, one line a place of the images.
const lanes = 16

// screenRows sets a bit of masks, one mask a panel, for each row whose image is not farther from z than the limit, in reduced distance. It works in single precision:
// the sums are right to width+2 roundings, and the last bits may differ between processors, which the limit allows for. panels holds len(masks) panels.
func (m norm) screenRows(panels []float32, width int, z []float32, limit float32, masks []uint16) {
	_ = panels[:len(masks)*width*lanes]
	_ = z[:width]
	switch {
	case accelerated && m.power == 2:
		squaresAVX(&panels[0], len(masks), width, &z[0], limit, &masks[0])
		return
	case accelerated && m.power == 1:
		absolutesAVX(&panels[0], len(masks), width, &z[0], limit, &masks[0])
		return
	}
	for k := range masks {
		panel := panels[k*width*lanes : (k+1)*width*lanes]
		var sums [lanes]float32
		for j, v := range z[:width] {
			line := panel[j*lanes : (j+1)*lanes : (j+1)*lanes]
			switch m.power {
			case 2:
				for r, x := range line {
					sums[r] += (v - x) * (v - x)
				}
			case 1:
				for r, x := range line {
					sums[r] += float32(math.Abs(float64(v - x)))
				}
			default:
				for r, x := range line {
					sums[r] += float32(math.Pow(math.Abs(float64(v-x)), m.power))
				}
			}
		}
		masks[k] = 0
		for r, s := range sums {
			if !(s > limit) {
				masks[k] |= 1 << r
			}
		}
	}
}

// boxDistance is the reduced distance of z from a box of width least and width largest numbers.
func (m norm) boxDistance(box []float32, z []float32) float32 {
	width := len(z)
	_ = box[:2*width]
	switch {
	case accelerated && m.power == 2:
		return boxSquaresAVX(&box[0], width, &z[0])
	case accelerated && m.power == 1:
		return boxAbsolutesAVX(&box[0], width, &z[0])
	}
	sum := float32(0)
	for j, v := range z {
		if g := max(box[j]-v, v-box[width+j], 0); g > 0 {
			sum += float32(m.raise(float64(g)))
		}
	}
	return sum
}
