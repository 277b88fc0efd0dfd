package feature

// CATEGORY(x [, top_n]) hands a category to a learner that takes categories as they are: its codes 0, 1, ... are names, not sizes. Only the top_n most frequent categories of the training rows are known, of equally
// frequent ones the first in order; NULL and every other category are missing, which such a learner takes too.

// defaultKnown is top_n of CATEGORY where the user gives none: as many as learners on histograms can tell apart.
const defaultKnown = 255

func fitCategory(f *fitting, args []literal, col []float64) (step, error) {
	return fitFrequent(f, "CATEGORY", defaultKnown, args, col)
}

// Categories are, for each of Features, of how many categories it is, 0 for a number; nil: all are numbers. A feature that is NULL in every training row is of one category, which no row has.
func (p *Pipeline) Categories() []int {
	var out []int
	for i := range p.features {
		f := &p.features[i]
		if !f.category {
			continue
		}
		if out == nil {
			out = make([]int, len(p.columns))
		}
		out[f.offset] = max(1, len(f.categoryNames()))
	}
	return out
}

// CategoryNames are the categories of a feature column in the order of their codes; none for a number.
func (p *Pipeline) CategoryNames(column int) []string {
	for i := range p.features {
		if f := &p.features[i]; f.category && f.offset == column {
			return f.categoryNames()
		}
	}
	return nil
}

func (f *fitted) categoryNames() []string {
	if len(f.steps) == 0 {
		return f.text.values
	}
	var out []string
	for _, v := range f.steps[len(f.steps)-1].(*codes).values {
		out = append(out, label(v))
	}
	return out
}

// WantsCategories names the first item that CATEGORY makes, for a learner that cannot take it; "" when there is none.
func WantsCategories(items []Item) string {
	for _, it := range items {
		if n := len(it.Calls); n > 0 && canonical(it).Calls[n-1].Name == "CATEGORY" {
			return it.Expression()
		}
	}
	return ""
}
