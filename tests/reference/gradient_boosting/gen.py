"""Makes expected.json: what LightGBM, XGBoost (hist) and scikit-learn's HistGradientBoosting reach on the data sets of tests/data.

    pip install -r requirements.txt
    python gen.py

The matrices follow LoadCodes of tests/quality/table.go: fixed split; a column with texts becomes the rank of each among those of the training rows, in the order of their bytes, and a value
that only test rows have is missing; other columns are the numbers as they are, empty fields missing; columns keep their order.

All three have 100 rounds, 31 leaves, leaf by leaf, learning rate 0.1, 255 bins, no L2, at least 20 rows in a leaf (XGBoost has no such limit and keeps its min_child_weight of 1), one thread.
A case with "subsample" or "colsample" is the mean over ten seeds; scikit-learn cannot sample rows and stands aside there.
"""
import csv
import gzip
import io
import json

import lightgbm
import numpy as np
import xgboost
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, mean_gamma_deviance, mean_poisson_deviance, mean_squared_error, roc_auc_score

CASES = [
    ("credit_default", "default_next_month", True, {}),
    ("adult", "income", True, {}),
    ("online_shoppers", "Revenue", True, {}),
    ("bank_marketing", "y", True, {}),
    ("digits", "digit", True, {}),
    ("california_housing", "median_house_value", False, {}),
    ("credit_default", "default_next_month", True, {"subsample": "0.7", "colsample": "0.7"}),
    ("california_housing", "median_house_value", False, {"subsample": "0.7", "colsample": "0.7"}),
    ("california_housing", "median_house_value", False, {"loss": "absolute_error"}),
    ("california_housing", "median_house_value", False, {"loss": "quantile", "quantile": "0.9"}),
    ("california_housing", "median_house_value", False, {"loss": "poisson"}),
    ("california_housing", "median_house_value", False, {"loss": "gamma"}),
]
LOSSES = {  # names and settings of the peers
    "absolute_error": ({"objective": "regression_l1"}, {"objective": "reg:absoluteerror"}, {"loss": "absolute_error"}),
    "quantile": ({"objective": "quantile", "alpha": 0.9}, {"objective": "reg:quantileerror", "quantile_alpha": 0.9}, {"loss": "quantile", "quantile": 0.9}),
    "poisson": ({"objective": "poisson"}, {"objective": "count:poisson"}, {"loss": "poisson"}),
    "gamma": ({"objective": "gamma"}, {"objective": "reg:gamma"}, {"loss": "gamma"}),
}


def mix(i):
    mask = (1 << 64) - 1
    z = (i + 1) * 0x9E3779B97F4A7C15 & mask
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & mask
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & mask
    return z ^ (z >> 31)


def is_number(text):
    try:
        float(text)
        return True
    except ValueError:
        return False


def load(name, target, classification):
    with gzip.open(f"../../data/{name}/data.csv.gz") as f:
        rows = list(csv.reader(io.TextIOWrapper(f, encoding="utf-8")))
    header, rows = rows[0], rows[1:]
    test = np.array([mix(i) % 5 == 0 for i in range(len(rows))])
    columns = []
    for j, column in enumerate(header):
        texts = [r[j] for r in rows]
        numeric = all(t == "" or is_number(t) for t in texts)
        if column == target:
            if classification:
                values = sorted(set(texts), key=(lambda t: float(t)) if numeric else (lambda t: t.encode()))
                y = np.array([values.index(t) for t in texts])
            else:
                y = np.array([float(t) for t in texts])
        elif numeric:
            columns.append(np.array([np.nan if t == "" else float(t) for t in texts]))
        else:
            known = sorted({t for t, held in zip(texts, test) if not held}, key=lambda t: t.encode())
            rank = {t: float(k) for k, t in enumerate(known)}
            columns.append(np.array([rank.get(t, np.nan) for t in texts]))
    x = np.stack(columns, axis=1)
    return x[~test], y[~test], x[test], y[test]


def peers(classification, settings, seed):
    rows, columns = float(settings.get("subsample", 1)), float(settings.get("colsample", 1))
    light = dict(n_estimators=100, num_leaves=31, learning_rate=0.1, max_bin=255, min_child_samples=20, n_jobs=1, verbose=-1, random_state=seed,
                 subsample=rows, subsample_freq=1, colsample_bytree=columns)
    extreme = dict(n_estimators=100, tree_method="hist", grow_policy="lossguide", max_leaves=31, max_depth=0, learning_rate=0.1, max_bin=255, reg_lambda=0, n_jobs=1, random_state=seed,
                   subsample=rows, colsample_bytree=columns)
    scikit = dict(max_iter=100, max_leaf_nodes=31, learning_rate=0.1, min_samples_leaf=20, early_stopping=False, random_state=seed)
    if "loss" in settings:
        for mine, more in zip((light, extreme, scikit), LOSSES[settings["loss"]]):
            mine.update(more)
    if classification:
        models = {"lightgbm": lightgbm.LGBMClassifier(**light), "xgboost": xgboost.XGBClassifier(**extreme), "scikit-learn": HistGradientBoostingClassifier(**scikit)}
    else:
        models = {"lightgbm": lightgbm.LGBMRegressor(**light), "xgboost": xgboost.XGBRegressor(**extreme), "scikit-learn": HistGradientBoostingRegressor(**scikit)}
    if rows < 1:
        del models["scikit-learn"]
    return models


def main():
    out = []
    for name, target, classification, settings in CASES:
        x, y, x_test, y_test = load(name, target, classification)
        reached = {}
        seeds = range(10) if "subsample" in settings else range(1)
        for seed in seeds:
            for peer, model in peers(classification, settings, seed).items():
                model.fit(x, y)
                if classification:
                    p = model.predict_proba(x_test)
                    metrics = {"log_loss": log_loss(y_test, p)}
                    if p.shape[1] == 2:
                        metrics["auc"] = roc_auc_score(y_test, p[:, 1])
                else:
                    z = model.predict(x_test)
                    metrics = {
                        None: lambda: {"rmse": mean_squared_error(y_test, z) ** 0.5},
                        "absolute_error": lambda: {"absolute_error": np.abs(y_test - z).mean()},
                        "quantile": lambda: {"pinball": np.maximum(0.9 * (y_test - z), 0.1 * (z - y_test)).mean()},
                        "poisson": lambda: {"poisson_deviance": mean_poisson_deviance(y_test, z)},
                        "gamma": lambda: {"gamma_deviance": mean_gamma_deviance(y_test, z)},
                    }[settings.get("loss")]()
                for metric, value in metrics.items():
                    reached.setdefault(metric, {}).setdefault(peer, []).append(float(value))
        peers_mean = {metric: {peer: float(np.mean(v)) for peer, v in by.items()} for metric, by in reached.items()}
        print(name, settings, peers_mean, flush=True)
        out.append({"set": name, "target": target, "classification": classification, "settings": settings, "seeds": len(seeds), "rows": len(x), "columns": x.shape[1], "peers": peers_mean})
    with open("expected.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")


if __name__ == "__main__":
    main()
