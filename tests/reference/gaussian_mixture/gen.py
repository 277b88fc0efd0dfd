"""Makes expected.json: what scikit-learn's GaussianMixture finds from given first clusters.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen.py

The first clusters are those of the nearest of the rows "start". The rows of "data" are those of scikit-learn's iris, and of three overlapping clouds. "probabilities" and "log_density" are of
every tenth row. Cases with max_iter 3 are cut short.
"""
import json
import warnings

import numpy as np
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

warnings.filterwarnings("ignore", category=ConvergenceWarning)


class Started(GaussianMixture):
    def _initialize_parameters(self, X, random_state, xp=None):
        self._initialize(X, self.first)


def main():
    rng = np.random.default_rng(4)
    clouds = np.concatenate([rng.normal(size=(80, 3)) @ a + m for a, m in [
        (np.array([[1, 0.5, 0], [0, 1, 0], [0, 0, 0.3]]), [0, 0, 0]), (np.array([[0.4, 0, 0], [0.3, 0.8, 0], [0, 0.2, 1]]), [3, 1, 0]), (np.eye(3) * 1.5, [0, 4, 2])]])
    data = {"iris": load_iris().data, "clouds": np.round(clouds, 6)}
    cases = []
    for name, start, add in [("iris", [0, 60, 120], 0), ("clouds", [5, 100, 200], 0), ("clouds", [5, 100, 200, 30], 1000)]:
        for form in ["full", "tied", "diag", "spherical"]:
            for iterations in [3, 200]:
                if add and iterations == 3:
                    continue
                x = data[name] + add
                labels = ((x[:, None, :] - x[start][None]) ** 2).sum(axis=2).argmin(axis=1)
                m = Started(len(start), covariance_type=form, max_iter=iterations, tol=1e-6)
                m.first = np.eye(len(start))[labels]
                m.fit(x)
                cases.append(dict(data=name, add=add, clusters=labels.tolist(), form=form, max_iter=iterations, likelihood=float(m.lower_bound_), iterations=int(m.n_iter_), weights=m.weights_.tolist(),
                                  means=m.means_.tolist(), covariances=np.ravel(m.covariances_).tolist(), probabilities=m.predict_proba(x[::10]).tolist(), log_density=m.score_samples(x[::10]).tolist()))
                print(name, form, iterations, m.lower_bound_, m.n_iter_)
    with open("expected.json", "w") as f:
        json.dump(dict(data={k: v.tolist() for k, v in data.items()}, cases=cases), f)
        f.write("\n")


if __name__ == "__main__":
    main()
