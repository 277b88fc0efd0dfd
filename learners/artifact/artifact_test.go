package artifact

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"testing"
)

func sample() *Writer {
	w := NewWriter()
	w.Bytes("header", []byte(`{"learner":"demo"}`))
	w.Float64s("numbers", []float64{1, -0.5, math.Inf(1), math.SmallestNonzeroFloat64})
	m := w.Within("model")
	m.Int32s("codes", []int32{-1, 7})
	m.Int64s("wide", []int64{math.MinInt64})
	m.Float32s("narrow", []float32{0.25})
	m.Strings("levels", []string{"", "a", "żółw"})
	w.Float64s("empty", nil)
	return w
}

func TestReadsBackWhatWasWritten(t *testing.T) {
	r, err := Decode(sample().Encode())
	if err != nil {
		t.Fatal(err)
	}
	m := r.Within("model")
	check := func(got any, err error, want any) {
		t.Helper()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, %v; want %v", got, err, want)
		}
	}
	b, err := r.Bytes("header")
	check(string(b), err, `{"learner":"demo"}`)
	f, err := r.Float64s("numbers")
	check(f, err, []float64{1, -0.5, math.Inf(1), math.SmallestNonzeroFloat64})
	c, err := m.Int32s("codes")
	check(c, err, []int32{-1, 7})
	i, err := m.Int64s("wide")
	check(i, err, []int64{math.MinInt64})
	n, err := m.Float32s("narrow")
	check(n, err, []float32{0.25})
	s, err := m.Strings("levels")
	check(s, err, []string{"", "a", "żółw"})
	f, err = r.Float64s("empty")
	check(f, err, []float64{})
	if !m.Has("codes") || m.Has("header") {
		t.Error("Within does not keep names apart")
	}
}

func TestEqualContentIsEqualBytes(t *testing.T) {
	if !bytes.Equal(sample().Encode(), sample().Encode()) {
		t.Error("two equal artifacts differ")
	}
}

func TestMissingOrWronglyTypedSection(t *testing.T) {
	r, err := Decode(sample().Encode())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Float64s("nothing"); !errors.Is(err, ErrCorrupt) {
		t.Errorf("missing section: %v", err)
	}
	if _, err := r.Int32s("numbers"); !errors.Is(err, ErrCorrupt) {
		t.Errorf("wrong type: %v", err)
	}
}

func TestEveryFlippedByteAndEveryCutIsFound(t *testing.T) {
	good := sample().Encode()
	for i := range good {
		bad := append([]byte(nil), good...)
		bad[i] ^= 0x10
		if _, err := Decode(bad); err == nil {
			t.Errorf("flip at byte %d of %d was not found", i, len(good))
		}
		if _, err := Decode(good[:i]); err == nil {
			t.Errorf("cut after %d of %d bytes was not found", i, len(good))
		}
	}
	if _, err := Decode(append(append([]byte(nil), good...), 0)); err == nil {
		t.Error("a byte at the end was not found")
	}
}

func TestNewerFormatIsNamed(t *testing.T) {
	b := sample().Encode()
	b[8] = FormatVersion + 1
	if _, err := Decode(b); !errors.Is(err, ErrNewer) {
		t.Errorf("got %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(sample().Encode())
	f.Add([]byte(magic + "\x01\x00\x00\x00\xff\xff\x00\x00xxxxxxxxxxxx"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Decode(b)
		if err != nil {
			return
		}
		for name, s := range r.sections {
			if s.typ == stringsType {
				_, _ = r.Strings(name)
			}
		}
	})
}
