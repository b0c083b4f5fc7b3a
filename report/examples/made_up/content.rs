//! A whole report of made-up numbers: every section, and as large as a real one may be.

use ticclip_report::{
    Content, Credit, Example, FittedLine, LeftOut, LossPoint, ModelFamily, OverBudget, RankedModel,
    Ranking, Robustness, RobustnessModel, Score, StaticColumn, StaticScore, StaticTask, Step,
    StepCost, StrategyScores, TaskScores,
};

use super::comparison::comparison;
use super::picture::picture;
use super::random::Random;
use super::shift::shift;

pub(crate) const STEPS: usize = 8;

const STATICS: [&str; 39] = [
    "ImageNet",
    "ImageNet-V2",
    "ImageNet-Sketch",
    "ImageNet-A",
    "ImageNet-O",
    "ImageNet-R",
    "ObjectNet",
    "Flickr30k",
    "MS-COCO",
    "EuroSAT",
    "CIFAR-10",
    "CIFAR-100",
    "Caltech-101",
    "Food-101",
    "Stanford Cars",
    "SUN397",
    "DTD",
    "Flowers-102",
    "Pets",
    "GTSRB",
    "SVHN",
    "MNIST",
    "STL-10",
    "RESISC45",
    "FGVC Aircraft",
    "Country211",
    "Rendered SST2",
    "PatchCamelyon",
    "Camelyon17",
    "iWildCam",
    "FMoW",
    "CLEVR count",
    "CLEVR distance",
    "KITTI",
    "Dollar Street",
    "GeoDE",
    "WinoGAViL",
    "Pascal VOC",
    "FairFace",
];

pub(crate) const KINDS: [&str; 20] = [
    "vehicle",
    "dog",
    "bird",
    "garment",
    "instrument",
    "device",
    "furniture",
    "fruit",
    "building",
    "insect",
    "fish",
    "tool",
    "vessel",
    "container",
    "machine",
    "cat",
    "food",
    "structure",
    "covering",
    "plant",
];

pub(crate) const MANNERS: [&str; 24] = [
    "motor", "wild", "wheeled", "domestic", "aquatic", "electric", "wooden", "printed", "folding",
    "musical", "hunting", "working", "flying", "armoured", "public", "kitchen", "portable", "toy",
    "military", "winter", "garden", "office", "racing", "ancient",
];

/// A report with this many dynamic tasks, and 39 static ones beside them.
pub(crate) fn made_up(dynamic_tasks: usize) -> Content {
    let mut random = Random(2024);
    let steps: Vec<Step> = (0..STEPS)
        .map(|step| time_step(step, &mut random))
        .collect();
    let strategies = vec![
        strategy(
            dynamic_tasks,
            &mut random,
            "sequential",
            "Continues from the last model on the new step alone.",
            0.55,
            1.0,
        ),
        strategy(
            dynamic_tasks,
            &mut random,
            "cumulative-all",
            "Continues from the last model on all pairs so far.",
            0.12,
            1.0,
        ),
        StrategyScores {
            over_budget: Some(OverBudget {
                stars: 2,
                reason: "trains anew at every step, for as many budgets as there are steps"
                    .to_owned(),
            }),
            ..strategy(
                dynamic_tasks,
                &mut random,
                "oracle",
                "Trains a fresh model on all pairs so far, with a budget that grows with them.",
                0.04,
                4.5,
            )
        },
    ];
    let statics: Vec<StaticTask> = (0..STATICS.len())
        .map(|place| static_task(place, &strategies, &mut random))
        .collect();
    let static_columns = columns();
    Content {
        title: "Made-up numbers, to show what a report looks like".to_owned(),
        dataset: "made-up".to_owned(),
        version: "0.1.0".to_owned(),
        robustness: vec![
            robustness(&mut random, &strategies, ("ImageNet against its shifts", "ImageNet, top-1", "six shifts, top-1"), (0.86, -0.55)),
            robustness(&mut random, &strategies, ("Old against new retrieval", "retrieval on 2014–2016", "retrieval on 2020–2023"), (0.95, -0.3)),
        ],
        rankings: vec![ranking(&mut random)],
        comparisons: vec![comparison(&mut random)],
        shift: Some(shift(&mut random)),
        steps,
        strategies,
        statics,
        static_columns,
        left_out: [("undated", 412), ("outside-timeline", 35)]
            .map(|(reason, rows)| LeftOut {
                command: "split".to_owned(),
                reason: reason.to_owned(),
                rows,
            })
            .to_vec(),
        commands: vec![
            "ticclip fetch made-up.toml --out manifest".to_owned(),
            "ticclip split manifest --timeline yearly --held-out 0.1 --out splits".to_owned(),
            "ticclip shard manifest --splits splits --out shards".to_owned(),
            "ticclip train tiny --data shards --strategy sequential,cumulative-all,oracle --out train".to_owned(),
            "ticclip eval --model train --data shards --tasks dynamic,datacomp38 --out scores".to_owned(),
            "ticclip report scores --data shards --train train --out report".to_owned(),
        ],
        credits: vec![Credit {
            text: "No one: all numbers and pictures are random".to_owned(),
            url: None,
        }],
        notes: vec!["Every number on this page is made up by a seeded random generator. It says nothing about any model.".to_owned()],
    }
}

