//! Effective robustness: models under a shift against models without it, with the line of each family.

use super::cell::number_cell;
use super::content::{Content, FittedLine, ModelFamily, Robustness, RobustnessModel};
use super::csv::{Csv, Field};
use super::escape::{isolated, text};
use super::figure::{data_behind, panel};
use super::interval_mark::Marks;
use super::long_table::{LongTable, drawn, numbers, words};
use super::number::{fixed, hundredths, percent, signed, trimmed};
use super::palette::Look;
use super::provenance::command_or_those_of;
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
    let commands = command_or_those_of(one.command.as_deref(), content, &["eval"]);
    format!(
        "<div class=\"beside\">{scatter}<div>{}{}{}</div></div>\n{}",
        key(content, one),
        residuals(content, one, place),
        notes(one),
        data_behind(&one.title, &csv.into_text(), &commands)
    )
}

/// What is not in the picture, and what it does not show.
fn notes(one: &Robustness) -> String {
    let note = one.note.as_ref().map_or(String::new(), |note| {
        format!("<p class=\"stars\">{}</p>\n", isolated(note))
    });
    if one.left_out.is_empty() {
        return note;
    }
    let names: Vec<String> = one.left_out.iter().map(|name| isolated(name)).collect();
    format!(
        "{note}<p class=\"stars\">Without a place: {} (all or no samples right).</p>\n",
        names.join("; ")
    )
}

fn key(content: &Content, one: &Robustness) -> String {
    let entries: String = one
        .families
        .iter()
        .enumerate()
        .map(|(order, family)| {
            format!(
                "<li>{} {} <small>{}</small></li>",
                look(content, &family.name, order).swatch(),
                isolated(&family.name),
                family.fit_in_words()
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
        let line = family.holding_line().map_or(String::new(), |line| {
            format!(", on a line of slope {}", fixed(line.slope, 2))
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
        if let Some(line) = family.holding_line() {
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
                &tip(one, family, model),
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

fn tip(one: &Robustness, family: &ModelFamily, model: &RobustnessModel) -> String {
    let residual = family
        .residual(model)
        .map_or(String::new(), |(residual, _)| {
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

/// Every model with its scores, and how far it lies above its family's line where there is one.
fn residuals(content: &Content, one: &Robustness, place: usize) -> String {
    let models = || {
        one.families.iter().enumerate().flat_map(|(order, family)| {
            let look = look(content, &family.name, order);
            family.models.iter().map(move |model| (look, family, model))
        })
    };
    let measured: Vec<(f64, Option<[f64; 2]>)> = models()
        .filter_map(|(_, family, model)| family.residual(model))
        .collect();
    let marks = Marks::holding(measured.iter().flat_map(|(residual, interval)| {
        let [low, high] = interval.unwrap_or([*residual; 2]);
        [low, *residual, high]
    }));
    let rows = models()
        .map(|(look, family, model)| {
            let mut row = format!(
                "<tr><th scope=\"row\" data-value=\"{}\">{} {}</th>{}{}",
                text(&model.name),
                look.swatch(),
                isolated(&model.name),
                number_cell(Some(model.base), hundredths),
                number_cell(Some(model.shift), hundredths),
            );
            if !measured.is_empty() {
                row += &above_line(family.residual(model), marks, &tip(one, family, model));
            }
            row + "</tr>\n"
        })
        .collect();
    let (caption, drawn_columns) = if measured.is_empty() {
        (
            "Every model; no family lies on a line that it could be held against.",
            vec![],
        )
    } else {
        (
            "Every model, and how far it lies above its family’s line, in points with the 95% interval; – where there is no line.",
            vec![numbers("above line"), drawn("95% interval")],
        )
    };
    let mut columns = vec![words("model"), numbers("base, %"), numbers("shift, %")];
    columns.extend(drawn_columns);
    LongTable {
        id: format!("robust-{place}-table"),
        caption: caption.to_owned(),
        columns,
        filtered: Some("models"),
        choices: Vec::new(),
        rows,
        tree: false,
    }
    .html()
}

/// The residual as a number with its interval, and as a mark.
fn above_line(residual: Option<(f64, Option<[f64; 2]>)>, marks: Marks, tip: &str) -> String {
    let Some((value, interval)) = residual else {
        return number_cell(None, signed) + "<td></td>";
    };
    let ends = interval.map_or(String::new(), |[low, high]| {
        format!("<small>{} to {}</small>", signed(low), signed(high))
    });
    format!(
        "<td class=\"num\" data-value=\"{value}\">{}{ends}</td>{}",
        signed(value),
        marks.interval(value, interval, tip)
    )
}

fn share(tick: f64) -> String {
    trimmed(100.0 * tick)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(slope: f64) -> Content {
        let model = RobustnessModel {
            name: "ema, 2019".to_owned(),
            base: 0.25,
            shift: 0.2,
            residual: Some(0.031),
            interval: Some([-0.004, 0.066]),
        };
        let family = ModelFamily {
            name: "ema".to_owned(),
            line: Some(FittedLine {
                link: "logit".to_owned(),
                slope,
                intercept: 0.1,
                r_squared: 0.9,
                points: vec![[0.24, 0.19], [0.26, 0.21]],
            }),
            models: vec![model],
        };
        Content {
            commands: vec!["ticclip eval --model train --out scores".to_owned()],
            robustness: vec![Robustness {
                title: "Old against new".to_owned(),
                families: vec![family],
                left_out: vec!["restart, 2016".to_owned()],
                note: Some("Later models have seen it.".to_owned()),
                ..Robustness::default()
            }],
            ..Content::default()
        }
    }

    #[test]
    fn falling_line_is_not_drawn_and_nothing_is_held_against_it() {
        let shown = |slope| robustness(&content(slope)).expect("there is a model");
        let (rising, falling) = (shown(0.9), shown(-4.4));
        assert!(rising.contains("class=\"line thin\"") && rising.contains("slope 0.90, R² 0.90"));
        assert!(rising.contains("+3.1<small>−0.4 to +6.6</small>"));
        assert!(rising.contains("points against its family"));
        assert!(
            !falling.contains("class=\"line thin\"")
                && falling.contains("no line: slope −4.40 (1 model)")
        );
        assert!(!falling.contains("+3.1") && !falling.contains("above line"));
    }

    #[test]
    fn what_has_no_place_is_named_and_the_commands_are_there() {
        let shown = robustness(&content(0.9)).expect("there is a model");
        let without = "Without a place: <bdi>restart, 2016</bdi> (all or no samples right).";
        assert!(shown.contains(without), "{shown}");
        assert!(shown.contains("Later models have seen it."));
        assert!(shown.contains("ticclip eval --model train --out scores"));
    }
}
