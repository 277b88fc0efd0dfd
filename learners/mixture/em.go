package mixture

import (
	"context"
	"math"
	"sync"

	"gonum.org/v1/gonum/mat"

	"aibms/internal/safego"
	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/matmul"
)

// em is one Fit.
type em struct {
	l               *gaussianMixture
	train, validate *data.Examples
	env             learners.Env
	total           float64 // sum of the row weights
	scratch         sync.Pool
}

// outcome is what one start has come to.
type outcome struct {
	mixture    *mixture
	likelihood float64 // mean log density before the last step
	converged  bool
	curve      []learners.Iteration
}

// sums are what a step of maximisation needs of some rows, about the shift of the mixture before it, or the means that the components had there.
type sums struct {
	likelihood float64   // sum of w log p
	n          []float64 // k
	first      []float64 // k x p
	second     []float64 // as the covariance; of full and tied all p x p numbers
}

func newSums(form string, k, p int) *sums {
	second := int(numbersOf(form, k, p))
	if form == spherical {
		second = k * p
	}
	return &sums{n: make([]float64, k), first: make([]float64, k*p), second: make([]float64, second)}
}

func (s *sums) add(o *sums) {
	s.likelihood += o.likelihood
	for _, part := range [][2][]float64{{s.n, o.n}, {s.first, o.first}, {s.second, o.second}} {
		for i, v := range part[1] {
			part[0][i] += v
		}
	}
}

// chunksOf is into how many parts rows are cut at most, each with sums of its own, which are added up in their order: the same ones on any number of workers, fewer when sums are large.
func chunksOf(n, k, p int, form string) int {
	return int(max(1, min(32, int64(n+127)/128, 1<<25/(numbersOf(form, k, p)+int64(k*p)+1))))
}

// blockRows is how many rows are worked on at a time: what fits a cache, and takes no more than milliseconds.
func blockRows(form string, k, p int) int {
	rows := min(128, 1<<15/(k*p))
	if form == full || form == tied {
		rows = min(rows, int(1<<24/(int64(k)*int64(p)*int64(p))))
	}
	return max(4, rows)
}

// pass calls f for all rows, block by block: f gets the chunk and what the densities of a block need.
func (e *em) pass(ctx context.Context, x *mat.Dense, chunks int, f func(chunk, lo, hi int, s *scratch)) error {
	n, p := x.Dims()
	rows := blockRows(e.l.covariance, e.l.k, p)
	size := (n + chunks - 1) / chunks
	return safego.Chunks(ctx, n, size, e.env.Workers, func(chunk, lo, hi int) error {
		s, ok := e.scratch.Get().(*scratch)
		if !ok {
			s = new(scratch)
		}
		defer e.scratch.Put(s)
		for ; lo < hi; lo += rows {
			if err := ctx.Err(); err != nil {
				return err
			}
			f(chunk, lo, min(hi, lo+rows), s)
		}
		return nil
	})
}

// gather adds up the sums of all rows; share sets s.logs, rows x k, to the shares of the components in each row of a block and returns the sum of w log p.
func (e *em) gather(ctx context.Context, m *mixture, share func(lo, hi int, s *scratch) float64) (*sums, error) {
	n, p := e.train.X.Dims()
	parts := make([]*sums, chunksOf(n, m.k, p, m.form))
	err := e.pass(ctx, e.train.X, len(parts), func(chunk, lo, hi int, s *scratch) {
		if parts[chunk] == nil {
			parts[chunk] = newSums(m.form, m.k, p)
		}
		parts[chunk].likelihood += share(lo, hi, s)
		for i := lo; i < hi; i++ {
			w := e.train.Weight(i)
			for c := range m.k {
				s.logs[(i-lo)*m.k+c] *= w
			}
		}
		m.accumulate(parts[chunk], s, hi-lo)
	})
	if err != nil {
		return nil, err
	}
	all := newSums(m.form, m.k, p)
	for _, part := range parts {
		if part != nil {
			all.add(part)
		}
	}
	return all, nil
}

