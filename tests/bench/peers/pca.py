"""Principal components of numpy's covariance (by its matrix product) and eigh, on one thread, over a file of little-endian doubles: a matrix, row by row."""

import numpy
import threadpoolctl

last = {}  # what was found last


def prepare(file, rows, columns, components, action):
    x = numpy.fromfile(file, dtype="<f8").reshape(rows, columns)
    one = threadpoolctl.ThreadpoolController()

    def fit():
        with one.limit(limits=1):
            mean = x.mean(axis=0)
            covariance = (x.T @ x - rows * numpy.outer(mean, mean)) / (rows - 1)
            values, vectors = numpy.linalg.eigh(covariance)
            last["mean"], last["components"] = mean, numpy.ascontiguousarray(vectors[:, ::-1][:, :components])
        return values[::-1][:components].tolist()

    def predict():
        with one.limit(limits=1):
            x @ last["components"] - last["mean"] @ last["components"]

    return {"fit": fit, "predict": predict}[action]
