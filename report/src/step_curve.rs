//! Scores after each training step: on that step, and on the steps before it.

use super::content::{Content, Score, TaskScores};
use super::csv::{Csv, Field};
use super::figure::{data_behind, panel, per_task};
use super::line_chart::{Line, LineChart, Point, shared_domain};
use super::number::percent;
use super::provenance::commands_of;
use super::transfer::mean;

/// The panels of all tasks with the data behind them.
pub(super) fn step_curves(content: &Content) -> String {
    let mut csv =
        Csv::new("task,strategy,trained_step,in_domain,in_domain_low,in_domain_high,mean_backward");
    let names: Vec<String> = content.steps.iter().map(|step| step.name.clone()).collect();
    let panels = per_task(content, |place, task| {
        let mut html = String::new();
        let fresh = lines(content, task, |task, i| {
            let Score { value, interval } = task.cell(i, i)?;
            Some((value, interval))
        });
        let past = lines(content, task, |task, i| {
            Some((mean_backward(task, i)?, None))
        });
        let chance: Vec<Option<f64>> = (0..names.len()).map(|i| task.chance_at(i)).collect();
        let past_chance: Vec<Option<f64>> = (0..names.len())
            .map(|i| mean_chance_before(task, i))
            .collect();
        let domain = shared_domain(
            fresh.iter().chain(&past),
            chance.iter().chain(&past_chance).copied(),
        );
        for (kind, lines, chance, what) in [
            ("fresh", &fresh, &chance, "on the step just trained"),
            ("past", &past, &past_chance, "mean over all earlier steps"),
        ] {
            let chart = LineChart {
                id: format!("curve-{place}-{kind}"),
                title: format!("{}, {what}", task.title),
                horizontal_title: "trained through",
                names: &names,
                marked: None,
                lines,
                chance,
                domain,
            };
            let aside = format!("{what}, {} %", task.metric_in_words());
            html += &panel(&task.title, &aside, &chart.draw());
        }
        rows(content, task, &mut csv);
        html
    });
    format!("<div class=\"panels two\">\n{panels}</div>\n")
        + &data_behind(
            "scores by training step",
            &csv.into_text(),
            &commands_of(content, &["eval"]),
        )
}

fn lines(
    content: &Content,
    task: &TaskScores,
    score: impl Fn(&TaskScores, usize) -> Option<(f64, Option<[f64; 2]>)>,
) -> Vec<Line> {
    let of_strategy = |place: usize| {
        let strategy = &content.strategies[place];
        let scores = strategy.task(&task.name)?;
        let point = |i: usize| {
            let (value, interval) = score(scores, i)?;
            let sure = interval.map_or(String::new(), |[low, high]| {
                format!("\n95% interval {} to {}", percent(low), percent(high))
            });
            let tip = format!(
                "{} after {}: {}{sure}",
                strategy.name,
                content.steps[i].name,
                percent(value)
            );
            Some(Point {
                value,
                interval,
                tip,
            })
        };
        Some(Line {
            strategy: place,
            name: strategy.name.clone(),
            points: (0..content.steps.len()).map(point).collect(),
        })
    };
    (0..content.strategies.len())
        .filter_map(of_strategy)
        .collect()
}

/// Mean of row `i` left of the diagonal, if all of it was tested.
fn mean_backward(task: &TaskScores, i: usize) -> Option<f64> {
    let scores: Option<Vec<f64>> = (0..i).map(|j| Some(task.cell(i, j)?.value)).collect();
    mean(&scores?)
}

fn mean_chance_before(task: &TaskScores, i: usize) -> Option<f64> {
    let chances: Option<Vec<f64>> = (0..i).map(|j| task.chance_at(j)).collect();
    mean(&chances?)
}

fn rows(content: &Content, task: &TaskScores, csv: &mut Csv) {
    for strategy in &content.strategies {
        let Some(scores) = strategy.task(&task.name) else {
            continue;
        };
        for (i, step) in content.steps.iter().enumerate() {
            let diagonal = scores.cell(i, i);
            let interval = diagonal.and_then(|score| score.interval);
            csv.row([
                Field::Text(&task.name),
                Field::Text(&strategy.name),
                Field::Text(&step.name),
                Field::Number(diagonal.map(|score| score.value)),
                Field::Number(interval.map(|ends| ends[0])),
                Field::Number(interval.map(|ends| ends[1])),
                Field::Number(mean_backward(scores, i)),
            ]);
        }
    }
}
