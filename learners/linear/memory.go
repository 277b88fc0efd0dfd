package linear

import "aibms/learners"

// load is what a fit holds beside its examples, in parts that differ between learners and solvers.
type load struct {
	n, p, k  int   // rows, features, outputs that are fitted together
	vectors  int   // of a number a row
	explicit int   // size of the Hessian or Gram matrix that is formed; 0: none
	columns  bool  // a copy of the features by columns
	extra    int64 // bytes
}

// bytes adds up the load: vectors, the copy of the features when they are sparse, the partial sums of a pass, some dozen vectors of the coefficients, and the matrices.
func (l load) bytes() int64 {
	n, p, d := int64(l.n), int64(l.p), int64(l.p+1)*int64(l.k)
	sparse := 12 * int64(sparseBelow*float64(n*p)) // a value and its column
	sum := 8*n*int64(l.vectors) + sparse + 16*n + 8*min(partElements+d, maxChunks*(d+2)) + 8*80*d + l.extra
	if l.columns {
		sum += 8*n*p + 12*p
	}
	if q := int64(l.explicit); q > 0 {
		chunks := min(gramChunks, max(1, gramElements/(q*q)))
		sum += 8 * q * q * (chunks + 4)
	}
	return sum
}

// newtonMatrix is the size of the largest matrix that trust-region Newton forms for k blocks of p+1 numbers.
func newtonMatrix(p, k int) int {
	switch {
	case p+1 > maxExplicit:
		return 0
	case k == 1:
		return p + 1
	case k*(p+1) <= maxCoupled:
		return k * (p + 1)
	}
	return p + 1
}

// MemoryNeeded implements learners.MemoryEstimator.
func (l *logisticRegression) MemoryNeeded(s learners.Shape) int64 {
	n, p, k := s.Rows, s.Features, s.Values()
	o := load{n: n, p: p, k: k, vectors: 6 + 2*k}
	switch {
	case l.solver == "sgd" || l.solver == "lbfgs":
	case l.penalty == "l1" || l.penalty == "elasticnet":
		if size := k * (p + 1); size <= maxExplicit {
			o.explicit = size
		} else {
			o.columns, o.vectors = true, 8+3*k
		}
	default:
		if o.explicit = newtonMatrix(p, k); k > 1 && o.explicit > 0 && k*(p+1) > maxCoupled {
			o.extra = 8 * int64(k) * int64(p+1) * int64(p+1)
		}
	}
	return o.bytes()
}

// MemoryNeeded implements learners.MemoryEstimator.
func (l *linearRegression) MemoryNeeded(s learners.Shape) int64 {
	n, p := s.Rows, s.Features
	o := load{n: n, p: p, k: 1, vectors: 7}
	l1 := l.penalty == "l1" || l.penalty == "elasticnet"
	square := func(v int) int64 { return 8 * int64(v) * int64(v) }
	switch {
	case l.loss == "quantile" && l.solver != "gradient_descent" && !tooWide(n, p):
		o.vectors, o.explicit = 30, p+1
		if l1 {
			o.extra = 30 * 8 * int64(p)
		}
	case l.loss == "quantile" || l.solver == "gradient_descent":
	case l.solver == "coordinate_descent" || l1:
		if p+2 <= maxExplicit {
			o.explicit = p + 2
		} else {
			o.columns = true
		}
	case l.loss == "squared" && l.solver != "newton" && p < n:
		o.explicit, o.extra = p+1+s.Outputs(), 6*square(p) // and the orthogonal way; the targets
	case l.loss == "squared" && l.solver != "newton":
		o.extra = 8*int64(n)*int64(p) + 6*square(n)
	default:
		o.explicit = newtonMatrix(p+1, 1)
	}
	return o.bytes()
}

// MemoryNeeded implements learners.MemoryEstimator.
func (l *linearSVM) MemoryNeeded(s learners.Shape) int64 {
	n, p := s.Rows, s.Features
	o := load{n: n, p: p, k: 1, vectors: 14, extra: 8 * 2 * int64(s.Outputs()) * int64(p+1)}
	switch {
	case l.penalty == "l1":
		if p+1 <= maxExplicit {
			o.explicit = p + 1
		} else {
			o.columns = true
		}
	case l.loss == "squared_hinge":
		o.explicit = newtonMatrix(p, 1)
	case l.solver == "interior_point" || l.solver == "auto" && p < maxExplicit:
		o.vectors, o.explicit = 36, p+1
	default:
		o.vectors = 20
	}
	return o.bytes()
}

var (
	_ learners.MemoryEstimator = (*logisticRegression)(nil)
	_ learners.MemoryEstimator = (*linearRegression)(nil)
	_ learners.MemoryEstimator = (*linearSVM)(nil)
)
