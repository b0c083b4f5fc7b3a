//! Made-up content: a plausible report, and the most hostile one.

use serde_json::Value;

use crate::{
    Content, Credit, Example, LossPoint, Score, Step, StepCost, StrategyScores, TaskScores,
};

/// A caption that tries every way out.
pub(crate) const HOSTILE: &str =
    "</script><img src=x onerror=alert(1)>\"'`&<!--]]></title></style></pre></svg>";

/// The smallest PNG: one grey pixel.
pub(crate) const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 13, 10, 26, 10, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0,
    0, 1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 10, b'I', b'D', b'A', b'T', 8, 0x1d,
    0x63, 0x68, 0, 0, 0, 0x82, 0, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0, 0, 0, 0, b'I', b'E', b'N', b'D',
    0xae, 0x42, 0x60, 0x82,
];

const STEPS: [(&str, &str, &str, u64, u64); 7] = [
    ("2010-2014", "2010-10-11", "2015-01-01", 1021, 139),
    ("2015", "2015-01-01", "2016-01-01", 412, 57),
    ("2016", "2016-01-01", "2017-01-01", 503, 69),
    ("2017", "2017-01-01", "2018-01-01", 221, 30),
    ("2018", "2018-01-01", "2019-01-01", 148, 21),
    ("2019", "2019-01-01", "2020-01-01", 232, 31),
    ("2020-2023", "2020-01-01", "2024-01-01", 377, 52),
];

/// Three strategies, seven steps, two tasks.
pub(crate) fn plausible() -> Content {
    Content {
        title: "Emoji, 2010 to 2023".to_owned(),
        dataset: "tic-emoji".to_owned(),
        version: "0.1.0".to_owned(),
        steps: STEPS.iter().map(step).collect(),
        strategies: vec![
            strategy(
                "sequential",
                "Continues from the last checkpoint on the new step alone.",
                1.0,
                0.75,
            ),
            strategy(
                "cumulative-equal",
                "Replays every past step equally beside the new one.",
                1.0,
                0.06,
            ),
            strategy(
                "oracle",
                "Trains a fresh model on all pairs so far, with a budget that grows with them.",
                4.0,
                0.01,
            ),
        ],
        commands: vec![
            "ticclip demo --out demo --strategies sequential,cumulative-equal,oracle".to_owned(),
            "ticclip report demo --out demo/report".to_owned(),
        ],
        credits: vec![
            Credit {
                text: "Graphics: Twemoji, © Twitter and contributors, CC-BY 4.0".to_owned(),
                url: Some("https://creativecommons.org/licenses/by/4.0/".to_owned()),
            },
            Credit {
                text: "Names and versions: Unicode emoji data".to_owned(),
                url: None,
            },
        ],
        notes: vec![
            "Skin-tone variants of a concept can fall on both sides of the train/held-out border."
                .to_owned(),
            "One seed; intervals cover the choice of evaluation pairs only.".to_owned(),
        ],
        ..Content::default()
    }
}

/// Names that the page looks for, which would hide figures if they were others.
const KEPT: [&str; 2] = ["oracle", "rising"];

/// Every text of `content` with one in front that attacks the page.
pub(crate) fn hostile(content: &Content) -> Content {
    let mut json = serde_json::to_value(content).expect("content is JSON");
    attack(&mut json);
    let mut hostile: Content = serde_json::from_value(json).expect("it is still content");
    hostile.notes.push("\u{202e}שלום \u{0} עולם".to_owned());
    hostile.credits = [
        "javascript:alert(1)//https://",
        &format!("https://example.org/{HOSTILE}"),
    ]
    .map(|url| Credit {
        text: HOSTILE.to_owned(),
        url: Some(url.to_owned()),
    })
    .into();
    for step in &mut hostile.steps {
        for caption in [
            HOSTILE,
            "שלום \u{202e}עולם (טוב)",
            &"Donaudampfschifffahrt".repeat(12),
        ] {
            step.examples.push(Example {
                caption: caption.to_owned(),
                class: Some(HOSTILE.to_owned()),
                png: PIXEL.to_vec(),
            });
        }
    }
    for sample in hostile
        .comparisons
        .iter_mut()
        .flat_map(|one| &mut one.samples)
    {
        sample.thumbnail = PIXEL.to_vec();
    }
    hostile
}

fn attack(json: &mut Value) {
    match json {
        Value::String(text) if !KEPT.contains(&text.as_str()) => *text = format!("{HOSTILE}{text}"),
        Value::Array(all) => all.iter_mut().for_each(attack),
        Value::Object(all) => all.values_mut().for_each(attack),
        _ => {}
    }
}

