"""scikit-learn's multi-layer perceptron on one thread, over a file of little-endian doubles: training matrix, test matrix, both row by row, then the targets of both."""

import warnings

import numpy
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

warnings.filterwarnings("ignore")
last = {"seed": 0}  # the model that was fitted last, and its random state


def prepare(file, rows, tests, columns, epochs, action, passes):
    numbers = numpy.fromfile(file, dtype="<f8")
    x, tx, y, ty = numpy.split(numbers, numpy.cumsum([rows * columns, tests * columns, rows]))
    x, tx = x.reshape(rows, columns), tx.reshape(tests, columns)

    def fit():
        last["seed"] += 1
        m = MLPClassifier(hidden_layer_sizes=(64, 32), max_iter=epochs, n_iter_no_change=10_000, random_state=last["seed"])
        with threadpool_limits(1):
            last["model"] = m.fit(x, y)

    def predict():
        with threadpool_limits(1):
            for _ in range(passes):
                last["model"].predict_proba(tx)

    def judge():
        p = last["model"].predict_proba(tx)
        return float(roc_auc_score(ty, p[:, 1])) if p.shape[1] == 2 else -float(log_loss(ty, p))

    return {"fit": fit, "predict": predict, "judge": judge}[action]
