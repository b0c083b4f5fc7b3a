//! Effective robustness: scores under a shift against scores without it, with the line of each family.

use super::super::axes::{BELOW_HEADING, MARGIN, Plot, heading, percent_tick, room_for};
use super::super::canvas::{COLUMN, Canvas, Drawing, Stroke};
use super::super::key::{GUESSING, Sign, key};
use crate::number::percent;
use crate::palette::Look;
use crate::scale::Scale;
use crate::svg::path;
use crate::{Content, FittedLine, Robustness, RobustnessModel};

/// Scores are kept this far from 0 and 1, which have no place on the axes.
const EDGE: f64 = 0.001;

/// One figure; none without models.
pub(super) fn draw(content: &Content, one: &Robustness) -> Option<Drawing> {
    let finite = |model: &&RobustnessModel| model.base.is_finite() && model.shift.is_finite();
    let models = || {
        one.families
            .iter()
            .flat_map(|family| &family.models)
            .filter(finite)
    };
    models().next()?;
    let scores = || models().flat_map(|model| [inside(model.base), inside(model.shift)]);
    let (low, high) = (
        scores().fold(1.0 - EDGE, f64::min),
        scores().fold(EDGE, f64::max),
    );
    let domain = (
        (low * 0.85).max(EDGE / 2.0),
        (high + 0.15 * (1.0 - high)).min(1.0 - EDGE / 2.0),
    );
    // Square, since both axes are scores on one scale.
    let left = room_for(Scale::logit(domain, (1.0, 0.0)), percent_tick);
    let right = COLUMN - MARGIN - 6.0;
    let bottom = BELOW_HEADING + right - left;
    let plot = Plot {
        left,
        right,
        top: BELOW_HEADING,
        bottom,
    };
    let x = Scale::logit(domain, (plot.left, plot.right));
    let y = Scale::logit(domain, (plot.bottom, plot.top));
    let mut canvas = Canvas::new(COLUMN);
    heading(
        &mut canvas,
        &one.title,
        "logit scales",
        (MARGIN, COLUMN - MARGIN),
    );
    plot.vertical(&mut canvas, y, percent_tick);
    let labels = plot.quantities(&mut canvas, x, 5, percent_tick);
    let end = plot.titles(
        &mut canvas,
        &format!("{}, %", one.base),
        &format!("{}, %", one.shift),
        labels,
    );
    canvas.straight((plot.left, plot.bottom), (plot.right, plot.top), GUESSING);
    let mut entries: Vec<(Sign, String)> = Vec::new();
    for (order, family) in one.families.iter().enumerate() {
        let look = look(content, &family.name, order);
        if let Some(line) = family.holding_line() {
            draw_line(&mut canvas, line, look.line(), domain, (x, y));
        }
        for model in family.models.iter().filter(finite) {
            let at = (x.at(inside(model.base)), y.at(inside(model.shift)));
            look.draw(&mut canvas, at, false);
        }
        let sign = match family.holding_line() {
            Some(_) => Sign::Line(look),
            None => Sign::Marker(look),
        };
        entries.push((sign, format!("{}, {}", family.name, family.fit_in_words())));
    }
    entries.push((Sign::Guessing, "no loss under the shift".to_owned()));
    let entries: Vec<(Sign, &str)> = entries
        .iter()
        .map(|(sign, words)| (*sign, words.as_str()))
        .collect();
    let end = key(
        &mut canvas,
        &entries,
        (plot.left, COLUMN - MARGIN),
        end + 1.0,
    );
    Some(canvas.finish(end + MARGIN, &one.title, &description(one)))
}

fn inside(score: f64) -> f64 {
    score.clamp(EDGE, 1.0 - EDGE)
}

/// A family that is a strategy looks like it everywhere.
fn look(content: &Content, name: &str, place: usize) -> Look {
    let strategy = content.strategies.iter().position(|one| one.name == name);
    Look(strategy.unwrap_or(content.strategies.len() + place))
}

fn draw_line(
    canvas: &mut Canvas,
    line: &FittedLine,
    stroke: Stroke<'_>,
    (low, high): (f64, f64),
    (x, y): (Scale, Scale),
) {
    let shown = |point: &&[f64; 2]| point.iter().all(|score| (low..=high).contains(score));
    let points: Vec<_> = line
        .points
        .iter()
        .filter(shown)
        .map(|point| Some((x.at(point[0]), y.at(point[1]))))
        .collect();
    canvas.line(&path(&points), stroke);
}

fn description(one: &Robustness) -> String {
    let mut words = vec![format!(
        "Scatter chart, {} along the bottom, {} upwards.",
        one.base, one.shift
    )];
    for family in &one.families {
        let models: Vec<String> = family
            .models
            .iter()
            .map(|model| {
                format!(
                    "{} {} {}",
                    model.name,
                    percent(model.base),
                    percent(model.shift)
                )
            })
            .collect();
        words.push(format!("{}: {}.", family.name, models.join(", ")));
    }
    if !one.left_out.is_empty() {
        let names = one.left_out.join("; ");
        words.push(format!(
            "Without a place, all or no samples right: {names}."
        ));
    }
    words.extend(one.note.clone());
    words.join(" ")
}
