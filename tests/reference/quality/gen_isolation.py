"""Makes expected_isolation.json: how well the scores of scikit-learn's IsolationForest tell the classes of data sets of tests/data, which it does not see.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen_isolation.py

The matrices are those of gen.py; it learns from the training rows and is judged by the test rows, with ten random states. scores are the means of the scores of the first 40 test rows.
"""
import json

import numpy as np
from gen import load
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

SEEDS = 10
SETS = [("credit_default", "default_next_month"), ("online_shoppers", "Revenue"), ("bank_marketing", "y")]


def main():
    out = []
    for name, target in SETS:
        x, y, tx, ty = load(name, target, True)
        auc, scores = [], []
        for seed in range(SEEDS):
            m = IsolationForest(random_state=seed).fit(x)
            s = -m.score_samples(tx)
            auc.append(roc_auc_score(ty, s))
            scores.append(s[:40])
        out.append(dict(set=name, target=target, rows=x.shape[0], columns=x.shape[1], auc=float(np.mean(auc)), deviation=float(np.std(auc, ddof=1)),
                        scores=np.round(np.mean(scores, axis=0), 6).tolist()))
        print(name, out[-1]["auc"], out[-1]["deviation"], flush=True)
    with open("expected_isolation.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")


if __name__ == "__main__":
    main()
