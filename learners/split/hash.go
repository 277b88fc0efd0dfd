package split

import "cmp"

// mix is the output function of the generator SplitMix64 (Steele, Lea, Flood 2014, OOPSLA): a bijection of 64 bits in which every bit of z moves every bit
// of the result, so that neighbouring identities (1, 2, 3 ...) land anywhere.
func mix(z uint64) uint64 {
	z += 0x9E3779B97F4A7C15
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB
	return z ^ (z >> 31)
}

// place is where a row stands among all possible ones under a seed. It is part of what a stored split means: never change it.
func place(id, seed uint64) uint64 { return mix(id ^ mix(seed)) }

// unit maps the upper 53 bits of a place to [0, 1).
func unit(place uint64) float64 { return float64(place>>11) / (1 << 53) }

// byHash gives a row that stands at u of the way the part that u falls into, TRAIN first. What becomes of a row depends on no other.
func (s Spec) byHash(id []uint64, parts []Part) {
	seed := s.Seed
	if s.Method == Hash {
		seed = 0
	}
	for i := range parts {
		switch u := unit(place(id[i], seed)); {
		case u < s.Train:
			parts[i] = Train
		case s.Validate > 0 && (u < s.Train+s.Validate || s.Test == 0):
			parts[i] = Validate
		case s.Test > 0:
			parts[i] = Test
		default: // above a TRAIN that misses 1 by rounding
			parts[i] = Train
		}
	}
}

// placed is a row at its place.
type placed struct {
	place uint64
	row   int
}

func (a placed) compare(b placed) int {
	if c := cmp.Compare(a.place, b.place); c != 0 {
		return c
	}
	return cmp.Compare(a.row, b.row) // rows of one identity: in the order of the input
}
