package quality

// LoadCategories is Load for learners that take categories beside numbers: a categorical column is that of Codes, any other that of Wide, and Categories says how many values of a categorical one the training rows have.
func LoadCategories(dir, set, target string, classification bool) (*Split, error) {
	var sizes []int
	split, err := loadWith(dir, set, []string{target}, classification, func(name string, texts []string, numbers []float64, train []int) ([]string, [][]float64) {
		if numbers != nil {
			sizes = append(sizes, 0)
			return Wide(name, texts, numbers, train)
		}
		sizes = append(sizes, len(levels(texts, train)))
		return Codes(name, texts, numbers, train)
	})
	if err != nil {
		return nil, err
	}
	split.Train.Categories, split.Test.Categories = sizes, sizes
	return split, nil
}
