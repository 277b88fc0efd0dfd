"""Writes groups.json: rows in groups, and what scikit-learn makes of them.

Recipe:  as gen.py.
A weight of w is w equal rows. The mean squared distance is computed from its definition, around the means and around given centres.
"""
import json
import os

import numpy as np
from sklearn import cluster, datasets, metrics

HERE = os.path.dirname(os.path.abspath(__file__))


def case(name, x, group, groups, weights=None, centres=None):
    w = np.ones(len(x), dtype=int) if weights is None else weights
    xs, gs = np.repeat(x, w, axis=0), np.repeat(group, w)
    v = {"silhouette": None, "davies_bouldin": None}
    if len(set(gs)) > 1:
        v["silhouette"] = float(metrics.silhouette_score(xs, gs))
        v["davies_bouldin"] = float(metrics.davies_bouldin_score(xs, gs))
    means = np.array([xs[gs == k].mean(axis=0) if (gs == k).any() else np.zeros(x.shape[1]) for k in range(groups)])
    v["mean_squared_distance"] = float(((xs - means[gs]) ** 2).sum(axis=1).mean())
    v["baseline"] = float(((xs - xs.mean(axis=0)) ** 2).sum(axis=1).mean())
    if centres is not None:
        v["around_centres"] = float(((xs - centres[gs]) ** 2).sum(axis=1).mean())
    return {"name": name, "x": x.tolist(), "group": [int(g) for g in group], "groups": groups,
            "weights": None if weights is None else [int(a) for a in weights],
            "centres": None if centres is None else centres.tolist(), "values": v}


def main():
    rng = np.random.default_rng(20240611)
    iris = datasets.load_iris()
    cases = [case("iris by species", iris.data, iris.target, 3)]
    k = cluster.KMeans(3, n_init=4, random_state=1).fit(iris.data)
    cases.append(case("iris by k-means", iris.data, k.labels_, 3, centres=np.round(k.cluster_centers_, 2)))
    cases.append(case("iris weighted", iris.data, k.labels_, 3, rng.integers(0, 4, 150), np.round(k.cluster_centers_, 2)))
    digits = datasets.load_digits().data[:80]
    cases.append(case("digits", digits, cluster.KMeans(10, n_init=4, random_state=2).fit(digits).labels_, 10))
    x = np.round(rng.normal(size=(60, 3)), 2)
    g = rng.integers(0, 4, 60)
    cases.append(case("groups by chance", x, g, 4))
    g[g == 2] = 3
    cases.append(case("a group without rows", x, g, 4))
    g[7] = 2
    cases.append(case("a group of one row", x, g, 4))
    cases.append(case("one group", x, np.zeros(60, dtype=int), 2))
    cases.append(case("far from zero", x + 1e4, g, 4))
    cases.append(case("equal rows", np.round(x[:40, :1]), rng.integers(0, 3, 40), 3))
    with open(os.path.join(HERE, "groups.json"), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


main()
