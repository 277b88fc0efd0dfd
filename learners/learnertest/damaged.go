package learnertest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
)

// part is one section of an artifact, decoded; exactly one of its values is set.
type part struct {
	name     string
	floats   []float64
	floats32 []float32
	ints     []int64
	ints32   []int32
	texts    []string
	raw      []byte
}

// parts takes an artifact apart by the layout that package artifact documents.
func parts(t *testing.T, b []byte) []part {
	t.Helper()
	r, err := artifact.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	var all []part
	at := 16
	for range binary.LittleEndian.Uint32(b[12:]) {
		size := int(binary.LittleEndian.Uint16(b[at:]))
		p := part{name: string(b[at+2 : at+2+size])}
		kind := b[at+2+size]
		at += 2 + size + 21
		switch kind {
		case 1:
			p.raw, err = r.Bytes(p.name)
		case 2:
			p.floats, err = r.Float64s(p.name)
		case 3:
			p.ints32, err = r.Int32s(p.name)
		case 4:
			p.ints, err = r.Int64s(p.name)
		case 5:
			p.texts, err = r.Strings(p.name)
		case 6:
			p.floats32, err = r.Float32s(p.name)
		default:
			t.Fatalf("section %q has type %d, which the suite does not know", p.name, kind)
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// length is the number of values of the section.
func (p part) length() int {
	return len(p.floats) + len(p.floats32) + len(p.ints) + len(p.ints32) + len(p.texts) + len(p.raw)
}

// put writes the section, cut to n values.
func (p part) put(w *artifact.Writer, n int) {
	switch {
	case p.floats != nil:
		w.Float64s(p.name, p.floats[:n])
	case p.floats32 != nil:
		w.Float32s(p.name, p.floats32[:n])
	case p.ints != nil:
		w.Int64s(p.name, p.ints[:n])
	case p.ints32 != nil:
		w.Int32s(p.name, p.ints32[:n])
	case p.texts != nil:
		w.Strings(p.name, p.texts[:n])
	default:
		w.Bytes(p.name, p.raw[:n])
	}
}

// reader puts the sections together again with one of them written by change.
func reader(t *testing.T, all []part, k int, change func(w *artifact.Writer)) *artifact.Reader {
	t.Helper()
	w := artifact.NewWriter()
	for i, p := range all {
		if i == k {
			change(w)
		} else {
			p.put(w, p.length())
		}
	}
	r, err := artifact.Decode(w.Encode())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// damaged changes one section of a saved model at a time. A missing, emptied, cut or mistyped section is ErrCorrupt; a strange value is an error or a model that
// predicts without a panic.
func (s suite) damaged(t *testing.T) {
	e := sample(s.task, 90, 4, 70)
	s.damagedOf(t, s.mustFit(t, e), e)
}

// damagedOf does it to a model of the 90 rows of e.
func (s suite) damagedOf(t *testing.T, whole learners.Model, e *data.Examples) {
	t.Helper()
	n := outputs(whole, e)
	all := parts(t, save(t, whole))
	if len(all) == 0 {
		t.Fatal("the model saves nothing")
	}
	load := func(r *artifact.Reader) (learners.Model, error) { return s.spec.Load(s.spec.StateVersion, r) }
	for k, p := range all {
		corrupt := map[string]func(w *artifact.Writer){
			"missing": func(w *artifact.Writer) {},
			"of another type": func(w *artifact.Writer) {
				if p.raw == nil {
					w.Bytes(p.name, make([]byte, 8*p.length()))
				} else {
					w.Int32s(p.name, []int32{1})
				}
			},
		}
		if p.length() > 0 {
			corrupt["empty"] = func(w *artifact.Writer) { p.put(w, 0) }
			corrupt["cut"] = func(w *artifact.Writer) { p.put(w, p.length()-1) }
		}
		for what, change := range corrupt {
			if _, err := load(reader(t, all, k, change)); !errors.Is(err, artifact.ErrCorrupt) {
				t.Errorf("section %q is %s: %v", p.name, what, err)
			}
		}
		for i := range min(p.length(), 12) {
			for _, strange := range []float64{0, -1, 1, 7, 1 << 20, math.MaxInt32, math.MinInt32, math.MaxInt64, 1e300, math.NaN(), math.Inf(1), math.Inf(-1)} {
				r := reader(t, all, k, func(w *artifact.Writer) { p.strange(w, i, strange) })
				m, err := load(r)
				if err != nil {
					continue
				}
				if sized, ok := m.(learners.Sized); ok && sized.Outputs() < 1 {
					t.Errorf("section %q with %v in place %d is a model of %d outputs", p.name, strange, i, sized.Outputs())
				}
				if err := m.Predict(e.X, mat.NewDense(90, n, nil)); err == nil {
					_ = m.Predict(e.X, mat.NewDense(90, n+1, nil))
				}
			}
		}
	}
	for _, version := range []int{0, -1, s.spec.StateVersion + 1} {
		t.Run(fmt.Sprintf("state version %d", version), func(t *testing.T) {
			if _, err := s.spec.Load(version, reader(t, all, -1, nil)); err == nil {
				t.Error("no error")
			}
		})
	}
}

// strange writes the section with value i replaced.
func (p part) strange(w *artifact.Writer, i int, v float64) {
	whole := int64(v)
	if math.IsNaN(v) || math.Abs(v) > math.MaxInt64 {
		whole = math.MinInt64
	}
	switch {
	case p.floats != nil:
		c := append([]float64(nil), p.floats...)
		c[i] = v
		w.Float64s(p.name, c)
	case p.floats32 != nil:
		c := append([]float32(nil), p.floats32...)
		c[i] = float32(v)
		w.Float32s(p.name, c)
	case p.ints != nil:
		c := append([]int64(nil), p.ints...)
		c[i] = whole
		w.Int64s(p.name, c)
	case p.ints32 != nil:
		c := append([]int32(nil), p.ints32...)
		c[i] = int32(whole)
		w.Int32s(p.name, c)
	case p.texts != nil:
		c := append([]string(nil), p.texts...)
		c[i] = fmt.Sprint(v)
		w.Strings(p.name, c)
	default:
		c := append([]byte(nil), p.raw...)
		c[i] = byte(whole)
		w.Bytes(p.name, c)
	}
}
