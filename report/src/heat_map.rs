//! Transfer matrices as heat maps. They are tables: every cell carries its number, colour only helps.

use super::content::{Content, Score, StrategyScores, TaskScores};
use super::csv::Records;
use super::escape::{isolated, text};
use super::export::table::matrix;
use super::figure::{data_behind, wide};
use super::number::{count, counted, hundredths, percent};
use super::palette::Look;
use super::provenance::commands_of;
use super::scale::score_domain;
use super::transfer::{PARTS, Part, mean};
use super::viridis::viridis;

/// The maps of all strategies on `task`, coloured alike, with the data behind them.
pub(super) fn heat_maps(content: &Content, task: &TaskScores, place: usize) -> String {
    let measured: Vec<(usize, &StrategyScores, &TaskScores)> = content
        .strategies
        .iter()
        .enumerate()
        .filter_map(|(number, strategy)| Some((number, strategy, strategy.task(&task.name)?)))
        .collect();
    let steps = content.steps.len();
    let values = measured.iter().flat_map(|(.., scores)| {
        (0..steps).flat_map(move |i| (0..steps).filter_map(move |j| Some(scores.cell(i, j)?.value)))
    });
    let domain = score_domain(values);
    let mut rows = Vec::new();
    let mut html = format!(
        "<h3>{} <small>{}, %</small></h3>\n{}<div class=\"maps\" style=\"--map:{}px\">\n",
        text(&task.title),
        text(&task.metric_in_words()),
        colour_bar(domain, task, steps, place),
        least_width(content)
    );
    for (number, strategy, scores) in measured {
        html += &heat_map(content, strategy, number, scores, domain);
        rows.extend(matrix::records(content, strategy, scores));
    }
    let columns = matrix::COLUMNS;
    html + "</div>\n"
        + &data_behind(
            &format!("{} matrices", task.title),
            &Records { columns, rows }.text(),
            &commands_of(content, &["eval"]),
        )
}

/// Below this, numbers would not fit their cells; eight steps fit the width of a phone.
fn least_width(content: &Content) -> usize {
    48 + 34 * content.steps.len()
}

fn heat_map(
    content: &Content,
    strategy: &StrategyScores,
    number: usize,
    scores: &TaskScores,
    domain: (f64, f64),
) -> String {
    let head: String = content
        .steps
        .iter()
        .map(|step| format!("<th scope=\"col\">{}</th>", isolated(&step.name)))
        .collect();
    let body: String = content
        .steps
        .iter()
        .enumerate()
        .map(|(i, step)| {
            let cells: String = (0..content.steps.len())
                .map(|j| cell(content, strategy, scores, (i, j), domain))
                .collect();
            format!(
                "<tr><th scope=\"row\">{}</th>{cells}</tr>\n",
                isolated(&step.name)
            )
        })
        .collect();
    let table = format!(
        "<table class=\"heat\" style=\"min-width:{}px\"><caption class=\"unseen\">{}, {}: score in percent after training through the row's \
         step, tested on the column's step</caption>\n<thead><tr><td></td>\
         <th scope=\"colgroup\" colspan=\"{}\" class=\"over\">tested on →</th></tr>\n<tr><th scope=\"col\">trained ↓</th>{head}</tr></thead>\n\
         <tbody>{body}</tbody></table>",
        least_width(content),
        text(&strategy.name),
        text(&scores.title),
        content.steps.len().max(1)
    );
    format!(
        "<article class=\"map\"><h4>{} {}</h4>\n<p class=\"about\">{}</p>\n{}{}</article>\n",
        Look(number).swatch(),
        isolated(&strategy.name),
        isolated(&strategy.description),
        wide(
            &format!("Heat map of {}, {}", strategy.name, scores.title),
            &table
        ),
        parts(scores)
    )
}

