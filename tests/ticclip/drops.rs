//! `compare`, `matrix` and `robustness` on answers of which it is known what should be found.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use ticclip::score::{PREDICTIONS, Prediction, Subtrees, predictions_file, write_predictions};
use ticclip_eval::score::Score;
use ticclip_eval::task::ClassList;

use super::call::call;

/// Samples of each of ImageNet's classes.
const SAMPLES: u64 = 50;
/// A's accuracy.
const ACCURACY: f64 = 0.6;
/// Both ways, B answers so many samples otherwise by chance.
const CHURN: f64 = 0.02;
/// The drops that are planted.
const DROP: f64 = 0.04;

/// A number in [0, 1) that belongs to a sample and a purpose (SplitMix64).
fn chance(sample: u64, purpose: u64) -> f64 {
    let mut bits = sample
        .wrapping_mul(4)
        .wrapping_add(purpose)
        .wrapping_add(1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Whether A and B are right about a sample of a class in which B is so much worse.
fn outcomes(sample: u64, drop: f64) -> [bool; 2] {
    let a = chance(sample, 0) < ACCURACY;
    // Of A's hits B keeps all but the churn and the drop, and gains the churn of A's misses.
    let b = if a {
        chance(sample, 1) >= (CHURN + drop) / ACCURACY
    } else {
        chance(sample, 1) < CHURN / (1.0 - ACCURACY)
    };
    [a, b]
}

/// Writes a model's answers to ImageNet; `right` says of which samples they are right.
fn write_answers(folder: &Path, model: &str, right: &[bool]) -> Score {
    let answer = |(sample, right): (usize, &bool)| {
        let label = (sample as u64 / SAMPLES) as i32;
        // Wrong answers are of the next class, which most often is of the same kind.
        let other = (label + 1) % 1000;
        let mut top = vec![label, other];
        if !right {
            top.swap(0, 1);
        }
        Prediction {
            key: format!("s{sample:07}"),
            query: "image",
            label: Some(label),
            top,
            above: Some(if *right { Vec::new() } else { vec![other] }),
            rank: None,
            score: 0.5,
        }
    };
    let answers = right.iter().enumerate().map(answer).collect();
    let file = folder
        .join(PREDICTIONS)
        .join(predictions_file("imagenet1k", model));
    write_predictions(&file, &[(String::new(), answers)]).expect("written");
    let value = right.iter().filter(|right| **right).count() as f64 / right.len() as f64;
    score(model, "imagenet1k", value, right.len() as u64)
}

fn score(model: &str, task: &str, value: f64, n: u64) -> Score {
    Score {
        task: task.to_owned(),
        model: model.to_owned(),
        weights: model.to_owned(),
        tokenizer: None,
        data: Some("the same".to_owned()),
        strategy: None,
        metric: "acc1".to_owned(),
        value,
        n,
        chance: 0.001,
        trained_step: None,
        tested_step: None,
        metrics: BTreeMap::from([("acc1".to_owned(), value)]),
        low: value - 0.01,
        high: value + 0.01,
    }
}

fn write_scores(folder: &Path, scores: &[Score]) {
    let lines: String = scores
        .iter()
        .map(|score| score.to_line().expect("figures"))
        .collect();
    std::fs::create_dir_all(folder).expect("made");
    std::fs::write(folder.join("scores.jsonl"), lines).expect("written");
}

/// A folder of scores of `a` and `b`, where B is worse by `drop(class)`.
fn world(drop: impl Fn(usize) -> f64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let outcomes: Vec<[bool; 2]> = (0..1000 * SAMPLES)
        .map(|sample| outcomes(sample, drop((sample / SAMPLES) as usize)))
        .collect();
    let scores: Vec<Score> = ["models/a", "models/b"]
        .into_iter()
        .enumerate()
        .map(|(at, model)| {
            let right: Vec<bool> = outcomes.iter().map(|both| both[at]).collect();
            write_answers(folder.path(), model, &right)
        })
        .collect();
    write_scores(folder.path(), &scores);
    folder
}

/// ImageNet's motor vehicles, 22 classes.
fn motor_vehicles() -> Vec<usize> {
    let list = ClassList::by_name("imagenet").expect("a list");
    let vehicles = Subtrees::over(&list).named("motor-vehicle");
    vehicles.expect("a subtree").classes
}

fn compared(folder: &Path, options: &str) -> Value {
    let line = format!("compare a b --scores . --json {options}");
    call(folder, &line).ok().json()
}

fn figure(value: &Value, name: &str) -> f64 {
    value[name]
        .as_f64()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
}

#[test]
fn no_drop_is_found_where_there_is_none() {
    let world = world(|_| 0.0);
    let all = compared(world.path(), "");
    assert!(figure(&all["tasks"][0], "p") > 0.05, "{}", all["tasks"]);
    let groups = all["groups"].as_array().expect("groups");
    assert!(groups.len() > 100, "{} subtrees", groups.len());
    let found: Vec<&Value> = groups
        .iter()
        .filter(|group| figure(group, "p_adjusted") < 0.05)
        .collect();
    assert!(found.is_empty(), "{found:?}");
    let named = &compared(world.path(), "--group motor-vehicle")["groups"][0];
    assert!(
        figure(named, "low") < 0.0 && 0.0 < figure(named, "high"),
        "{named}"
    );
}

#[test]
fn a_drop_in_one_subtree_is_found_there_by_name() {
    let planted = motor_vehicles();
    let world = world(|class| if planted.contains(&class) { DROP } else { 0.0 });
    let all = compared(
        world.path(),
        "--group motor-vehicle --group dog --csv groups.csv",
    );
    assert!(figure(&all["tasks"][0], "p") > 0.01, "{}", all["tasks"]);
    let [vehicles, dogs] = [&all["groups"][0], &all["groups"][1]];
    assert_eq!(vehicles["classes"], 22, "{vehicles}");
    assert_eq!(vehicles["n"], 22 * SAMPLES);
    let (low, high) = (figure(vehicles, "low"), figure(vehicles, "high"));
    assert!(0.0 < low && low < DROP && DROP < high, "{vehicles}");
    assert!(figure(vehicles, "p_adjusted") < 0.01, "{vehicles}");
    assert!(figure(dogs, "p_adjusted") > 0.05, "{dogs}");
    let table = std::fs::read_to_string(world.path().join("groups.csv")).expect("written");
    assert_eq!(table.lines().count(), 3, "{table}");
    // People see the same.
    let text = call(world.path(), "compare a b --scores . --group motor-vehicle");
    let text = text.ok().stdout;
    let drop = format!("{:.1}", 100.0 * figure(vehicles, "drop"));
    assert!(text.contains("motor") && text.contains(&drop), "{text}");
    // Among vehicles alone the wrong answers, next in the list, are no rivals but for those that are vehicles.
    let within = &compared(world.path(), "--group motor-vehicle --within")["groups"][0];
    assert!(figure(within, "a") > figure(vehicles, "a"), "{within}");
}

#[test]
fn a_drop_everywhere_is_a_drop_overall_and_not_one_of_a_subtree() {
    let world = world(|_| DROP);
    let all = compared(world.path(), "--correction benjamini-hochberg");
    let task = &all["tasks"][0];
    assert!(
        figure(task, "low") < DROP && DROP < figure(task, "high"),
        "{task}"
    );
    assert!(figure(task, "p") < 1e-6);
    let groups = all["groups"].as_array().expect("groups");
    let share = |holds: &dyn Fn(&Value) -> bool| {
        groups.iter().filter(|group| holds(group)).count() as f64 / groups.len() as f64
    };
    // Most subtrees of five classes and more have it, and none of them more than the rest has.
    assert!(share(&|group| figure(group, "p_adjusted") < 0.05) > 0.5);
    let more = |group: &Value| {
        group["rest"]["p_adjusted"]
            .as_f64()
            .is_some_and(|p| p < 0.05)
    };
    assert_eq!(share(&more), 0.0);
}

/// Scores of a strategy that loses half a point a month into the past, and two into the future.
fn monthly() -> Vec<Score> {
    let mut scores = Vec::new();
    for (number, trained) in ["2014-2016", "2017"].into_iter().enumerate() {
        for (at, tested) in ["2014", "2015", "2016", "2017", "2018"]
            .into_iter()
            .enumerate()
        {
            let own = if number == 0 { 1.0 } else { 3.0 };
            let away = at as f64 - own;
            let value = 0.5
                - if away < 0.0 {
                    -0.05 * away
                } else {
                    0.02 * away
                };
            scores.push(Score {
                strategy: (number == 0).then(|| "sequential".to_owned()),
                trained_step: Some(trained.to_owned()),
                tested_step: Some(tested.to_owned()),
                ..score(
                    &format!("models/{number}"),
                    "tic-datacomp-retrieval",
                    value,
                    1000,
                )
            });
        }
    }
    scores
}

#[test]
fn a_matrix_merges_years_and_tells_drift() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    write_scores(folder, &monthly());
    let models = "model,strategy,step\nmodels/1,sequential,2017\n";
    std::fs::write(folder.join("models.csv"), models).expect("written");
    let line = "matrix . --models models.csv --out matrix";
    let called = call(folder, &format!("{line} --json")).ok().json();
    let matrix = &called["matrices"][0];
    assert_eq!(
        matrix["columns"],
        serde_json::json!(["2014-2016", "2017", "2018"])
    );
    let near = |value: &Value, expected: f64| {
        let found = value.as_f64().expect("a number");
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    };
    // (0.45 + 0.5 + 0.48) / 3, and what the second model makes of the merged years.
    near(&matrix["matrix"][0][0], 1.43 / 3.0);
    near(&matrix["matrix"][1][0], (0.35 + 0.40 + 0.45) / 3.0);
    near(&matrix["next_step"]["value"], 0.46);
    near(&matrix["backward"]["value"], 0.40);
    // 2018 was never trained on: both models look forward to it.
    near(&matrix["forward"]["value"], (0.46 + 0.44 + 0.48) / 3.0);
    assert!(figure(&matrix["drift_future"], "per_week") < 0.0);
    let cells = std::fs::read_to_string(folder.join("matrix/matrix.csv")).expect("written");
    assert_eq!(cells.lines().count(), 11);
    let means = std::fs::read_to_string(folder.join("matrix/means.csv")).expect("written");
    assert!(
        means.contains("sequential,tic-datacomp-retrieval,acc1,next step,0.46"),
        "{means}"
    );
    let text = call(folder, line).ok().stdout;
    assert!(
        text.contains("in-domain") && text.contains("drift, future"),
        "{text}"
    );
    // Other scores are another matrix: the tables of before are not taken for it.
    write_scores(folder, &monthly()[..9]);
    call(folder, line).refused(&["matrix", "scores-0"]);
    call(folder, &format!("{line} --overwrite")).ok();
    call(folder, "matrix . --tasks retrieval").refused(&["retrieval", "tic-datacomp-retrieval"]);
    std::fs::write(
        folder.join("models.csv"),
        "model,strategy,step\nmodel/9,x,2017\n",
    )
    .expect("written");
    call(folder, "matrix . --models models.csv").refused(&["models.csv", "model/9"]);
}

#[test]
fn a_robust_model_stands_out_from_its_baseline() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    let mut scores = Vec::new();
    let mut models: Vec<(String, f64, f64)> = [-1.0, -0.5, 0.0, 0.5, 1.0]
        .into_iter()
        .enumerate()
        .map(|(at, x)| (format!("usual/{at}"), logistic(x), logistic(0.9 * x - 0.8)))
        .collect();
    models.push(("mine".to_owned(), 0.5, logistic(-0.8) + 0.1));
    for (model, base, shift) in &models {
        let strategy = (model != "mine").then(|| "usual".to_owned());
        for (task, value) in [("imagenet1k", base), ("imagenetv2", shift)] {
            scores.push(Score {
                strategy: strategy.clone(),
                ..score(model, task, *value, 10_000)
            });
        }
    }
    write_scores(folder, &scores);
    let line = "robustness . --baseline usual --csv table.csv";
    let called = call(folder, &format!("{line} --json")).ok().json();
    let shift = &called["shifts"][0];
    assert_eq!(shift["shift"], "imagenetv2");
    let line_of = &shift["families"][1];
    assert!((figure(line_of, "slope") - 0.9).abs() < 1e-9, "{line_of}");
    let models = shift["models"].as_array().expect("models");
    let mine = models.iter().find(|model| model["model"] == "mine");
    let mine = mine.expect("my model");
    assert!((figure(mine, "residual") - 0.1).abs() < 1e-9, "{mine}");
    assert!(
        figure(mine, "low") > 0.05 && figure(mine, "high") < 0.15,
        "{mine}"
    );
    let table = std::fs::read_to_string(folder.join("table.csv")).expect("written");
    assert_eq!(table.lines().count(), 7, "{table}");
    call(folder, "robustness . --baseline usul").refused(&["usul", "usual"]);
    call(folder, "robustness . --shift imagenet-r").refused(&["imagenet-r", "imagenetv2"]);
    call(folder, "robustness . --base imagenet").refused(&["imagenet1k"]);
}

