package linear

import (
	"context"
	"math"
)

// softmaxObjective is the loss of multinomial logistic regression,
//
//	F(W, b) = sum_i s_i ( log sum_k exp z_ik - z_i,y_i ) + 1/2 ridge.strength |W|^2,   z_ik = x_i.w_k + b_k
//
// as a function of K blocks of numbers, (w_1, b_1), (w_2, b_2) ..., each of p+1 numbers, or of p without intercepts. y holds class codes 0..K-1.
type softmaxObjective struct {
	x           *design
	k           int
	y           []int
	weight      []float64
	ridge       ridge
	intercept   bool
	probability []float64 // K x n: those of the last evaluation
	z           []float64 // K x n scratch: margins and derivatives
	sums        []float64
}

func newSoftmaxObjective(x *design, k int, y []int, weight []float64, r ridge, intercept bool) *softmaxObjective {
	return &softmaxObjective{x: x, k: k, y: y, weight: weight, ridge: r, intercept: intercept,
		probability: make([]float64, k*x.n), z: make([]float64, k*x.n), sums: make([]float64, k*(x.p+1)+1)}
}

// blockSize is how many numbers belong to a class.
func (o *softmaxObjective) blockSize() int {
	if o.intercept {
		return o.x.p + 1
	}
	return o.x.p
}

func (o *softmaxObjective) size() int { return o.k * o.blockSize() }

func (o *softmaxObjective) block(k int, w []float64) (coefficients []float64, bias float64) {
	b := w[k*o.blockSize() : (k+1)*o.blockSize()]
	if o.intercept {
		bias = b[o.x.p]
	}
	return b[:o.x.p], bias
}

// row is the rows lo to hi of class k in a K x n matrix.
func (o *softmaxObjective) row(m []float64, k, lo, hi int) []float64 {
	return m[k*o.x.n+lo : k*o.x.n+hi]
}

// evaluate makes one pass: O(n m K), m numbers per row.
func (o *softmaxObjective) evaluate(ctx context.Context, w, gradient []float64) (float64, error) {
	loss := o.k * (o.x.p + 1)
	err := o.x.reduce(ctx, o.sums, func(lo, hi int, part []float64) {
		o.x.blocks(lo, hi, func(lo, hi int) {
			o.margins(lo, hi, w)
			part[loss] += o.derive(lo, hi)
			o.addRows(lo, hi, part)
		})
	})
	if err != nil {
		return 0, err
	}
	o.gather(gradient)
	return o.sums[loss] + o.addRidge(w, gradient), nil
}

func (o *softmaxObjective) margins(lo, hi int, w []float64) {
	for k := 0; k < o.k; k++ {
		c, b := o.block(k, w)
		o.x.margins(lo, hi, c, b, o.row(o.z, k, lo, hi))
	}
}

// derive turns the margins of the rows into probabilities and, in z, into derivatives; it returns the loss.
func (o *softmaxObjective) derive(lo, hi int) float64 {
	n, total := o.x.n, 0.0
	for i := lo; i < hi; i++ {
		top := math.Inf(-1)
		for k := 0; k < o.k; k++ {
			top = max(top, o.z[k*n+i])
		}
		sum := 0.0
		for k := 0; k < o.k; k++ {
			e := math.Exp(o.z[k*n+i] - top)
			o.probability[k*n+i] = e
			sum += e
		}
		s := o.weight[i]
		total += s * (math.Log(sum) + top - o.z[o.y[i]*n+i])
		for k := 0; k < o.k; k++ {
			o.probability[k*n+i] /= sum
			o.z[k*n+i] = s * o.probability[k*n+i]
		}
		o.z[o.y[i]*n+i] -= s
	}
	return total
}

// addRows adds z_ki (x_i, 1) to the block of each class k in part.
func (o *softmaxObjective) addRows(lo, hi int, part []float64) {
	q := o.x.p + 1
	for k := 0; k < o.k; k++ {
		r := o.row(o.z, k, lo, hi)
		o.x.addRows(lo, hi, r, part[k*q:k*q+o.x.p])
		for _, v := range r {
			part[k*q+o.x.p] += v
		}
	}
}

// gather copies the blocks of sums to out, without the intercepts when there are none.
func (o *softmaxObjective) gather(out []float64) {
	for k := 0; k < o.k; k++ {
		copy(out[k*o.blockSize():(k+1)*o.blockSize()], o.sums[k*(o.x.p+1):])
	}
}

func (o *softmaxObjective) addRidge(w, gradient []float64) float64 {
	sum, b := 0.0, o.blockSize()
	for k := 0; k < o.k; k++ {
		sum += o.ridge.add(o.x.p, w[k*b:(k+1)*b], gradient[k*b:(k+1)*b])
	}
	return sum
}

