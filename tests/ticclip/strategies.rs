//! Every strategy trains through time, leaves what it decided by, and goes on after a kill to the same bytes.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use ticclip::model::{NamedTensor, load, parameters};

use super::call::call;
use super::interruption::killed;
use super::photos::{folder_of_photos_over, shards_of_photos};

/// Three years of photographs, as shards in `d`.
fn three_years() -> tempfile::TempDir {
    shards_of_photos(90, 3, 0.3)
}

fn weights(folder: &Path) -> BTreeMap<String, NamedTensor> {
    parameters(
        &load(folder, &burn::tensor::Device::flex())
            .expect("a model")
            .0,
    )
}

fn named(file: &Path) -> BTreeMap<String, Vec<f32>> {
    let bytes = std::fs::read(file).expect("there");
    let tensors = safetensors::SafeTensors::deserialize(&bytes).expect("safetensors");
    tensors
        .iter()
        .map(|(name, view)| {
            let words = view.data().chunks_exact(4);
            let values = words.map(|word| f32::from_le_bytes(word.try_into().expect("four")));
            (name.to_owned(), values.collect())
        })
        .collect()
}

fn json(file: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).expect("there")).expect("JSON")
}

/// (1 − α) · old + α · new, as far as f32 tells.
fn assert_between(
    mixed: &BTreeMap<String, NamedTensor>,
    old: &BTreeMap<String, NamedTensor>,
    new: &BTreeMap<String, Vec<f32>>,
    alpha: f32,
) {
    for (name, mixed) in mixed {
        let ends = old[name].values.iter().zip(&new[name]);
        for (mixed, (old, new)) in mixed.values.iter().zip(ends) {
            assert!(
                (mixed - ((1.0 - alpha) * old + alpha * new)).abs() < 1e-6,
                "{name}"
            );
        }
    }
}

