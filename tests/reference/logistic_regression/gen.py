"""Makes data.csv and expected.json: the minima of logistic regression on a small data set, by scikit-learn at its tightest tolerances.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen.py

The data come from a fixed generator and are kept in data.csv, so that expected.json can be checked without it. The objective is computed here from the
coefficients, in the convention of the learner: P(w) + c * sum(weight * loss).
"""
import csv
import json
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression

warnings.filterwarnings("ignore")


def make_data():
    rng = np.random.default_rng(20240117)
    n = 120
    x = rng.normal(size=(n, 5))
    x[:, 1] = 0.6 * x[:, 0] + 0.8 * x[:, 1]
    x[:, 2] *= 3.0
    x[:, 3] = (x[:, 3] > 0.2).astype(float)
    x[:, 4] += 2.0
    score = 1.2 * x[:, 0] - 0.7 * x[:, 1] + 0.25 * x[:, 2] + 0.8 * x[:, 3] - 0.3
    binary = (rng.random(n) < 1 / (1 + np.exp(-score))).astype(int)
    score3 = np.stack([score, -0.5 * x[:, 2] + 0.4, 0.9 * x[:, 1] - 0.5 * x[:, 4] + 1.0], axis=1)
    multi = np.argmax(score3 + rng.gumbel(size=(n, 3)), axis=1)
    weight = rng.integers(1, 4, size=n)
    with open("data.csv", "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["x0", "x1", "x2", "x3", "x4", "binary", "multi", "weight"])
        for i in range(n):
            out.writerow([format(round(v, 6), "g") for v in x[i]] + [binary[i], multi[i], weight[i]])


def read_data():
    with open("data.csv") as f:
        rows = list(csv.reader(f))[1:]
    a = np.array([[float(v) for v in r] for r in rows])
    return a[:, :5], a[:, 5].astype(int), a[:, 6].astype(int), a[:, 7]


def penalty(w, kind, ratio):
    return {"none": 0.0, "l2": 0.5 * np.sum(w * w), "l1": np.sum(np.abs(w)),
            "elasticnet": 0.5 * (1 - ratio) * np.sum(w * w) + ratio * np.sum(np.abs(w))}[kind]


def objective(x, y, s, w, b, kind, ratio, c):
    z = x @ w.T + b
    if w.shape[0] == 1:
        loss = np.logaddexp(0, -(2 * y - 1) * z[:, 0])
    else:
        top = z.max(axis=1, keepdims=True)
        loss = np.log(np.exp(z - top).sum(axis=1)) + top[:, 0] - z[np.arange(len(y)), y]
    return penalty(w, kind, ratio) + c * np.sum(s * loss)


def main():
    make_data()
    x, binary, multi, weight = read_data()
    cases = []
    for target, y in [("binary", binary), ("multi", multi)]:
        for kind, c, ratio in [("l2", 1.0, 0), ("l2", 0.02, 0), ("l2", 50.0, 0), ("none", 1.0, 0), ("l1", 1.0, 1), ("l1", 0.1, 1),
                               ("elasticnet", 0.3, 0.5), ("elasticnet", 0.1, 0.9)]:
            for intercept in [True, False]:
                for weighted in [False, True]:
                    if (not intercept or weighted) and c not in (1.0, 0.3):
                        continue
                    s = weight if weighted else np.ones(len(y))
                    settings = dict(fit_intercept=intercept, max_iter=2_000_000)
                    if kind in ("l2", "none"):
                        m = LogisticRegression(C=c if kind == "l2" else np.inf, solver="newton-cholesky", tol=1e-14, **settings)
                    else:
                        m = LogisticRegression(C=c, l1_ratio=ratio, solver="saga", tol=1e-15, random_state=0, **settings)
                    m.fit(x, y, sample_weight=s)
                    w, b = m.coef_, m.intercept_ * np.ones(m.coef_.shape[0])
                    if len(b) > 1:
                        b = b - b.mean()
                        if kind == "none":
                            w = w - w.mean(axis=0)
                    cases.append(dict(target=target, penalty=kind, c=c, l1_ratio=ratio, fit_intercept=intercept, weighted=weighted,
                                      objective=objective(x, y, s, w, b, kind, ratio, c), coefficients=w.tolist(), intercepts=b.tolist()))
    with open("expected.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


main()
