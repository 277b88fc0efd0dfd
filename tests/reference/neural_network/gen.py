"""Makes data.json: the paths of scikit-learn's multi-layer perceptrons from given parameters, for learners/neural.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen.py

Each case begins with the parameters "start" (of each layer the weights row by row, then the biases), makes "epochs" steps on all rows at once and ends with the parameters "end"; "losses" are the
losses before each step, with the penalty, as scikit-learn reports them. The numbers to be fitted have mean 0 and standard deviation 1. A target with commas is several numbers at once.
"""
import json
import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

warnings.filterwarnings("ignore")
N, P = 40, 3
rng = np.random.default_rng(5)
x = np.round(rng.normal(size=(N, P)) * 64) / 64
score = x[:, 0] - 0.5 * x[:, 1] * x[:, 2] + 0.3 * rng.normal(size=N)
number = (score - score.mean()) / score.std()
second = np.abs(x[:, 0]) - x[:, 2] + 0.2 * np.random.default_rng(6).normal(size=N)
third = x[:, 0] * x[:, 1]
second, third = [(v - v.mean()) / v.std() for v in (second, third)]
targets = {"binary": (score > 0).astype(float), "multi": np.digitize(score, [-0.4, 0.5]).astype(float), "number": number, "second": second, "third": third}
CASES = [
    ("binary", dict(hidden_layers="5,4", optimizer="adam", learning_rate="0.01", l2="0.5"), dict(hidden_layer_sizes=(5, 4), learning_rate_init=0.01, alpha=0.5)),
    ("multi", dict(hidden_layers="6", activation="tanh", optimizer="sgd", learning_rate="0.1", l2="0"),
     dict(hidden_layer_sizes=(6,), activation="tanh", solver="sgd", nesterovs_momentum=False, learning_rate_init=0.1, alpha=0)),
    ("number", dict(hidden_layers="4", optimizer="nesterov", learning_rate="0.05", momentum="0.8", l2="0.1"),
     dict(hidden_layer_sizes=(4,), solver="sgd", learning_rate_init=0.05, momentum=0.8, alpha=0.1)),
    ("number", dict(hidden_layers="5", activation="tanh", optimizer="adam", learning_rate="0.02", l2="0"), dict(hidden_layer_sizes=(5,), activation="tanh", learning_rate_init=0.02, alpha=0)),
    ("number,second,third", dict(hidden_layers="4", optimizer="nesterov", learning_rate="0.05", momentum="0.8", l2="0.1"),
     dict(hidden_layer_sizes=(4,), solver="sgd", learning_rate_init=0.05, momentum=0.8, alpha=0.1)),
    ("number,second", dict(hidden_layers="5,4", optimizer="adam", learning_rate="0.01", l2="0.5"), dict(hidden_layer_sizes=(5, 4), learning_rate_init=0.01, alpha=0.5)),
    ("third,number", dict(hidden_layers="6", activation="tanh", optimizer="sgd", learning_rate="0.1", l2="0"),
     dict(hidden_layer_sizes=(6,), activation="tanh", solver="sgd", nesterovs_momentum=False, learning_rate_init=0.1, alpha=0)),
]
EPOCHS = 25


def flat(m):
    return [float(v) for w, b in zip(m.coefs_, m.intercepts_) for v in [*w.ravel(), *b]]


out = []
for target, settings, arguments in CASES:
    y = np.column_stack([targets[name] for name in target.split(",")])
    y = y[:, 0] if y.shape[1] == 1 else y
    m = (MLPClassifier if target in ("binary", "multi") else MLPRegressor)(max_iter=1, batch_size=N, shuffle=False, warm_start=True, n_iter_no_change=1000, random_state=1, **arguments).fit(x, y)
    for w in m.coefs_ + m.intercepts_:  # round, so that single precision holds them
        w[:] = np.round(rng.uniform(-0.8, 0.8, w.shape) * 256) / 256
    start = flat(m)
    m.max_iter = EPOCHS
    m.loss_curve_ = []
    m.fit(x, y)
    out.append(dict(target=target, settings=settings, epochs=EPOCHS, start=start, end=flat(m), losses=[float(v) for v in m.loss_curve_[-EPOCHS:]]))
with open("data.json", "w") as f:
    rows = dict(x=[[float(v) for v in r] for r in x], targets={k: [float(v) for v in t] for k, t in targets.items()})
    f.write(json.dumps(rows)[:-1] + ', "cases": [\n' + ",\n".join(json.dumps(c) for c in out) + "\n]}\n")
