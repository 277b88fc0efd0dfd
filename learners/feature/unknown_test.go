package feature

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"aibms/learners/data"
)

// TestUnknown: rows are told whose categories a pipeline does not know, texts and numbers, also once it was saved; NULL is none, and neither is what top_n may have left out.
func TestUnknown(t *testing.T) {
	nan := math.NaN()
	months := data.Column{Name: "m", Kind: data.Categorical, Levels: []string{"Feb", "Jan"}, Codes: []int32{1, 0, 1, data.NullCode}}
	items := []Item{
		item("m", "m", call("CATEGORY")), item("hot", "m", call("ONE_HOT")), item("two", "m", call("CATEGORY", "2")), item("listed", "m", call("ORDINAL", "'Feb'", "'Dec'")), item("filled", "m", call("IMPUTE", "'Dec'"), call("ONE_HOT")),
		item("size", "x", call("CLIP_QUANTILE", "0", "1"), call("ORDINAL")), item("x", "x"),
	}
	p, _ := mustFit(t, items, &data.Dataset{Rows: 4, Columns: []data.Column{months, numeric("x", 1, 5, 2, nan)}}, nil)
	later := data.Column{Name: "m", Kind: data.Categorical, Levels: []string{"Apr", "Dec", "Feb", "May"}, Codes: []int32{0, 2, 1, data.NullCode, 3, 0}}
	ds := &data.Dataset{Rows: 6, Columns: []data.Column{later, numeric("x", 7, 3, 2, nan, 4, 3)}} // 7 becomes 5, which is known
	for range 2 {
		got, err := p.Unknown(t.Context(), ds, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"feature m: 4 of 6 training rows hold categories of m that it does not know, such as 'Apr'; they count as unseen",
			"feature hot: 4 of 6 training rows hold categories of m that it does not know, such as 'Apr'; they count as unseen",
			"feature listed: 3 of 6 training rows hold categories of m that it does not know, such as 'Apr'; they count as unseen",
			"feature filled: 3 of 6 training rows hold categories of m that it does not know, such as 'Apr'; they count as unseen",
			"feature size: 3 of 6 training rows hold categories of x that it does not know, such as 3; they count as unseen",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q\nwant %q", got, want)
		}
		if got, err := p.Unknown(t.Context(), ds, []int32{1, 3}); err != nil || len(got) != 1 {
			t.Errorf("of the rows of February and NULL: %q, %v", got, err)
		}
		if p, err = loaded(saved(p)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := p.Unknown(t.Context(), &data.Dataset{Rows: 4, Columns: []data.Column{months, numeric("x", 1, 5, 2, nan)}}, nil); err != nil || len(got) != 1 || got[0][:15] != "feature listed:" {
		t.Errorf("of the rows that it was fitted on: %q, %v", got, err) // Jan is not in the list, which a fit says as well
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Unknown(ended, ds, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
}
