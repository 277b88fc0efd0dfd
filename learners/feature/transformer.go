package feature

import (
	"context"
	"fmt"
	"strings"
)

// transformer is a kind of fitted step, as users call it. On numbers it is fit and made again from its state; the ones that take text
// (IMPUTE, ONE_HOT, ORDINAL, CATEGORY) do that in text.go.
type transformer struct {
	name  string
	usage string
	// check judges the arguments after the first, before any data is seen.
	check func(args []literal) error
	// fit learns from the numbers of the training rows; NaN is NULL. It must not change col.
	fit func(f *fitting, args []literal, col []float64) (step, error)
	// load makes the step again from what state returned. It trusts nothing: state may be hostile.
	load func(args []literal, state []float64) (step, error)
}

// step is a fitted transformer of numbers. It is immutable.
type step interface {
	// apply transforms col in place. NaN is NULL; what cannot be represented becomes NaN, never an infinity.
	apply(col []float64)
	// state is what load needs.
	state() []float64
}

// transformers is THE LIST of this release.
var transformers = []transformer{
	{"STANDARD_SCALE", "STANDARD_SCALE(x)", noArguments, fitStandardScale, loadCenterScale},
	{"MIN_MAX_SCALE", "MIN_MAX_SCALE(x)", noArguments, fitMinMaxScale, loadCenterScale},
	{"MAX_ABS_SCALE", "MAX_ABS_SCALE(x)", noArguments, fitMaxAbsScale, loadCenterScale},
	{"ROBUST_SCALE", "ROBUST_SCALE(x)", noArguments, fitRobustScale, loadCenterScale},
	{"IMPUTE", "IMPUTE(x, 'mean' | 'median' | 'most_frequent' | value [, TRUE to add x_missing])", checkImpute, fitImpute, loadImpute},
	{"ONE_HOT", "ONE_HOT(x [, top_n])", checkOneHot, fitOneHot, loadOneHot},
	{"ORDINAL", "ORDINAL(x [, value1, value2, ...])", checkOrdinal, fitOrdinal, loadOrdinal},
	{"CATEGORY", "CATEGORY(x [, top_n])", checkOneHot, fitCategory, loadOneHot},
	{"QUANTILE_BUCKET", "QUANTILE_BUCKET(x, n)", checkQuantileBucket, fitQuantileBucket, loadQuantileBucket},
	{"CLIP_QUANTILE", "CLIP_QUANTILE(x, low, high)", checkClipQuantile, fitClipQuantile, loadClipQuantile},
}

// later are the transformers of the dialect that this release does not have.
var later = []string{"TARGET_ENCODE", "PCA"}

func names() []string {
	out := make([]string, len(transformers))
	for i, t := range transformers {
		out[i] = t.name
	}
	return out
}

// IsTransformer reports whether a function of that name is a fitted transformer of the dialect, of this release or a later one, rather than an
// SQL function. Case does not matter.
func IsTransformer(name string) bool {
	for _, n := range append(names(), later...) {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// Suggest returns " (did you mean X?)" for the transformer that a misspelt name is near to, or "".
func Suggest(name string) string { return didYouMean(name, names()) }

// lookup finds a transformer and reads its arguments.
func lookup(c Call) (*transformer, []literal, error) {
	for i := range transformers {
		t := &transformers[i]
		if !strings.EqualFold(t.name, c.Name) {
			continue
		}
		args := make([]literal, len(c.Args))
		for j, a := range c.Args {
			var err error
			if args[j], err = parseLiteral(a); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", t.name, err)
			}
		}
		if err := t.check(args); err != nil {
			return nil, nil, fmt.Errorf("%s: %w; it is written %s", t.name, err, t.usage)
		}
		return t, args, nil
	}
	for _, n := range later {
		if strings.EqualFold(n, c.Name) {
			return nil, nil, fmt.Errorf("transformer %s is not in this release, which has: %s", n, strings.Join(names(), ", "))
		}
	}
	return nil, nil, fmt.Errorf("unknown transformer %s%s; this release has: %s", clip(c.Name), didYouMean(c.Name, names()), strings.Join(names(), ", "))
}

func noArguments(args []literal) error {
	if len(args) > 0 {
		return fmt.Errorf("takes no argument after the first, got %s", clip(args[0].sql))
	}
	return nil
}

// fitting is one Fit at work on one item.
type fitting struct {
	ctx      context.Context
	item     Item
	warnings []string
	rows     int       // of the training
	buffer   []float64 // of so many numbers
	measured *moments  // of the numbers as the steps so far have made them; nil: not known
}

// measure is measure for the numbers that the next step gets.
func (f *fitting) measure(col []float64) (moments, error) {
	if f.measured == nil {
		m, err := measure(f.ctx, col, nil)
		if err != nil {
			return m, err
		}
		f.measured = &m
	}
	return *f.measured, nil
}

// applied forgets what was measured before a step changed the numbers.
func (f *fitting) applied(s step) {
	if _, ok := s.(imputeNumber); ok && f.measured != nil && f.measured.count == f.rows {
		return // there was no NULL
	}
	f.measured = nil
}

func (f *fitting) warn(format string, args ...any) {
	f.warnings = append(f.warnings, "feature "+QuoteName(f.item.As)+": "+fmt.Sprintf(format, args...))
}
