"""Makes data.json: what scikit-learn's models of several targets at once say of a small data set, for the tests of learners/linear and
learners/neighbors.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen.py

"x" are the features, "targets" three lists of numbers in units that are far apart, "weights" the row weights where a case is weighted. "linear" are coefficients, "neighbors" the predictions
of rows beside those that are known. scikit-learn's neighbours take no row weights.
"""
import json

import numpy as np
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor

N, P = 150, 4
rng = np.random.default_rng(23)
x = np.round(rng.normal(size=(N, P)) * 4096) / 4096
y = np.column_stack([
    10 + 3 * x[:, 0] - x[:, 1] + 0.5 * rng.normal(size=N),
    1000 * (x[:, 0] * x[:, 2] + 0.3 * rng.normal(size=N)),
    -5 + 0.01 * (x[:, 2] + 0.5 * np.abs(x[:, 3]) + 0.3 * rng.normal(size=N))])
y = np.round(y, 6)
weights = rng.integers(1, 4, size=N).astype(float)


def listed(a):
    return [[float(v) for v in row] for row in a]


linear = []
for settings, model, weighted in [({}, LinearRegression(), False), ({"penalty": "l2", "alpha": "3"}, Ridge(alpha=3), True), ({"fit_intercept": "false"}, LinearRegression(fit_intercept=False), True)]:
    model.fit(x, y, sample_weight=weights if weighted else None)
    intercept = np.broadcast_to(model.intercept_, (3,))
    linear.append(dict(settings=settings, weighted=weighted, coefficients=listed(model.coef_), intercepts=[float(v) for v in intercept]))

neighbors = []
for settings, model in [({"n_neighbors": "4"}, KNeighborsRegressor(4)), ({"n_neighbors": "7", "weights": "distance", "metric": "manhattan"}, KNeighborsRegressor(7, weights="distance", metric="manhattan"))]:
    q = x + 0.125  # other rows than those that are known
    neighbors.append(dict(settings=settings, shift=0.125, predictions=listed(model.fit(x, y).predict(q))))

with open("data.json", "w") as f:
    parts = dict(x=listed(x), targets=listed(y.T), weights=[float(v) for v in weights], linear=linear, neighbors=neighbors)
    f.write("{\n" + ",\n".join(json.dumps(k) + ": " + json.dumps(v) for k, v in parts.items()) + "\n}\n")
