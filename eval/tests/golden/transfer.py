"""Writes transfer.json: the drift of a grid of scores, fitted by statsmodels.

    pip install numpy==2.2.6 scipy==1.15.3 statsmodels==0.14.4 pandas==2.2.3
    python eval/tests/golden/transfer.py

Ordinary least squares of the score on the distance in weeks and one dummy a model; the jackknife fits it again without
each tested step.
"""

import json
import pathlib

import numpy as np
import statsmodels.api as sm
from scipy import stats

WEEK, YEAR = 7 * 86400, 31557600
rng = np.random.default_rng(7)
trained = [int(year * YEAR) for year in (1.0, 3.0, 4.0, 5.0)]
# One tested step before training, several in the first step, one after the last; none is evenly apart.
tested = [int(year * YEAR) for year in (-1.2, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.1)]
hard = rng.normal(0, 0.01, len(tested))
values = [
    [
        None if (i, j) in {(1, 2), (3, 7)} else
        round(0.4 + 0.03 * i - 0.015 * abs(t - s) / YEAR + hard[j] + rng.normal(0, 0.004), 6)
        for j, t in enumerate(tested)
    ]
    for i, s in enumerate(trained)
]


def line(cells):
    """Slope, its standard error, mean intercept."""
    models = sorted({i for i, _, _, _ in cells})
    design = np.array([[w] + [float(i == m) for m in models] for i, _, w, _ in cells])
    fit = sm.OLS(np.array([v for *_, v in cells]), design).fit()
    return fit.params[0], fit.bse[0], fit.params[1:].mean()


def drift(side):
    cells = []
    for i, s in enumerate(trained):
        for j, t in enumerate(tested):
            if values[i][j] is not None and (t - s) * side >= 0:
                cells.append((i, j, (t - s) / WEEK, values[i][j]))
    slope, error, level = line(cells)
    without = []
    for j in sorted({j for _, j, _, _ in cells}):
        rest = [cell for cell in cells if cell[1] != j]
        if any(a[0] == b[0] and a[2] != b[2] for a in rest for b in rest):
            without.append(line(rest)[0])
    without = np.array(without)
    n = len(without)
    jackknife = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    half = stats.t.ppf(0.975, n - 1) * max(error, jackknife)
    return {
        "per_week": slope, "standard_error": error, "jackknife_error": jackknife,
        "low": slope - half, "high": slope + half, "level": level,
        "loss_per_year": -side * slope * 365.25 / 7 / level,
        "cells": len(cells), "models": len({i for i, *_ in cells}),
    }


golden = {
    "trained_seconds": trained, "tested_seconds": tested, "values": values,
    "past": drift(-1), "future": drift(1),
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden, indent=1) + "\n")
