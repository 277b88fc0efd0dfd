"""Makes expected.json: principal components by scikit-learn, for learners/decomposition.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen.py

The rows are those of digits and iris that scikit-learn ships (BSD-3-Clause; UCI, CC BY 4.0). "projected" are every tenth row. "few" has fewer rows than features.
"""
import json

import numpy as np
import sklearn
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA

iris, digits = load_iris().data[::2], load_digits().data[:300:2]
data = {"iris": iris, "digits": digits, "few": digits[:20]}
cases = []
for name, components, whiten in [("iris", 0, False), ("iris", 2, True), ("digits", 8, False), ("digits", 0.9, False), ("digits", 12, True), ("few", 7, False)]:
    x = data[name]
    m = PCA(components or None, whiten=whiten, svd_solver="full").fit(x)
    cases.append({"data": name, "components": components, "whiten": whiten, "directions": m.components_.tolist(), "variance": m.explained_variance_.tolist(),
                  "share": m.explained_variance_ratio_.tolist(), "projected": m.transform(x[::10]).tolist(), "restored": m.inverse_transform(m.transform(x[::10])).tolist()})
with open("expected.json", "w") as f:
    json.dump({"scikit-learn": sklearn.__version__, "data": {"iris": iris.tolist(), "digits": digits.astype(int).tolist(), "few": digits[:20].astype(int).tolist()}, "cases": cases}, f)
    f.write("\n")
