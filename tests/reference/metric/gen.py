"""Writes cases.json: inputs of metrics and what other implementations make of them.

Recipe:  python3 -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python gen.py
Values are scikit-learn's; where it has no such metric (gini, ks, at k) they follow from its ROC curve or from the definition, written out below.
Intervals are of statsmodels (Wilson, Newcombe) and scipy (log-t); DeLong's variance is computed over all pairs.
"""
import json
import math
import os
import warnings
from fractions import Fraction

import numpy as np
from scipy import stats
from sklearn import datasets, linear_model, metrics, model_selection, naive_bayes
from statsmodels.stats import proportion

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = 0.1


def number(x):
    """JSON has no NaN: null stands for undefined."""
    x = float(x)
    return x if math.isfinite(x) else None


def at_k(y, score, w):
    """Weighted hits in the head of TOP of all weight; rows of equal score share the cut in proportion. Returns precision, recall, lift."""
    room, hits = TOP * w.sum(), 0.0
    for s in sorted(set(score), reverse=True):
        here = score == s
        mass = w[here].sum()
        part = min(1.0, room / mass)
        hits += part * w[here & (y == 1)].sum()
        room -= part * mass
        if room <= 0:
            break
    total = w[y == 1].sum()
    if total == 0:
        return hits / (TOP * w.sum()), math.nan, math.nan
    return hits / (TOP * w.sum()), hits / total, hits / total / TOP


def delong_variance(y, score):
    """The textbook form, over all pairs."""
    a, b = score[y == 1], score[y == 0]
    psi = (a[:, None] > b[None, :]) + 0.5 * (a[:, None] == b[None, :])
    v10, v01 = psi.mean(axis=1), psi.mean(axis=0)
    return v10.var(ddof=1) / len(a) + v01.var(ddof=1) / len(b)


def classification(name, y, pred, proba, w=None, binary=True):
    k = proba.shape[1]
    labels = list(range(k))
    weights = np.ones(len(y)) if w is None else w
    one = len(set(y[weights > 0])) < 2
    live = weights > 0
    v = {}
    v["accuracy"] = metrics.accuracy_score(y, pred, sample_weight=w)
    v["balanced_accuracy"] = metrics.balanced_accuracy_score(y[live], pred[live], sample_weight=weights[live])
    v["mcc"] = metrics.matthews_corrcoef(y, pred, sample_weight=w)
    v["log_loss"] = metrics.log_loss(y, proba, sample_weight=w, labels=labels)
    v["brier_score"] = metrics.brier_score_loss(y, proba[:, 1] if binary else proba, sample_weight=w, labels=labels)
    if binary:
        how = dict(sample_weight=w, zero_division=np.nan)
        v["precision"] = metrics.precision_score(y, pred, **how)
        v["recall"] = metrics.recall_score(y, pred, **how)
        v["f1_score"] = metrics.f1_score(y, pred, **how)
        s = proba[:, 1]
        v["roc_auc"] = math.nan if one else metrics.roc_auc_score(y, s, sample_weight=w)
        v["gini"] = 2 * v["roc_auc"] - 1
        v["pr_auc"] = math.nan if (y == 1).sum() == 0 else metrics.average_precision_score(y, s, sample_weight=w)
        v["ks_statistic"] = math.nan
        if not one:
            fpr, tpr, _ = metrics.roc_curve(y, s, sample_weight=w, drop_intermediate=False)
            v["ks_statistic"] = np.abs(tpr - fpr).max()
            if w is None:
                assert abs(v["ks_statistic"] - stats.ks_2samp(s[y == 1], s[y == 0]).statistic) < 1e-12
        v["precision_at_k"], v["recall_at_k"], v["lift_at_k"] = at_k(y, s, weights)
    else:
        how = dict(average="macro", sample_weight=weights[live])  # zero_division: 0, the default
        v["precision"] = metrics.precision_score(y[live], pred[live], **how)
        v["recall"] = metrics.recall_score(y[live], pred[live], **how)
        v["f1_score"] = metrics.f1_score(y[live], pred[live], **how)
        aucs, aps = [], []
        for c in sorted(set(y[live])):
            if not one:
                aucs.append(metrics.roc_auc_score(y == c, proba[:, c], sample_weight=w))
            aps.append(metrics.average_precision_score(y == c, proba[:, c], sample_weight=w))
        v["roc_auc"] = np.mean(aucs) if aucs else math.nan
        v["pr_auc"] = np.mean(aps)
        if len(set(y[live])) == k and w is None:  # scikit-learn's own mean, where it is defined
            assert abs(v["roc_auc"] - metrics.roc_auc_score(y, proba, multi_class="ovr", average="macro")) < 1e-12

    intervals = {}
    if w is None:
        hits = pred == y
        intervals["accuracy"] = proportion.proportion_confint(hits.sum(), len(y), method="wilson")
        intervals["log_loss"] = log_t(-np.log(np.clip(proba[np.arange(len(y)), y], 2.0**-52, 1 - 2.0**-52)))
        if binary:
            intervals["brier_score"] = log_t((proba[:, 1] - y) ** 2)
            for metric, of in (("precision", pred == 1), ("recall", y == 1)):
                if of.sum() > 0:
                    intervals[metric] = proportion.proportion_confint((of & hits).sum(), of.sum(), method="wilson")
            if not one:
                fpr, tpr, cut = metrics.roc_curve(y, proba[:, 1], drop_intermediate=False)
                gap = tpr - fpr
                best = cut[np.argmax(np.abs(gap))]
                a, b = proba[y == 1, 1] >= best, proba[y == 0, 1] >= best
                if gap[np.argmax(np.abs(gap))] < 0:
                    a, b = b, a
                intervals["ks_statistic"] = proportion.confint_proportions_2indep(
                    a.sum(), len(a), b.sum(), len(b), method="newcomb", compare="diff")
    case = dict(name=name, kind="binary" if binary else "multiclass", classes=k, actual=y.tolist(), predicted=pred.tolist(),
                proba=proba.tolist(), weights=None if w is None else w.tolist(),
                values={m: number(x) for m, x in v.items()},
                intervals=clipped(intervals),
                confusion=metrics.confusion_matrix(y, pred, labels=labels, sample_weight=w).tolist())
    if binary and not one and w is None:
        case["roc"] = roc(y, proba[:, 1])
        if min((y == 1).sum(), (y == 0).sum()) > 1:
            case["delong_variance"] = delong_variance(y, proba[:, 1])
    return case


