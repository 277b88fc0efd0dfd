"""A class of scikit-learn with its defaults, on one thread, over a file of little-endian doubles: training matrix, test matrix, both row by row, then the targets of both."""

import numpy
import threadpoolctl
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.naive_bayes import GaussianNB

last = {"seed": 0}  # the model that was fitted last, and its random state


def prepare(file, rows, tests, columns, kind, action, passes):
    numbers = numpy.fromfile(file, dtype="<f8")
    x, tx, y, ty = numpy.split(numbers, numpy.cumsum([rows * columns, tests * columns, rows]))
    x, tx = x.reshape(rows, columns), tx.reshape(tests, columns)

    def fit():
        last["seed"] += 1
        with threadpoolctl.threadpool_limits(1):
            last["model"] = GaussianNB().fit(x, y) if kind == "GaussianNB" else IsolationForest(random_state=last["seed"]).fit(x)

    def score():
        return last["model"].predict_proba(tx)[:, 1] if kind == "GaussianNB" else -last["model"].score_samples(tx)

    def predict():
        with threadpoolctl.threadpool_limits(1):
            for _ in range(passes):
                score()

    def judge():
        return float(roc_auc_score(ty, score()))

    return {"fit": fit, "predict": predict, "judge": judge}[action]
