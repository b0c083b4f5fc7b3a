"""Tests, intervals and corrections of scipy and statsmodels on small sets of paired outcomes.

    python compare.py > compare.json        (scipy 1.17.1, statsmodels 0.15.0, numpy 2.4.6)

Bootstrap and permutation figures are of 100,000 draws: they agree with ours within the error of both.
"""

import json
import warnings

import numpy
import scipy.stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

DRAWS = 100_000
DISCORDANT = [(1, 0), (5, 0), (3, 9), (9, 3), (40, 22), (121, 121), (700, 801), (12_000, 11_500), (400_000, 401_500),
              (900, 20), (30_000, 27_000)]
SHARES = [(0, 10), (10, 10), (8, 10), (1, 50), (3, 1000), (700, 1000), (1, 50_000), (34_170, 50_000), (49_999, 50_000),
          (500_300, 1_000_000)]
FAMILIES = [[0.01, 0.04, 0.03, 0.005], [0.2, 0.2, 0.9, 0.001, 0.001], [1.0], [0.05, 0.0, 1.0, 0.6, 0.04, 0.013, 0.013]]
LINKS = {
    "logit": (lambda p: numpy.log(p / (1 - p)), lambda x: 1 / (1 + numpy.exp(-x))),
    "probit": (scipy.stats.norm.ppf, scipy.stats.norm.cdf),
}


def mean(sample, axis=-1):
    return numpy.mean(sample, axis=axis)


def difference(one, other, axis=-1):
    return numpy.mean(one, axis=axis) - numpy.mean(other, axis=axis)


def welch(one, other, axis=-1):
    return numpy.abs(scipy.stats.ttest_ind(one, other, axis=axis, equal_var=False).statistic)


def interval(samples, statistic, rng, **options):
    found = scipy.stats.bootstrap(samples, statistic, n_resamples=DRAWS, batch=1000, method="percentile", rng=rng, **options)
    return [found.confidence_interval.low, found.confidence_interval.high]


def discordant(a_only, b_only):
    pairs, fewer = a_only + b_only, min(a_only, b_only)
    law = scipy.stats.binom(pairs, 0.5)
    return {
        "a_only": a_only,
        "b_only": b_only,
        "exact": mcnemar([[7, a_only], [b_only, 5]], exact=True).pvalue,
        "binomial": scipy.stats.binomtest(a_only, pairs).pvalue,
        "mid": 2 * law.cdf(fewer) - law.pmf(fewer),
    }


def share(hits, n):
    found = scipy.stats.binomtest(hits, n).proportion_ci(method="exact")
    return {"hits": hits, "n": n, "low": found.low, "high": found.high}


def family(p):
    return {
        "p": p,
        "holm": list(multipletests(p, method="holm")[1]),
        "benjamini_hochberg": list(multipletests(p, method="fdr_bh")[1]),
    }


def paired(name, a, b, rng):
    differences = a - b
    signs = scipy.stats.permutation_test(
        (differences,), mean, permutation_type="samples", n_resamples=DRAWS, batch=1000, vectorized=True, rng=rng
    )
    low, high = interval((a, b), difference, rng, paired=True)
    return {"name": name, "a": list(a), "b": list(b), "low": low, "high": high, "sign_flip": signs.pvalue}


def apart(name, one, other, rng):
    """Two groups: the size of Welch's statistic under permutations."""
    low, high = interval((one, other), difference, rng)
    dealt = scipy.stats.permutation_test(
        (one, other), welch, permutation_type="independent", alternative="greater", n_resamples=DRAWS, batch=1000,
        vectorized=True, rng=rng
    )
    return {
        "name": name,
        "one": list(one),
        "other": list(other),
        "low": low,
        "high": high,
        "p": dealt.pvalue,
    }


