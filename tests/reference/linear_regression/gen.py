"""Makes data.csv and expected.json: the minima of linear regression with every loss and penalty on a small data set; and degenerate.json: least squares where
columns depend on each other, by NumPy's lstsq (singular values), which gives the solution with the smallest coefficients.

    pip install scikit-learn==1.9.1 numpy==2.4.6 cvxpy==1.9.3
    python gen.py

Where scikit-learn has the same objective (LinearRegression, Ridge, Lasso, ElasticNet, HuberRegressor with L2, QuantileRegressor with L1) it gives the numbers; HuberRegressor
stops short of the minimum and the other combinations do not exist there, so these are solved as convex programs by CVXPY with the Clarabel solver, and checked to be
no worse than HuberRegressor. The objective is computed here from the coefficients.
"""
import csv
import json
import warnings

import cvxpy as cp
import numpy as np
from sklearn.linear_model import ElasticNet, HuberRegressor, Lasso, LinearRegression, QuantileRegressor, Ridge

warnings.filterwarnings("ignore")
NAMES = ["x0", "x1", "x2", "x3", "x4", "x5"]


def make_data():
    rng = np.random.default_rng(20240119)
    n = 90
    x = rng.normal(size=(n, 6))
    x[:, 1] = 0.8 * x[:, 0] + 0.6 * x[:, 1]
    x[:, 2] = 40 + 10 * x[:, 2]
    x[:, 3] = (x[:, 3] > 0).astype(float)
    noise = rng.standard_t(2, size=n)
    y = 5 + 2 * x[:, 0] - x[:, 1] + 0.15 * x[:, 2] + 1.5 * x[:, 3] + noise
    weight = rng.integers(1, 4, size=n)
    with open("data.csv", "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(NAMES + ["y", "weight"])
        for i in range(n):
            out.writerow([format(round(v, 6), "g") for v in x[i]] + [format(round(y[i], 6), "g"), weight[i]])


def read_data():
    with open("data.csv") as f:
        rows = list(csv.reader(f))[1:]
    a = np.array([[float(v) for v in r] for r in rows])
    return a[:, :6], a[:, 6], a[:, 7]


def huber_sum(e, s, epsilon):
    """The sum over rows of s (k + H(e/k) k) at the best k."""
    def at(k):
        u = np.abs(e) / k
        return np.sum(s * k * (1 + np.where(u <= epsilon, u * u, 2 * epsilon * u - epsilon * epsilon)))
    low, high = 1e-9, np.abs(e).max() * 10 + 1
    for _ in range(400):
        a, b = low + 0.382 * (high - low), low + 0.618 * (high - low)
        low, high = (low, b) if at(a) <= at(b) else (a, high)
    return at((low + high) / 2)


def objective(c, x, y, s, w, b):
    e = y - x @ w - b
    if c["loss"] == "squared":
        loss = np.sum(s * e * e)
    elif c["loss"] == "huber":
        loss = huber_sum(e, s, c["epsilon"])
    else:
        loss = np.sum(s * (c["quantile"] * np.maximum(e, 0) + (1 - c["quantile"]) * np.maximum(-e, 0)))
    if c["penalty"] == "none":
        return loss
    if c["penalty"] == "l2":
        return loss + c["alpha"] * w @ w
    loss /= s.sum() * (1 if c["loss"] == "quantile" else 2)
    ratio = 1 if c["penalty"] == "l1" else c["l1_ratio"]
    return loss + c["alpha"] * (ratio * np.abs(w).sum() + (1 - ratio) / 2 * w @ w)


def sklearn_solve(c, x, y, s):
    kind = dict(fit_intercept=c["fit_intercept"])
    if c["loss"] == "squared":
        m = {"none": lambda: LinearRegression(**kind), "l2": lambda: Ridge(alpha=c["alpha"], tol=1e-14, **kind),
             "l1": lambda: Lasso(alpha=c["alpha"], tol=1e-15, max_iter=10_000_000, **kind),
             "elasticnet": lambda: ElasticNet(alpha=c["alpha"], l1_ratio=c["l1_ratio"], tol=1e-15, max_iter=10_000_000, **kind)}[c["penalty"]]()
    elif c["loss"] == "huber" and c["penalty"] in ("none", "l2"):
        m = HuberRegressor(epsilon=c["epsilon"], alpha=c["alpha"] if c["penalty"] == "l2" else 0, max_iter=100_000, tol=1e-10, **kind)
    elif c["loss"] == "quantile" and c["penalty"] in ("none", "l1"):
        m = QuantileRegressor(quantile=c["quantile"], alpha=c["alpha"] if c["penalty"] == "l1" else 0, solver="highs", **kind)
    else:
        return None
    m.fit(x, y, sample_weight=s)
    return m.coef_, float(m.intercept_)


def cvxpy_solve(c, x, y, s):
    w, b = cp.Variable(x.shape[1]), cp.Variable() if c["fit_intercept"] else 0
    e = y - x @ w - b
    if c["loss"] == "huber":
        # k + H(e/k) k = k + min over e = u + v of u^2 / k + 2 epsilon |v|
        k, u = cp.Variable(nonneg=True), cp.Variable(len(y))
        loss = s.sum() * k + cp.quad_over_lin(cp.multiply(np.sqrt(s), u), k) + 2 * c["epsilon"] * cp.sum(cp.multiply(s, cp.abs(e - u)))
    else:
        loss = cp.sum(cp.multiply(s, c["quantile"] * cp.pos(e) + (1 - c["quantile"]) * cp.pos(-e)))
    if c["penalty"] == "l2":
        f = loss + c["alpha"] * cp.sum_squares(w)
    elif c["penalty"] == "none":
        f = loss
    else:
        ratio = 1 if c["penalty"] == "l1" else c["l1_ratio"]
        f = loss / (s.sum() * (1 if c["loss"] == "quantile" else 2)) + c["alpha"] * (ratio * cp.norm1(w) + (1 - ratio) / 2 * cp.sum_squares(w))
    cp.Problem(cp.Minimize(f)).solve(solver=cp.CLARABEL, tol_gap_abs=1e-13, tol_gap_rel=1e-13, tol_feas=1e-13, reduced_tol_gap_rel=1e-10, max_iter=500)
    return w.value, float(b.value) if c["fit_intercept"] else 0.0


def degenerate():
    rng = np.random.default_rng(20240120)
    n = 24
    x = np.round(rng.normal(size=(n, 4)), 3)
    level = rng.integers(0, 3, size=n)
    hot = np.eye(3)[level]
    wide = np.round(rng.normal(size=(9, 15)), 3)
    y = np.round(3 + x @ [1, -2, 0.5, 0] + level + 0.3 * rng.normal(size=n), 3)
    data = [
        ("regular", x, y), ("two equal columns", np.hstack([x, x[:, :1]]), y), ("opposite and scaled columns", np.hstack([x, -1000 * x[:, 1:2]]), y),
        ("all levels of a category", np.hstack([x, hot]), y), ("two categories", np.hstack([hot, np.eye(2)[rng.integers(0, 2, size=n)], x]), y),
        ("constant column", np.hstack([x[:, :2], np.full((n, 1), 7.0), x[:, 2:]]), y), ("zero column", np.hstack([np.zeros((n, 1)), x]), y),
        ("sum of columns", np.hstack([x, x.sum(axis=1, keepdims=True)]), y), ("nearly equal columns", np.hstack([x, x[:, :1] + 1e-6 * np.round(rng.normal(size=(n, 1)), 3)]), y),
        ("far from zero", x + [0, 1e6, 0, -1e5], y), ("of very different size", x * [1e5, 1, 1e-4, 1], y), ("as many rows as columns", wide[:, :9], wide[:, 14]),
        ("more columns than rows", wide, np.round(rng.normal(size=9), 3)), ("one row", wide[:1], np.array([2.5])), ("all rows equal", np.ones((6, 3)), np.arange(6.0)),
        ("more columns than rows, equal rows", np.vstack([wide, wide[:2]]), np.round(rng.normal(size=11), 3)),
    ]
    cases = []
    for name, a, b in data:
        for alpha in [0.0, 2.0]:
            for intercept in [True, False]:
                for weighted in [False, True]:
                    s = np.where(np.arange(len(b)) % 3 == 0, 2.0, 1.0) if weighted else np.ones(len(b))
                    mean = (s @ a) / s.sum() if intercept else np.zeros(a.shape[1])
                    mean_y = (s @ b) / s.sum() if intercept else 0.0
                    root = np.sqrt(s)[:, None]
                    left, right = root * (a - mean), root[:, 0] * (b - mean_y)
                    left[:, np.abs(a - mean).max(axis=0) <= 1e-13 * np.abs(mean)] = 0
                    if alpha:
                        left, right = np.vstack([left, np.sqrt(alpha) * np.eye(a.shape[1])]), np.concatenate([right, np.zeros(a.shape[1])])
                    w, _, rank, _ = np.linalg.lstsq(left, right, rcond=1e-13)
                    cases.append(dict(name=name, x=a.tolist(), y=b.tolist(), weights=s.tolist() if weighted else None, alpha=alpha, fit_intercept=intercept,
                                      coefficients=w.tolist(), intercept=float(mean_y - mean @ w)))
    with open("degenerate.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


def main():
    degenerate()
    make_data()
    x, y, weight = read_data()
    cases = []
    base = dict(alpha=1.0, l1_ratio=0.5, epsilon=1.35, quantile=0.5, fit_intercept=True, weighted=False)
    losses = [dict(loss="squared"), dict(loss="huber"), dict(loss="huber", epsilon=2.0), dict(loss="quantile"), dict(loss="quantile", quantile=0.9),
              dict(loss="quantile", quantile=0.05)]
    for loss in losses:
        for penalty in [dict(penalty="none"), dict(penalty="l2", alpha=3.0), dict(penalty="l1", alpha=0.1), dict(penalty="l1", alpha=0.02),
                        dict(penalty="elasticnet", alpha=0.1, l1_ratio=0.5), dict(penalty="elasticnet", alpha=0.2, l1_ratio=0.0)]:
            for kind in [dict(), dict(weighted=True), dict(fit_intercept=False)]:
                c = {**base, **loss, **penalty, **kind}
                s = weight if c["weighted"] else np.ones(len(y))
                found = sklearn_solve(c, x, y, s)
                if found is None or c["loss"] == "huber":
                    better = cvxpy_solve(c, x, y, s)
                    if found is not None:
                        assert objective(c, x, y, s, *better) <= objective(c, x, y, s, *found) * (1 + 1e-9)
                    found = better
                cases.append({**c, "objective": objective(c, x, y, s, *found), "coefficients": list(map(float, found[0])), "intercept": found[1]})
    with open("expected.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


main()
