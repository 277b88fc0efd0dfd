"""Makes expected.json: trees of scikit-learn's IsolationForest with the scores that they give, and c(m), for learners/isolation.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen.py

Features are multiples of 1/64, so that scikit-learn, which holds them as float32, sees the same numbers. A node of a tree is [left, right, feature, threshold, rows], a leaf has left -1.
offset is what contamination = 0.1 makes of the scores of the training rows.
"""
import json

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.ensemble._iforest import _average_path_length

rng = np.random.default_rng(3)
x = np.round(rng.normal(size=(120, 3)) * 64) / 64
x[:, 2] = rng.integers(0, 4, 120)
x[:6] *= 4
m = IsolationForest(n_estimators=7, max_samples=50, contamination=0.1, random_state=5).fit(x)
trees = []
for t in m.estimators_:
    t = t.tree_
    trees.append([[int(a), int(b), int(f), float(v), int(n)] for a, b, f, v, n in zip(t.children_left, t.children_right, t.feature, t.threshold, t.n_node_samples)])
sizes = [0, 1, 2, 3, 4, 5, 8, 50, 255, 256, 257, 1000, 16777216]
with open("expected.json", "w") as f:
    json.dump(dict(x=x.tolist(), samples=50, trees=trees, scores=(-m.score_samples(x)).tolist(), limit=-float(m.offset_), unusual=(m.predict(x) == -1).astype(int).tolist(),
                   sizes=sizes, average_path=_average_path_length(np.array(sizes)).tolist()), f)
    f.write("\n")
