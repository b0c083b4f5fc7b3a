//! Scores restricted to a group of classes: top-1 accuracy on the samples of these classes alone.

use std::path::Path;

use ticclip_eval::compare::Group;
use ticclip_eval::interval;
use ticclip_eval::score::Score;

use super::predictions::PredictionsError;
use super::{PREDICTIONS, predictions_file, read_predictions};

/// The scores of one model on one task, restricted to a group; a step without a sample of the group has none.
///
/// All classes compete for a sample, or only those of the group (`within`): the released code leaves open which of the two
/// is meant. The interval is Clopper and Pearson's.
///
/// # Errors
/// [`PredictionsError`] when the answers in `folder` cannot be read.
pub fn restricted(
    scores: &[&Score],
    folder: &Path,
    group: &Group,
    within: bool,
    classes: usize,
) -> Result<Vec<Score>, PredictionsError> {
    let Some(first) = scores.first() else {
        return Ok(Vec::new());
    };
    let file = predictions_file(&first.task, &first.model);
    let answers = read_predictions(&folder.join(PREDICTIONS).join(file))?;
    let inside = |class: i32| {
        usize::try_from(class).is_ok_and(|class| group.classes.binary_search(&class).is_ok())
    };
    let mut all = Vec::new();
    for score in scores {
        let step = score.tested_step.as_deref().unwrap_or_default();
        let Some((_, own)) = answers.iter().find(|(name, _)| name == step) else {
            continue;
        };
        let (mut hits, mut n) = (0_u64, 0_u64);
        for answer in own {
            let Some(label) = answer.label.filter(|label| inside(*label)) else {
                continue;
            };
            n += 1;
            let right = if within {
                let above = answer.above.iter().flatten();
                above.copied().all(|class| !inside(class))
            } else {
                answer.top.first() == Some(&label)
            };
            hits += u64::from(right);
        }
        if n == 0 {
            continue;
        }
        let (low, high) = interval::of_share(hits, n);
        let value = hits as f64 / n as f64;
        let competing = if within { group.classes.len() } else { classes };
        all.push(Score {
            metric: "acc1".to_owned(),
            value,
            n,
            chance: 1.0 / competing as f64,
            metrics: [("acc1".to_owned(), value)].into(),
            low,
            high,
            ..(*score).clone()
        });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Prediction, write_predictions};

    fn answer(label: i32, first: i32, above: &[i32]) -> Prediction {
        Prediction {
            key: String::new(),
            query: "image",
            label: Some(label),
            top: vec![first],
            above: Some(above.to_vec()),
            rank: None,
            score: 0.5,
        }
    }

    #[test]
    fn classes_outside_compete_or_do_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let score = Score {
            task: "net".into(),
            model: "m".into(),
            weights: String::new(),
            tokenizer: None,
            data: None,
            strategy: None,
            metric: "acc1".into(),
            value: 0.5,
            n: 4,
            chance: 0.1,
            trained_step: None,
            tested_step: Some("2016".into()),
            metrics: std::collections::BTreeMap::new(),
            low: 0.0,
            high: 1.0,
        };
        // Of the group {1, 2}: right; wrong by class 7 outside; wrong by class 2 inside. One of another class.
        let answers = vec![
            answer(1, 1, &[]),
            answer(1, 7, &[7]),
            answer(1, 2, &[2, 7]),
            answer(7, 7, &[]),
        ];
        let file = folder
            .path()
            .join(PREDICTIONS)
            .join(predictions_file("net", "m"));
        write_predictions(&file, &[("2016".to_owned(), answers)]).expect("written");
        let group = Group {
            name: "group".into(),
            classes: vec![1, 2],
        };
        let of = |within| {
            let all = restricted(&[&score], folder.path(), &group, within, 10).expect("answers");
            (all[0].value, all[0].n, all[0].chance)
        };
        assert_eq!(of(false), (1.0 / 3.0, 3, 0.1));
        assert_eq!(of(true), (2.0 / 3.0, 3, 0.5));
        let none = Group {
            name: "none".into(),
            classes: vec![9],
        };
        let all = restricted(&[&score], folder.path(), &none, false, 10).expect("answers");
        assert_eq!(all, []);
    }
}