def log_t(loss):
    """t interval of a mean on the scale of its logarithm (delta method)."""
    if len(loss) < 2:
        return math.nan, math.nan
    m = loss.mean()
    if m == 0 or loss.std() == 0:
        return m, m
    half = stats.t.ppf(0.975, len(loss) - 1) * stats.sem(loss) / m
    return m * math.exp(-half), m * math.exp(half)


def clipped(intervals):
    """Limits never leave the range of the metric."""
    above = {"accuracy": 1, "precision": 1, "recall": 1, "brier_score": 1, "ks_statistic": 1}
    clip = lambda m, x: None if number(x) is None else min(max(float(x), 0.0), above.get(m, math.inf))
    return {m: [clip(m, lo), clip(m, hi)] for m, (lo, hi) in intervals.items()}


def roc(y, score):
    """Corners of scikit-learn's full curve: [threshold, fpr, tpr], the threshold of (0, 0) null. Which points lie in line is decided in fractions."""
    fpr, tpr, cut = metrics.roc_curve(y, score, drop_intermediate=False)
    n, p = int((y == 0).sum()), int((y == 1).sum())
    exact = [(Fraction(round(f * n), n), Fraction(round(t * p), p)) for f, t in zip(fpr, tpr)]
    corners = []
    for i, (f, t) in enumerate(exact):
        while len(corners) > 1:
            (f0, t0), (f1, t1) = exact[corners[-2]], exact[corners[-1]]
            if (t1 - t0) * (f - f0) != (t - t0) * (f1 - f0):
                break
            corners.pop()
        corners.append(i)
    return [[number(cut[i]), float(fpr[i]), float(tpr[i])] for i in corners]


def regression(name, y, pred, w=None):
    v = {}
    v["mean_absolute_error"] = metrics.mean_absolute_error(y, pred, sample_weight=w)
    v["mean_squared_error"] = metrics.mean_squared_error(y, pred, sample_weight=w)
    v["root_mean_squared_error"] = metrics.root_mean_squared_error(y, pred, sample_weight=w)
    v["median_absolute_error"] = metrics.median_absolute_error(y, pred, sample_weight=w)
    defined = y.min() > -1 and pred.min() > -1
    v["mean_squared_log_error"] = metrics.mean_squared_log_error(y, pred, sample_weight=w) if defined else math.nan
    v["mean_absolute_percentage_error"] = (
        metrics.mean_absolute_percentage_error(y, pred, sample_weight=w) if (y != 0).all() else math.nan)
    v["r2_score"] = metrics.r2_score(y, pred, sample_weight=w, force_finite=False)
    v["explained_variance"] = metrics.explained_variance_score(y, pred, sample_weight=w, force_finite=False)
    intervals = {}
    if w is None:
        intervals["mean_absolute_error"] = log_t(np.abs(y - pred))
        intervals["mean_squared_error"] = log_t((y - pred) ** 2)
        if defined:
            intervals["mean_squared_log_error"] = log_t((np.log1p(y) - np.log1p(pred)) ** 2)
    return dict(name=name, kind="regression", classes=0, actual=y.tolist(), predicted=pred.tolist(), proba=None,
                weights=None if w is None else w.tolist(), values={m: number(x) for m, x in v.items()},
                intervals=clipped(intervals))