#[test]
fn all_strategies_share_their_first_step_and_fill_the_matrix() {
    let folder = three_years();
    let folder = folder.path();
    let names = "sequential,restart,cumulative-all,cumulative-equal,cumulative-exp,lwf,patching,ewc,wise-ft,ema,oracle";
    let line = format!(
        "train micro.toml --data d --strategy {names} --evaluate dynamic --out t --device cpu --json"
    );
    let told = call(folder, &line).ok().json();
    let strategies = told["strategies"].as_object().expect("strategies");
    assert_eq!(strategies.len(), 11);
    for (name, figures) in strategies {
        let matrix = figures["retrieval"]["matrix"].as_array().expect("a matrix");
        assert_eq!(matrix.len(), 3, "{name}");
        assert!(
            matrix
                .iter()
                .flat_map(|row| row.as_array().expect("a row"))
                .all(Value::is_number)
        );
        assert!(told["costs"][name]["seconds"].as_f64().expect("a time") > 0.0);
    }
    let macs = |name: &str| strategies[name]["macs"].as_u64().expect("a number");
    assert_eq!(
        macs("oracle"),
        2 * macs("sequential"),
        "1 + 2 + 3 steps' budgets"
    );
    // The teacher sees what the two later steps see; importances are of 32 batches each.
    let step = macs("sequential") / 3;
    assert_eq!(macs("lwf"), 5 * step);
    assert_eq!(macs("ewc"), 3 * step + 2 * 32 * step / 8);
    assert_eq!(strategies["ewc"]["side_macs"], macs("ewc") - 3 * step);

    let t = folder.join("t");
    let first = weights(&t.join("sequential/2016"));
    for name in names.split(',').filter(|name| *name != "ema") {
        assert_eq!(weights(&t.join(name).join("2016")), first, "{name}");
    }
    assert_ne!(
        weights(&t.join("ema/2016")),
        first,
        "an average from the first update on"
    );
    let last: Vec<_> = names
        .split(',')
        .map(|name| weights(&t.join(name).join("2018")))
        .collect();
    for (at, one) in last.iter().enumerate() {
        assert!(
            last[..at].iter().all(|other| other != one),
            "two strategies end in the same weights"
        );
    }

    // Patching has searched on both years before, and its weights are what the search chose.
    let search = json(&t.join("patching/2018/state/patching.json"));
    let tried = search["search"].as_array().expect("a list");
    assert_eq!(tried.len(), 11);
    let mean = |entry: &Value| entry["mean_recall@1"].as_f64().expect("a score");
    let best = tried.iter().map(mean).fold(0.0, f64::max);
    let chosen = tried
        .iter()
        .rfind(|entry| mean(entry) == best)
        .expect("one of them");
    assert_eq!(search["alpha"], chosen["alpha"]);
    assert_eq!(tried[0]["recall@1"].as_array().expect("scores").len(), 2);
    // α = 0 is the last patched model, which has been scored on the same pairs.
    let scored = &strategies["patching"]["retrieval"]["matrix"][1];
    for year in 0..2 {
        assert_eq!(tried[0]["recall@1"][year], scored[year], "year {year}");
    }

    // WiSE-FT averages with the first model, and goes on from what it was before.
    let unmerged = named(&t.join("wise-ft/2017/state/going-on.safetensors"));
    assert_between(&weights(&t.join("wise-ft/2017")), &first, &unmerged, 0.5);
    // Without the averaging it is what follows the last checkpoints on new pairs alone.
    call(
        folder,
        "train last.toml --data d --strategy sequential --out last --device cpu",
    )
    .refused(&["last.toml"]);
    let recipe = std::fs::read_to_string(folder.join("micro.toml")).expect("there");
    std::fs::write(
        folder.join("last.toml"),
        recipe + "\n[strategy.sequential]\ncandidates = 1\n",
    )
    .expect("written");
    call(
        folder,
        "train last.toml --data d --strategy sequential --out last --device cpu",
    )
    .ok();
    for year in ["2017", "2018"] {
        let plain = named(
            &folder
                .join("last/sequential")
                .join(year)
                .join("open_clip_model.safetensors"),
        );
        let going_on = named(
            &t.join("wise-ft")
                .join(year)
                .join("state/going-on.safetensors"),
        );
        assert_eq!(going_on, plain, "{year}");
    }

    // Sequential has compared four checkpoints a step, the last among them.
    let candidates = json(&t.join("sequential/2017/state/candidates.json"));
    let updates: Vec<u64> = candidates
        .as_array()
        .expect("a list")
        .iter()
        .map(|candidate| candidate["update"].as_u64().expect("a number"))
        .collect();
    assert_eq!(updates, [2, 4, 6, 8]);
    assert_eq!(
        candidates[3]["recall"],
        strategies["sequential"]["retrieval"]["matrix"][1][1]
    );

    // EWC's importances are kept for the next step, and none is negative.
    let fisher = named(&t.join("ewc/2018/state/fisher.safetensors"));
    assert_eq!(fisher.len(), first.len());
    assert!(fisher.values().flatten().all(|value| *value >= 0.0));
    let mass = |year: &str| -> f32 {
        named(&t.join("ewc").join(year).join("state/fisher.safetensors"))["visual.proj"]
            .iter()
            .sum()
    };
    assert!(mass("2018") > 0.0 && mass("2017") > 0.0);

    // All is there: nothing is trained or scored again.
    let again = call(folder, &line).ok().json();
    assert_eq!(again["strategies"], told["strategies"]);
}

#[test]
fn a_strategy_that_decides_by_held_out_pairs_is_refused_without_any() {
    let folder = folder_of_photos_over(60, 2);
    let folder = folder.path();
    for line in [
        "fetch photos/photos.toml --out m",
        "split m --timeline yearly --out s",
        "shard m --splits s --out d",
    ] {
        call(folder, line).ok();
    }
    let line = |strategies: &str| {
        format!("train micro.toml --data d --strategy {strategies} --out t --device cpu")
    };
    call(folder, &line("restart,patching")).refused(&["patching", "2016", "--held-out"]);
    assert!(!folder.join("t").exists(), "nothing has begun");
    // Sequential takes the last checkpoints instead.
    call(folder, &line("sequential")).ok();
    assert!(
        !folder
            .join("t/sequential/2016/state/candidates.json")
            .exists()
    );
}