// run starts from clusters and iterates until the likelihood stays, or max_iter iterations have passed.
func (e *em) run(ctx context.Context, clusters []int32, start int) (*outcome, error) {
	_, p := e.train.X.Dims()
	m := newMixture(e.l.covariance, e.l.k, p)
	if err := e.centre(ctx, m, clusters); err != nil {
		return nil, err
	}
	all, err := e.gather(ctx, m, func(lo, hi int, s *scratch) float64 {
		m.differences(s, e.train.X, lo, hi)
		clear(room(&s.logs, (hi-lo)*m.k))
		for i := lo; i < hi; i++ {
			s.logs[(i-lo)*m.k+int(clusters[i])] = 1
		}
		return 0
	})
	if err != nil {
		return nil, err
	}
	if m, err = m.maximise(ctx, all, e.total, len(clusters), e.l.reg); err != nil {
		return nil, err
	}
	found := &outcome{likelihood: math.Inf(-1)}
	for i := 1; i <= e.l.maxIter && !found.converged; i++ {
		all, err := e.gather(ctx, m, func(lo, hi int, s *scratch) float64 {
			m.densities(s, e.train.X, lo, hi)
			sum := 0.0
			for i := lo; i < hi; i++ {
				sum += e.train.Weight(i) * m.shares(s.logs[(i-lo)*m.k:(i-lo+1)*m.k])
			}
			return sum
		})
		if err != nil {
			return nil, err
		}
		likelihood := all.likelihood / e.total
		if math.IsNaN(likelihood) || math.IsInf(likelihood, 0) {
			return nil, errOverflow
		}
		found.converged = math.Abs(likelihood-found.likelihood) < e.l.tol
		found.likelihood = likelihood
		if err := e.report(ctx, found, m, start, i); err != nil {
			return nil, err
		}
		if m.k == 1 { // one step is exact
			found.converged = true
			break
		}
		if m, err = m.maximise(ctx, all, e.total, len(clusters), e.l.reg); err != nil {
			return nil, err
		}
	}
	found.mixture = m
	return found, nil
}

// centre sets the means to those of the clusters.
func (e *em) centre(ctx context.Context, m *mixture, clusters []int32) error {
	weight, p := make([]float64, m.k), m.p
	for i, c := range clusters {
		if i%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		w := e.train.Weight(i)
		if w == 0 {
			continue
		}
		weight[c] += w
		mean := m.means[int(c)*p : (int(c)+1)*p]
		for j, v := range e.train.X.RawRowView(i) {
			mean[j] += w / weight[c] * (v - mean[j])
		}
	}
	return nil
}

// report tells of an iteration, whose loss is that of m.
func (e *em) report(ctx context.Context, found *outcome, m *mixture, start, iteration int) error {
	e.env.Report(start*e.l.maxIter+iteration, e.l.starts*e.l.maxIter, -found.likelihood)
	if e.env.Record == nil {
		return nil
	}
	it := learners.Iteration{Number: iteration, Loss: -found.likelihood, ValidationLoss: math.NaN()}
	if e.validate != nil {
		logs, err := e.logs(ctx, m, e.validate.X)
		if err != nil {
			return err
		}
		sum, total := 0.0, 0.0
		for i, v := range logs {
			sum += e.validate.Weight(i) * v
			total += e.validate.Weight(i)
		}
		it.ValidationLoss = -sum / total
	}
	if found.curve = append(found.curve, it); e.l.starts == 1 {
		e.env.Keep(it)
	}
	return nil
}

// logs is log p of each row.
func (e *em) logs(ctx context.Context, m *mixture, x *mat.Dense) ([]float64, error) {
	n, p := x.Dims()
	out := make([]float64, n)
	err := e.pass(ctx, x, chunksOf(n, m.k, p, m.form), func(_, lo, hi int, s *scratch) {
		m.densities(s, x, lo, hi)
		for i := lo; i < hi; i++ {
			out[i] = m.shares(s.logs[(i-lo)*m.k : (i-lo+1)*m.k])
		}
	})
	return out, err
}

// accumulate adds a block of rows to sums: s.logs are the weighted shares of the components, s.differences the rows less their means.
func (m *mixture) accumulate(to *sums, s *scratch, rows int) {
	p := m.p
	if m.shift != nil {
		m.accumulateShifted(to, s, rows)
		return
	}
	scaled := room(&s.product, rows*p)
	for c := range m.k {
		first := to.first[c*p : (c+1)*p]
		d := s.differences[c*rows*p : (c+1)*rows*p]
		for i := range rows {
			r := s.logs[i*m.k+c]
			to.n[c] += r
			line := scaled[i*p : (i+1)*p]
			if r == 0 {
				clear(line)
				continue
			}
			row := d[i*p:][:len(line)]
			sum := first[:len(line)]
			for j := range line {
				v := r * row[j]
				line[j] = v
				sum[j] += v
			}
		}
		switch m.form {
		case full:
			s.work.AddMul(matmul.Of(p, p, p, to.second[c*p*p:(c+1)*p*p]), matmul.Of(rows, p, p, scaled).T(), matmul.Of(rows, p, p, d))
		case tied:
			s.work.AddMul(matmul.Of(p, p, p, to.second), matmul.Of(rows, p, p, scaled).T(), matmul.Of(rows, p, p, d))
		default:
			second := to.second[c*p : (c+1)*p]
			for i := range rows {
				line, row := scaled[i*p:(i+1)*p], d[i*p:(i+1)*p]
				for j, v := range line {
					second[j] += v * row[j]
				}
			}
		}
	}
}

