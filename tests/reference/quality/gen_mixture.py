"""Makes expected_mixture.json: the mean log density of the training rows of data sets of tests/data under scikit-learn's GaussianMixture.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen_mixture.py

The matrices are those of gen.py. Ten random states each, everything that is not said as it is by default. likelihood is the mean of lower_bound_, deviation the standard deviation of one run.
"""
import json
import warnings

import numpy as np
from gen import load
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

warnings.filterwarnings("ignore", category=ConvergenceWarning)
SEEDS = 10
SETS = [("california_housing", "median_house_value", 5, "full"), ("credit_default", "default_next_month", 3, "tied"), ("digits", "digit", 10, "diag"), ("digits", "digit", 10, "spherical")]


def main():
    out = []
    for name, target, k, form in SETS:
        x = load(name, target, name != "california_housing")[0]
        found = [GaussianMixture(k, covariance_type=form, random_state=seed).fit(x).lower_bound_ for seed in range(SEEDS)]
        out.append(dict(set=name, target=target, components=k, form=form, rows=x.shape[0], columns=x.shape[1], likelihood=float(np.mean(found)), deviation=float(np.std(found, ddof=1))))
        print(out[-1], flush=True)
    with open("expected_mixture.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")


if __name__ == "__main__":
    main()
