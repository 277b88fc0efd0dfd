"""Makes expected_categories.json: what LightGBM reaches with native categories, at the settings of gen.py.

    pip install -r requirements.txt
    python gen_categories.py

Columns with texts are categories, by the codes that gen.py makes of them; "Categories" counts those of each column, 0 for numbers.
"""
import csv
import gzip
import io
import json

import lightgbm
import numpy as np
from sklearn.metrics import log_loss, roc_auc_score

from gen import is_number, load, peers

CASES = [("adult", "income"), ("bank_marketing", "y"), ("online_shoppers", "Revenue")]


def texts(name, target):
    with gzip.open(f"../../data/{name}/data.csv.gz") as f:
        rows = list(csv.reader(io.TextIOWrapper(f, encoding="utf-8")))
    return [not all(r[j] == "" or is_number(r[j]) for r in rows[1:]) for j, column in enumerate(rows[0]) if column != target]


def main():
    out = []
    for name, target in CASES:
        x, y, x_test, y_test = load(name, target, True)
        named = texts(name, target)
        model = peers(True, {}, 0)["lightgbm"]
        model.fit(x, y, categorical_feature=[j for j, is_text in enumerate(named) if is_text])
        p = model.predict_proba(x_test)
        out.append({"Set": name, "Target": target, "Rows": len(y), "Columns": x.shape[1],
                    "Categories": [int(np.nanmax(x[:, j])) + 1 if is_text else 0 for j, is_text in enumerate(named)],
                    "AUC": roc_auc_score(y_test, p[:, 1]), "LogLoss": log_loss(y_test, p)})
        print(out[-1])
    with open("expected_categories.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(o) for o in out) + "\n]\n")


main()