fn cell(
    content: &Content,
    strategy: &StrategyScores,
    scores: &TaskScores,
    (i, j): (usize, usize),
    domain: (f64, f64),
) -> String {
    let part = Part::of(i, j);
    let mark = if part == Part::InDomain {
        " diagonal"
    } else {
        ""
    };
    let place = format!(
        "{}: trained through {}, tested on {}",
        strategy.name, content.steps[i].name, content.steps[j].name
    );
    let Some(Score { value, interval }) = scores.cell(i, j) else {
        return format!(
            "<td class=\"missing{mark}\" title=\"{}&#10;not tested\">–</td>",
            text(&place)
        );
    };
    let colour = viridis((value - domain.0) / (domain.1 - domain.0));
    let mut tip = format!("{place}\n{}: {}", age(i, j), percent(value));
    if let Some([low, high]) = interval {
        tip += &format!("\n95% interval {} to {}", percent(low), percent(high));
    }
    if let Some(items) = scores.items_at(j) {
        tip += &format!("\nn = {}", count(items));
    }
    if let Some(chance) = scores.chance_at(j) {
        tip += &format!("\nguessing {}", percent(chance));
    }
    format!(
        "<td class=\"cell{mark}\" style=\"background:{};color:{}\" title=\"{}\">{}</td>",
        colour.hex(),
        colour.ink().hex(),
        text(&tip),
        hundredths(value)
    )
}

fn age(i: usize, j: usize) -> String {
    let far = counted(i.abs_diff(j), "step", "steps");
    match Part::of(i, j) {
        Part::InDomain => "in-domain".to_owned(),
        Part::Backward => format!("backward, {far} back"),
        Part::Forward => format!("forward, {far} ahead"),
    }
}

/// The three means under a map, each with a small picture of the part it is the mean of.
fn parts(scores: &TaskScores) -> String {
    let items: String = PARTS
        .into_iter()
        .map(|part| {
            let value = match part {
                Part::InDomain => scores.in_domain,
                Part::Backward => scores.backward,
                Part::Forward => scores.forward,
            };
            let shown = value
                .filter(|value| value.is_finite())
                .map_or("–".to_owned(), percent);
            format!(
                "<div><dt>{}{}</dt><dd>{shown}</dd></div>",
                part_picture(part),
                part.name()
            )
        })
        .collect();
    format!("<dl class=\"parts\">{items}</dl>\n")
}

fn part_picture(part: Part) -> String {
    let squares: String = (0..4)
        .flat_map(|i| (0..4).map(move |j| (i, j)))
        .map(|(i, j)| {
            let class = if Part::of(i, j) == part { "on" } else { "off" };
            format!(
                "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"4\" height=\"4\"/>",
                5 * j,
                5 * i
            )
        })
        .collect();
    format!(
        "<svg class=\"part\" viewBox=\"0 0 19 19\" width=\"19\" height=\"19\" aria-hidden=\"true\">{squares}</svg>"
    )
}

/// The scale of the colours, with chance marked on it.
fn colour_bar((low, high): (f64, f64), task: &TaskScores, steps: usize, place: usize) -> String {
    let (left, width) = (16.0, 228.0);
    let stops: String = (0..=20)
        .map(|i| {
            let t = f64::from(i) / 20.0;
            format!("<stop offset=\"{t}\" stop-color=\"{}\"/>", viridis(t).hex())
        })
        .collect();
    let chances: Vec<f64> = (0..steps).filter_map(|j| task.chance_at(j)).collect();
    let chance = mean(&chances).filter(|chance| (low..=high).contains(chance));
    let marked = chance.map_or(String::new(), |chance| {
        let x = left + width * (chance - low) / (high - low);
        format!(
            "<path class=\"pointer\" d=\"M{x:.1} 16l-4 -6h8z\"/><text class=\"tick\" x=\"{:.1}\" y=\"9\">guessing {}</text>",
            x + 6.0,
            percent(chance)
        )
    });
    format!(
        "<svg class=\"bar\" role=\"img\" viewBox=\"0 0 260 44\" aria-labelledby=\"bar-{place}-t bar-{place}-d\">\
         <title id=\"bar-{place}-t\">Colour scale</title><desc id=\"bar-{place}-d\">From dark, {0}, to bright, {1}.</desc>\
         <defs><linearGradient id=\"viridis-{place}\">{stops}</linearGradient></defs>\
         <rect x=\"{left}\" y=\"16\" width=\"{width}\" height=\"12\" fill=\"url(#viridis-{place})\"/>{marked}\
         <text class=\"tick\" x=\"{left}\" y=\"41\">{0}</text>\
         <text class=\"tick\" x=\"{2}\" y=\"41\" text-anchor=\"end\">{1}</text></svg>\n",
        percent(low),
        percent(high),
        left + width
    )
}
