"""Makes data.csv and expected.json: neighbours and predictions of scikit-learn, for learners/neighbors.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen.py

The rows are those of the diabetes data that scikit-learn ships (Efron et al. 2004, BSD-3-Clause), features to six decimals times 20; every fourth row is asked for. "class" is the
target cut at 100 and 200. A row with two neighbours within 1e-9 of each other is left out of "rows", so that no tie decides.
"""
import csv
import json

import numpy as np
import sklearn
from sklearn.datasets import load_diabetes
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

d = load_diabetes()
x, number = np.round(20 * d.data, 6), d.target
label = np.digitize(number, [100, 200])
asked = np.arange(len(x)) % 4 == 0

with open("data.csv", "w", newline="") as f:
    w = csv.writer(f)
    w.writerow([f"x{j}" for j in range(x.shape[1])] + ["number", "class"])
    for row, a, b in zip(x, number, label):
        w.writerow([repr(float(v)) for v in row] + [repr(float(a)), int(b)])

cases = []
for metric, p in [("euclidean", 2), ("manhattan", 1), ("minkowski", 3), ("minkowski", 1.5)]:
    for k in [1, 5, 40] if metric != "minkowski" else [5]:
        for weights in ["uniform", "distance"]:
            settings = dict(n_neighbors=k, weights=weights, metric=metric, p=p)
            c = KNeighborsClassifier(algorithm="brute", **settings).fit(x[~asked], label[~asked])
            r = KNeighborsRegressor(algorithm="brute", **settings).fit(x[~asked], number[~asked])
            distance, near = c.kneighbors(x[asked], n_neighbors=k + 1)
            rows = np.flatnonzero((np.diff(distance, axis=1) > 1e-9).all(axis=1))
            cases.append({
                "settings": {name: str(v) for name, v in settings.items()},
                "rows": rows.tolist(),
                "neighbors": near[rows, :min(k, 5)].tolist(),
                "probabilities": [[round(float(v), 12) for v in row] for row in c.predict_proba(x[asked])[rows]],
                "numbers": [round(float(v), 9) for v in r.predict(x[asked])[rows]],
            })

# rows that are asked for and learned from: their distance is zero
c = KNeighborsClassifier(n_neighbors=7, weights="distance", algorithm="kd_tree").fit(x, label)  # brute rounds such distances
cases.append({"settings": {"n_neighbors": "7", "weights": "distance"}, "known": True, "probabilities": c.predict_proba(x[:50]).tolist()})

with open("expected.json", "w") as f:
    f.write('{"scikit-learn": "%s", "cases": [\n' % sklearn.__version__ + ",\n".join(json.dumps(c) for c in cases) + "\n]}\n")
