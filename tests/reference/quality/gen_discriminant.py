"""Makes expected_discriminant.json: what scikit-learn's discriminant analyses reach on data sets of tests/data, with and without shrinkage.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen_discriminant.py

The matrices are those of gen.py, without columns that are constant in the training rows: ours leaves those out by itself. The solvers lsqr and eigen have the number of rows as the divisor of covariances, as
learners/discriminant has. QDA without shrinkage is left out where a covariance has no inverse: scikit-learn refuses it. LDA without shrinkage is that of the solver svd where the covariance has no inverse, since lsqr
then divides by what rounding left. posteriors are those of the first 40 test rows.
"""
import json

import numpy as np
from gen import load
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.metrics import accuracy_score, roc_auc_score

SETS = [("credit_default", "default_next_month"), ("online_shoppers", "Revenue"), ("adult", "income"), ("digits", "digit")]
CASES = [(1, 0), (1, 0.3), (0, 0), (0, 0.3)]


def main():
    out = []
    for name, target in SETS:
        x, y, tx, ty = load(name, target, True)
        columns, used = x.shape[1], x.std(axis=0) > 0
        x, tx = x[:, used], tx[:, used]
        for pooling, shrinkage in CASES:
            try:
                if not pooling:
                    m = QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=shrinkage).fit(x, y)
                elif shrinkage or np.linalg.matrix_rank(x - x.mean(axis=0)) == x.shape[1]:
                    m = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(x, y)
                else:
                    m = LinearDiscriminantAnalysis(solver="svd").fit(x, y)
            except np.linalg.LinAlgError as e:
                print(name, pooling, shrinkage, e)
                continue
            p = m.predict_proba(tx)
            metrics = dict(accuracy=accuracy_score(ty, m.predict(tx)))
            if p.shape[1] == 2:
                metrics["auc"] = roc_auc_score(ty, p[:, 1])
            out.append(dict(set=name, target=target, settings=dict(pooling=str(pooling), shrinkage=str(shrinkage)), rows=x.shape[0], columns=columns, metrics=metrics,
                            posteriors=np.round(p[:40], 9).tolist()))
            print(name, pooling, shrinkage, metrics, flush=True)
    with open("expected_discriminant.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")


if __name__ == "__main__":
    main()
