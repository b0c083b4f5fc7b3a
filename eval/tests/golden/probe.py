"""Objective, probabilities and weights of scikit-learn's logistic regression on unit rows of f32.

    python probe.py > probe.json        (scikit-learn 1.9.1, numpy 2.4.6)

`digits` are rows of scikit-learn's handwritten digits, 64 pixels from 0 to 16 written as letters from `a` on.
`mixture` are noisy class means that share a large common part, as features of one model do. Both are scaled to unit
length in f32 by whoever reads them. A case fits some rows and is asked about others; `objective` is the sum of
cross-entropies + the penalty, that is scikit-learn's objective divided by C. Arithmetic is double.

Values are those of newton-cholesky at a tolerance of 1e-12. lbfgs at 1e-8 must find the same, probabilities within 1e-4, up
to C = 1e4; above, it stops early: at 1e6 its probabilities are up to 0.02 off, and at a tolerance of 1e-12 still 1e-4.
"""

import json
import warnings

import numpy
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression


def unit(rows):
    rows = rows.astype(numpy.float32)
    lengths = numpy.sqrt((rows * rows).sum(axis=1, dtype=numpy.float32, keepdims=True))
    return (rows / lengths).astype(numpy.float64)


def mixture(samples, classes, dim):
    draw = numpy.random.default_rng(0)
    labels = draw.permutation(numpy.arange(samples) % classes)
    means = draw.normal(size=(classes, dim)) * (1 + numpy.arange(dim)) ** -0.5
    rows = 2.0 + means[labels] + 0.7 * draw.normal(size=(samples, dim)) * (1 + numpy.arange(dim)) ** -0.3
    return rows.round(3), labels


def fitted(solver, tol, c, rows, labels):
    model = LogisticRegression(C=c, solver=solver, tol=tol, max_iter=200_000)
    with warnings.catch_warnings():
        # lbfgs says so when it reaches the last digits of a double before it reaches the tolerance.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(rows, labels)


def objective(model, c, rows, labels):
    at = numpy.searchsorted(model.classes_, labels)
    losses = -model.predict_log_proba(rows)[numpy.arange(len(rows)), at]
    return losses.sum() + (model.coef_**2).sum() / (2 * c)


def case(name, data, classes, train, test, cs, weights_at):
    rows, labels = data
    rows = unit(rows)
    fits = []
    for c in cs:
        model = fitted("newton-cholesky", 1e-12, c, rows[train], labels[train])
        value, shares = objective(model, c, rows[train], labels[train]), model.predict_proba(rows[test])
        second = fitted("lbfgs", 1e-8, c, rows[train], labels[train])
        gap = abs(second.predict_proba(rows[test]) - shares).max()
        assert c > 1e4 or gap < 1e-4, (name, c, gap)
        assert abs(objective(second, c, rows[train], labels[train]) / value - 1) < (1e-7 if c <= 1e4 else 1e-3), (name, c)
        fit = {"c": c, "objective": value, "probabilities": shares.round(7).ravel().tolist()}
        if c == weights_at:
            fit |= {"weights": model.coef_.round(6).ravel().tolist(), "bias": model.intercept_.round(6).tolist()}
        fits.append(fit)
    present = numpy.unique(labels[train]).tolist()
    return {
        "name": name,
        "classes": classes,
        "present": present,
        "train": [int(row) for row in train],
        "test": [int(row) for row in test],
        "fits": fits,
    }


def main():
    pixels, digits = load_digits(return_X_y=True)
    pixels, digits = pixels[:460].astype(int), digits[:460]
    rows, labels = mixture(300, 20, 24)
    ten, some = (pixels, digits), numpy.arange(400)
    few = {0: 30, 1: 30, 2: 17, 4: 9, 5: 5, 6: 3, 7: 2, 8: 1}
    unequal = numpy.concatenate([numpy.flatnonzero(digits[:400] == digit)[:n] for digit, n in few.items()])
    two = numpy.flatnonzero(numpy.isin(digits[:400], [3, 8]))
    tested = numpy.arange(400, 430)
    cases = [
        case("ten digits", ten, 10, some, tested, [1e-4, 1e-2, 1.0, 1e2, 1e4, 1e6], 1.0),
        case("unequal digits, two of them absent", ten, 10, unequal, tested, [1e-2, 1.0, 1e3], None),
        case("two digits", ten, 10, two, tested, [1e-2, 1.0, 1e3], 1.0),
        case("a mixture", (rows, labels), 20, numpy.arange(260), numpy.arange(260, 275), [1e-2, 1.0, 1e2, 1e4], 1e2),
    ]
    letters = ["".join(chr(ord("a") + value) for value in row) for row in pixels]
    data = {
        "digits": {"letters": letters, "labels": digits.tolist()},
        "mixture": {"dim": rows.shape[1], "rows": rows.ravel().tolist(), "labels": labels.tolist()},
    }
    print(json.dumps(data | {"cases": cases}))


main()
