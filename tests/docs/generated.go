package docs

import (
	"fmt"
	"strings"

	"aibms/learners"
	"aibms/learners/all"
	"aibms/learners/metric"
	"aibms/learners/params"
)

// Generated are the pages that are made from the registries, by their names in the folder of the documents.
func Generated() map[string]string {
	return map[string]string{"learners.md": learnersPage(), "metrics.md": metricsPage()}
}

const generated = "<!-- made from the registries by `go test ./tests -run TestGenerated -rewrite`; do not edit -->\n"

// learnersPage lists every learner with its hyper-parameters.
func learnersPage() string {
	var b strings.Builder
	b.WriteString("# Learners\n\n" + generated + `
A learner is an algorithm that fits a model to rows: ` + "`USING learner (hyper-parameter = value, ...)`" + ` in [CREATE MODEL](sql/create-model.md) and
[TRAIN MODEL](sql/train-model.md). [SHOW LEARNERS](sql/show-learners.md) lists the same. Without USING, a target that is a number with a fraction (DOUBLE, FLOAT,
DECIMAL) gets ` + "`linear_regression`" + `, every other one ` + "`logistic_regression`" + `. Learners for clustering, anomaly detection and projection need no target: PREDICT is left out.

| learner | what it is | tasks |
|---|---|---|
`)
	for _, s := range all.Registry().All() {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", s.Name, s.Name, cell(s.Doc), tasks(s.Tasks))
	}
	for _, s := range all.Registry().All() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", s.Name, s.Doc)
		fmt.Fprintf(&b, "- tasks: %s\n", tasks(s.Tasks))
		fmt.Fprintf(&b, "- minimises: %s\n", formula(s.Objective))
		fmt.Fprintf(&b, "- reference: %s\n", s.Reference)
		fmt.Fprintf(&b, "- features: %s; %s\n", sizes(&s.Traits), nulls(&s.Traits))
		if s.Alone != nil {
			fmt.Fprintf(&b, "- features without a target: %s; %s\n", sizes(s.Alone), nulls(s.Alone))
		}
		fmt.Fprintf(&b, "- quality: [beside its peers](quality.md#%s)\n", s.Name)
		fmt.Fprintf(&b, "- WEIGHT and CLASS WEIGHTS: %s\n", choose(s.Traits.Weights, "honoured", "not taken"))
		fmt.Fprintf(&b, "- [WARM START](sql/train-model.md#warm-start): %s\n", choose(s.WarmStarts(), "goes on from a version", "no"))
		if s.Supports(learners.Regression) {
			fmt.Fprintf(&b, "- [several targets](sql/several-targets.md): %s\n", choose(s.Traits.Targets, "yes, numbers at once", "no"))
		}
		if s.Supports(learners.Binary) || s.Supports(learners.Multiclass) {
			fmt.Fprintf(&b, "- probabilities of classes: %s\n", choose(s.Traits.Probabilities, "yes", "no"))
		}
		var set params.Set
		s.New().Declare(&set)
		if len(set.All()) == 0 {
			continue
		}
		b.WriteString("\n| hyper-parameter | type | default | valid | what it does |\n|---|---|---|---|---|\n")
		for _, p := range set.All() {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", p.Name, p.Type, cell(p.Default), cell(p.Valid()), cell(p.Doc))
		}
	}
	return b.String()
}

// metricsPage lists every metric.
func metricsPage() string {
	var b strings.Builder
	b.WriteString("# Metrics\n\n" + generated + `
TRAIN measures every metric of its task on each part of the split; [EVALUATE MODEL](sql/evaluate-model.md) measures them on any rows, and
[SHOW METRICS](sql/show-metrics.md) lists the same as below. An alias may stand wherever a metric's name may.

Every value comes with a confidence interval of ` + fmt.Sprintf("%g", 100*metric.Confidence) + ` % and a baseline: what the constant guess reaches that the training rows suggest (the shares of the classes, the
mean or the median). Without a target there is less to compare with: the metric says what its baseline is, if it has one. A value that does not exist, such as the precision of a model that never predicts the
positive class, is NULL.
`)
	for _, kind := range []metric.Kind{metric.Binary, metric.Multiclass, metric.Regression, metric.Clustering, metric.Anomaly, metric.Projection} {
		fmt.Fprintf(&b, "\n## %s\n\nHeadline, unless OPTIMIZE FOR says another: `%s`.\n\n", kind, metric.Headline(kind).Name)
		b.WriteString("| metric | aliases | better | what it is | confidence interval |\n|---|---|---|---|---|\n")
		for _, m := range metric.For(kind) {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", m.Name, strings.Join(m.Aliases, ", "), choose(m.HigherIsBetter, "higher", "lower"), cell(m.Doc), cell(m.Interval))
		}
	}
	return b.String()
}

func tasks(list []learners.Task) string {
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = strings.ReplaceAll(string(t), "_", " ")
	}
	return strings.Join(names, ", ")
}

// sizes and nulls say what features a learner of these traits takes.
func sizes(t *learners.Traits) string {
	return choose(t.NeedsScaling, "wants them of comparable size, so the automatic rules scale them", "of any size")
}

func nulls(t *learners.Traits) string {
	return choose(t.Missing, "NULL is allowed", "NULL is not allowed, so the automatic rules impute")
}

func choose(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// cell makes a text fit into a cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// formula shows a text as code, whatever marks of Markdown it holds.
func formula(text string) string { return "`" + strings.ReplaceAll(text, "`", "'") + "`" }
