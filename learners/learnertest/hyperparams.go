package learnertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"aibms/learners"
	"aibms/learners/params"
)

// declared returns the learner's hyper-parameters.
func (s suite) declared() []*params.Param {
	var set params.Set
	s.spec.New().Declare(&set)
	return set.All()
}

// boundValues are the values of a hyper-parameter where things go wrong: the ends of its range, and next to them where an end is open; far values where there is no end.
func boundValues(p *params.Param) []string {
	var values []float64
	add := func(v float64) {
		if p.Type == params.IntType {
			v = math.Round(v)
		}
		if p.Range.Contains(v) {
			values = append(values, v)
		}
	}
	step := 1e-9
	if p.Type == params.IntType {
		step = 1
	}
	if p.Range.HasLow {
		add(p.Range.Low)
		add(p.Range.Low + step)
	} else {
		add(-1e9)
	}
	if p.Range.HasHigh {
		add(p.Range.High)
		add(p.Range.High - step)
	} else if p.Type == params.FloatType {
		add(1e3)
		add(1e9)
	}
	add(0)
	var texts []string
	for _, v := range values {
		texts = append(texts, params.FormatFloat(v))
	}
	switch p.Type {
	case params.BoolType:
		texts = []string{"true", "false"}
	case params.ChoiceType:
		texts = p.Choices
	}
	return texts
}

func (s suite) bounds(t *testing.T) {
	e := sample(s.task, 60, 4, 50)
	for _, p := range s.declared() {
		for _, value := range boundValues(p) {
			t.Run(p.Name+"="+value, func(t *testing.T) {
				s.tries(t, e, params.Setting{Name: p.Name, Value: value, Source: "USER"})
			})
		}
	}
}

// choices tries every combination of the hyper-parameters that are words or yes-no: each is refused with an error, or keeps the laws of determinism and cancellation.
func (s suite) choices(t *testing.T) {
	small, large := sample(s.task, 60, 4, 51), sample(s.task, 2600, 8, 52)
	combinations := [][]params.Setting{s.laws.Quick}
	for _, p := range s.declared() {
		if p.Type != params.ChoiceType && p.Type != params.BoolType {
			continue
		}
		var more [][]params.Setting
		for _, c := range combinations {
			for _, value := range boundValues(p) {
				more = append(more, append(c[:len(c):len(c)], params.Setting{Name: p.Name, Value: value, Source: "USER"}))
			}
		}
		combinations = more
	}
	fitted := 0
	for _, c := range combinations {
		name := ""
		for _, v := range c {
			name += fmt.Sprintf(" %s=%s", v.Name, v.Value)
		}
		t.Run("with"+name, func(t *testing.T) {
			s.tries(t, small, c...)
			m, err := s.fitIn(t.Context(), large, learners.Env{Task: s.task, Seed: 42, Workers: 1}, c...)
			if err != nil {
				return
			}
			fitted++
			other, err := s.fitIn(t.Context(), large, learners.Env{Task: s.task, Seed: 42, Workers: 3}, c...)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(save(t, m), save(t, other)) {
				t.Error("the artifact with 3 workers differs from the one with 1")
			}
			for _, asks := range []int64{1, 3, 10} {
				if _, err := s.fit(newEndsAfter(asks), large, c...); !errors.Is(err, context.Canceled) {
					t.Errorf("with a context that ended at question %d Fit returned %v", asks, err)
				}
			}
		})
	}
	if fitted == 0 {
		t.Error("no combination can be fitted")
	}
}
