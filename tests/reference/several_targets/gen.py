"""Makes data.json: what scikit-learn's models of several targets at once say of a small data set, for the tests of learners/linear, neighbors, tree and neural.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen.py

"x" are the features, "targets" three lists of numbers in units that are far apart, "weights" the row weights where a case is weighted. "linear" are coefficients, "neighbors" and "tree" the predictions
of the rows themselves. scikit-learn's neighbours take no row weights. Of a tree every split is by the mean over the targets of the squared error, so the targets are brought to standard deviation 1 of the
training rows before it learns, and what it predicts back to their units: learners/tree does the same. "network" is a path from given parameters, as in tests/reference/neural_network; its targets have mean 0 and
standard deviation 1.
"""
import json
import warnings

import numpy as np
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.tree import DecisionTreeRegressor

warnings.filterwarnings("ignore")
N, P, EPOCHS = 150, 4, 25
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

tree = []
for settings, arguments, weighted in [
        ({"max_depth": "4"}, dict(max_depth=4), False),
        ({"max_depth": "6", "min_samples_leaf": "5"}, dict(max_depth=6, min_samples_leaf=5), True),
        ({"max_leaf_nodes": "9"}, dict(max_leaf_nodes=9), False),
        ({"ccp_alpha": "0.03"}, dict(ccp_alpha=0.03), False)]:
    w = weights if weighted else np.ones(N)
    mean = np.average(y, axis=0, weights=w)
    unit = np.sqrt(np.average((y - mean) ** 2, axis=0, weights=w))
    model = DecisionTreeRegressor(random_state=0, **arguments).fit(x, (y - mean) / unit, sample_weight=w)
    tree.append(dict(settings=settings, weighted=weighted, leaves=int(model.get_n_leaves()), importances=[float(v) for v in model.feature_importances_], predictions=listed(model.predict(x) * unit + mean)))


def flat(m):
    return [float(v) for w, b in zip(m.coefs_, m.intercepts_) for v in [*w.ravel(), *b]]


z = (y - y.mean(axis=0)) / y.std(axis=0)
network = []
for settings, arguments in [
        (dict(hidden_layers="5", optimizer="adam", learning_rate="0.01", l2="0.2"), dict(hidden_layer_sizes=(5,), learning_rate_init=0.01, alpha=0.2)),
        (dict(hidden_layers="4,3", activation="tanh", optimizer="sgd", learning_rate="0.1", l2="0"),
         dict(hidden_layer_sizes=(4, 3), activation="tanh", solver="sgd", nesterovs_momentum=False, learning_rate_init=0.1, alpha=0))]:
    m = MLPRegressor(max_iter=1, batch_size=N, shuffle=False, warm_start=True, n_iter_no_change=1000, random_state=1, **arguments).fit(x, z)
    for w in m.coefs_ + m.intercepts_:  # round, so that single precision holds them
        w[:] = np.round(rng.uniform(-0.8, 0.8, w.shape) * 256) / 256
    start = flat(m)
    m.max_iter = EPOCHS
    m.loss_curve_ = []
    m.fit(x, z)
    network.append(dict(settings=settings, epochs=EPOCHS, start=start, end=flat(m), losses=[float(v) for v in m.loss_curve_[-EPOCHS:]]))

with open("data.json", "w") as f:
    parts = dict(x=listed(x), targets=listed(y.T), weights=[float(v) for v in weights], linear=linear, neighbors=neighbors, tree=tree, network=network)
    f.write("{\n" + ",\n".join(json.dumps(k) + ": " + json.dumps(v) for k, v in parts.items()) + "\n}\n")
