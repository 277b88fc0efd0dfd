"""scikit-learn's logistic regression by its default solver, on one thread, over a matrix in a file of little-endian doubles, row by row, then the targets."""

import numpy
import threadpoolctl
from sklearn.linear_model import LogisticRegression


def prepare(file, rows, columns):
    numbers = numpy.fromfile(file, dtype="<f8")
    x, y = numbers[: rows * columns].reshape(rows, columns), numbers[rows * columns :]
    one = threadpoolctl.ThreadpoolController()

    def run():
        with one.limit(limits=1):
            model = LogisticRegression(solver="lbfgs", max_iter=1000).fit(x, y)
        return {"coefficients": model.coef_[0].tolist(), "intercept": float(model.intercept_[0])}

    return run
