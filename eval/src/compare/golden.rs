//! Figures of scipy and statsmodels, from `tests/golden/compare.py`.

use serde::Deserialize;

use super::*;
use crate::interval;
use crate::robustness::{Accuracy, Family, Link, Measured};

#[derive(Deserialize)]
struct Golden {
    discordant: Vec<Discordant>,
    shares: Vec<Share>,
    families: Vec<Adjusted>,
    paired: Vec<PairedCase>,
    apart: Vec<Apart>,
    strata: StrataCase,
    robustness: Vec<RobustnessCase>,
}

#[derive(Deserialize)]
struct Discordant {
    a_only: u64,
    b_only: u64,
    exact: f64,
    binomial: f64,
    mid: f64,
}

#[derive(Deserialize)]
struct Share {
    hits: u64,
    n: u64,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct Adjusted {
    p: Vec<f64>,
    holm: Vec<f64>,
    benjamini_hochberg: Vec<f64>,
}

#[derive(Deserialize)]
struct PairedCase {
    name: String,
    a: Vec<f64>,
    b: Vec<f64>,
    low: f64,
    high: f64,
    sign_flip: f64,
}

#[derive(Deserialize)]
struct Apart {
    name: String,
    one: Vec<f64>,
    other: Vec<f64>,
    low: f64,
    high: f64,
    p: f64,
}

#[derive(Deserialize)]
struct StrataCase {
    parts: Vec<Part>,
    pooled: (f64, f64),
    mean: (f64, f64),
    mean_sign_flip: f64,
}

#[derive(Deserialize)]
struct Part {
    a: Vec<f64>,
    b: Vec<f64>,
}

#[derive(Deserialize)]
struct RobustnessCase {
    link: String,
    models: Vec<(f64, f64)>,
    robust: (f64, f64),
    samples: u64,
    slope: f64,
    intercept: f64,
    expected: f64,
    residual: f64,
    low: f64,
    high: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../tests/golden/compare.json")).expect("golden values")
}

/// Draws so many that what is left between us and the reference is a fiftieth of a width.
fn many() -> Resampling {
    Resampling {
        resamples: 50_000,
        permutations: 199_999,
        ..Resampling::default()
    }
}

/// Ends within 1/40 of the width, and a step of a discrete mean, of the reference's.
fn assert_interval(name: &str, found: (f64, f64), expected: (f64, f64), step: f64) {
    let slack = (expected.1 - expected.0) / 40.0 + step;
    assert!(
        (found.0 - expected.0).abs() <= slack && (found.1 - expected.1).abs() <= slack,
        "{name}: {found:?}, expected {expected:?}"
    );
}

/// A p-value known from its 100th extreme draw has a standard error of a tenth of itself.
fn assert_p(name: &str, found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= 0.4 * expected,
        "{name}: p {found}, expected {expected}"
    );
}

#[test]
fn mcnemar_is_statsmodels_exact_test_and_scipys_binomial_test() {
    for case in golden().discordant {
        let found = mcnemar(case.a_only, case.b_only);
        for (found, expected) in [
            (found.exact, case.exact),
            (found.exact, case.binomial),
            (found.mid, case.mid),
        ] {
            assert!(
                (found / expected - 1.0).abs() < 1e-6,
                "{} {}: {found}, expected {expected}",
                case.a_only,
                case.b_only
            );
        }
    }
}

#[test]
fn clopper_pearson_is_scipys() {
    for case in golden().shares {
        let (low, high) = interval::of_share(case.hits, case.n);
        assert!(
            (low - case.low).abs() < 1e-9 && (high - case.high).abs() < 1e-9,
            "{} of {}: {low} {high}, expected {} {}",
            case.hits,
            case.n,
            case.low,
            case.high
        );
    }
}

#[test]
fn corrections_are_statsmodels() {
    for case in golden().families {
        let close = |found: Vec<f64>, expected: &[f64]| {
            found.len() == expected.len()
                && found
                    .iter()
                    .zip(expected)
                    .all(|(a, b)| (a - b).abs() < 1e-12)
        };
        assert!(
            close(holm(&case.p).expect("p-values"), &case.holm),
            "{:?}",
            case.p
        );
        let found = benjamini_hochberg(&case.p).expect("p-values");
        assert!(close(found, &case.benjamini_hochberg), "{:?}", case.p);
    }
}

#[test]
fn paired_drops_are_scipys() {
    for case in golden().paired {
        let step = 1.0 / case.a.len() as f64;
        let pairs = Paired::values(case.a, case.b).expect("pairs");
        let drop = pairs.drop(&many());
        assert_interval(
            &case.name,
            (drop.low, drop.high),
            (case.low, case.high),
            step / 2.0,
        );
        assert_p(&case.name, drop.p, case.sign_flip);
    }
}

#[test]
fn gaps_are_scipys_with_welchs_statistic_under_permutations() {
    for case in golden().apart {
        let found = unpaired(&case.one, &case.other, &many()).expect("two groups");
        assert_interval(
            &case.name,
            (found.low, found.high),
            (case.low, case.high),
            0.002,
        );
        assert_p(&case.name, found.p, case.p);
    }
}

#[test]
fn stratified_drops_are_scipys() {
    let case = golden().strata;
    let strata: Vec<Stratum> = case
        .parts
        .into_iter()
        .map(|part| Stratum {
            name: String::new(),
            pairs: Paired::values(part.a, part.b).expect("pairs"),
        })
        .collect();
    let found = stratify(&strata, &many()).expect("four strata");
    assert_interval(
        "pooled",
        (found.pooled.low, found.pooled.high),
        case.pooled,
        0.0,
    );
    assert_interval("mean", (found.mean.low, found.mean.high), case.mean, 0.0);
    assert_p("mean", found.mean.p, case.mean_sign_flip);
}

#[test]
fn effective_robustness_is_numpys_fit_and_bootstrap() {
    for case in golden().robustness {
        let link = if case.link == "logit" {
            Link::Logit
        } else {
            Link::Probit
        };
        let measured = |(base, shift): (f64, f64)| {
            let accuracy = |value| Accuracy {
                value,
                samples: case.samples,
            };
            Measured {
                name: "model".into(),
                base: accuracy(base),
                shift: accuracy(shift),
            }
        };
        let models: Vec<Measured> = case.models.iter().copied().map(measured).collect();
        let family = Family::fit(link, &models).expect("seven models");
        let found = family
            .effective(&measured(case.robust), &many())
            .expect("in range");
        for (found, expected) in [
            (family.slope(), case.slope),
            (family.intercept(), case.intercept),
            (found.expected, case.expected),
            (found.residual, case.residual),
        ] {
            assert!(
                (found - expected).abs() < 1e-9,
                "{}: {found}, expected {expected}",
                case.link
            );
        }
        assert_interval(
            &case.link,
            (found.low, found.high),
            (case.low, case.high),
            0.0,
        );
    }
}