// product uses that the Hessian of the loss of a row by its K margins is s (diag(P) - P P'). O(n m K).
func (o *softmaxObjective) product(ctx context.Context, v, out []float64) error {
	n := o.x.n
	err := o.x.reduce(ctx, o.sums, func(lo, hi int, part []float64) {
		o.x.blocks(lo, hi, func(lo, hi int) {
			o.margins(lo, hi, v)
			for i := lo; i < hi; i++ {
				mean := 0.0
				for k := 0; k < o.k; k++ {
					mean += o.probability[k*n+i] * o.z[k*n+i]
				}
				for k := 0; k < o.k; k++ {
					o.z[k*n+i] = o.weight[i] * o.probability[k*n+i] * (o.z[k*n+i] - mean)
				}
			}
			o.addRows(lo, hi, part)
		})
	})
	if err != nil {
		return err
	}
	o.gather(out)
	o.addRidge(v, out)
	return nil
}

// hessian is exact. O(n m^2 K^2 / 4).
func (o *softmaxObjective) hessian(ctx context.Context) ([]float64, error) {
	return o.sampledHessian(ctx, 1)
}

func (o *softmaxObjective) sampledHessian(ctx context.Context, step int) ([]float64, error) {
	d, b := o.size(), o.blockSize()
	h := make([]float64, d*d)
	for k := 0; k < o.k; k++ {
		for l := 0; l <= k; l++ {
			block, err := o.hessianBlock(ctx, k, l, step)
			if err != nil {
				return nil, err
			}
			for i := 0; i < b; i++ {
				for j := 0; j <= i; j++ {
					v := block[i*b+j]
					h[(k*b+i)*d+l*b+j] = v
					if k != l {
						h[(k*b+j)*d+l*b+i] = v // each block is symmetric in itself
					}
				}
			}
		}
	}
	return h, nil
}

// hessianBlock is X' D X of classes k and l, D = s p_k ([k = l] - p_l), over every step-th row, plus the ridge when k = l.
func (o *softmaxObjective) hessianBlock(ctx context.Context, k, l, step int) ([]float64, error) {
	n, b := o.x.n, o.blockSize()
	d := o.z[:n]
	for i := 0; i < n; i += step {
		d[i] = -o.probability[l*n+i]
		if k == l {
			d[i]++
		}
		d[i] *= float64(step) * o.weight[i] * o.probability[k*n+i]
	}
	block, err := o.x.gram(ctx, d, step)
	if err != nil {
		return nil, err
	}
	block = leading(block, o.x.p+1, b)
	if k == l {
		o.ridge.addDiagonal(o.x.p, block, b)
	}
	return block, nil
}

// maxCoupled is the largest Hessian of all classes together that is factored; beyond it the classes are preconditioned one by one.
const maxCoupled = 250

func (o *softmaxObjective) precondition(ctx context.Context) (preconditioner, error) {
	b := o.blockSize()
	if b > maxExplicit {
		d := make(diagonal, o.size())
		return d, o.diagonal(ctx, d)
	}
	step := o.x.sampleStep()
	if o.size() <= maxCoupled {
		h, err := o.sampledHessian(ctx, step)
		if err != nil {
			return nil, err
		}
		return factorHessian(ctx, h, o.size())
	}
	var m blockwise
	for k := 0; k < o.k; k++ {
		h, err := o.hessianBlock(ctx, k, k, step)
		if err != nil {
			return nil, err
		}
		f, err := factorHessian(ctx, h, b)
		if err != nil {
			return nil, err
		}
		m = append(m, f)
	}
	return m, nil
}

// blockwise preconditions equal blocks of a vector each by its own factor.
type blockwise []*factored

func (m blockwise) solve(v, out []float64) {
	at := 0
	for _, f := range m {
		f.solve(v[at:at+f.n], out[at:at+f.n])
		at += f.n
	}
}

// diagonal sets d to the diagonal of the Hessian, with one for zero. O(n m K).
func (o *softmaxObjective) diagonal(ctx context.Context, d []float64) error {
	n, q := o.x.n, o.x.p+1
	err := o.x.reduce(ctx, o.sums, func(lo, hi int, part []float64) {
		for k := 0; k < o.k; k++ {
			c := o.row(o.z, k, lo, hi)
			for i := range c {
				p := o.probability[k*n+lo+i]
				c[i] = o.weight[lo+i] * p * (1 - p)
				part[k*q+o.x.p] += c[i]
			}
			o.x.addSquares(lo, hi, c, part[k*q:k*q+o.x.p])
		}
	})
	if err != nil {
		return err
	}
	o.gather(d)
	b := o.blockSize()
	for j := range d {
		if j%b < o.x.p {
			d[j] += o.ridge.strength
		} else {
			d[j] += o.ridge.bias
		}
		if !(d[j] > 0) || math.IsInf(d[j], 0) {
			d[j] = 1
		}
	}
	return nil
}
