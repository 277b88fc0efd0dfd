"""Makes expected_neighbors.json: what scikit-learn's nearest neighbours reach on the data sets of tests/data.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen_neighbors.py

The matrices are those of gen.py.
"""
import json

from gen import load
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

SETS = [("online_shoppers", "Revenue", True), ("credit_default", "default_next_month", True), ("california_housing", "median_house_value", False), ("digits", "digit", True)]


def main():
    out = []
    for name, target, classification in SETS:
        x, y, tx, ty = load(name, target, classification)
        for k, weights in [(5, "uniform"), (25, "distance")]:
            m = (KNeighborsClassifier if classification else KNeighborsRegressor)(n_neighbors=k, weights=weights).fit(x, y)
            metrics = {"accuracy": accuracy_score(ty, m.predict(tx))} if classification else {"r2": r2_score(ty, m.predict(tx))}
            if classification and len(set(y)) == 2:
                metrics["auc"] = roc_auc_score(ty, m.predict_proba(tx)[:, 1])
            out.append(dict(set=name, target=target, learner="k_nearest_neighbors", settings=dict(n_neighbors=str(k), weights=weights), rows=x.shape[0], columns=x.shape[1], mean=metrics))
            print(out[-1], flush=True)
    with open("expected_neighbors.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")


if __name__ == "__main__":
    main()
