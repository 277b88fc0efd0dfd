"""scikit-learn's GaussianMixture with 8 components, full covariances and one start, tol 0, on one thread, over a file of little-endian doubles: a matrix, row by row."""

import warnings

import numpy
import threadpoolctl
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

last = {"seed": 0}  # the model that was fitted last, and its random state


def prepare(file, rows, columns, components, iterations, action):
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    x = numpy.fromfile(file, dtype="<f8").reshape(rows, columns)
    one = threadpoolctl.ThreadpoolController()

    def fit():
        last["seed"] += 1
        with one.limit(limits=1):
            last["model"] = GaussianMixture(components, max_iter=iterations, tol=0, random_state=last["seed"]).fit(x)
        return [float(last["model"].lower_bound_), int(last["model"].n_iter_)]

    def predict():
        with one.limit(limits=1):
            last["model"].predict_proba(x)

    return {"fit": fit, "predict": predict}[action]
