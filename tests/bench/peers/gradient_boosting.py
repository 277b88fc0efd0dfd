"""LightGBM, XGBoost (hist) and scikit-learn's HistGradientBoosting at the settings of AIBMS's gradient_boosting: 100 rounds, 31 leaves, leaf by leaf, learning rate 0.1, 255 bins, no L2, at
least 20 rows in a leaf (XGBoost has no such limit and keeps its min_child_weight of 1). On one thread, over matrices in files of little-endian doubles, row by row, then the targets."""

import numpy
import threadpoolctl
from sklearn.metrics import roc_auc_score


def lightgbm():
    from lightgbm import LGBMClassifier

    return LGBMClassifier(n_estimators=100, num_leaves=31, learning_rate=0.1, max_bin=255, min_child_samples=20, n_jobs=1, verbose=-1)


def xgboost():
    from xgboost import XGBClassifier

    return XGBClassifier(n_estimators=100, tree_method="hist", grow_policy="lossguide", max_leaves=31, max_depth=0, learning_rate=0.1, max_bin=255, reg_lambda=0, n_jobs=1)


def scikit():
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(max_iter=100, max_leaf_nodes=31, learning_rate=0.1, min_samples_leaf=20, early_stopping=False)


def prepare(train, test, columns, peer, what, passes):
    def read(file):
        numbers = numpy.fromfile(file, dtype="<f8")
        rows = len(numbers) // (columns + 1)
        return numbers[: rows * columns].reshape(rows, columns), numbers[rows * columns :]

    (x, y), (x_test, y_test) = read(train), read(test)
    make = {"lightgbm": lightgbm, "xgboost": xgboost, "scikit-learn": scikit}[peer]
    one = threadpoolctl.ThreadpoolController()
    with one.limit(limits=1):
        fitted = make().fit(x, y)  # also brings the imports; the same model at each fit
        auc = float(roc_auc_score(y_test, fitted.predict_proba(x_test)[:, 1]))

    def fit():
        with one.limit(limits=1):
            make().fit(x, y)
        return auc

    def predict():
        with one.limit(limits=1):
            for _ in range(passes):
                fitted.predict_proba(x)
        return auc

    return {"fit": fit, "predict": predict}[what]
