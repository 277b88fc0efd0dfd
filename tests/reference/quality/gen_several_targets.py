"""Makes expected_several_targets.json: what scikit-learn's models of several numbers at once reach on the data sets of tests/data, those that draw as means over ten random states.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen_several_targets.py

The matrices are those of gen.py. Networks have their number of epochs, without early stopping, and targets that are standardised, as neural_network does by itself. "mean" is R2 of each target,
"deviation" its standard deviation over the ten states.
"""
import json
import warnings

import numpy as np
from gen import load
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
SEEDS = 10
SETS = [("online_shoppers", ("BounceRates", "ExitRates")), ("california_housing", ("median_house_value", "median_income"))]


def network(**arguments):
    return lambda seed: TransformedTargetRegressor(MLPRegressor(random_state=seed, n_iter_no_change=10_000, **arguments), transformer=StandardScaler())


CASES = [
    ("linear_regression", dict(penalty="l2", alpha="10"), lambda seed: Ridge(alpha=10), 1),
    ("linear_regression", dict(penalty="l2", alpha="1000"), lambda seed: Ridge(alpha=1000), 1),
    ("k_nearest_neighbors", dict(n_neighbors="5"), lambda seed: KNeighborsRegressor(5), 1),
    ("k_nearest_neighbors", dict(n_neighbors="20", weights="distance"), lambda seed: KNeighborsRegressor(20, weights="distance"), 1),
    ("neural_network", dict(hidden_layers="64,32", epochs="20"), network(hidden_layer_sizes=(64, 32), max_iter=20), SEEDS),
    ("neural_network", dict(hidden_layers="50", activation="tanh", optimizer="nesterov", learning_rate="0.02", epochs="20"),
     network(hidden_layer_sizes=(50,), activation="tanh", solver="sgd", learning_rate_init=0.02, max_iter=20), SEEDS),
]


def main():
    out = []
    for name, targets in SETS:
        x, y, tx, ty = load(name, targets, False)
        for learner, settings, make, seeds in CASES:
            found = np.array([r2_score(ty, make(seed).fit(x, y).predict(tx), multioutput="raw_values") for seed in range(seeds)])
            deviation = found.std(axis=0, ddof=1) if seeds > 1 else np.zeros(len(targets))
            out.append(dict(set=name, targets=list(targets), learner=learner, settings=settings, rows=x.shape[0], columns=x.shape[1], seeds=seeds, mean=found.mean(axis=0).tolist(),
                            deviation=deviation.tolist()))
            print(out[-1], flush=True)
    with open("expected_several_targets.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")


if __name__ == "__main__":
    main()