// accumulateShifted is accumulate where the differences are those from the shift.
func (m *mixture) accumulateShifted(to *sums, s *scratch, rows int) {
	p, k := m.p, m.k
	shares := matmul.Of(rows, k, k, s.logs).T()
	totals := room(&s.totals, rows)
	for i := range rows {
		sum := 0.0
		for c, r := range s.logs[i*k : (i+1)*k] {
			to.n[c] += r
			sum += r
		}
		totals[i] = sum
	}
	if m.squared != nil {
		all := matmul.Of(rows, 2*p, 2*p, s.differences)
		s.work.AddMul(matmul.Of(k, p, p, to.second), shares, all.Slice(0, rows, 0, p))
		s.work.AddMul(matmul.Of(k, p, p, to.first), shares, all.Slice(0, rows, p, 2*p))
		return
	}
	d, scaled := matmul.Of(rows, p, p, s.differences), room(&s.product, rows*p)
	s.work.AddMul(matmul.Of(k, p, p, to.first), shares, d)
	count, second := k, p*p
	if m.form == tied {
		count, second = 1, 0
	}
	for c := range count {
		for i := range rows {
			r := totals[i]
			if m.form == full {
				r = s.logs[i*k+c]
			}
			line := scaled[i*p : (i+1)*p]
			row := s.differences[i*p:][:len(line)]
			for j := range line {
				line[j] = r * row[j]
			}
		}
		s.work.AddMul(matmul.Of(p, p, p, to.second[c*second:c*second+p*p]), matmul.Of(rows, p, p, scaled).T(), d)
	}
}

// emptyShare is the share of a row's mean weight below which a component has no rows.
const emptyShare = 1e-8

// maximise returns the components that the sums lead to, which are about the shift of m or its means.
func (m *mixture) maximise(ctx context.Context, s *sums, total float64, rows int, reg float64) (*mixture, error) {
	p := m.p
	next := newMixture(m.form, m.k, p)
	sum := 0.0
	for c, n := range s.n {
		if s.n[c] = n + 10*0x1p-52; n <= emptyShare*total/float64(rows) {
			s.n[c] = 0
		}
		sum += s.n[c]
	}
	moves := make([]float64, m.k*p)
	for c, n := range s.n {
		next.weights[c] = n / sum
		copy(next.means[c*p:(c+1)*p], m.means[c*p:(c+1)*p])
		for j := c * p; j < (c+1)*p && n > 0; j++ {
			moves[j] = s.first[j] / n
			if m.shift != nil {
				next.means[j] = m.shift[j-c*p]
			}
			next.means[j] += moves[j]
		}
	}
	for c, n := range s.n {
		move := moves[c*p : (c+1)*p]
		switch {
		case m.form == tied:
		case n == 0:
			next.keepSpread(c, m)
		case m.form == full:
			to, from := next.spread[c*p*p:(c+1)*p*p], s.second[c*p*p:(c+1)*p*p]
			for i := range p {
				for j := range i + 1 {
					v := from[i*p+j]/n - move[i]*move[j]
					if i == j {
						v = max(0, v) + reg
					}
					to[i*p+j], to[j*p+i] = v, v
				}
			}
		default:
			mean := 0.0
			for j, v := range s.second[c*p : (c+1)*p] {
				v = max(0, v/n-move[j]*move[j]) + reg
				mean += v / float64(p)
				if m.form == diag {
					next.spread[c*p+j] = v
				}
			}
			if m.form == spherical {
				next.spread[c] = mean
			}
		}
	}
	if m.form == tied {
		for i := range p {
			for j := range i + 1 {
				v := s.second[i*p+j]
				for c, n := range s.n {
					v -= n * moves[c*p+i] * moves[c*p+j]
				}
				if v /= sum; i == j {
					v = max(0, v) + reg
				}
				next.spread[i*p+j], next.spread[j*p+i] = v, v
			}
		}
	}
	return next, next.ready(ctx)
}