fn step((name, from, to, train, held_out): &(&str, &str, &str, u64, u64)) -> Step {
    let example = Example {
        caption: format!("a picture of {name}"),
        class: Some("symbol".to_owned()),
        png: PIXEL.to_vec(),
    };
    Step {
        name: (*name).to_owned(),
        from: (*from).to_owned(),
        to: (*to).to_owned(),
        train: *train,
        held_out: *held_out,
        examples: vec![example],
    }
}

/// `forgetting` is the share of the diagonal that is lost in the long run.
fn strategy(name: &str, description: &str, budget: f64, forgetting: f64) -> StrategyScores {
    StrategyScores {
        name: name.to_owned(),
        description: description.to_owned(),
        cost: (0..7)
            .map(|_| StepCost {
                macs: 4.3e12 * budget,
                samples: (38_400.0 * budget) as u64,
            })
            .collect(),
        tasks: vec![
            task(
                "retrieval",
                "Retrieval",
                "mean_recall@1",
                0.36,
                forgetting,
                |n| 1.0 / n as f64,
            ),
            task(
                "classification",
                "Classification",
                "acc1",
                0.52,
                0.7 * forgetting,
                |_| 0.1,
            ),
        ],
        loss: loss(budget, forgetting),
        over_budget: None,
        seed: Some(0),
    }
}

fn task(
    name: &str,
    title: &str,
    metric: &str,
    top: f64,
    forgetting: f64,
    chance: fn(u64) -> f64,
) -> TaskScores {
    let value = |i: usize, j: usize| {
        let wobble = 0.03 * ((3 * i + 5 * j) as f64).sin();
        let learned = top * (0.75 + 0.04 * i as f64);
        let kept = match i.cmp(&j) {
            std::cmp::Ordering::Equal => 1.0 - 0.3 * (0.3 - forgetting).max(0.0),
            std::cmp::Ordering::Greater => 1.0 - forgetting * (1.0 - (-0.9 * (i - j) as f64).exp()),
            std::cmp::Ordering::Less => 0.22 + 0.25 * (-0.5 * (j - i) as f64).exp(),
        };
        (learned * kept + wobble).clamp(0.0, 1.0)
    };
    let mean = |chosen: &dyn Fn(usize, usize) -> bool| {
        let cells: Vec<f64> = (0..7)
            .flat_map(|i| (0..7).map(move |j| (i, j)))
            .filter(|(i, j)| chosen(*i, *j))
            .map(|(i, j)| value(i, j))
            .collect();
        Some(cells.iter().sum::<f64>() / cells.len() as f64)
    };
    let cell = |i: usize, j: usize| {
        let p = value(i, j);
        let half = 1.96 * (p * (1.0 - p) / STEPS[j].4 as f64).sqrt();
        Some(Score {
            value: p,
            interval: Some([(p - half).max(0.0), (p + half).min(1.0)]),
        })
    };
    TaskScores {
        name: name.to_owned(),
        title: title.to_owned(),
        metric: metric.to_owned(),
        chance: STEPS.iter().map(|step| Some(chance(step.4))).collect(),
        n: STEPS.iter().map(|step| Some(step.4)).collect(),
        cells: (0..7)
            .map(|i| (0..7).map(|j| cell(i, j)).collect())
            .collect(),
        in_domain: mean(&|i, j| i == j),
        backward: mean(&|i, j| i > j),
        forward: mean(&|i, j| i < j),
    }
}

fn loss(budget: f64, forgetting: f64) -> Vec<LossPoint> {
    (0..1400)
        .map(|i| {
            let within = f64::from(i % 200) / 200.0;
            let floor = 1.2 + 0.5 * (0.8 - forgetting);
            let start = if i < 200 { 4.1 } else { 1.9 + budget / 4.0 };
            let noise = 0.08 * (f64::from(i) * 12.9898).sin();
            LossPoint {
                samples: (f64::from(i) * 192.0 * budget) as u64,
                loss: floor + (start - floor) * (-4.0 * within).exp() + noise,
            }
        })
        .collect()
}

/// Numbers that are missing or no numbers, in all places.
pub(crate) fn with_holes() -> Content {
    let mut content = plausible();
    let task = &mut content.strategies[0].tasks[0];
    task.cells.truncate(4);
    task.cells[1][2] = None;
    task.cells[2].truncate(3);
    task.cells[0][0] = Some(Score {
        value: f64::NAN,
        interval: Some([f64::NAN, f64::INFINITY]),
    });
    task.chance.clear();
    task.n.clear();
    task.backward = None;
    task.forward = Some(f64::NAN);
    content.strategies[1].tasks.remove(1);
    content.strategies[1].cost.clear();
    content.strategies[2].loss.clear();
    content
}
