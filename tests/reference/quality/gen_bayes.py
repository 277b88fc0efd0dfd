"""Makes expected_bayes.json: what scikit-learn's naive Bayes reaches on data sets of tests/data, with its defaults.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen_bayes.py

The matrices are those of gen.py.
"""
import json

from gen import load
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.naive_bayes import BernoulliNB, GaussianNB

SETS = [("credit_default", "default_next_month"), ("online_shoppers", "Revenue"), ("bank_marketing", "y"), ("adult", "income")]


def main():
    out = []
    for name, target in SETS:
        x, y, tx, ty = load(name, target, True)
        for distribution, kind in (("gaussian", GaussianNB), ("bernoulli", BernoulliNB)):
            m = kind().fit(x, y)
            out.append(dict(set=name, target=target, distribution=distribution, rows=x.shape[0], columns=x.shape[1], accuracy=accuracy_score(ty, m.predict(tx)),
                            auc=roc_auc_score(ty, m.predict_proba(tx)[:, 1])))
            print(out[-1], flush=True)
    with open("expected_bayes.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")


if __name__ == "__main__":
    main()
