"""scikit-learn's trees and forests with their defaults, on one thread, over a file of little-endian doubles: training matrix, test matrix, both row by row, then the targets of both."""

import numpy
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier

KINDS = {"decision_tree": DecisionTreeClassifier, "random_forest": RandomForestClassifier, "extra_trees": ExtraTreesClassifier}
last = {"seed": 0}  # the model that was fitted last, and its random state


def prepare(file, rows, tests, columns, learner, action, passes):
    numbers = numpy.fromfile(file, dtype="<f8")
    x, tx, y, ty = numpy.split(numbers, numpy.cumsum([rows * columns, tests * columns, rows]))
    x, tx = x.reshape(rows, columns), tx.reshape(tests, columns)

    def fit():
        last["seed"] += 1
        last["model"] = KINDS[learner](random_state=last["seed"]).fit(x, y)

    def predict():
        for _ in range(passes):
            last["model"].predict_proba(tx)

    def judge():
        return float(roc_auc_score(ty, last["model"].predict_proba(tx)[:, 1]))

    return {"fit": fit, "predict": predict, "judge": judge}[action]
