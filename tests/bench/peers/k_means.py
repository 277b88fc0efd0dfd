"""scikit-learn's KMeans with 8 clusters and one start, tol 0, on one thread, over a file of little-endian doubles: a matrix, row by row."""

import numpy
import threadpoolctl
from sklearn.cluster import KMeans

last = {"seed": 0}  # the model that was fitted last, and its random state


def prepare(file, rows, columns, iterations, action):
    x = numpy.fromfile(file, dtype="<f8").reshape(rows, columns)
    one = threadpoolctl.ThreadpoolController()

    def fit():
        last["seed"] += 1
        with one.limit(limits=1):
            last["model"] = KMeans(8, n_init=1, max_iter=iterations, tol=0, random_state=last["seed"]).fit(x)
        return [float(last["model"].inertia_), int(last["model"].n_iter_)]

    def predict():
        with one.limit(limits=1):
            last["model"].predict(x)

    return {"fit": fit, "predict": predict}[action]