pub(crate) fn year(step: usize) -> String {
    if step == 0 {
        "2014-2016".to_owned()
    } else {
        (2016 + step).to_string()
    }
}

fn time_step(step: usize, random: &mut Random) -> Step {
    let from = if step == 0 { 2014 } else { 2016 + step };
    Step {
        name: year(step),
        from: format!("{from}-01-01"),
        to: format!("{}-01-01", 2017 + step),
        train: 90_000 + random.below(60_000) as u64,
        held_out: 9_000 + random.below(6_000) as u64,
        examples: (0..8)
            .map(|_| Example {
                caption: format!(
                    "a {} {} in {}",
                    random.of(&MANNERS),
                    random.of(&KINDS),
                    year(step)
                ),
                class: Some((*random.of(&KINDS)).to_owned()),
                png: picture(random),
            })
            .collect(),
    }
}

fn score(value: f64, n: f64) -> Score {
    let value = value.clamp(0.001, 0.999);
    let half = 1.96 * (value * (1.0 - value) / n).sqrt();
    Score {
        value,
        interval: Some([value - half, value + half]),
    }
}

fn strategy(
    dynamic_tasks: usize,
    random: &mut Random,
    name: &str,
    description: &str,
    forgetting: f64,
    budget: f64,
) -> StrategyScores {
    StrategyScores {
        name: name.to_owned(),
        description: description.to_owned(),
        cost: (0..STEPS)
            .map(|_| StepCost {
                macs: 3.4e17 * budget,
                samples: (16_600_000.0 * budget) as u64,
            })
            .collect(),
        tasks: (0..dynamic_tasks)
            .map(|task| dynamic_task(random, task, forgetting, budget))
            .collect(),
        loss: (0..900)
            .map(|update| {
                let within = f64::from(update % 112) / 112.0;
                LossPoint {
                    samples: (f64::from(update) * 147_000.0 * budget) as u64,
                    loss: 1.1
                        + forgetting
                        + 2.0 * (-5.0 * within).exp() / (1.0 + f64::from(update / 112))
                        + 0.03 * random.normal(),
                }
            })
            .collect(),
        over_budget: None,
        seed: Some(0),
    }
}

fn dynamic_task(random: &mut Random, place: usize, forgetting: f64, budget: f64) -> TaskScores {
    let (name, title, metric, top) = match place {
        0 => (
            "retrieval".to_owned(),
            "Retrieval".to_owned(),
            "mean_recall@1",
            0.46,
        ),
        1 => (
            "classification".to_owned(),
            "Classification".to_owned(),
            "acc1",
            0.58,
        ),
        _ => (
            format!("subset-{place}"),
            format!("Classification, subset {place}"),
            "acc1",
            0.3 + 0.4 * random.share(),
        ),
    };
    let n = 9_000.0;
    let cells: Vec<Vec<Option<Score>>> = (0..STEPS)
        .map(|i| {
            (0..STEPS)
                .map(|j| {
                    let gap = i.abs_diff(j) as f64;
                    let kept = if j <= i {
                        1.0 - forgetting * (1.0 - (-0.35 * gap).exp())
                    } else {
                        1.0 - 0.45 * (1.0 - (-0.3 * gap).exp())
                    };
                    let learned = top * (0.72 + 0.035 * i as f64 + 0.03 * (budget - 1.0));
                    Some(score(learned * kept + 0.006 * random.normal(), n))
                })
                .collect()
        })
        .collect();
    let mean = |chosen: fn(usize, usize) -> bool| {
        let values: Vec<f64> = (0..STEPS)
            .flat_map(|i| (0..STEPS).map(move |j| (i, j)))
            .filter(|(i, j)| chosen(*i, *j))
            .filter_map(|(i, j)| Some(cells[i][j]?.value))
            .collect();
        Some(values.iter().sum::<f64>() / values.len() as f64)
    };
    TaskScores {
        name,
        title,
        metric: metric.to_owned(),
        chance: vec![Some(0.001); STEPS],
        n: vec![Some(n as u64); STEPS],
        in_domain: mean(|i, j| i == j),
        backward: mean(|i, j| i > j),
        forward: mean(|i, j| i < j),
        cells,
    }
}

fn key(title: &str) -> String {
    title.to_lowercase().replace(' ', "-")
}

