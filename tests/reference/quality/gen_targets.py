"""Makes expected_targets.json: what scikit-learn's trees of two targets at once reach on the visits of online_shoppers (ExitRates and BounceRates), as means over ten random states of the mean R2.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen_targets.py

The matrices are those of gen.py, without the column of the second target. The targets are divided by their standard deviations, as scikit-learn adds up their squared errors as they are.
"""
import json

import numpy as np
from gen import load
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.metrics import r2_score
from sklearn.tree import DecisionTreeRegressor

SEEDS = 10
COLUMN = 6  # BounceRates: the columns before it are numbers
out = []
x, y, tx, ty = load("online_shoppers", "ExitRates", False)
y, ty = np.column_stack([y, x[:, COLUMN]]), np.column_stack([ty, tx[:, COLUMN]])
x, tx = np.delete(x, COLUMN, 1), np.delete(tx, COLUMN, 1)
deviation = y.std(0)
for learner, settings, model, arguments in [("decision_tree", dict(min_samples_leaf="20"), DecisionTreeRegressor, dict(min_samples_leaf=20)), ("random_forest", dict(), RandomForestRegressor, dict()),
                                            ("extra_trees", dict(), ExtraTreesRegressor, dict())]:
    found = [r2_score(ty / deviation, model(random_state=seed, **arguments).fit(x, y / deviation).predict(tx)) for seed in range(SEEDS)]
    out.append(dict(learner=learner, settings=settings, rows=x.shape[0], columns=x.shape[1], mean=float(np.mean(found)), deviation=float(np.std(found, ddof=1))))
    print(out[-1], flush=True)
with open("expected_targets.json", "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")
