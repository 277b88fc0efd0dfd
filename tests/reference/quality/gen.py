"""Makes expected.json: what scikit-learn's linear learners reach on the data sets of tests/data, and the minima of their objectives.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen.py

The matrices follow the recipe of tests/quality/table.go: fixed split, one-hot categories (none dropped, levels of the training rows in the order of their bytes, a
value that only test rows have is all zeros), other columns with the training median for empty fields and standardised by mean and standard deviation (divisor n) of
the training rows; columns keep their order. "default" is the learner with scikit-learn's default tolerance and "tight" the same at its tightest one, judged on the test
rows; "objective" is the minimum on the training rows: that of the tight one, computed here from its coefficients.
"""
import csv
import gzip
import io
import json
import warnings

import numpy as np
from sklearn.linear_model import ElasticNet, HuberRegressor, Lasso, LinearRegression, LogisticRegression, QuantileRegressor, Ridge
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.svm import LinearSVC

warnings.filterwarnings("ignore")
CLASSIFICATION = [("online_shoppers", "Revenue"), ("credit_default", "default_next_month"), ("adult", "income"), ("bank_marketing", "y"), ("digits", "digit")]
REGRESSION = [("california_housing", "median_house_value"), ("diabetes", "progression")]


def mix(i):
    mask = (1 << 64) - 1
    z = (i + 1) * 0x9E3779B97F4A7C15 & mask
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & mask
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & mask
    return z ^ (z >> 31)


def is_number(text):
    try:
        float(text)
        return True
    except ValueError:
        return False


def load(name, target, classification):
    """Several targets are a tuple of names; they become the columns of the targets."""
    targets = {} if isinstance(target, tuple) else None
    with gzip.open(f"../../data/{name}/data.csv.gz") as f:
        rows = list(csv.reader(io.TextIOWrapper(f, encoding="utf-8")))
    header, rows = rows[0], rows[1:]
    test = np.array([mix(i) % 5 == 0 for i in range(len(rows))])
    columns = []
    for j, column in enumerate(header):
        texts = [r[j] for r in rows]
        numeric = all(t == "" or is_number(t) for t in texts)
        if targets is not None and column in target:
            targets[column] = np.array([float(t) for t in texts])
        elif column == target:
            if classification:
                values = sorted(set(texts), key=(lambda t: float(t)) if numeric else (lambda t: t.encode()))
                y = np.array([values.index(t) for t in texts])
            else:
                y = np.array([float(t) for t in texts])
        elif numeric:
            v = np.array([np.nan if t == "" else float(t) for t in texts])
            v[np.isnan(v)] = np.nanmedian(v[~test])
            mean, deviation = v[~test].mean(), v[~test].std()
            columns.append((v - mean) / (deviation if deviation > 0 else 1))
        else:
            texts = np.array(texts)
            for level in sorted(set(texts[~test]), key=lambda t: t.encode()):
                columns.append((texts == level).astype(float))
    x = np.stack(columns, axis=1)
    if targets is not None:
        y = np.stack([targets[column] for column in target], axis=1)
    return x[~test], y[~test], x[test], y[test]


def logistic_objective(x, y, w, b):
    z = x @ w.T + b
    if w.shape[0] == 1:
        return 0.5 * np.sum(w * w) + np.sum(np.logaddexp(0, -(2 * y - 1) * z[:, 0]))
    top = z.max(axis=1, keepdims=True)
    return 0.5 * np.sum(w * w) + np.sum(np.log(np.exp(z - top).sum(axis=1)) + top[:, 0] - z[np.arange(len(y)), y])


def svm_objective(x, y, w, b):
    total = 0.0
    for k in range(len(b)):
        sign = 2 * (y == (1 if len(b) == 1 else k)) - 1
        gap = np.maximum(0, 1 - sign * (x @ w[k] + b[k]))
        total += 0.5 * (w[k] @ w[k] + b[k] ** 2) + np.sum(gap * gap)
    return total


def huber_objective(x, y, w, b, epsilon, alpha):
    e = np.abs(y - x @ w - b)
    low, high = 1e-9, 10 * e.max()

    def at(k):
        u = e / k
        return np.sum(k * (1 + np.where(u <= epsilon, u * u, 2 * epsilon * u - epsilon * epsilon)))
    for _ in range(400):
        a, c = low + 0.382 * (high - low), low + 0.618 * (high - low)
        low, high = (low, c) if at(a) <= at(c) else (a, high)
    return at((low + high) / 2) + alpha * w @ w


def main():
    out = []
    for name, target in CLASSIFICATION:
        x, y, tx, ty = load(name, target, True)
        for learner, default, tight, objective in [
            ("logistic_regression", LogisticRegression(max_iter=1000), LogisticRegression(solver="newton-cholesky" if name != "digits" else "newton-cg", tol=1e-10, max_iter=10000), logistic_objective),
            ("linear_svm", LinearSVC(), LinearSVC(dual=False, tol=1e-9, max_iter=1_000_000), svm_objective),
        ]:
            default.fit(x, y)
            tight.fit(x, y)
            metrics = []
            for m in default, tight:
                metrics.append(dict(accuracy=accuracy_score(ty, m.predict(tx))))
                if name != "digits":
                    metrics[-1]["auc"] = roc_auc_score(ty, m.decision_function(tx))
            out.append(dict(set=name, target=target, learner=learner, settings={}, rows=x.shape[0], columns=x.shape[1], default=metrics[0], tight=metrics[1],
                            objective=objective(x, y, tight.coef_, tight.intercept_)))
            print(out[-1], flush=True)
    for name, target in REGRESSION:
        x, y, tx, ty = load(name, target, False)
        n = len(y)
        for settings, default, tight, objective in [
            (dict(penalty="none"), LinearRegression(), None, lambda e, w: e @ e),
            (dict(penalty="l2", alpha=1.0), Ridge(), None, lambda e, w: e @ e + w @ w),
            (dict(penalty="l1", alpha=2.0), Lasso(alpha=2.0), Lasso(alpha=2.0, tol=1e-12, max_iter=10_000_000), lambda e, w: e @ e / (2 * n) + 2 * np.abs(w).sum()),
            (dict(penalty="elasticnet", alpha=0.01, l1_ratio=0.5), ElasticNet(alpha=0.01), ElasticNet(alpha=0.01, tol=1e-12, max_iter=10_000_000),
             lambda e, w: e @ e / (2 * n) + 0.005 * np.abs(w).sum() + 0.0025 * w @ w),
            (dict(loss="huber", penalty="l2", alpha=0.0001), HuberRegressor(max_iter=10000), HuberRegressor(max_iter=1_000_000, tol=1e-9), None),
            (dict(loss="quantile"), QuantileRegressor(alpha=0), None, lambda e, w: np.abs(e).sum() / 2),
        ]:
            default.fit(x, y)
            tight = default if tight is None else tight.fit(x, y)
            w, b = tight.coef_, tight.intercept_
            value = objective(y - x @ w - b, w) if objective else huber_objective(x, y, w, b, 1.35, 0.0001)
            out.append(dict(set=name, target=target, learner="linear_regression", settings={k: str(v) for k, v in settings.items()}, rows=n, columns=x.shape[1],
                            default=dict(r2=r2_score(ty, default.predict(tx))), tight=dict(r2=r2_score(ty, tight.predict(tx))), objective=value))
            print(out[-1], flush=True)
    with open("expected.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")


if __name__ == "__main__":
    main()
