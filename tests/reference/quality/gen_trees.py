"""Makes expected_trees.json: what scikit-learn's trees and forests reach on the data sets of tests/data, with its defaults, as means over ten random states.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen_trees.py

The matrices are those of gen.py.
"""
import json

import numpy as np
from gen import load
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

SEEDS = 10
SETS = [("online_shoppers", "Revenue", True), ("credit_default", "default_next_month", True), ("california_housing", "median_house_value", False), ("adult", "income", True)]
LEARNERS = [
    ("decision_tree", dict(), DecisionTreeClassifier, DecisionTreeRegressor, dict()),
    ("decision_tree", dict(min_samples_leaf="50"), DecisionTreeClassifier, DecisionTreeRegressor, dict(min_samples_leaf=50)),
    ("random_forest", dict(), RandomForestClassifier, RandomForestRegressor, dict()),
    ("extra_trees", dict(), ExtraTreesClassifier, ExtraTreesRegressor, dict()),
]


def main():
    out = []
    for name, target, classification in SETS:
        x, y, tx, ty = load(name, target, classification)
        for learner, settings, classifier, regressor, arguments in LEARNERS:
            found = []
            for seed in range(SEEDS):
                m = (classifier if classification else regressor)(random_state=seed, **arguments).fit(x, y)
                if classification:
                    found.append(dict(accuracy=accuracy_score(ty, m.predict(tx)), auc=roc_auc_score(ty, m.predict_proba(tx)[:, 1])))
                else:
                    found.append(dict(r2=r2_score(ty, m.predict(tx))))
            mean = {k: float(np.mean([f[k] for f in found])) for k in found[0]}
            deviation = {k: float(np.std([f[k] for f in found], ddof=1)) for k in found[0]}
            out.append(dict(set=name, target=target, learner=learner, settings=settings, rows=x.shape[0], columns=x.shape[1], mean=mean, deviation=deviation))
            print(out[-1], flush=True)
    with open("expected_trees.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")


if __name__ == "__main__":
    main()
