//! Scores after each training step: on that step, and on the steps before it.

use super::content::{Content, TaskScores};
use super::csv::Records;
use super::export::table::steps;
use super::figure::{data_behind, panel, per_task};
use super::line_chart::{Line, LineChart, Point, shared_domain};
use super::number::percent;
use super::provenance::commands_of;

/// The panels of all tasks with the data behind them.
pub(super) fn step_curves(content: &Content) -> String {
    let mut rows = Vec::new();
    let names: Vec<String> = content.steps.iter().map(|step| step.name.clone()).collect();
    let panels = per_task(content, |place, task| {
        let mut html = String::new();
        let fresh = lines(content, task, |task, i| {
            Some((task.cell(i, i)?.value, task.interval_on_own_step(i)))
        });
        let past = lines(content, task, |task, i| {
            let mean = task.on_earlier_steps(i)?;
            Some((mean.value, mean.interval()))
        });
        let chance: Vec<Option<f64>> = (0..names.len()).map(|i| task.chance_at(i)).collect();
        let past_chance: Vec<Option<f64>> = (0..names.len())
            .map(|i| task.chance_on_earlier_steps(i))
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
        rows.extend(steps::records(content, task));
        html
    });
    let columns = steps::COLUMNS;
    format!("<div class=\"panels two\">\n{panels}</div>\n")
        + &data_behind(
            "scores by training step",
            &Records { columns, rows }.text(),
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

#[cfg(test)]
mod tests {
    use crate::tests::made_up::plausible;

    #[test]
    fn both_panels_have_whiskers() {
        let html = super::step_curves(&plausible());
        for kind in ["fresh", "past"] {
            let chart = html.split(&format!("curve-0-{kind}-t curve")).nth(1);
            let chart = chart.and_then(|rest| rest.split("</svg>").next());
            let chart = chart.expect("the chart is there");
            assert!(chart.contains("class=\"whisker\""), "{kind}");
        }
    }
}
