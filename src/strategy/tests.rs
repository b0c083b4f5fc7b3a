//! What holds for every strategy, and the mixtures of each.

use burn::tensor::Device;
use proptest::prelude::{prop, prop_assert, prop_assert_eq, proptest};

use super::*;
use crate::model::ClipConfig;
use crate::train::Recipe;

/// A model small enough for any test.
pub(super) fn tiny_model(seed: u64, device: &Device) -> Clip {
    let mut config: ClipConfig = Recipe::find("tiny").expect("it ships").model;
    config.embed_dim = 8;
    config.text_cfg.vocab_size = 64;
    (config.vision_cfg.layers, config.text_cfg.layers) = (1, 1);
    Clip::new(&config, seed, device)
}

fn mixture(name: &str, pool: &[u64]) -> Vec<f64> {
    by_name(name).expect("it exists").mixture(pool)
}

proptest! {
    #[test]
    fn shares_of_every_strategy_sum_to_one(pool in prop::collection::vec(1_u64..1_000_000, 1..12)) {
        for strategy in all() {
            let shares = strategy.mixture(&pool);
            prop_assert_eq!(shares.len(), pool.len());
            prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!(shares.iter().all(|share| *share >= 0.0));
        }
    }
}

#[test]
fn all_replays_in_proportion_to_size() {
    assert_eq!(mixture("cumulative-all", &[100, 300]), [0.25, 0.75]);
}

#[test]
fn equal_splits_the_buffer_over_past_steps() {
    assert_eq!(
        mixture("cumulative-equal", &[100, 300, 50]),
        [0.25, 0.25, 0.5]
    );
}

#[test]
fn exp_halves_a_past_steps_share_per_step_of_age() {
    let shares = mixture("cumulative-exp", &[7, 7, 7, 7]);
    assert!((shares[2] / shares[1] - 2.0).abs() < 1e-12);
    assert!((shares[1] / shares[0] - 2.0).abs() < 1e-12);
    assert!((shares[3] - 0.5).abs() < 1e-12);
}

fn configured(name: &str, keys: &str) -> Result<Box<dyn Strategy>, KeysError> {
    let mut strategy = by_name(name).expect("it exists");
    let keys = keys.parse().expect("TOML");
    strategy.configure(StrategyKeys::new(name, keys))?;
    Ok(strategy)
}

#[test]
fn a_buffer_of_two_steps_holds_two_old_pairs_for_a_new_one() {
    for name in ["cumulative-equal", "cumulative-exp"] {
        let strategy = configured(name, "replay-budget-steps = 2").expect("a number");
        let shares = strategy.mixture(&[5, 5, 5]);
        assert!((shares[2] - 1.0 / 3.0).abs() < 1e-12, "{name}: {shares:?}");
        let none = configured(name, "replay-budget-steps = 0").expect("a number");
        assert_eq!(none.mixture(&[5, 5, 5]), [0.0, 0.0, 1.0]);
    }
}

#[test]
fn the_oracle_pays_once_more_for_every_step() {
    let oracle = by_name("oracle").expect("it exists");
    let cost: f64 = (0..7).map(|step| oracle.budget(&[1.0; 7][..=step])).sum();
    assert_eq!(cost, 28.0);
    let sequential = by_name("sequential").expect("it exists");
    assert_eq!(sequential.budget(&[1.0, 1.0, 1.5]), 1.5);
}

#[test]
fn a_typo_is_answered_with_the_names_there_are() {
    let message = by_name("sequentail")
        .err()
        .expect("no such name")
        .to_string();
    assert!(
        message.contains("sequential") && message.contains("oracle"),
        "{message}"
    );
}

#[test]
fn every_key_that_is_wrong_is_named_with_what_is_allowed() {
    for (strategy, keys, told) in [
        (
            "oracle",
            "alpha = 1",
            "[strategy.oracle] has no key \"alpha\"; it has none",
        ),
        ("lwf", "wieght = 1", "has no key \"wieght\"; it has weight"),
        (
            "lwf",
            "weight = -1",
            "[strategy.lwf] weight is -1, allowed are numbers from 0",
        ),
        (
            "patching",
            "alphas = [0.5, 0.1]",
            "allowed are rising numbers in [0, 1]",
        ),
        (
            "patching",
            "alphas = []",
            "allowed are rising numbers in [0, 1]",
        ),
        (
            "ewc",
            "batches = 0",
            "batches is 0, allowed are whole numbers from 1",
        ),
        (
            "ema",
            "decay = 1.0",
            "decay is 1.0, allowed are numbers above 0 and below 1",
        ),
        (
            "wise-ft",
            "alpha = \"half\"",
            "alpha is \"half\", allowed are numbers in [0, 1]",
        ),
        (
            "sequential",
            "candidates = 1.5",
            "candidates is 1.5, allowed are whole numbers",
        ),
        (
            "cumulative-exp",
            "replay-budget-steps = nan",
            "allowed are numbers from 0",
        ),
    ] {
        let error = configured(strategy, keys).err().expect(keys).to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn keys_that_decide_weights_are_part_of_the_method() {
    for (strategy, keys) in [
        ("lwf", "weight = 2"),
        ("patching", "alphas = [0, 1]"),
        ("ewc", "strength = 1"),
        ("ewc", "batches = 1"),
        ("ewc", "decay = 1"),
        ("wise-ft", "alpha = 0.1"),
    ] {
        let (default, other) = (configured(strategy, ""), configured(strategy, keys));
        let method = |of: Result<Box<dyn Strategy>, KeysError>| of.expect("its keys").method();
        assert_ne!(method(default), method(other), "{strategy} {keys}");
    }
}
