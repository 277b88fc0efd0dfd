package metric

import (
	"fmt"
	"math"
)

var (
	classes    = []Kind{Binary, Multiclass}
	binary     = []Kind{Binary}
	regression = []Kind{Regression}
	clustering = []Kind{Clustering}
	anomaly    = []Kind{Anomaly}
	projection = []Kind{Projection}

	inf = math.Inf(1)
)

// list is every metric: the one place where a metric is declared.
var list = []Metric{
	{Name: "accuracy", Aliases: []string{"acc"}, Tasks: classes, HigherIsBetter: true, Max: 1, measure: accuracy,
		Doc:      "share of the rows whose class was predicted",
		Interval: "Wilson score (Wilson 1927)"},
	{Name: "balanced_accuracy", Aliases: []string{"bacc"}, Tasks: classes, HigherIsBetter: true, Max: 1, measure: balancedAccuracy,
		Doc:      "mean recall of the classes that occur",
		Interval: "MOVER of Wilson intervals (Zou & Donner 2008)"},
	{Name: "precision", Aliases: []string{"ppv"}, Tasks: classes, HigherIsBetter: true, Max: 1, measure: precision,
		Doc:      "share of the rows predicted as the positive class that belong to it; multiclass: mean over classes",
		Interval: "Wilson score (Wilson 1927); multiclass: MOVER of them (Zou & Donner 2008)"},
	{Name: "recall", Aliases: []string{"sensitivity", "tpr"}, Tasks: classes, HigherIsBetter: true, Max: 1, measure: recall,
		Doc:      "share of the rows of the positive class that were predicted as it; multiclass: mean over classes",
		Interval: "Wilson score (Wilson 1927); multiclass: MOVER of them (Zou & Donner 2008)"},
	{Name: "f1_score", Aliases: []string{"f1"}, Tasks: classes, HigherIsBetter: true, Max: 1, measure: f1,
		Doc:      "harmonic mean of precision and recall; multiclass: mean over classes",
		Interval: "Wilson score of Jaccard's index, transformed; multiclass: score with linearised variance (Takahashi et al. 2022)"},
	{Name: "log_loss", Aliases: []string{"logloss", "cross_entropy"}, Tasks: classes, NeedsProba: true, Max: inf, measure: logLoss,
		Doc:      "mean of minus the natural logarithm of the probability given to the actual class",
		Interval: "log-t of the row losses"},
	{Name: "roc_auc", Aliases: []string{"auc"}, Tasks: classes, HigherIsBetter: true, NeedsProba: true, Max: 1, measure: rocAUC,
		Doc:      "probability that a positive row scores above a negative one; multiclass: mean over classes, each against the rest",
		Interval: "score with DeLong's variance (DeLong et al. 1988; Sun & Xu 2014)"},
	{Name: "pr_auc", Aliases: []string{"ap", "average_precision"}, Tasks: classes, HigherIsBetter: true, NeedsProba: true, Max: 1, measure: prAUC,
		Doc:      "average precision, the area under the precision-recall steps; multiclass: mean over classes, each against the rest",
		Interval: "score with linearised variance"},
	{Name: "mcc", Aliases: []string{"matthews_corrcoef"}, Tasks: classes, HigherIsBetter: true, Min: -1, Max: 1, measure: mcc,
		Doc:      "Matthews correlation between actual and predicted class; 0 for a constant prediction",
		Interval: "Fisher's z with linearised variance"},
	{Name: "brier_score", Aliases: []string{"brier"}, Tasks: classes, NeedsProba: true, Max: 2, measure: brier,
		Doc:      "mean squared distance of the probability from 0 or 1; multiclass: summed over the classes, up to 2",
		Interval: "log-t of the row losses"},
	{Name: "ks_statistic", Aliases: []string{"ks"}, Tasks: binary, HigherIsBetter: true, NeedsProba: true, Max: 1, measure: ks,
		Doc:      "largest distance between true and false positive rate over all thresholds (Kolmogorov-Smirnov)",
		Interval: "MOVER of the two rates at that threshold (Newcombe 1998)"},
	{Name: "gini", Aliases: []string{"gini_coefficient"}, Tasks: binary, HigherIsBetter: true, NeedsProba: true, Min: -1, Max: 1, measure: gini,
		Doc:      "2 roc_auc - 1",
		Interval: "that of roc_auc, transformed"},
	{Name: "lift_at_k", Aliases: []string{"lift"}, Tasks: binary, HigherIsBetter: true, NeedsProba: true, Max: inf, measure: liftAtK,
		Doc:      "share of positives in the top decile by score, over their share in all rows",
		Interval: "that of recall_at_k, divided by k"},
	{Name: "precision_at_k", Tasks: binary, HigherIsBetter: true, NeedsProba: true, Max: 1, measure: precisionAtK,
		Doc:      "share of positives in the top decile by score",
		Interval: "Wilson score, widened by the linearised variance of the cut"},
	{Name: "recall_at_k", Tasks: binary, HigherIsBetter: true, NeedsProba: true, Max: 1, measure: recallAtK,
		Doc:      "share of all positives that the top decile by score holds",
		Interval: "score with linearised variance"},

	{Name: "mean_absolute_error", Aliases: []string{"mae"}, Tasks: regression, Max: inf, constant: byMedian, measure: meanAbsoluteError,
		Doc:      "mean of |actual - predicted|, in the target's unit",
		Interval: "log-t of the row losses"},
	{Name: "mean_squared_error", Aliases: []string{"mse"}, Tasks: regression, Max: inf, measure: meanSquaredError,
		Doc:      "mean of the squared difference, in the square of the target's unit",
		Interval: "log-t of the row losses"},
	{Name: "root_mean_squared_error", Aliases: []string{"rmse"}, Tasks: regression, Max: inf, measure: rootMeanSquaredError,
		Doc:      "root of the mean squared error, in the target's unit",
		Interval: "root of that of mean_squared_error"},
	{Name: "mean_squared_log_error", Aliases: []string{"msle"}, Tasks: regression, Max: inf, measure: meanSquaredLogError,
		Doc:      "mean squared difference of log(1 + x); NULL when a value is -1 or less",
		Interval: "log-t of the row losses"},
	{Name: "median_absolute_error", Aliases: []string{"medae"}, Tasks: regression, Max: inf, constant: byMedian, measure: medianAbsoluteError,
		Doc:      "median of |actual - predicted|, in the target's unit",
		Interval: "quantiles at the Wilson limits of one half (Woodruff 1952)"},
	{Name: "mean_absolute_percentage_error", Aliases: []string{"mape"}, Tasks: regression, Max: inf, constant: byMedian, measure: meanAbsolutePercentageError,
		Doc:      "mean of |actual - predicted| / |actual|, as a ratio; NULL when an actual value is 0",
		Interval: "log-t of the row losses"},
	{Name: "r2_score", Aliases: []string{"r2"}, Tasks: regression, HigherIsBetter: true, Min: -inf, Max: 1, measure: r2,
		Doc:      "share of the target's variance that is explained; NULL when the target is constant",
		Interval: "log-t of the unexplained share, with linearised variance"},
	{Name: "explained_variance", Aliases: []string{"explained_variance_score"}, Tasks: regression, HigherIsBetter: true, Min: -inf, Max: 1, measure: explainedVariance,
		Doc:      "r2_score without the penalty for a constant bias; NULL when the target is constant",
		Interval: "log-t of the unexplained share, with linearised variance"},

	{Name: "silhouette", Aliases: []string{"silhouette_score"}, Tasks: clustering, HigherIsBetter: true, Min: -1, Max: 1, alone: silhouetteOf,
		Doc: fmt.Sprintf("how much nearer rows are to their own cluster than to the next one (Rousseeuw 1987), by the features as the learner sees them; of more than %d rows that of so many drawn at random; NULL "+
			"when all are in one cluster, which is why there is no baseline", SilhouetteRows),
		Interval: "t with linearised variance, the clusters taken as given"},
	{Name: "davies_bouldin_index", Aliases: []string{"davies_bouldin", "davies_bouldin_score"}, Tasks: clustering, Max: inf, alone: daviesBouldinOf,
		Doc:      "how much clusters overlap: mean over clusters of the likeness to the most like one (Davies & Bouldin 1979); NULL when all rows are in one cluster, which is why there is no baseline",
		Interval: "none"},
	{Name: "mean_squared_distance", Aliases: []string{"msd"}, Tasks: clustering, Max: inf, alone: meanSquaredDistanceOf,
		Doc:      "mean squared distance of the rows from the centre of their cluster, by the features as the learner sees them; the baseline has all rows in one cluster around their mean",
		Interval: "log-t of the row losses"},

	{Name: "anomaly_rate", Tasks: anomaly, Max: 1, alone: anomalyRate,
		Doc:      "share of the rows that are called unusual; neither more nor less is better, and there is no baseline",
		Interval: "Wilson score (Wilson 1927)"},

	{Name: "explained_variance_ratio", Aliases: []string{"evr"}, Tasks: projection, HigherIsBetter: true, Min: -inf, Max: 1, alone: explainedVarianceRatio,
		Doc: "share of the variance of the rows' features, as the learner sees them, that the projection keeps: what can be restored from it; the baseline is what directions at random keep, their number over that " +
			"of the features; NULL when the rows do not vary, or the learner cannot restore features",
		Interval: "log-t of the share that is lost, with linearised variance"},
}
