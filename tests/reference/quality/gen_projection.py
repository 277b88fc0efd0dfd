"""Makes expected_projection.json: how much of the variance of rows that were not learned from the principal components of scikit-learn keep, on data sets of tests/data.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen_projection.py

The matrices are those of gen.py. "kept variance" is 1 less the squared distances of the test rows from what their projections are restored to, divided by those from the mean of the training rows. The solver "randomized"
draws, with seven powers as AIBMS has: means and deviations over ten random states.
"""
import json

import numpy as np
from gen import load
from sklearn.decomposition import PCA

SETS = [("digits", "digit", 10), ("credit_default", "default_next_month", 5), ("adult", "income", 20)]


def main():
    out = []
    for name, target, components in SETS:
        x, _, tx, _ = load(name, target, True)
        for settings, seeds, arguments in [
            (dict(n_components=str(components), solver="covariance"), 1, dict(n_components=components, svd_solver="full")),
            (dict(n_components="0.8", solver="svd"), 1, dict(n_components=0.8, svd_solver="full")),
            (dict(n_components=str(components), solver="randomized"), 10, dict(n_components=components, svd_solver="randomized", iterated_power=7)),
        ]:
            found = []
            for seed in range(seeds):
                m = PCA(random_state=seed, **arguments).fit(x)
                found.append(1 - np.sum((tx - m.inverse_transform(m.transform(tx))) ** 2) / np.sum((tx - x.mean(axis=0)) ** 2))
            out.append(dict(set=name, target=target, learner="pca", settings=settings, runs=seeds, rows=x.shape[0], columns=x.shape[1], mean={"kept variance": float(np.mean(found))},
                            deviation={"kept variance": float(np.std(found, ddof=1)) if seeds > 1 else 0.0}))
            print(out[-1], flush=True)
    with open("expected_projection.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")


if __name__ == "__main__":
    main()
