package quality

import (
	"fmt"
	"slices"
	"testing"
)

// worse is by how much the mean of ours may be worse than scikit-learn's: on sets of 20,000 training rows and more a fixed number, on smaller ones two standard errors of the difference of the two means.
func worse(metric string, rows int, ours, theirs sample) float64 {
	if rows < 20_000 || metric == "log_loss" {
		return max(chance(ours, theirs), 0.003)
	}
	return fixed[metric]
}

// TestNeuralNetworkAgainstScikitLearn holds means over ten seeds against scikit-learn's MLP at the same settings. Where there are categories, the network that embeds them must reach what scikit-learn's reaches on columns of
// 0 and 1, and what ours reaches on those.
func TestNeuralNetworkAgainstScikitLearn(t *testing.T) {
	const runs = 10
	for _, r := range readReferences[*reference](t, "quality/expected_neural.json", 6) {
		t.Run(r.name(), func(t *testing.T) {
			split := r.split(t)
			settings := withSetting(r.Settings, "patience", "0")
			measured := func(split *Split) map[string]sample {
				return overSeeds(runs, func(seed uint64) map[string]float64 {
					return measure(t, split.Test, fit(t, r.Learner, settings, split.Train, seed))
				})
			}
			found := measured(split)
			for name := range r.Mean {
				theirs := r.theirs(name, runs)
				figure{learner: r.Learner, set: r.Set, settings: words(r.Settings), metric: name, peer: "scikit-learn", ours: found[name], theirs: theirs, allowed: worse(name, r.Rows, found[name], theirs)}.check(t)
			}
			embedded := load(t, asCategories, r.Set, r.Target)
			if !slices.ContainsFunc(embedded.Train.Categories, func(k int) bool { return k > 0 }) {
				return
			}
			byEmbedding := measured(embedded)
			for name := range r.Mean {
				f := figure{learner: r.Learner, set: r.Set, settings: fmt.Sprintf("%s, categories embedded", words(r.Settings)), metric: name, ours: byEmbedding[name]}
				f.peer, f.theirs = "scikit-learn on columns of 0 and 1", r.theirs(name, runs)
				f.allowed = worse(name, r.Rows, f.ours, f.theirs)
				f.check(t)
				f.peer, f.theirs = "itself on columns of 0 and 1", found[name]
				f.allowed = worse(name, r.Rows, f.ours, f.theirs)
				f.check(t)
			}
		})
	}
}
