"""Makes expected_svm.json: what LIBSVM, inside scikit-learn, reaches on the data sets of tests/data.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen_svm.py

The matrices are those of gen.py; every nth training row is taken. AUC is of decision values, so it does not depend on random folds; log_loss is of probabilities, the mean of two random states.
"""
import json
import warnings

import numpy as np
from gen import load
from sklearn.metrics import accuracy_score, log_loss, r2_score, roc_auc_score
from sklearn.svm import SVC, SVR, NuSVC, NuSVR

warnings.filterwarnings("ignore")
CASES = [
    ("online_shoppers", "Revenue", True, 1, dict(), SVC, dict(), True),
    ("online_shoppers", "Revenue", True, 2, dict(c="10", gamma="0.02"), SVC, dict(C=10, gamma=0.02), False),
    ("online_shoppers", "Revenue", True, 2, dict(form="nu", nu="0.2"), NuSVC, dict(nu=0.2), False),
    ("credit_default", "default_next_month", True, 4, dict(), SVC, dict(), False),
    ("digits", "digit", True, 1, dict(), SVC, dict(), True),
    ("digits", "digit", True, 1, dict(kernel="poly", degree="2", c="5"), SVC, dict(kernel="poly", degree=2, C=5), False),
    ("california_housing", "median_house_value", False, 4, dict(c="100000", epsilon="10000"), SVR, dict(C=100000, epsilon=10000), False),
    ("california_housing", "median_house_value", False, 4, dict(form="nu", c="100000"), NuSVR, dict(C=100000), False),
    ("diabetes", "progression", False, 1, dict(kernel="linear", c="10"), SVR, dict(kernel="linear", C=10), False),
]


def main():
    out = []
    for name, target, classification, every, settings, kind, arguments, probabilities in CASES:
        x, y, tx, ty = load(name, target, classification)
        x, y = x[::every], y[::every]
        m = kind(**arguments).fit(x, y)
        if classification:
            found = dict(accuracy=accuracy_score(ty, m.predict(tx)))
            if len(m.classes_) == 2:
                found["auc"] = roc_auc_score(ty, m.decision_function(tx))
            if probabilities:
                found["log_loss"] = float(np.mean([log_loss(ty, kind(probability=True, random_state=s, **arguments).fit(x, y).predict_proba(tx)) for s in range(2)]))
        else:
            found = dict(r2=r2_score(ty, m.predict(tx)))
        out.append(dict(set=name, target=target, every=every, settings=settings, rows=x.shape[0], columns=x.shape[1], vectors=int(m.support_.size), reached={k: float(v) for k, v in found.items()}))
        print(out[-1], flush=True)
    with open("expected_svm.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")


if __name__ == "__main__":
    main()
