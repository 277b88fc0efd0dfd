"""Makes expected.json: what scikit-learn's k-means makes of given starting centres, for learners/cluster.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen.py

The rows are those of digits and iris that scikit-learn ships (BSD-3-Clause; UCI, CC BY 4.0), every second one. "start" are the numbers of the rows where the centres begin; weights
are (i mod 3) + 0.5. The last case begins with two equal centres, so that one has no rows. "inertia" at the end is the mean over ten random states of whole runs.
"""
import json

import numpy as np
import sklearn
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, load_iris

iris, digits = load_iris().data[::2], load_digits().data[:600:2]
rng = np.random.default_rng(3)
cases = []
for name, x, k, weighted, iterations in [("iris", iris, 3, False, 300), ("iris", iris, 5, True, 300), ("digits", digits, 10, False, 300), ("digits", digits, 10, True, 4), ("iris", iris + 1000.0, 4, False, 300),
                                         ("iris", iris, 3, False, 300)]:
    start = rng.choice(len(x), k, replace=False)
    if len(cases) == 5:
        start = np.array([0, 0, 40])
    w = (np.arange(len(x)) % 3) + 0.5 if weighted else None
    m = KMeans(k, init=x[start], n_init=1, max_iter=iterations, tol=1e-4, algorithm="lloyd").fit(x, sample_weight=w)
    cases.append({"data": name, "add": float(x[0, 0] - (iris if name == "iris" else digits)[0, 0]), "start": start.tolist(), "weighted": weighted, "max_iter": iterations,
                  "centers": m.cluster_centers_.tolist(), "inertia": float(m.inertia_), "iterations": int(m.n_iter_)})
means = [{"data": name, "k": k, "inertia": float(np.mean([KMeans(k, n_init=1, random_state=s).fit(x).inertia_ for s in range(10)]))} for name, x, k in [("iris", iris, 3), ("iris", iris, 8), ("digits", digits, 10)]]
with open("expected.json", "w") as f:
    json.dump({"scikit-learn": sklearn.__version__, "data": {"iris": iris.tolist(), "digits": digits.astype(int).tolist()}, "cases": cases, "means": means}, f)
    f.write("\n")
print([(c["iterations"], c["inertia"]) for c in cases], means)