#[test]
fn a_killed_strategy_ends_in_the_same_bytes() {
    let folder = three_years();
    let folder = folder.path();
    let recipe = std::fs::read_to_string(folder.join("micro.toml")).expect("there");
    let more = "schedule = \"const-cosine\"\nema-decay = 0.9\ngrad-clip-norm = 0.5\npatch-dropout = 0.25\n\
                micro-batch-pairs = 4\n\n[model]";
    std::fs::write(folder.join("all.toml"), recipe.replacen("[model]", more, 1)).expect("written");
    for (recipe, strategy) in [
        ("micro.toml", "sequential"),
        ("micro.toml", "patching"),
        ("micro.toml", "ewc"),
        ("all.toml", "lwf"),
    ] {
        let line = format!(
            "train {recipe} --samples-per-step 512 --data d --strategy {strategy} --device cpu --checkpoint-seconds 0 --out"
        );
        let (whole, cut) = (format!("whole-{recipe}"), format!("cut-{recipe}"));
        call(folder, &format!("{line} {whole}")).ok();
        let log = format!("{cut}/{strategy}/metrics.jsonl");
        for lines in [20, 70, 120, 180] {
            killed(folder, &format!("{line} {cut}"), &log, lines);
        }
        call(folder, &format!("{line} {cut}")).ok();
        for year in ["2016", "2017", "2018"] {
            for file in [
                "open_clip_model.safetensors",
                "state/step.json",
                "state/going-on.safetensors",
                "state/candidates.json",
                "state/fisher.safetensors",
                "state/patching.json",
            ] {
                let read = |run: &str| {
                    std::fs::read(folder.join(run).join(strategy).join(year).join(file)).ok()
                };
                assert!(
                    read(&whole) == read(&cut),
                    "{strategy}: {year}/{file} differs"
                );
            }
        }
        let log = |run: &str| std::fs::read(folder.join(run).join(strategy).join("metrics.jsonl"));
        assert_eq!(
            log(&whole).expect("there"),
            log(&cut).expect("there"),
            "{strategy}"
        );
    }
    // The branch has decayed, the trunk has not: the two are not the same.
    let year = folder.join("whole-all.toml/lwf/2017");
    let branch = named(&year.join("open_clip_model.safetensors"));
    assert_ne!(branch, named(&year.join("state/going-on.safetensors")));
}

#[test]
fn a_step_with_less_than_a_batch_and_a_run_of_another_recipe_are_told_at_once() {
    let folder = shards_of_photos(60, 2, 0.2);
    let folder = folder.path();
    let recipe = std::fs::read_to_string(folder.join("micro.toml")).expect("there");
    let large = recipe.replace("batch-pairs = 8", "batch-pairs = 64");
    std::fs::write(folder.join("large.toml"), large).expect("written");
    let line =
        |recipe: &str| format!("train {recipe} --data d --strategy lwf --out t --device cpu");
    call(folder, &line("large.toml")).refused(&["step 2016", "fewer than one batch of 64"]);
    let few = recipe.replace("seed = 0", "seed = 0\nbudget-per-step = [1]");
    std::fs::write(folder.join("few.toml"), few).expect("written");
    call(folder, &line("few.toml")).refused(&["budget-per-step lists 1", "2 steps"]);
    assert!(!folder.join("t").exists(), "nothing has begun");
    // What differs is told alone; another strategy's keys make no difference.
    call(folder, &line("micro.toml")).ok();
    let other = recipe.replace("peak-lr = 1e-3", "peak-lr = 2e-3");
    std::fs::write(folder.join("other.toml"), other).expect("written");
    let told = call(folder, &line("other.toml"));
    assert!(!told.stderr.contains("batch-pairs"), "{told:?}");
    told.refused(&["`peak-lr = 0.001`", "now `peak-lr = 0.002`", "--overwrite"]);
    let keys = |strategy: &str, key: &str| format!("{recipe}\n[strategy.{strategy}]\n{key}\n");
    std::fs::write(folder.join("ewc.toml"), keys("ewc", "strength = 1")).expect("written");
    call(folder, &line("ewc.toml")).ok();
    std::fs::write(folder.join("lwf.toml"), keys("lwf", "weight = 2")).expect("written");
    call(folder, &line("lwf.toml")).refused(&["now `[strategy.lwf]` `weight = 2`"]);
}

#[test]
fn a_loss_that_explodes_stops_with_the_keys_of_its_batch() {
    let folder = shards_of_photos(60, 2, 0.2);
    let folder = folder.path();
    let recipe = std::fs::read_to_string(folder.join("micro.toml")).expect("there");
    let wild = recipe
        .replace("peak-lr = 1e-3", "peak-lr = 0.99")
        .replace("warmup-updates = 2", "warmup-updates = 0");
    let wild = wild.replace("weight-decay = 0.2", "weight-decay = 10.0");
    std::fs::write(folder.join("wild.toml"), wild).expect("written");
    let told = call(
        folder,
        "train wild.toml --samples-per-step 4000 --data d --strategy restart --out t --device cpu",
    );
    assert_eq!(told.status, 1, "{told:?}");
    let keys = json(&folder.join("t/restart/2016.partial/diverged.json"));
    assert_eq!(keys["keys"].as_array().expect("keys").len(), 8);
    assert!(told.stderr.contains("diverged.json"), "{told:?}");
}
