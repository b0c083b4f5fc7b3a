//! Models on a task and on its shifted sibling, by family: what effective robustness is read from.

use std::collections::BTreeMap;
use std::fmt;

use ticclip_eval::compare::Resampling;
use ticclip_eval::robustness::{Accuracy, Effective, Family, Link, Measured, RobustnessError};
use ticclip_eval::score::Score;

/// A task, or one step of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The task's name.
    pub task: String,
    /// The tested step; none for a task without steps.
    pub step: Option<String>,
}

impl Asked {
    /// What `TASK` or `TASK@STEP` says.
    pub fn new(text: &str) -> Self {
        match text.split_once('@') {
            Some((task, step)) => Self {
                task: task.to_owned(),
                step: Some(step.to_owned()),
            },
            None => Self {
                task: text.to_owned(),
                step: None,
            },
        }
    }

    /// Whether a score is of it.
    pub fn is_of(&self, score: &Score) -> bool {
        score.task == self.task && score.tested_step == self.step
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.step {
            Some(step) => write!(formatter, "{}@{step}", self.task),
            None => formatter.write_str(&self.task),
        }
    }
}

/// The models of all families on one pair of tasks.
#[derive(Debug)]
pub struct Shifted {
    /// Every family with its line, or why it has none.
    pub families: Vec<(String, Result<Family, RobustnessError>)>,
    /// Every model that has a line to be held against: its family, its measures, and where it is.
    pub models: Vec<(String, Measured, Effective)>,
    /// Every model that has none, with its family.
    pub lineless: Vec<(String, Measured)>,
    /// Models that guessed all samples right or wrong, which have no place on a line.
    pub left_out: Vec<String>,
}

impl Shifted {
    /// Fits a line for each family and holds every model against that of its own, or of `baseline`.
    ///
    /// `family` says which one a score's model belongs to. Only models with scores on both tasks count.
    pub fn new(
        scores: &[Score],
        [base, shift]: [&Asked; 2],
        family: impl Fn(&Score) -> String,
        baseline: Option<&str>,
        link: Link,
    ) -> Self {
        let models = scores.iter().filter(|score| base.is_of(score));
        let measured = models.filter_map(|score| {
            let other = scores
                .iter()
                .find(|other| shift.is_of(other) && other.model == score.model)?;
            let accuracy = |score: &Score| Accuracy {
                value: score.value,
                samples: score.n,
            };
            let model = Measured {
                name: score.model.clone(),
                base: accuracy(score),
                shift: accuracy(other),
            };
            Some((family(score), model))
        });
        Self::of(measured, baseline, link)
    }

    /// The same of models with their families.
    pub fn of(
        measured: impl IntoIterator<Item = (String, Measured)>,
        baseline: Option<&str>,
        link: Link,
    ) -> Self {
        let mut by_family: BTreeMap<String, Vec<Measured>> = BTreeMap::new();
        let mut left_out = Vec::new();
        let inside = |accuracy: Accuracy| accuracy.value > 0.0 && accuracy.value < 1.0;
        for (family, model) in measured {
            if inside(model.base) && inside(model.shift) {
                by_family.entry(family).or_default().push(model);
            } else {
                left_out.push(model.name);
            }
        }
        let families: Vec<_> = by_family
            .iter()
            .map(|(name, models)| (name.clone(), Family::fit(link, models)))
            .collect();
        let line = |family: &str| {
            let wanted = baseline.unwrap_or(family);
            let found = families.iter().find(|(name, _)| name == wanted);
            found.and_then(|(_, family)| family.as_ref().ok())
        };
        let resampling = Resampling::default();
        let (mut models, mut lineless) = (Vec::new(), Vec::new());
        for (name, own) in by_family {
            let Some(line) = line(&name) else {
                lineless.extend(own.into_iter().map(|model| (name.clone(), model)));
                continue;
            };
            for model in own {
                let effective = line
                    .effective(&model, &resampling)
                    .expect("its accuracies lie between 0 and 1, of some samples");
                models.push((name.clone(), model, effective));
            }
        }
        Self {
            families,
            models,
            lineless,
            left_out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(model: &str, task: &str, value: f64) -> Score {
        Score {
            task: task.into(),
            model: model.into(),
            weights: String::new(),
            tokenizer: None,
            data: None,
            strategy: None,
            metric: "acc1".into(),
            value,
            n: 10_000,
            chance: 0.001,
            trained_step: None,
            tested_step: None,
            metrics: BTreeMap::new(),
            low: value,
            high: value,
        }
    }

    /// Four models on one logit line of slope 1 and intercept −1, and one that is 5 points above it.
    fn scores() -> Vec<Score> {
        let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
        let mut scores = Vec::new();
        for (at, x) in [-0.5, 0.0, 0.5, 1.0].into_iter().enumerate() {
            scores.push(score(&format!("family/{at}"), "base", logistic(x)));
            scores.push(score(&format!("family/{at}"), "shift", logistic(x - 1.0)));
        }
        scores.push(score("other/0", "base", 0.5));
        scores.push(score("other/0", "shift", logistic(-1.0) + 0.05));
        scores.push(score("other/1", "base", 0.5));
        scores.push(score("other/1", "shift", 0.0));
        scores.push(score("other/2", "base", 0.5));
        scores
    }

    fn family(score: &Score) -> String {
        let name = score.model.split('/').next();
        name.unwrap_or_default().to_owned()
    }

    #[test]
    fn a_model_above_the_baseline_is_robust_by_what_it_has_above() {
        let [base, shift] = ["base", "shift"].map(Asked::new);
        let shifted = Shifted::new(
            &scores(),
            [&base, &shift],
            family,
            Some("family"),
            Link::Logit,
        );
        let (_, line) = &shifted.families[0];
        let line = line.as_ref().expect("four models");
        assert!((line.slope() - 1.0).abs() < 1e-9 && (line.intercept() + 1.0).abs() < 1e-9);
        let (_, _, other) = &shifted.models[4];
        assert_eq!(other.name, "other/0");
        assert!((other.residual - 0.05).abs() < 1e-9);
        assert!(0.0 < other.low && other.low < 0.05 && 0.05 < other.high);
        assert_eq!(shifted.left_out, ["other/1"]);
    }

    #[test]
    fn a_family_of_two_has_no_line_of_its_own() {
        let [base, shift] = ["base", "shift"].map(Asked::new);
        let shifted = Shifted::new(&scores(), [&base, &shift], family, None, Link::Logit);
        assert_eq!(shifted.models.len(), 4);
        let lineless = shifted.lineless.iter().map(|(_, one)| one.name.as_str());
        assert_eq!(lineless.collect::<Vec<_>>(), ["other/0"]);
        let (name, line) = &shifted.families[1];
        assert_eq!(
            (name.as_str(), line),
            ("other", &Err(RobustnessError::Few { models: 1 }))
        );
    }

    #[test]
    fn a_step_of_a_task_is_its_own_pair() {
        let asked = Asked::new("retrieval@2016");
        let mut of = score("m", "retrieval", 0.5);
        assert!(!asked.is_of(&of));
        of.tested_step = Some("2016".into());
        assert!(asked.is_of(&of));
        assert_eq!(asked.to_string(), "retrieval@2016");
    }
}
