"""Makes expected_neural.json: what scikit-learn's multi-layer perceptrons reach on the data sets of tests/data, as means over ten random states.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen_neural.py

The matrices are those of gen.py. Every case has its number of epochs, without early stopping; the target of a regression is standardised, as neural_network does by itself.
"deviation" is the standard deviation over the ten states.
"""
import json
import warnings

import numpy as np
from gen import load
from sklearn.compose import TransformedTargetRegressor
from sklearn.metrics import accuracy_score, log_loss, r2_score, roc_auc_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
SEEDS = 10
CASES = [
    ("credit_default", "default_next_month", True, dict(hidden_layers="64,32", epochs="20"), dict(hidden_layer_sizes=(64, 32), max_iter=20)),
    ("adult", "income", True, dict(hidden_layers="64,32", epochs="10"), dict(hidden_layer_sizes=(64, 32), max_iter=10)),
    ("bank_marketing", "y", True, dict(hidden_layers="64,32", epochs="10"), dict(hidden_layer_sizes=(64, 32), max_iter=10)),
    ("online_shoppers", "Revenue", True, dict(hidden_layers="64,32", epochs="10"), dict(hidden_layer_sizes=(64, 32), max_iter=10)),
    ("california_housing", "median_house_value", False, dict(hidden_layers="64,32", epochs="20"), dict(hidden_layer_sizes=(64, 32), max_iter=20)),
    ("california_housing", "median_house_value", False, dict(hidden_layers="50", activation="tanh", optimizer="nesterov", learning_rate="0.05", epochs="20"),
     dict(hidden_layer_sizes=(50,), activation="tanh", solver="sgd", learning_rate_init=0.05, max_iter=20)),
    ("digits", "digit", True, dict(hidden_layers="64,32", epochs="30"), dict(hidden_layer_sizes=(64, 32), max_iter=30)),
    ("digits", "digit", True, dict(epochs="30", batch_size="32", l2="1"), dict(max_iter=30, batch_size=32, alpha=1.0)),
]


def main():
    out = []
    for name, target, classification, settings, arguments in CASES:
        x, y, tx, ty = load(name, target, classification)
        found = []
        for seed in range(SEEDS):
            m = (MLPClassifier if classification else MLPRegressor)(random_state=seed, n_iter_no_change=10_000, **arguments)
            if classification:
                p = m.fit(x, y).predict_proba(tx)
                found.append(dict(accuracy=accuracy_score(ty, p.argmax(axis=1)), log_loss=log_loss(ty, p)))
                if p.shape[1] == 2:
                    found[-1]["auc"] = roc_auc_score(ty, p[:, 1])
            else:
                found.append(dict(r2=r2_score(ty, TransformedTargetRegressor(m, transformer=StandardScaler()).fit(x, y).predict(tx))))
        mean = {k: float(np.mean([f[k] for f in found])) for k in found[0]}
        deviation = {k: float(np.std([f[k] for f in found], ddof=1)) for k in found[0]}
        out.append(dict(set=name, target=target, learner="neural_network", settings=settings, rows=x.shape[0], columns=x.shape[1], mean=mean, deviation=deviation))
        print(out[-1], flush=True)
    with open("expected_neural.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")


if __name__ == "__main__":
    main()