fn static_task(place: usize, strategies: &[StrategyScores], random: &mut Random) -> StaticTask {
    let title = STATICS[place];
    let level = 0.25 + 0.5 * random.share();
    let n = 2_000 + random.below(48_000) as u64;
    let mut groups = Vec::new();
    if (1..=6).contains(&place) {
        groups.push("imagenet-shift".to_owned());
    }
    if place < 28 {
        groups.push("static28".to_owned());
    }
    groups.push("datacomp38".to_owned());
    let mut scores = Vec::new();
    for (order, strategy) in strategies.iter().enumerate() {
        for step in 0..STEPS {
            let grown = 0.75 + 0.03 * step as f64 + [0.0, 0.02, 0.05][order];
            scores.push(StaticScore {
                strategy: strategy.name.clone(),
                step,
                score: score(level * grown + 0.01 * random.normal(), n as f64),
            });
        }
    }
    StaticTask {
        name: key(title),
        title: title.to_owned(),
        metric: if groups.len() > 1 || place.is_multiple_of(2) {
            "acc1"
        } else {
            "mean_per_class"
        }
        .to_owned(),
        groups,
        chance: Some(0.1),
        n: Some(n),
        scores,
    }
}

fn columns() -> Vec<StaticColumn> {
    let column = |title: &str, tasks: &[&str]| StaticColumn {
        title: title.to_owned(),
        tasks: tasks.iter().map(|task| key(task)).collect(),
    };
    vec![
        column("ImageNet", &STATICS[..1]),
        column("ImageNet shifts", &STATICS[1..7]),
        column("Flickr30k, COCO", &STATICS[7..9]),
        column("28 tasks", &STATICS[..28]),
        column("38 tasks", &STATICS[..38]),
    ]
}

fn logit(share: f64) -> f64 {
    (share / (1.0 - share)).ln()
}

fn robustness(
    random: &mut Random,
    strategies: &[StrategyScores],
    (title, base, shift): (&str, &str, &str),
    (slope, intercept): (f64, f64),
) -> Robustness {
    let share = |at: f64| 1.0 / (1.0 + (-at).exp());
    let family = |(order, strategy): (usize, &StrategyScores)| {
        let intercept = intercept + 0.18 * order as f64;
        let on_line = |base: f64| share(intercept + slope * logit(base));
        ModelFamily {
            name: strategy.name.clone(),
            line: Some(FittedLine {
                link: "logit".to_owned(),
                slope,
                intercept,
                // One family without a line, to show that too.
                r_squared: if order == 0 && title.starts_with("Old") {
                    0.03
                } else {
                    0.97
                },
                points: (4..=96)
                    .map(|at| f64::from(at) / 100.0)
                    .map(|base| [base, on_line(base)])
                    .collect(),
            }),
            models: (0..STEPS)
                .map(|step| {
                    let base = 0.32 + 0.04 * step as f64 + 0.01 * random.normal();
                    let residual = 0.012 * random.normal();
                    RobustnessModel {
                        name: format!("{}, {}", strategy.name, year(step)),
                        base,
                        shift: on_line(base) + residual,
                        residual: Some(residual),
                        interval: Some([residual - 0.014, residual + 0.014]),
                    }
                })
                .collect(),
        }
    };
    Robustness {
        title: title.to_owned(),
        base: base.to_owned(),
        shift: shift.to_owned(),
        families: strategies.iter().enumerate().map(family).collect(),
        left_out: vec![format!("{}, {}", strategies[0].name, year(0))],
        note: title.starts_with("Old").then(|| {
            format!(
                "Models of {} have trained on the second set’s time: that they do better on it shows what such training \
                 brings, not robustness.",
                year(STEPS - 1)
            )
        }),
        command: Some(
            "ticclip eval --model train --tasks imagenet,imagenet-shift --data sets --out scores"
                .to_owned(),
        ),
    }
}

fn ranking(random: &mut Random) -> Ranking {
    let names = [
        "sequential",
        "cumulative-all",
        "oracle",
        "restart",
        "cumulative-equal",
        "cumulative-exp",
        "patching",
        "lwf",
        "ewc",
        "wise-ft",
        "ema",
    ];
    Ranking {
        title: "Static against dynamic scores".to_owned(),
        left: "mean of 38 static tasks".to_owned(),
        right: "dynamic retrieval".to_owned(),
        models: names
            .iter()
            .map(|name| {
                let level = 0.35 + 0.15 * random.share();
                RankedModel {
                    name: (*name).to_owned(),
                    left: score(level, 4000.0),
                    right: score(level - 0.05 + 0.05 * random.normal(), 9000.0),
                }
            })
            .collect(),
        command: Some(
            "ticclip eval --model train --data shards --tasks dynamic,datacomp38 --out scores"
                .to_owned(),
        ),
    }
}