#[test]
fn a_subtree_has_a_matrix_and_drops_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let vehicles = motor_vehicles();
    let mut scores = Vec::new();
    for trained in ["2016", "2017"] {
        let mut sets = Vec::new();
        for tested in ["2016", "2017"] {
            // Every class four times. Of vehicles of another year a model has every second one right, of all else none.
            let answers: Vec<Prediction> = (0..4000)
                .map(|sample| {
                    let label = sample / 4;
                    let known = trained == tested || sample % 2 == 0;
                    let right = vehicles.contains(&(label as usize)) && known;
                    // The wrong answer is a fish, which is no vehicle.
                    let top = if right { label } else { 0 };
                    Prediction {
                        key: format!("s{sample}"),
                        query: "image",
                        label: Some(label),
                        top: vec![top],
                        above: Some(if right { Vec::new() } else { vec![0] }),
                        rank: None,
                        score: 0.5,
                    }
                })
                .collect();
            let right = answers
                .iter()
                .filter(|one| one.label == one.top.first().copied());
            let value = right.count() as f64 / 4000.0;
            scores.push(Score {
                strategy: Some("sequential".to_owned()),
                trained_step: Some(trained.to_owned()),
                tested_step: Some(tested.to_owned()),
                ..score(trained, "tic-datacomp-net", value, 4000)
            });
            sets.push((tested.to_owned(), answers));
        }
        let file = predictions_file("tic-datacomp-net", trained);
        write_predictions(&folder.join(PREDICTIONS).join(file), &sets).expect("written");
    }
    write_scores(folder, &scores);
    let of = |options: &str| {
        let called = call(folder, &format!("matrix . --json {options}"));
        called.ok().json()["matrices"][0]["matrix"].clone()
    };
    assert_eq!(
        of("--group motor-vehicle"),
        serde_json::json!([[1.0, 0.5], [0.5, 1.0]])
    );
    assert_eq!(
        of("--group motor-vehicle --within"),
        serde_json::json!([[1.0, 1.0], [1.0, 1.0]])
    );
    assert_eq!(
        of("--group dog"),
        serde_json::json!([[0.0, 0.0], [0.0, 0.0]])
    );
    call(folder, "matrix . --group vehicel").refused(&["vehicel", "motor-vehicle"]);
    let compared = call(folder, "compare 2016 2017 --group motor-vehicle --json");
    let compared = compared.ok().json();
    let drops: Vec<(&Value, &Value)> = compared["group_steps"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|group| (&group["step"], &group["drop"]))
        .collect();
    assert_eq!(
        drops,
        [
            (&"2016".into(), &0.5.into()),
            (&"2017".into(), &(-0.5).into())
        ]
    );
}
