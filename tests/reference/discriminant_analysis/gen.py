"""Writes expected.json: discriminant analysis of made-up rows of three classes by scikit-learn's LinearDiscriminantAnalysis (lsqr, whose covariance has the number of rows as divisor) and, for
covariances that are not pooled, by scipy's multivariate_normal with the formula of learners/discriminant/discriminant_analysis.go.

    python gen.py > expected.json        (numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1)
"""

import json

import numpy
from scipy.special import softmax
from scipy.stats import multivariate_normal
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

rng = numpy.random.default_rng(3)
p, rows = 4, []
for k, n in enumerate((60, 25, 40)):
    a = rng.normal(size=(p, p))
    rows.append(numpy.round(rng.normal(size=(n, p)) @ a + rng.normal(size=p) * 1.5, 4))
x = numpy.vstack(rows)
y = numpy.repeat([0, 1, 2], [len(r) for r in rows])
test = numpy.round(rng.normal(size=(12, p)) * 2, 4)


def regularised(pooling, shrinkage, prior):
    own = [numpy.cov(r.T, bias=True) for r in rows]
    pooled = sum(len(r) * c for r, c in zip(rows, own)) / len(x)
    joint = []
    for k, r in enumerate(rows):
        b = (1 - pooling) * own[k] + pooling * pooled
        c = (1 - shrinkage) * b + shrinkage * numpy.trace(b) / p * numpy.eye(p) + 1e-9 * numpy.diag(numpy.diag(pooled))
        share = len(r) / len(x) if prior else 1 / 3
        joint.append(multivariate_normal(r.mean(axis=0), c).logpdf(test) + numpy.log(share))
    return softmax(numpy.array(joint).T, axis=1)


lda = LinearDiscriminantAnalysis(solver="lsqr").fit(x, y)
cases = [{"settings": {}, "probabilities": lda.predict_proba(test).tolist(), "by": "scikit-learn", "coefficients": lda.coef_.tolist(), "intercepts": lda.intercept_.tolist()}]
for pooling, shrinkage, prior in ((1, 0, True), (0, 0, True), (0, 0, False), (0.3, 0, True), (0.5, 0.4, True), (1, 1, True), (0, 1, True)):
    settings = {"pooling": str(pooling), "shrinkage": str(shrinkage), "fit_prior": str(prior)}
    cases.append({"settings": settings, "probabilities": regularised(pooling, shrinkage, prior).tolist(), "by": "scipy"})
print(json.dumps({"x": x.tolist(), "y": y.tolist(), "test": test.tolist(), "cases": cases}))
