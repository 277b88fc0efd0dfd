"""Makes data.csv and expected.json: the minima of the linear support vector machine on a small data set.

    pip install scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
    python gen.py

Squared hinge with L2 is scikit-learn's LinearSVC at a tight tolerance. The other two are the same objective by SciPy's L-BFGS-B (for the hinge on the dual, for L1
on the positive and negative parts of the coefficients), because LinearSVC stops up to a thousandth short of the minimum there; each is checked to be no
worse than LinearSVC.

The objective is computed here from the coefficients: P + c * sum(weight * loss), where P holds the intercept divided by intercept_scaling. For more than two
classes it is the list of objectives of each class against the rest.
"""
import csv
import json
import warnings

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

warnings.filterwarnings("ignore")


def make_data():
    rng = np.random.default_rng(20240118)
    n = 100
    x = rng.normal(size=(n, 4))
    x[:, 1] = 0.6 * x[:, 0] + 0.8 * x[:, 1]
    x[:, 2] = (x[:, 2] > 0).astype(float)
    x[:, 3] += 1.5
    score = 1.5 * x[:, 0] - x[:, 1] + 0.8 * x[:, 2] - 0.2
    binary = (score + rng.logistic(size=n) * 0.7 > 0).astype(int)
    score3 = np.stack([score, 0.9 * x[:, 1] - 0.5 * x[:, 3] + 1.0, -x[:, 2] + 0.5], axis=1)
    multi = np.argmax(score3 + 0.5 * rng.gumbel(size=(n, 3)), axis=1)
    weight = rng.integers(1, 4, size=n)
    with open("data.csv", "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["x0", "x1", "x2", "x3", "binary", "multi", "weight"])
        for i in range(n):
            out.writerow([format(round(v, 6), "g") for v in x[i]] + [binary[i], multi[i], weight[i]])


def read_data():
    with open("data.csv") as f:
        rows = list(csv.reader(f))[1:]
    a = np.array([[float(v) for v in r] for r in rows])
    return a[:, :4], a[:, 4].astype(int), a[:, 5].astype(int), a[:, 6]


def objective(x, sign, s, w, b, loss, kind, c, scaling):
    v = b / scaling
    gap = np.maximum(0, 1 - sign * (x @ w + b))
    penalty = 0.5 * (w @ w + v * v) if kind == "l2" else np.abs(w).sum() + abs(v)
    return penalty + c * np.sum(s * (gap * gap if loss == "squared_hinge" else gap))


def bounded(f, start, bounds):
    for _ in range(20):
        r = minimize(f, start, jac=True, method="L-BFGS-B", bounds=bounds, options=dict(maxiter=1_000_000, maxfun=10_000_000, ftol=1e-16, gtol=1e-13, maxcor=30))
        start = r.x
    return start


def solve_hinge(x, sign, s, c, scaling, intercept):
    a = np.hstack([x, np.full((len(x), 1), scaling if intercept else 0.0)]) * sign[:, None]

    def dual(alpha):
        w = a.T @ alpha
        return 0.5 * w @ w - alpha.sum(), a @ w - 1

    w = a.T @ bounded(dual, np.zeros(len(x)), [(0, c * v) for v in s])
    return w[:-1], w[-1] * scaling


def solve_l1(x, sign, s, c, scaling, intercept):
    a = np.hstack([x, np.full((len(x), 1), scaling if intercept else 0.0)]) * sign[:, None]
    d = a.shape[1]

    def primal(parts):
        gap = np.maximum(0, 1 - a @ (parts[:d] - parts[d:]))
        g = -2 * c * a.T @ (s * gap)
        return parts.sum() + c * np.sum(s * gap * gap), np.concatenate([1 + g, 1 - g])

    parts = bounded(primal, np.zeros(2 * d), [(0, None)] * (2 * d))
    w = parts[:d] - parts[d:]
    return w[:-1], w[-1] * scaling


def main():
    make_data()
    x, binary, multi, weight = read_data()
    cases = []
    for target, y in [("binary", binary), ("multi", multi)]:
        for loss, kind, c, scaling in [("squared_hinge", "l2", 1.0, 1.0), ("squared_hinge", "l2", 0.01, 1.0), ("squared_hinge", "l2", 30.0, 5.0),
                                       ("squared_hinge", "l1", 1.0, 1.0), ("squared_hinge", "l1", 0.05, 2.0), ("hinge", "l2", 1.0, 1.0), ("hinge", "l2", 0.05, 3.0)]:
            for intercept in [True, False]:
                for weighted in [False, True]:
                    if (not intercept or weighted) and c != 1.0:
                        continue
                    s = weight if weighted else np.ones(len(y))
                    exact = loss == "squared_hinge" and kind == "l2"
                    m = LinearSVC(C=c, loss=loss, penalty=kind, dual=loss == "hinge", tol=1e-13 if exact else 1e-6, max_iter=100_000, fit_intercept=intercept,
                                  intercept_scaling=scaling, random_state=0).fit(x, y, sample_weight=s)
                    w, b = m.coef_, m.intercept_ * np.ones(m.coef_.shape[0])
                    signs = [2 * y - 1] if len(b) == 1 else [2 * (y == k) - 1 for k in range(len(b))]
                    for k, sign in enumerate(signs):
                        if exact:
                            continue
                        theirs = objective(x, sign, s, w[k], b[k], loss, kind, c, scaling)
                        w[k], b[k] = (solve_hinge if loss == "hinge" else solve_l1)(x, sign, s, c, scaling, intercept)
                        assert objective(x, sign, s, w[k], b[k], loss, kind, c, scaling) <= theirs * (1 + 1e-8)
                    cases.append(dict(target=target, loss=loss, penalty=kind, c=c, intercept_scaling=scaling, fit_intercept=intercept, weighted=weighted,
                                      objective=[objective(x, signs[k], s, w[k], b[k], loss, kind, c, scaling) for k in range(len(b))],
                                      coefficients=w.tolist(), intercepts=b.tolist()))
    # Platt scaling on the decision values of the training rows: a logistic regression of one feature on soft targets, each row entered as both classes
    m = LinearSVC(C=1.0, dual=False, tol=1e-13, max_iter=1_000_000).fit(x, binary)
    f = m.decision_function(x)
    n1, n0 = np.sum(binary == 1), np.sum(binary == 0)
    t = np.where(binary == 1, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))
    p = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-14, max_iter=1000)
    p.fit(np.concatenate([f, f])[:, None], np.repeat([1, 0], len(f)), sample_weight=np.concatenate([t, 1 - t]))
    with open("expected.json", "w") as out:
        out.write('{"platt": %s,\n"cases": [\n' % json.dumps([p.coef_[0, 0], p.intercept_[0]]))
        out.write(",\n".join(json.dumps(c) for c in cases) + "\n]}\n")


main()
