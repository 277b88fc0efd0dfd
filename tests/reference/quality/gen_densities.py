"""Makes expected_densities.json: how well the densities of scikit-learn's GaussianMixture tell unusual rows of data sets of tests/data.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen_densities.py

The matrices are those of gen.py. unusual is a class: the model learns from the training rows of the other classes and is judged by all test rows, of which those of the class are unusual. It is learned with ten
random states; auc is the mean of the area under the ROC curve of minus score_samples, deviation the standard deviation of one run.
"""
import json
import warnings

import numpy as np
from gen import load
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture

warnings.filterwarnings("ignore", category=ConvergenceWarning)
SEEDS = 10
REG = 1e-3
CASES = [("bank_marketing", "y", 1, 1, "full"), ("bank_marketing", "y", 1, 4, "diag"), ("online_shoppers", "Revenue", 1, 3, "full"), ("online_shoppers", "Revenue", 1, 1, "full"),
         ("digits", "digit", 1, 10, "diag"), ("digits", "digit", 6, 5, "tied"), ("digits", "digit", 8, 10, "spherical")]


def main():
    out = []
    for name, target, unusual, k, form in CASES:
        x, y, tx, ty = load(name, target, True)
        x = x[y != unusual]
        found = []
        for seed in range(SEEDS if k > 1 else 1):
            m = GaussianMixture(k, covariance_type=form, reg_covar=REG, random_state=seed).fit(x)
            found.append(roc_auc_score(ty == unusual, -m.score_samples(tx)))
        out.append(dict(set=name, target=target, unusual=unusual, components=k, form=form, reg=REG, rows=x.shape[0], columns=x.shape[1], auc=float(np.mean(found)),
                        deviation=float(np.std(found, ddof=1)) if k > 1 else 0.0))
        print(out[-1], flush=True)
    with open("expected_densities.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")


if __name__ == "__main__":
    main()
