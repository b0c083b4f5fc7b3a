//! The headline: the strongest sentence that the numbers carry, and never a stronger one.
//!
//! "Clearly" means by more than the 95% intervals of both sides together; where there are no intervals,
//! numbers are stated side by side and nothing is claimed about them.

use super::contender::{Contender, capitalised};
use super::content::Content;
use super::number::{percent, points};
use super::transfer::{Estimate, Part};

/// The strategy all others are measured against.
const BASELINE: &str = "sequential";

/// What the report says first.
#[derive(Debug, PartialEq)]
pub(super) struct Finding {
    /// One sentence, in large letters.
    pub(super) headline: String,
    /// Sentences that qualify it.
    pub(super) support: Vec<String>,
}

/// Finds the headline of `content`: about retrieval if that was measured, else about the first task.
pub(super) fn finding(content: &Content) -> Finding {
    let tasks = content.tasks();
    let lead = tasks
        .iter()
        .find(|task| task.name == "retrieval")
        .or(tasks.first());
    let contenders: Vec<Contender<'_>> = lead
        .into_iter()
        .flat_map(|lead| {
            content
                .strategies
                .iter()
                .map(|strategy| (strategy, strategy.task(&lead.name)))
        })
        .filter_map(|(strategy, task)| {
            Some(Contender {
                strategy,
                task: task?,
                steps: content.steps.len(),
            })
        })
        .collect();
    if let Some(finding) = nothing_learned(&contenders) {
        return finding;
    }
    let remembering: Vec<Contender<'_>> = contenders
        .iter()
        .copied()
        .filter(|contender| contender.part(Part::Backward).is_some())
        .collect();
    let (baseline, others): (Vec<_>, Vec<_>) = remembering
        .iter()
        .copied()
        .partition(|contender| contender.strategy.name == BASELINE);
    match (baseline.first(), others.is_empty()) {
        (Some(baseline), false) => against_baseline(*baseline, &others),
        _ => side_by_side(&remembering, &contenders),
    }
}

/// The case in which no model is shown to do better than guessing; then nothing else is worth saying.
fn nothing_learned(contenders: &[Contender<'_>]) -> Option<Finding> {
    let diagonals: Option<Vec<(Estimate, f64)>> = contenders
        .iter()
        .map(|contender| {
            Some((
                contender.part(Part::InDomain)?,
                contender.task.chance(Part::InDomain, contender.steps)?,
            ))
        })
        .collect();
    let diagonals = diagonals?;
    let lost = diagonals.iter().all(|(score, chance)| {
        score.half_width.is_some() && !score.clearly_above(Estimate::exact(*chance))
    });
    let (best, chance) = diagonals
        .iter()
        .max_by(|a, b| a.0.value.total_cmp(&b.0.value))?;
    if let ([only], true) = (contenders, lost) {
        return Some(Finding {
            headline: format!(
                "{} is not clearly better than guessing at in-domain {}: it reaches {}, and guessing gives {}",
                capitalised(&only.strategy.name),
                only.task.name,
                percent(best.value),
                percent(*chance)
            ),
            support: Vec::new(),
        });
    }
    lost.then(|| Finding {
        headline: format!(
            "No model is clearly better than guessing at in-domain {}: the best reaches {}, and guessing gives {}",
            contenders[0].task.name,
            percent(best.value),
            percent(*chance)
        ),
        support: vec!["Differences between the strategies below mean little at this scale.".to_owned()],
    })
}

/// Sequential training against everything else, by the scores on past steps.
fn against_baseline(baseline: Contender<'_>, others: &[Contender<'_>]) -> Finding {
    let clearly_better: Vec<Contender<'_>> = others
        .iter()
        .copied()
        .filter(|other| other.backward().clearly_above(baseline.backward()))
        .collect();
    let affordable: Vec<Contender<'_>> = clearly_better
        .iter()
        .copied()
        .filter(|other| !other.costs_more_than(baseline))
        .collect();
    let runner_up = best(others).expect("the caller has at least one other strategy");
    let forgets = baseline.forgets();
    let (headline, subject) = if let Some(winner) = best(&affordable).or(best(&clearly_better)) {
        (winner.outdoes(baseline), winner)
    } else if baseline.backward().clearly_above(runner_up.backward()) {
        (
            format!(
                "Nothing beats sequential training on past steps: backward {} {}, against {} for {}",
                baseline.task.name,
                percent(baseline.backward().value),
                percent(runner_up.backward().value),
                runner_up.strategy.name
            ),
            baseline,
        )
    } else if let Some(loss) = forgets.filter(|_| others.iter().all(Contender::is_measured)) {
        (
            format!(
                "Sequential training forgets {} of {} on past steps, and no other strategy is clearly better there",
                points(loss),
                baseline.task.name
            ),
            baseline,
        )
    } else {
        let all: Vec<Contender<'_>> = [baseline]
            .into_iter()
            .chain(others.iter().copied())
            .collect();
        return side_by_side(&all, &all);
    };
    let mut support = Vec::new();
    if let (Some(loss), false) = (forgets, headline.starts_with("Sequential")) {
        support.push(format!(
            "On the same held-out pairs, sequential training scores {} lower once it has moved on to later steps.",
            points(loss)
        ));
    }
    support.extend(subject.price(baseline));
    support.extend(subject.ageing());
    Finding { headline, support }
}

/// A plain statement of the range, for when nothing can be claimed.
fn side_by_side(remembering: &[Contender<'_>], contenders: &[Contender<'_>]) -> Finding {
    let headline = match remembering {
        [] => match contenders
            .first()
            .and_then(|only| Some((only, only.part(Part::InDomain)?)))
        {
            Some((first, score)) => format!(
                "{} reaches {} in-domain {}; there are no scores on past steps to compare",
                capitalised(&first.strategy.name),
                percent(score.value),
                first.task.name
            ),
            None => "Nothing has been evaluated yet".to_owned(),
        },
        [only] => only.own_numbers(),
        several => {
            let best = best(several).expect("there are several");
            let worst = several
                .iter()
                .min_by(|a, b| a.backward().value.total_cmp(&b.backward().value))
                .expect("there are several");
            let measured = several
                .iter()
                .all(|one| one.backward().half_width.is_some());
            let apart = measured && best.backward().clearly_above(worst.backward());
            let (low, high) = (worst.backward().value, best.backward().value);
            if percent(low) == percent(high) {
                format!(
                    "Every strategy reaches {} backward {}",
                    percent(high),
                    best.task.name
                )
            } else {
                format!(
                    "Backward {} ranges from {} ({}) to {} ({}){}",
                    best.task.name,
                    percent(low),
                    worst.strategy.name,
                    percent(high),
                    best.strategy.name,
                    if measured && !apart {
                        ", no clear difference"
                    } else {
                        ""
                    }
                )
            }
        }
    };
    let support = best(remembering)
        .and_then(|best| best.ageing())
        .into_iter()
        .collect();
    Finding { headline, support }
}

fn best<'a>(contenders: &[Contender<'a>]) -> Option<Contender<'a>> {
    // Reversed, so that the first of equals wins.
    contenders
        .iter()
        .rev()
        .copied()
        .max_by(|a, b| a.backward().value.total_cmp(&b.backward().value))
}
