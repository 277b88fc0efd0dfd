package feature

import (
	"math"
	"slices"
	"strings"
	"testing"

	"aibms/learners/data"
)

// TestCategory: the codes are those of ORDINAL, of the most frequent categories; what is not known is NaN, which costs no row; the pipeline tells which columns are categories, also once it was saved.
func TestCategory(t *testing.T) {
	months := data.Column{Name: "m", Kind: data.Categorical, Levels: []string{"Feb", "Jan", "May"}, Codes: []int32{1, 0, 1, 2, data.NullCode, 0, 1}}
	ds := &data.Dataset{Rows: 7, Columns: []data.Column{months, numeric("x", 5, 4, 4, 3, 3, 1, math.NaN())}}
	items := []Item{item("m", "m", call("CATEGORY")), item("top", "m", call("CATEGORY", "2")), item("x", "x", call("IMPUTE", "0")), item("n", "x", call("IMPUTE", "9", "TRUE"), call("CATEGORY")), item("o", "m", call("IMPUTE", "'Jan'"), call("ORDINAL"))}
	p, warnings := mustFit(t, items, ds, nil)
	if len(warnings) != 0 {
		t.Error(warnings)
	}
	for range 2 {
		if got, want := p.Categories(), []int{3, 2, 0, 5, 0, 0}; !slices.Equal(got, want) {
			t.Errorf("categories %v, want %v", got, want)
		}
		if got := p.CategoryNames(1); !slices.Equal(got, []string{"Feb", "Jan"}) || p.CategoryNames(2) != nil || !slices.Equal(p.CategoryNames(3), []string{"1", "3", "4", "5", "9"}) {
			t.Errorf("names %v, %v, %v", got, p.CategoryNames(2), p.CategoryNames(3))
		}
		x, missing, err := p.Transform(t.Context(), ds, nil)
		if err != nil || slices.Contains(missing, true) {
			t.Fatal(missing, err)
		}
		nan := math.NaN()
		for i, want := range [][]float64{{1, 1, 5, 3, 0, 1}, {0, 0, 4, 2, 0, 0}, {1, 1, 4, 2, 0, 1}, {2, nan, 3, 1, 0, 2}, {nan, nan, 3, 1, 0, 1}, {0, 0, 1, 0, 0, 0}, {1, 1, 0, 4, 1, 1}} {
			for j, w := range want {
				if got := x.At(i, j); got != w && (got == got || w == w) {
					t.Errorf("row %d, column %s: %v, want %v", i, p.Features()[j], got, w)
				}
			}
		}
		if p, err = loaded(saved(p)); err != nil {
			t.Fatal(err)
		}
	}
	if none, _ := mustFit(t, items[2:3], ds, nil); none.Categories() != nil {
		t.Error("numbers are categories")
	}
}

// TestCategoryIsOutermost: a code is no size, so nothing can be computed of it.
func TestCategoryIsOutermost(t *testing.T) {
	err := Check([]Item{item("m", "m", call("CATEGORY"), call("STANDARD_SCALE"))})
	if err == nil || !strings.Contains(err.Error(), "CATEGORY gives names, not sizes, so it must be the outermost transformer; put STANDARD_SCALE inside of it, or leave it out") {
		t.Error(err)
	}
	if got := WantsCategories([]Item{item("a", "x"), item("m", "m", call("category", "3"))}); !strings.Contains(got, "m") {
		t.Errorf("wanted by %q", got)
	}
	if got := WantsCategories([]Item{item("a", "x", call("ONE_HOT"))}); got != "" {
		t.Errorf("wanted by %q", got)
	}
}

// TestAutoForCategories: text becomes a category where the learner takes them.
func TestAutoForCategories(t *testing.T) {
	items, _ := Auto([]InputColumn{{"m", Text}, {"x", Number}}, Needs{Missing: true, Categories: true})
	if len(items) != 2 || items[0].String() != "CATEGORY(m) AS m" || items[1].String() != "x AS x" {
		t.Errorf("%v", items)
	}
}
