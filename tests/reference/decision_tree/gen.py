"""Makes data.csv and expected.json: trees of scikit-learn on a small table, for learners/tree.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen.py

Features are multiples of 1/64 so that scikit-learn, which holds them as float32, sees the same numbers. missing0 and missing1 are x0 and x1 with a fifth of the values missing.
A case is kept only when scikit-learn predicts the same with ten random states, and for absolute_error, where two thresholds of a feature often cost the same, when a search by brute
force finds no second best split as good: then no tie was decided by chance or by rounding. "predictions" are those of every third training row: the
probability of each class but the first, or the number.
"""
import csv
import json

import numpy as np
import sklearn
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

N, P = 300, 5
rng = np.random.default_rng(11)
x = np.round(rng.normal(size=(N, P)) * 64) / 64
x[:, 3] = rng.integers(0, 6, N)
x[:, 4] = np.round(np.exp(x[:, 4]) * 64) / 64
missing = x.copy()
missing[:, 0][rng.random(N) < 0.2] = np.nan
missing[:, 1][(rng.random(N) < 0.2) | (x[:, 1] > 1.5)] = np.nan
score = x[:, 0] + 0.7 * x[:, 1] * (x[:, 2] > 0) + 0.4 * x[:, 3] - 0.3 * x[:, 4] + 0.6 * rng.normal(size=N)
targets = {
    "binary": (score > 0.6).astype(float),
    "multi": np.digitize(score, [-0.2, 0.7, 1.5]).astype(float),
    "number": np.round(10 * score, 6) + 7,
}
weight = rng.integers(0, 4, N) + 0.25 * (rng.random(N) < 0.3)

with open("data.csv", "w", newline="") as f:
    w = csv.writer(f)
    w.writerow([f"x{j}" for j in range(P)] + ["missing0", "missing1"] + list(targets) + ["weight"])
    for i in range(N):
        w.writerow([repr(float(v)) for v in [*x[i], missing[i, 0], missing[i, 1], *(targets[t][i] for t in targets), weight[i]]])



def cost(v):
    return np.abs(v - np.median(v)).sum()


def has_ties(tree, x, y, rows, node, least):
    if tree.children_left[node] < 0:
        return False
    costs = []
    for j in range(P):
        for v in np.unique(x[rows, j])[:-1]:
            left, right = rows[x[rows, j] <= v], rows[x[rows, j] > v]
            if min(len(left), len(right)) >= least:
                costs.append(cost(y[left]) + cost(y[right]))
    costs.sort()
    goes = x[rows, tree.feature[node]] <= tree.threshold[node]
    return len(costs) > 1 and costs[1] - costs[0] < 1e-9 or has_ties(tree, x, y, rows[goes], tree.children_left[node], least) or \
        has_ties(tree, x, y, rows[~goes], tree.children_right[node], least)


cases = []
for target, y in targets.items():
    for criterion in ["squared_error", "absolute_error"] if target == "number" else ["gini", "entropy"]:
        for weighted in [False, True]:
            for with_missing in [False, True]:
                if criterion == "absolute_error" and with_missing:
                    continue
                for settings in [
                    dict(max_depth=1), dict(max_depth=3), dict(max_depth=5, min_samples_leaf=4), dict(min_samples_split=40), dict(min_samples_leaf=7), dict(max_leaf_nodes=5),
                    dict(max_leaf_nodes=12, min_samples_leaf=3), dict(min_impurity_decrease=0.01), dict(min_impurity_decrease=0.05), dict(max_depth=6, min_samples_leaf=5, ccp_alpha=0.004),
                    dict(min_samples_leaf=5, ccp_alpha=0.02), dict(min_samples_leaf=5, ccp_alpha=0.2), dict(),
                ]:
                    features = missing if with_missing else x
                    kind = DecisionTreeRegressor if target == "number" else DecisionTreeClassifier
                    found = []
                    for state in range(10):
                        m = kind(criterion=criterion, random_state=state, **settings).fit(features, y, weight if weighted else None)
                        p = m.predict(features)[:, None] if target == "number" else m.predict_proba(features)[:, 1:]
                        found.append((p, m.feature_importances_, m.tree_.n_leaves, m.tree_.max_depth))
                    if any(not np.allclose(found[0][0], f[0], rtol=1e-12, atol=1e-12) or not np.allclose(found[0][1], f[1]) for f in found):
                        continue
                    if criterion == "absolute_error" and (weighted or has_ties(m.tree_, x, y, np.arange(N), 0, settings.get("min_samples_leaf", 1))):
                        continue
                    p, importances, leaves, depth = found[0]
                    cases.append(dict(target=target, criterion=criterion, weighted=weighted, missing=with_missing, settings={k: str(v) for k, v in settings.items()}, leaves=int(leaves),
                                      depth=int(depth), importances=[round(float(v), 12) for v in importances], predictions=[[round(float(v), 10) for v in row] for row in p[::3]]))
print(sklearn.__version__, len(cases), "cases")
with open("expected.json", "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
