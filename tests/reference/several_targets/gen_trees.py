"""Makes trees.json: what scikit-learn's trees of several targets at once say of the rows of data.json, for the tests of learners/tree.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen_trees.py

scikit-learn adds up the squared errors as they are, the project measures each in the variance of its target: so scikit-learn learns from targets that are divided by their weighted standard
deviations, and its predictions are multiplied by them again. A case is kept only when ten random states give the same tree: then no tie was decided by chance. "predictions" are those of
every third row.
"""
import json

import numpy as np
from sklearn.tree import DecisionTreeRegressor

with open("data.json") as f:
    data = json.load(f)
x, y, weights = np.array(data["x"]), np.array(data["targets"]).T, np.array(data["weights"])
missing = x.copy()
missing[:, 0][np.arange(len(x)) % 5 == 0] = np.nan
missing[:, 2][x[:, 2] > 1] = np.nan

cases = []
for weighted in [False, True]:
    w = weights if weighted else np.ones(len(x))
    mean = (w[:, None] * y).sum(0) / w.sum()
    deviation = np.sqrt((w[:, None] * (y - mean) ** 2).sum(0) / w.sum())
    for with_missing in [False, True]:
        for settings in [dict(max_depth=1), dict(max_depth=4), dict(min_samples_leaf=7), dict(min_samples_split=30), dict(max_leaf_nodes=9), dict(max_leaf_nodes=12, min_samples_leaf=4), dict(min_impurity_decrease=0.02),
                         dict(min_samples_leaf=5, ccp_alpha=0.02), dict(min_samples_leaf=5, ccp_alpha=0.1), dict(max_depth=6, min_samples_leaf=3)]:
            features = missing if with_missing else x
            found = []
            for state in range(10):
                m = DecisionTreeRegressor(random_state=state, **settings).fit(features, y / deviation, w)
                found.append((m.predict(features), m.feature_importances_, m.get_n_leaves()))
            if any(not np.allclose(found[0][0], f[0], rtol=1e-12, atol=1e-12) or not np.allclose(found[0][1], f[1]) for f in found):
                continue
            cases.append(dict(settings={k: str(v) for k, v in settings.items()}, weighted=weighted, missing=with_missing, leaves=int(found[0][2]),
                              importances=[float(v) for v in found[0][1]], predictions=[[float(v) for v in row] for row in (found[0][0] * deviation)[::3]]))

with open("trees.json", "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
print(len(cases), "cases")
