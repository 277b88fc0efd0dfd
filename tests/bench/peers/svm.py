"""LIBSVM, inside scikit-learn, with its defaults over a file of little-endian doubles: training matrix, test matrix, both row by row, then the targets of both."""

import warnings

import numpy
from sklearn.metrics import roc_auc_score
from sklearn.svm import SVC

warnings.filterwarnings("ignore", category=FutureWarning)
last = {}  # the model that was fitted last


def prepare(file, rows, tests, columns, action, probability):
    numbers = numpy.fromfile(file, dtype="<f8")
    x, tx, y, ty = numpy.split(numbers, numpy.cumsum([rows * columns, tests * columns, rows]))
    x, tx = x.reshape(rows, columns), tx.reshape(tests, columns)

    def fit():
        last["model"] = SVC(**({"probability": True, "random_state": 0} if probability else {})).fit(x, y)

    def predict():
        last["model"].predict(tx)

    def judge():
        m = last["model"]
        return {"Accuracy": float(m.score(tx, ty)), "AUC": float(roc_auc_score(ty, m.decision_function(tx)))}

    return {"fit": fit, "predict": predict, "judge": judge}[action]
