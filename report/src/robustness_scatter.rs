//! Effective robustness: models under a shift against models without it, with the line of each family.

use super::cell::number_cell;
use super::content::{Content, FittedLine, Robustness, RobustnessModel};
use super::csv::{Csv, Field};
use super::escape::{isolated, text};
use super::figure::{data_behind, panel};
use super::interval_mark::Marks;
use super::long_table::{LongTable, drawn, numbers, words};
use super::number::{hundredths, percent, signed, trimmed};
use super::palette::Look;
use super::scale::Scale;
use super::svg::{Chart, Frame, path};

/// Square, since both axes are scores on one scale.
const FRAME: Frame = Frame {
    width: 360.0,
    height: 360.0,
    plot: (42.0, 350.0, 12.0, 314.0),
};

/// Scores are kept this far from 0 and 1, which have no place on the axes.
const EDGE: f64 = 0.001;

/// All figures with their data; nothing if there is none.
pub(super) fn robustness(content: &Content) -> Option<String> {
    let all: String = content
        .robustness
        .iter()
        .enumerate()
        .filter(|(_, one)| one.families.iter().any(|family| !family.models.is_empty()))
        .map(|(place, one)| figure(content, one, place))
        .collect();
    (!all.is_empty()).then_some(all)
}

/// A family that is a strategy looks like it everywhere.
fn look(content: &Content, name: &str, place: usize) -> Look {
    let strategy = content.strategies.iter().position(|one| one.name == name);
    Look(strategy.unwrap_or(content.strategies.len() + place))
}

fn figure(content: &Content, one: &Robustness, place: usize) -> String {
    let mut csv = Csv::new(
        "family,link,slope,intercept,r_squared,model,base,shift,residual,residual_low,residual_high",
    );
    for family in &one.families {
        for model in &family.models {
            let line = family.line.as_ref();
            csv.row([
                Field::Text(&family.name),
                Field::Text(line.map_or("", |line| &line.link)),
                Field::Number(line.map(|line| line.slope)),
                Field::Number(line.map(|line| line.intercept)),
                Field::Number(line.map(|line| line.r_squared)),
                Field::Text(&model.name),
                Field::Number(Some(model.base)),
                Field::Number(Some(model.shift)),
                Field::Number(model.residual),
                Field::Number(model.interval.map(|ends| ends[0])),
                Field::Number(model.interval.map(|ends| ends[1])),
            ]);
        }
    }
    let scatter = panel(
        &one.title,
        "both axes in %, on a logit scale; dotted: no loss under the shift",
        &draw(content, one, place),
    );
    format!(
        "<div class=\"beside\">{scatter}<div>{}{}</div></div>\n{}",
        key(content, one),
        residuals(content, one, place),
        data_behind(
            &one.title,
            &csv.into_text(),
            one.command.as_deref().as_slice()
        )
    )
}

fn key(content: &Content, one: &Robustness) -> String {
    let entries: String = one
        .families
        .iter()
        .enumerate()
        .map(|(order, family)| {
            let fit = family
                .line
                .as_ref()
                .map_or("too few models for a line".to_owned(), |line| {
                    format!(
                        "slope {}, R² {}",
                        trimmed(line.slope),
                        trimmed(line.r_squared)
                    )
                });
            format!(
                "<li>{} {} <small>{fit}</small></li>",
                look(content, &family.name, order).swatch(),
                isolated(&family.name)
            )
        })
        .collect();
    format!("<ul class=\"legend\" aria-label=\"Families\">{entries}</ul>\n")
}

