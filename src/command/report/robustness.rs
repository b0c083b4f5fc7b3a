//! Robustness of a report: ImageNet against its shifts, and old against new retrieval, with a line for each family.

use ticclip_eval::robustness::{Accuracy, Link, Measured};
use ticclip_eval::score::Score;
use ticclip_eval::suite::Suite;
use ticclip_report::{FittedLine, ModelFamily, Robustness, RobustnessModel};

use crate::score::Shifted;

/// The task without a shift, and the group of those with one.
const IMAGENET: [&str; 2] = ["imagenet1k", "imagenet-shift"];
/// The task whose oldest and newest steps are held against each other.
const RETRIEVAL: &str = "retrieval";
/// Points of a line that is drawn.
const POINTS: usize = 24;

/// What there are scores for, with at least one family that has a line.
pub(super) fn robustness(suite: &Suite, steps: &[String], scores: &[Score]) -> Vec<Robustness> {
    [imagenet(suite, scores), retrieval(steps, scores)]
        .into_iter()
        .flatten()
        .filter(|one| one.families.iter().any(|family| family.line.is_some()))
        .collect()
}

fn imagenet(suite: &Suite, scores: &[Score]) -> Option<Robustness> {
    let [base, group] = IMAGENET;
    let members = suite.members(group).ok()?;
    let asked = |model: &str, task: &str| {
        scores
            .iter()
            .find(|score| score.model == model && score.task == task && score.tested_step.is_none())
    };
    // The shifts that every model was asked about.
    let models: Vec<&Score> = scores
        .iter()
        .filter(|score| score.task == base && score.strategy.is_some())
        .collect();
    let shifts: Vec<&str> = members
        .iter()
        .map(|task| task.name.as_str())
        .filter(|task| {
            models
                .iter()
                .all(|model| asked(&model.model, task).is_some())
        })
        .collect();
    if models.is_empty() || shifts.is_empty() {
        return None;
    }
    let measured = models.iter().filter_map(|model| {
        let all = shifts.iter().map(|task| asked(&model.model, task));
        let all: Vec<&Score> = all.collect::<Option<_>>()?;
        let value = all.iter().map(|score| score.value).sum::<f64>() / all.len() as f64;
        let samples = all.iter().map(|score| score.n).sum();
        Some((family(model)?, of(model, Accuracy { value, samples })?))
    });
    let shift = match shifts.as_slice() {
        [one] => format!("{one}, top-1"),
        all => format!("mean of {} shifts, top-1", all.len()),
    };
    let shifted = Shifted::of(measured, None, Link::Logit);
    Some(Robustness {
        title: "ImageNet against its shifts".to_owned(),
        base: "ImageNet, top-1".to_owned(),
        shift,
        families: families(&shifted),
        left_out: shifted.left_out,
        note: None,
        command: None,
    })
}

fn retrieval(steps: &[String], scores: &[Score]) -> Option<Robustness> {
    let (old, new) = (steps.first()?, steps.last()?);
    if old == new {
        return None;
    }
    let on = |score: &&Score, step: &String| {
        score.task == RETRIEVAL && score.tested_step.as_ref() == Some(step)
    };
    let measured = scores
        .iter()
        .filter(|score| on(score, old))
        .filter_map(|score| {
            let same = |other: &&Score| on(other, new) && other.model == score.model;
            let other = scores.iter().find(same)?;
            let shift = Accuracy {
                value: other.value,
                samples: other.n,
            };
            Some((family(score)?, of(score, shift)?))
        });
    let shifted = Shifted::of(measured, None, Link::Logit);
    Some(Robustness {
        title: format!("Retrieval of {old} against {new}"),
        base: format!("recall@1 on {old}"),
        shift: format!("recall@1 on {new}"),
        families: families(&shifted),
        left_out: shifted.left_out,
        note: Some(format!(
            "Models of {new} have trained on the second set’s time: that they do better on it shows what such training \
             brings, not robustness."
        )),
        command: None,
    })
}

fn family(score: &Score) -> Option<String> {
    score.strategy.clone()
}

/// A model that `train` made, by its strategy and step.
fn of(score: &Score, shift: Accuracy) -> Option<Measured> {
    Some(Measured {
        name: format!(
            "{}, {}",
            score.strategy.as_ref()?,
            score.trained_step.as_ref()?
        ),
        base: Accuracy {
            value: score.value,
            samples: score.n,
        },
        shift,
    })
}

fn placed(measured: &Measured) -> RobustnessModel {
    RobustnessModel {
        name: measured.name.clone(),
        base: measured.base.value,
        shift: measured.shift.value,
        residual: None,
        interval: None,
    }
}

fn families(shifted: &Shifted) -> Vec<ModelFamily> {
    let family = |(name, line): &(String, Result<_, _>)| {
        let held = shifted.models.iter().filter(|(family, ..)| family == name);
        let held = held.map(|(_, measured, effective)| RobustnessModel {
            residual: Some(effective.residual),
            interval: Some([effective.low, effective.high]),
            ..placed(measured)
        });
        let lineless = shifted.lineless.iter().filter(|(family, _)| family == name);
        let lineless = lineless.map(|(_, measured)| placed(measured));
        let models: Vec<RobustnessModel> = held.chain(lineless).collect();
        let ends = models.iter().map(|model| model.base);
        let (low, high) = (
            ends.clone().fold(f64::INFINITY, f64::min),
            ends.fold(f64::NEG_INFINITY, f64::max),
        );
        let line = line
            .as_ref()
            .ok()
            .map(|line: &ticclip_eval::robustness::Family| FittedLine {
                link: "logit".to_owned(),
                slope: line.slope(),
                intercept: line.intercept(),
                r_squared: line.r_squared(),
                points: (0..=POINTS)
                    .map(|at| low + (high - low) * at as f64 / POINTS as f64)
                    .map(|base| [base, line.expected(base)])
                    .collect(),
            });
        ModelFamily {
            name: name.clone(),
            line,
            models,
        }
    };
    shifted.families.iter().map(family).collect()
}
