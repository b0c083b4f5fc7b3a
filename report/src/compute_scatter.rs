//! Score against compute: what the training cost, and how far apart fresh and past scores lie.

use super::content::{Content, TaskScores};
use super::cost_mark::{CostMark, cost_marks, cost_scale, description, moved, places};
use super::csv::{Csv, Field};
use super::figure::{data_behind, panel, per_task};
use super::number::{percent, scientific, scientific_tick};
use super::palette::Look;
use super::provenance::commands_of;
use super::scale::{Scale, score_domain};
use super::svg::{Chart, PLOT};

/// Marks of equal cost stand at most this far apart, in units of the chart.
const APART: f64 = 13.0;

/// One panel a task with the data behind them; nothing if no cost is known.
pub(super) fn compute_scatter(content: &Content) -> Option<String> {
    let mut csv = Csv::new("task,strategy,macs,samples,in_domain,backward");
    let mut drawn = false;
    let panels = per_task(content, |place, task| {
        let marks = cost_marks(content, task);
        for mark in &marks {
            let strategy = &content.strategies[mark.strategy];
            csv.row([
                Field::Text(&task.name),
                Field::Text(&strategy.name),
                Field::Number(Some(mark.macs)),
                Field::Whole(Some(strategy.samples())),
                Field::Number(mark.in_domain),
                Field::Number(mark.backward),
            ]);
        }
        drawn |= !marks.is_empty();
        let moved = moved(&marks, scale(&marks)).map(|moved| format!("; {moved}"));
        let aside = format!(
            "filled: in-domain, hollow: backward, {} %{}",
            task.metric_in_words(),
            moved.unwrap_or_default()
        );
        panel(&task.title, &aside, &draw(content, task, place, &marks))
    });
    drawn.then(|| {
        format!("<div class=\"panels two\">\n{panels}</div>\n")
            + &data_behind(
                "score against compute",
                &csv.into_text(),
                &commands_of(content, &["train", "eval"]),
            )
    })
}

fn draw(content: &Content, task: &TaskScores, place: usize, marks: &[CostMark]) -> String {
    let (left, right, top, bottom) = PLOT;
    let scores = marks
        .iter()
        .flat_map(|mark| [mark.in_domain, mark.backward])
        .flatten();
    let chance = task.common_chance(content.steps.len());
    let y = Scale::linear(score_domain(scores.chain(chance)), (bottom, top));
    let x = scale(marks);
    let title = format!("{}: score against compute", task.title);
    let mut chart = Chart::new(
        &format!("compute-{place}"),
        &title,
        &description(content, marks),
    );
    chart.score_axis(y);
    chart.quantity_axis(x, scientific_tick);
    chart.horizontal_title("training compute, forward MACs");
    if let Some(chance) = chance {
        let at = y.at(chance);
        chart.push(&format!(
            "<path class=\"chance\" d=\"M{left} {at:.1}H{right}\"><title>Guessing</title></path>"
        ));
    }
    for (mark, at) in marks.iter().zip(places(marks, x, APART)) {
        chart.push(&drawn_mark(
            mark,
            &content.strategies[mark.strategy].name,
            at,
            y,
        ));
    }
    chart.finish()
}

fn scale(marks: &[CostMark]) -> Scale {
    let (left, right, ..) = PLOT;
    cost_scale(marks, (left, right))
}

fn drawn_mark(mark: &CostMark, name: &str, x: f64, y: Scale) -> String {
    let look = Look(mark.strategy);
    let cost = scientific(mark.macs);
    let mut svg = format!(
        "<g class=\"series {}\" data-s=\"{}\">",
        look.class(),
        mark.strategy
    );
    if let (Some(fresh), Some(past)) = (mark.in_domain, mark.backward) {
        svg += &format!(
            "<path class=\"stem\" d=\"M{x:.1} {:.1}V{:.1}\"/>",
            y.at(fresh),
            y.at(past)
        );
    }
    for (score, hollow, part) in [
        (mark.backward, true, "backward"),
        (mark.in_domain, false, "in-domain"),
    ] {
        if let Some(score) = score {
            let tip = format!("{name}, {part}: {}\n{cost} MACs", percent(score));
            svg += &look.marker(x, y.at(score), hollow, &tip);
        }
    }
    svg + "</g>"
}
