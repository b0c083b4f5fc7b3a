//! Drops between two models, as intervals: over all samples, and on the groups of classes that stand out.

use super::super::axes::{BELOW_HEADING, LINE, MARGIN, Plot, heading};
use super::super::canvas::{
    Anchor, COLUMN, Canvas, Drawing, GRID, INK, LABEL, SOFT, Stroke, label, solid,
};
use super::super::chosen_groups::chosen_groups;
use super::super::font::{self, Weight};
use super::super::key::{Sign, key};
use super::super::look::dot;
use crate::content::CLEAR;
use crate::number::{counted, signed, trimmed};
use crate::scale::Scale;
use crate::{Comparison, Drop};

/// From one row to the next, in points.
const ROW: f64 = 9.0;
/// Room for the names of groups, and for their numbers.
const SIDES: (f64, f64) = (84.0, 24.0);

/// The drop over all samples, through all rows.
const OVERALL: Stroke<'static> = Stroke {
    colour: SOFT,
    width: 0.8,
    dash: "2.5 1.5",
};

/// The figure of one comparison; none if it has no groups.
pub(super) fn draw(comparison: &Comparison) -> Option<Drawing> {
    let groups = chosen_groups(comparison);
    if groups.is_empty() {
        return None;
    }
    let overall = Some(comparison.overall.drop).filter(|drop| drop.is_finite());
    let plot = Plot {
        left: MARGIN + SIDES.0,
        right: COLUMN - MARGIN - SIDES.1,
        top: BELOW_HEADING,
        bottom: BELOW_HEADING + ROW * groups.len() as f64 + 2.0,
    };
    let ends = groups
        .iter()
        .flat_map(|group| [group.drop.low, group.drop.high]);
    let ends = ends.chain(overall).chain([0.0]);
    let (low, high) = ends.fold((0.0, 0.0), |(low, high): (f64, f64), end| {
        (low.min(end), high.max(end))
    });
    let room = 0.04 * (high - low);
    let x = Scale::linear((low - room, high + room), (plot.left, plot.right));

    let mut canvas = Canvas::new(COLUMN);
    let aside = "score that B loses against A";
    heading(
        &mut canvas,
        &comparison.task,
        aside,
        (MARGIN, COLUMN - MARGIN),
    );
    for tick in x.ticks(4) {
        let at = x.at(tick);
        canvas.straight((at, plot.top), (at, plot.bottom), solid(GRID, 0.5));
    }
    let zero = x.at(0.0);
    canvas.straight((zero, plot.top), (zero, plot.bottom), solid(SOFT, 0.6));
    if let Some(overall) = overall {
        let at = x.at(overall);
        canvas.straight((at, plot.top), (at, plot.bottom), OVERALL);
    }
    for (place, group) in groups.iter().enumerate() {
        let y = plot.top + ROW * (place as f64 + 0.5) + 1.0;
        let clear = group.is_clear();
        row(&mut canvas, (&group.name, &group.drop), clear, (x, y));
    }
    let labels = plot.quantities(&mut canvas, x, 4, tick);
    let baseline = labels + 10.0;
    let words = "points lost (left of 0: gained)";
    let middle = (plot.left + plot.right) / 2.0;
    canvas.words((middle, baseline), words, label(Anchor::Middle));
    let clear = format!("{} p < {CLEAR}", comparison.correction);
    let mut entries = vec![
        (Sign::Filled, clear.trim_start()),
        (Sign::Hollow, "not clear"),
    ];
    if overall.is_some() {
        entries.push((Sign::Dashed(OVERALL), "all samples"));
    }
    let sides = (MARGIN, COLUMN - MARGIN);
    let mut end = key(&mut canvas, &entries, sides, baseline + 4.0) + 2.0;
    for (letter, name) in [("A", &comparison.a), ("B", &comparison.b)] {
        end += LINE;
        let words = format!("{letter}: {name}");
        let words = font::fit(&words, COLUMN - 2.0 * MARGIN, LABEL, Weight::Regular);
        canvas.words((MARGIN, end), &words, label(Anchor::Start));
    }
    let title = format!(
        "{}, {} against {}",
        comparison.task, comparison.b, comparison.a
    );
    Some(canvas.finish(
        end + 2.0 + MARGIN,
        &title,
        &description(comparison, groups.len()),
    ))
}

fn row(canvas: &mut Canvas, (name, drop): (&str, &Drop), clear: bool, (x, y): (Scale, f64)) {
    let baseline = y + 0.36 * LABEL;
    let name = font::fit(name, SIDES.0 - 4.0, LABEL, Weight::Regular);
    canvas.words(
        (MARGIN + SIDES.0 - 4.0, baseline),
        &name,
        label(Anchor::End),
    );
    let (low, high) = (x.at(drop.low), x.at(drop.high));
    canvas.straight((low, y), (high, y), solid(INK, 0.8));
    dot(canvas, INK, (x.at(drop.drop), y), !clear);
    let number = (COLUMN - MARGIN, baseline);
    canvas.words(number, &signed(drop.drop), label(Anchor::End));
}

fn tick(tick: f64) -> String {
    trimmed(100.0 * tick).replace('-', "−")
}

fn description(comparison: &Comparison, shown: usize) -> String {
    let of = counted(comparison.groups.len(), "group", "groups");
    let mut words = vec![format!(
        "Interval plot of score lost from {} to {}, in points. All samples: {}. Shown are {shown} of {of}, those least like \
         chance.",
        comparison.a,
        comparison.b,
        signed(comparison.overall.drop)
    )];
    words.extend(chosen_groups(comparison).iter().map(|group| {
        let Drop {
            drop, low, high, ..
        } = group.drop;
        format!(
            "{}: {} ({} to {}).",
            group.name,
            signed(drop),
            signed(low),
            signed(high)
        )
    }));
    words.join(" ")
}