fn draw(content: &Content, one: &Robustness, place: usize) -> String {
    let (left, right, top, bottom) = FRAME.plot;
    let inside = |score: f64| score.clamp(EDGE, 1.0 - EDGE);
    let models = || {
        one.families
            .iter()
            .flat_map(|family| &family.models)
            .filter(|model| model.base.is_finite() && model.shift.is_finite())
    };
    let scores = || models().flat_map(|model| [inside(model.base), inside(model.shift)]);
    let low = scores().fold(1.0 - EDGE, f64::min);
    let high = scores().fold(EDGE, f64::max);
    let domain = (
        (low * 0.85).max(EDGE / 2.0),
        (high + 0.15 * (1.0 - high)).min(1.0 - EDGE / 2.0),
    );
    let x = Scale::logit(domain, (left, right));
    let y = Scale::logit(domain, (bottom, top));
    let mut description = vec![format!(
        "Scatter chart, {} along the bottom, {} upwards.",
        one.base, one.shift
    )];
    description.extend(one.families.iter().map(|family| {
        let line = family.line.as_ref().map_or(String::new(), |line| {
            format!(", on a line of slope {}", trimmed(line.slope))
        });
        format!("{}: {} models{line}.", family.name, family.models.len())
    }));
    let mut chart = Chart::framed(
        &format!("robust-{place}"),
        &one.title,
        &description.join(" "),
        FRAME,
    );
    chart.vertical_axis(y, share);
    chart.quantity_axis(x, share);
    chart.horizontal_title(&one.base);
    chart.push(&format!(
        "<path class=\"chance\" d=\"M{left} {bottom}L{right} {top}\"/>"
    ));
    chart.push(&format!(
        "<text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\">↑ {}</text>",
        left + 6.0,
        top + 10.0,
        text(&one.shift)
    ));
    for (order, family) in one.families.iter().enumerate() {
        let look = look(content, &family.name, order);
        let series = if look.0 < content.strategies.len() {
            format!(" class=\"series {}\" data-s=\"{}\"", look.class(), look.0)
        } else {
            format!(" class=\"{}\"", look.class())
        };
        let mut group = format!("<g{series}>");
        if let Some(line) = &family.line {
            group += &drawn_line(line, look, domain, |point| (x.at(point[0]), y.at(point[1])));
        }
        for model in family
            .models
            .iter()
            .filter(|m| m.base.is_finite() && m.shift.is_finite())
        {
            group += &look.marker(
                x.at(inside(model.base)),
                y.at(inside(model.shift)),
                false,
                &tip(one, model),
            );
        }
        chart.push(&(group + "</g>"));
    }
    chart.finish()
}

fn drawn_line(
    line: &FittedLine,
    look: Look,
    (low, high): (f64, f64),
    at: impl Fn([f64; 2]) -> (f64, f64),
) -> String {
    let points: Vec<Option<(f64, f64)>> = line
        .points
        .iter()
        .filter(|point| point.iter().all(|score| (low..=high).contains(score)))
        .map(|point| Some(at(*point)))
        .collect();
    format!(
        "<path class=\"line thin\" d=\"{}\" stroke-dasharray=\"{}\"/>",
        path(&points),
        look.dash()
    )
}

fn tip(one: &Robustness, model: &RobustnessModel) -> String {
    let residual = model.residual.map_or(String::new(), |residual| {
        format!("\n{} points against its family's line", signed(residual))
    });
    format!(
        "{}\n{}: {}\n{}: {}{residual}",
        model.name,
        one.base,
        percent(model.base),
        one.shift,
        percent(model.shift)
    )
}

fn residuals(content: &Content, one: &Robustness, place: usize) -> String {
    let models: Vec<(Look, &RobustnessModel)> = one
        .families
        .iter()
        .enumerate()
        .flat_map(|(order, family)| {
            let look = look(content, &family.name, order);
            family.models.iter().map(move |model| (look, model))
        })
        .collect();
    let ends = models
        .iter()
        .flat_map(|(_, model)| model.interval.into_iter().flatten().chain(model.residual));
    let marks = Marks::holding(ends);
    let rows = models
        .iter()
        .map(|(look, model)| {
            let mark = model.residual.map_or("<td></td>".to_owned(), |residual| {
                marks.interval(residual, model.interval, &tip(one, model))
            });
            format!(
                "<tr><th scope=\"row\" data-value=\"{}\">{} {}</th>{}{}{}{mark}</tr>\n",
                text(&model.name),
                look.swatch(),
                isolated(&model.name),
                number_cell(Some(model.base), hundredths),
                number_cell(Some(model.shift), hundredths),
                number_cell(model.residual, signed)
            )
        })
        .collect();
    LongTable {
        id: format!("robust-{place}-table"),
        caption: "How far every model lies above its family's line, in points, with 95% intervals."
            .to_owned(),
        columns: vec![
            words("model"),
            numbers("base, %"),
            numbers("shift, %"),
            numbers("above line"),
            drawn("95% interval"),
        ],
        filtered: Some("models"),
        choices: Vec::new(),
        rows,
        tree: false,
    }
    .html()
}

fn share(tick: f64) -> String {
    trimmed(100.0 * tick)
}