def grid(p, places):
    """Probabilities on a decimal grid, so that many tie; rows still sum to one."""
    p = np.round(p, places)
    p[:, -1] = np.round(1 - p[:, :-1].sum(axis=1), places)
    p[p < 0] = 0
    return p / p.sum(axis=1, keepdims=True)


def held_out(load, model, places, rows):
    x, y = load(return_X_y=True)
    xa, xb, ya, yb = model_selection.train_test_split(x, y, test_size=rows, random_state=7)
    m = model.fit(xa, ya)
    if not hasattr(m, "predict_proba"):
        return yb.astype(float), np.round(m.predict(xb), places)
    p = grid(m.predict_proba(xb), places)
    return yb, p.argmax(axis=1), p


def main():
    rng = np.random.default_rng(20240607)
    cases = []

    y, pred, p = held_out(datasets.load_breast_cancer, naive_bayes.GaussianNB(), 3, 150)
    cases.append(classification("breast_cancer", y, pred, p))
    cases.append(classification("breast_cancer weighted", y, pred, p, np.round(rng.gamma(2.0, 1.0, len(y)), 3)))

    n = 160
    y = (rng.random(n) < 0.3).astype(int)
    s = np.round(1 / (1 + np.exp(-(rng.normal(size=n) + 1.4 * y - 0.7))), 2)
    p = np.column_stack([1 - s, s])
    cases.append(classification("ties", y, (s >= 0.5).astype(int), p))
    whole = rng.integers(0, 4, n).astype(float)  # some rows have weight 0
    cases.append(classification("ties, whole weights", y, (s >= 0.5).astype(int), p, whole))
    cases.append(classification("threshold 0.2", y, (s >= 0.2).astype(int), p))
    cases.append(classification("worse than chance", 1 - y, (s >= 0.5).astype(int), p))
    cases.append(classification("no row predicted positive", y, np.zeros(n, dtype=int), p))
    flat = np.full(n, 0.25)
    cases.append(classification("constant", y, np.zeros(n, dtype=int), np.column_stack([1 - flat, flat])))
    sure = y.astype(float)
    cases.append(classification("perfect", y, y, np.column_stack([1 - sure, sure])))
    cases.append(classification("sure and wrong", y[:20], 1 - y[:20], np.column_stack([sure, 1 - sure])[:20]))
    cases.append(classification("only negatives", np.zeros(30, dtype=int), (s[:30] >= 0.5).astype(int), p[:30]))
    cases.append(classification("only positives", np.ones(30, dtype=int), (s[:30] >= 0.5).astype(int), p[:30]))
    cases.append(classification("two rows", np.array([0, 1]), np.array([1, 1]), np.array([[0.4, 0.6], [0.3, 0.7]])))

    y, pred, p = held_out(datasets.load_iris, linear_model.LogisticRegression(C=0.02), 3, 75)
    cases.append(classification("iris", y, pred, p, binary=False))
    cases.append(classification("iris weighted", y, pred, p, np.round(rng.gamma(1.0, 1.0, len(y)), 3), binary=False))
    y, pred, p = held_out(datasets.load_digits, naive_bayes.BernoulliNB(binarize=8), 2, 120)
    cases.append(classification("digits", y, pred, p, binary=False))
    y = rng.integers(0, 3, 60)
    p = grid(rng.dirichlet([1, 1, 1, 1], 60) + 0.6 * np.eye(4)[y], 2)
    cases.append(classification("a class that does not occur", y, p.argmax(axis=1), p, binary=False))
    cases.append(classification("a class that is not predicted", y, np.where(p.argmax(axis=1) == 2, 0, p.argmax(axis=1)), p, binary=False))
    cases.append(classification("one of four classes", np.full(20, 2), p[:20].argmax(axis=1), p[:20], binary=False))

    y, pred = held_out(datasets.load_diabetes, linear_model.LinearRegression(), 2, 150)
    cases.append(regression("diabetes", y, pred))
    cases.append(regression("diabetes weighted", y, pred, np.round(rng.gamma(2.0, 1.0, len(y)), 3)))
    cases.append(regression("diabetes, whole weights", y, pred, rng.integers(0, 4, len(y)).astype(float)))
    y = np.round(rng.normal(size=81), 2)
    y[5] = 0.0
    cases.append(regression("around zero", y, np.round(y + rng.normal(size=81), 1)))
    y = np.round(np.exp(rng.normal(size=100) * 2), 4)
    cases.append(regression("skewed", y, np.round(y * np.exp(rng.normal(size=100) * 0.3), 4)))
    far = 1e9 + np.round(rng.normal(size=60), 2)
    cases.append(regression("far from zero", far, far + np.round(rng.normal(size=60), 2)))
    cases.append(regression("perfect", y[:25], y[:25]))
    cases.append(regression("constant prediction", y[:40], np.full(40, 1.5)))
    cases.append(regression("constant target", np.full(12, 2.0), np.round(rng.random(12), 2)))

    with open(os.path.join(HERE, "cases.json"), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


main()
