"""Writes shift.json: log-odds, trends, moves of class means and quantiles.

    pip install numpy==2.2.6 scipy==1.15.3 statsmodels==0.14.4 pandas==2.2.3
    python eval/tests/golden/shift.py

Log-odds follow equations 16, 19, 22 and 23 of Monroe, Colaresi & Quinn (2008) in NumPy; trends are the score test of
statsmodels' logistic regression; moves are the distances of all divisions of a class's vectors between two steps;
quantiles are NumPy's inverted_cdf.
"""

import itertools
import json
import math
import pathlib

import numpy as np
import statsmodels.api as sm

rng = np.random.default_rng(11)


def log_odds():
    captions = np.array([5000, 23000])
    shares = 10 ** rng.uniform(-4, -0.1, 24)
    counts = rng.binomial(captions, shares[:, None] * rng.uniform(0.5, 1.0, (24, 2)))
    counts[0] = [1, 0]
    counts[1] = [12, 0]
    counts[2] = [5000, 20000]
    counts = counts[counts.sum(1) > 0]
    rows = []
    for prior in (500.0, 20.0):
        alpha = prior * counts.sum(1) / captions.sum()
        having = counts + alpha[:, None]
        lacking = captions + prior - having
        logs = np.log(having / lacking)
        delta = logs[:, 0] - logs[:, 1]
        variance = (1 / having + 1 / lacking).sum(1)
        for at in range(len(counts)):
            rows.append({
                "one": [int(counts[at, 0]), 5000], "other": [int(counts[at, 1]), 23000], "prior_captions": prior,
                "delta": delta[at], "variance": variance[at], "z": delta[at] / math.sqrt(variance[at]),
            })
    return rows


def trends():
    rows = []
    for at in range(12):
        captions = rng.integers(200, 4000, 6)
        times = np.sort(rng.uniform(0, 9, 6)).round(3)
        shares = np.clip(rng.uniform(0.01, 0.4) * (1 + rng.uniform(-0.08, 0.08) * times), 0, 1)
        counts = rng.binomial(captions, shares)
        endog = np.column_stack([counts, captions - counts])
        null = sm.GLM(endog, np.ones((6, 1)), family=sm.families.Binomial()).fit(tol=1e-14)
        chi2 = null.model.score_test(null.params, exog_extra=times[:, None])[0].item()
        p = counts.sum() / captions.sum()
        away = times - (captions * times).sum() / captions.sum()
        total = (counts * away).sum()
        rows.append({
            "counts": counts.tolist(), "captions": captions.tolist(), "times": times.tolist(),
            "z": math.copysign(math.sqrt(chi2), total),
            "slope": total / (p * (1 - p) * (captions * away**2).sum()),
        })
    return rows


def centroid():
    dim, before, after = 4, 5, 7
    vectors = rng.normal(0, 0.6, (before + after, dim))
    vectors[:, 0] += 1
    vectors[before:, 1] += 0.5
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def distance(rows):
        inside = np.zeros(len(vectors), bool)
        inside[list(rows)] = True
        a, b = vectors[inside].astype(float).mean(0), vectors[~inside].astype(float).mean(0)
        return 1 - a @ b / np.linalg.norm(a) / np.linalg.norm(b)

    own = distance(range(before))
    every = np.array([distance(rows) for rows in itertools.combinations(range(before + after), before)])
    return {
        "dim": dim, "before": before, "vectors": [float(value) for value in vectors.ravel()],
        "distance": own, "expected": every.mean(), "deviation": every.std(), "p": (every >= own - 1e-12).mean(),
    }


def appearance():
    sizes = np.column_stack([rng.integers(64, 3000, 501), rng.integers(64, 2000, 501)])

    def summary(values):
        levels = [0.05, 0.25, 0.5, 0.75, 0.95]
        return [float(values.mean()), *map(float, np.quantile(values, levels, method="inverted_cdf"))]

    return {
        "sizes": sizes.tolist(), "width": summary(sizes[:, 0]), "height": summary(sizes[:, 1]),
        "aspect": summary(sizes[:, 0] / sizes[:, 1]),
    }


golden = {"log_odds": log_odds(), "trends": trends(), "centroid": centroid(), "appearance": appearance()}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")
