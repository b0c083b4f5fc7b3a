use serde::Deserialize;

use crate::embeddings::Embeddings;
use crate::shift::log_odds::log_odds;
use crate::shift::trend::cochran_armitage;
use crate::shift::{Appearance, AppearanceSummary, class_moves};

#[derive(Deserialize)]
struct Golden {
    log_odds: Vec<Odds>,
    trends: Vec<Trend>,
    centroid: Centroid,
    appearance: Looks,
}

#[derive(Deserialize)]
struct Odds {
    one: (u64, u64),
    other: (u64, u64),
    prior_captions: f64,
    delta: f64,
    variance: f64,
    z: f64,
}

#[derive(Deserialize)]
struct Trend {
    counts: Vec<u64>,
    captions: Vec<u64>,
    times: Vec<f64>,
    z: f64,
    slope: f64,
}

/// All divisions of one class's vectors between the two steps.
#[derive(Deserialize)]
struct Centroid {
    dim: usize,
    before: usize,
    vectors: Vec<f32>,
    distance: f64,
    expected: f64,
    deviation: f64,
    p: f64,
}

#[derive(Deserialize)]
struct Looks {
    sizes: Vec<(u32, u32)>,
    width: [f64; 6],
    height: [f64; 6],
    aspect: [f64; 6],
}

fn golden() -> Golden {
    let text = include_str!("../../../tests/golden/shift.json");
    serde_json::from_str(text).expect("golden values")
}

fn close(own: f64, theirs: f64, tolerance: f64) -> bool {
    (own - theirs).abs() <= tolerance * theirs.abs()
}

#[test]
fn log_odds_are_those_of_numpy() {
    let all = golden().log_odds;
    assert!(all.len() >= 20);
    for golden in all {
        let own = log_odds(golden.one, golden.other, golden.prior_captions).expect("odds");
        for (own, theirs) in [
            (own.delta, golden.delta),
            (own.variance, golden.variance),
            (own.z, golden.z),
        ] {
            assert!(close(own, theirs, 1e-9), "{own} {theirs}");
        }
    }
}

#[test]
fn trends_are_the_score_test_of_a_logistic_regression() {
    let all = golden().trends;
    assert!(all.len() >= 10);
    for golden in all {
        let (z, slope) = cochran_armitage(&golden.counts, &golden.captions, &golden.times)
            .expect("counts and times");
        assert!(close(z, golden.z, 1e-7), "{z} {}", golden.z);
        assert!(close(slope, golden.slope, 1e-9), "{slope} {}", golden.slope);
    }
}

#[test]
fn shuffles_give_the_moments_of_all_divisions() {
    let golden = golden().centroid;
    let vectors = Embeddings::new(golden.vectors, golden.dim).expect("unit rows");
    let steps: Vec<usize> = (0..vectors.rows())
        .map(|row| usize::from(row >= golden.before))
        .collect();
    let moves =
        class_moves(&vectors, &vec![7; steps.len()], &steps, (0, 1), 20_000).expect("two steps");
    let own = moves.ranked[0];
    let deviation = (own.distance - own.expected) / own.z;
    assert!(close(own.distance, golden.distance, 1e-6), "{own:?}");
    assert!(close(own.expected, golden.expected, 0.02), "{own:?}");
    assert!(close(deviation, golden.deviation, 0.03), "{deviation}");
    assert!((own.p - golden.p).abs() < 0.01, "{own:?} {}", golden.p);
}

#[test]
fn means_and_quantiles_are_those_of_numpy() {
    let golden = golden().appearance;
    let mut summary = AppearanceSummary::new(1);
    for (width, height) in &golden.sizes {
        let image = Appearance {
            width: *width,
            height: *height,
            white_border: 0.0,
        };
        summary.add(0, &image).expect("one step");
    }
    let own = summary.steps()[0].expect("images");
    for (own, theirs, tolerance) in [
        (own.width, golden.width, 1e-9),
        (own.height, golden.height, 1e-9),
        (own.aspect, golden.aspect, 1.001e-3),
    ] {
        let quantiles = [own.q05, own.q25, own.median, own.q75, own.q95];
        assert!(close(own.mean, theirs[0], 1e-8), "{own:?} {theirs:?}");
        for (own, theirs) in quantiles.into_iter().zip(&theirs[1..]) {
            assert!(close(own, *theirs, tolerance), "{own} {theirs}");
        }
    }
}
