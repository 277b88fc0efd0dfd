"""Makes expected_means.json: the mean inertia of scikit-learn's KMeans on the training rows of data sets of tests/data.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen_means.py

The matrices are those of gen.py. Ten random states each, k-means++, n_init starts, everything else as it is by default. inertia is the mean, deviation the standard deviation of one run.
"""
import json

import numpy as np
from gen import load
from sklearn.cluster import KMeans

SEEDS = 10
SETS = [("digits", "digit", 10, 1), ("digits", "digit", 10, 5), ("online_shoppers", "Revenue", 8, 1), ("credit_default", "default_next_month", 8, 1)]


def main():
    out = []
    for name, target, k, starts in SETS:
        x = load(name, target, True)[0]
        inertia = [KMeans(k, n_init=starts, random_state=seed).fit(x).inertia_ for seed in range(SEEDS)]
        out.append(dict(set=name, target=target, clusters=k, starts=starts, rows=x.shape[0], columns=x.shape[1], inertia=float(np.mean(inertia)), deviation=float(np.std(inertia, ddof=1))))
        print(out[-1], flush=True)
    with open("expected_means.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")


if __name__ == "__main__":
    main()
