"""Makes expected.json: the five forms of scikit-learn's naive Bayes on small tables, for learners/bayes.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen.py

"probabilities" are those of every fifth training row. A weighted gaussian is compared less closely, since scikit-learn takes the largest variance without the weights.
"""
import json

import numpy as np
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB

N = 150
rng = np.random.default_rng(8)
y = rng.choice(3, N, p=[0.5, 0.3, 0.2])
weight = rng.integers(0, 4, N) + 0.25
numbers = np.round(rng.normal(size=(N, 4)) * [1, 3, 0.2, 1] + np.outer(y, [0.8, -1.5, 0, 0.3]) + [0, 1000, 0, 0], 3)
counts = rng.poisson(np.array([[3, 1, 0.5, 2, 0.1], [1, 3, 0.5, 2, 0.3], [1, 1, 2, 2, 0.1]])[y]).astype(float)
codes = np.stack([(y + rng.integers(0, 2, N)) % 4, rng.integers(0, 3, N), np.minimum(5, rng.poisson(1 + y))], axis=1).astype(float)
CASES = [
    ("gaussian", numbers, GaussianNB, [dict(), dict(var_smoothing=0.1)]),
    ("multinomial", counts, MultinomialNB, [dict(), dict(alpha=0.1), dict(fit_prior=False)]),
    ("complement", counts, ComplementNB, [dict(), dict(alpha=0.5, norm=True)]),
    ("bernoulli", counts, BernoulliNB, [dict(), dict(binarize=1.5, alpha=0.3, fit_prior=False)]),
    ("categorical", codes, CategoricalNB, [dict(), dict(alpha=2.5)]),
]
out = []
for distribution, x, kind, settings in CASES:
    for s in settings:
        for w in (None, weight):
            m = kind(**s).fit(x, y, sample_weight=w)
            shown = {k: (str(v).lower() if isinstance(v, bool) else repr(v)) for k, v in s.items()}
            out.append(dict(distribution=distribution, settings=shown, weighted=w is not None, probabilities=m.predict_proba(x)[::5].tolist()))
with open("expected.json", "w") as f:
    json.dump(dict(y=y.tolist(), weight=weight.tolist(), tables=dict(gaussian=numbers.tolist(), multinomial=counts.tolist(), complement=counts.tolist(), bernoulli=counts.tolist(),
                   categorical=codes.tolist()), cases=out), f)
    f.write("\n")