def strata(parts, rng):
    """Pooled and equally weighted means of differences, each stratum resampled by itself."""
    sizes = numpy.array([len(a) for a, _ in parts])
    differences = [a - b for a, b in parts]

    def weighted(weights):
        return lambda *samples, axis=-1: sum(w * numpy.mean(s, axis=axis) for w, s in zip(weights, samples))

    pooled = interval(differences, weighted(sizes / sizes.sum()), rng)
    equal = interval(differences, weighted([1 / len(parts)] * len(parts)), rng)
    scaled = numpy.concatenate([d / len(d) / len(parts) for d in differences])
    signs = scipy.stats.permutation_test(
        (scaled,), mean, permutation_type="samples", n_resamples=DRAWS, batch=1000, vectorized=True, rng=rng
    )
    return {
        "parts": [{"a": list(a), "b": list(b)} for a, b in parts],
        "pooled": pooled,
        "mean": equal,
        "mean_sign_flip": signs.pvalue,
    }


def robustness(link, models, robust, samples, rng):
    forward, back = LINKS[link]
    base, shift = (forward(numpy.array(column)) for column in zip(*models))
    slope, intercept = numpy.polyfit(base, shift, 1)
    expected = back(intercept + slope * forward(robust[0]))
    residuals = []
    while len(residuals) < DRAWS // 5:
        rows = rng.integers(len(models), size=len(models))
        if numpy.ptp(base[rows]) == 0:
            continue
        x, y = base[rows] - base[rows].mean(), shift[rows] - shift[rows].mean()
        drawn_slope = (x * y).sum() / (x * x).sum()
        drawn = [rng.binomial(samples, accuracy) / samples for accuracy in robust]
        line = shift[rows].mean() + drawn_slope * (forward(drawn[0]) - base[rows].mean())
        residuals.append(drawn[1] - back(line))
    low, high = numpy.percentile(residuals, [2.5, 97.5])
    return {
        "link": link,
        "models": models,
        "robust": robust,
        "samples": samples,
        "slope": slope,
        "intercept": intercept,
        "expected": expected,
        "residual": robust[1] - expected,
        "low": low,
        "high": high,
    }


def main():
    warnings.simplefilter("ignore")
    rng = numpy.random.default_rng(20)
    hard = rng.random(300)
    a = (hard + 0.25 * rng.random(300) < 0.75).astype(float)
    b = (hard + 0.25 * rng.random(300) < 0.71).astype(float)
    halves = [(h + 0.25 * rng.random((2, 150)) < 0.7).mean(axis=0) for h in (hard[:150], hard[:150] + 0.03)]
    scores = [numpy.round(hard[:80] + shift + 0.2 * rng.standard_normal(80), 3) for shift in (0.05, 0.0)]
    few = [numpy.array([0.4, 0.9, 0.3, 0.8, 0.35]), numpy.array([0.1, 0.5, 0.4, 0.3, 0.1])]
    pairs = [("hits", a, b), ("halves", *halves), ("scores", *scores), ("few", *few)]
    models = [(0.32, 0.21), (0.45, 0.33), (0.52, 0.35), (0.60, 0.47), (0.66, 0.48), (0.71, 0.55), (0.76, 0.63)]
    print(json.dumps({
        "discordant": [discordant(*counts) for counts in DISCORDANT],
        "shares": [share(*counts) for counts in SHARES],
        "families": [family(p) for p in FAMILIES],
        "paired": [paired(name, a, b, rng) for name, a, b in pairs],
        "apart": [
            apart("hits", a[:60], b[60:], rng),
            apart("differences", (a - b)[:90], (a - b)[90:], rng),
            apart("scores", scores[0][:25], scores[1][25:], rng),
        ],
        "strata": strata([(a[:80], b[:80]), (a[80:], b[80:]), tuple(halves), tuple(scores)], rng),
        "robustness": [robustness(link, models, (0.68, 0.60), 2000, rng) for link in LINKS],
    }))


if __name__ == "__main__":
    main()
