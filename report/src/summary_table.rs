//! The summary: strategies against compute and scores, with chance below them.

use super::content::{Content, StrategyScores, TaskScores};
use super::csv::{Csv, Field};
use super::escape::{isolated, text};
use super::figure::{data_behind, wide};
use super::number::{hundredths, scientific, times};
use super::palette::Look;
use super::transfer::{Estimate, PARTS, Part};

/// The table with the data behind it.
pub(super) fn summary_table(content: &Content) -> String {
    let tasks = content.tasks();
    let groups: String = tasks
        .iter()
        .map(|task| {
            format!(
                "<th scope=\"colgroup\" colspan=\"3\" class=\"first\">{} <small>{}, %</small></th>",
                isolated(&task.title),
                text(&task.metric_in_words())
            )
        })
        .collect();
    let columns: String = tasks
        .iter()
        .flat_map(|_| PARTS)
        .map(|part| {
            format!(
                "<th scope=\"col\" data-sort class=\"num{}\">{}</th>",
                first(part),
                part.name()
            )
        })
        .collect();
    let body: String = content
        .strategies
        .iter()
        .enumerate()
        .map(|(place, strategy)| row(content, &tasks, place, strategy))
        .collect();
    let chance: String = tasks
        .iter()
        .flat_map(|task| PARTS.map(|part| (task, part)))
        .map(|(task, part)| {
            let shown = task
                .chance(part, content.steps.len())
                .map_or("–".to_owned(), hundredths);
            format!("<td class=\"num{}\">{shown}</td>", first(part))
        })
        .collect();
    let table = format!(
        "<table class=\"summary\" data-sortable>\n<caption>Strategies, what they cost and what they reach. Bold: the \
         highest of its column, which need not be clearly the highest; ± is half a 95% interval.</caption>\n\
         <thead><tr><td></td><td></td>{groups}</tr>\n<tr><th scope=\"col\" data-sort>strategy</th>\
         <th scope=\"col\" data-sort class=\"num\"><span class=\"unit\">compute, </span>MACs</th>{columns}</tr></thead>\n<tbody>\n{body}</tbody>\n\
         <tfoot><tr><th scope=\"row\">Guessing</th><td class=\"num\">–</td>{chance}</tr></tfoot>\n</table>"
    );
    wide("Summary table", &table) + &data_behind("summary", &csv(content, &tasks))
}

fn row(
    content: &Content,
    tasks: &[&TaskScores],
    place: usize,
    strategy: &StrategyScores,
) -> String {
    let cells: String = tasks
        .iter()
        .flat_map(|task| PARTS.map(|part| (task, part)))
        .map(|(task, part)| score(content, strategy, &task.name, part))
        .collect();
    format!(
        "<tr data-s=\"{place}\"><th scope=\"row\" data-value=\"{}\">{} {}<p class=\"about\">{}</p></th>{}{cells}</tr>\n",
        text(&strategy.name),
        Look(place).swatch(),
        isolated(&strategy.name),
        isolated(&strategy.description),
        compute(content, strategy)
    )
}

fn compute(content: &Content, strategy: &StrategyScores) -> String {
    let Some(macs) = strategy.macs() else {
        return "<td class=\"num\" data-value=\"\">–</td>".to_owned();
    };
    let least = content
        .strategies
        .iter()
        .filter_map(StrategyScores::macs)
        .fold(macs, f64::min);
    format!(
        "<td class=\"num\" data-value=\"{macs}\">{}<small>{}</small></td>",
        scientific(macs),
        times(macs / least)
    )
}

fn score(content: &Content, strategy: &StrategyScores, task: &str, part: Part) -> String {
    let steps = content.steps.len();
    let of = |strategy: &StrategyScores| {
        strategy
            .task(task)
            .and_then(|task| task.estimate(part, steps))
    };
    let Some(Estimate { value, half_width }) = of(strategy) else {
        return format!("<td class=\"num{}\" data-value=\"\">–</td>", first(part));
    };
    let shown = hundredths(value);
    let others: Vec<f64> = content
        .strategies
        .iter()
        .filter_map(of)
        .map(|other| other.value)
        .collect();
    // Equal as printed is equal to a reader, and where all are equal none stands out.
    let best = hundredths(others.iter().copied().fold(value, f64::max));
    let stands_out = shown == best && others.iter().any(|other| hundredths(*other) != best);
    let shown = if stands_out {
        format!("<strong>{shown}</strong>")
    } else {
        shown
    };
    let sure = half_width.map_or(String::new(), |half| {
        format!("<small>± {}</small>", hundredths(half))
    });
    format!(
        "<td class=\"num{}\" data-value=\"{value}\">{shown}{sure}</td>",
        first(part)
    )
}

fn first(part: Part) -> &'static str {
    if part == Part::InDomain { " first" } else { "" }
}

fn csv(content: &Content, tasks: &[&TaskScores]) -> String {
    let steps = content.steps.len();
    let mut csv = Csv::new("strategy,macs,samples,task,metric,part,value,half_width_95,chance");
    for strategy in &content.strategies {
        for task in tasks.iter().filter_map(|task| strategy.task(&task.name)) {
            for part in PARTS {
                let estimate = task.estimate(part, steps);
                csv.row([
                    Field::Text(&strategy.name),
                    Field::Number(strategy.macs()),
                    Field::Whole(Some(strategy.samples())),
                    Field::Text(&task.name),
                    Field::Text(&task.metric),
                    Field::Text(part.name()),
                    Field::Number(estimate.map(|estimate| estimate.value)),
                    Field::Number(estimate.and_then(|estimate| estimate.half_width)),
                    Field::Number(task.chance(part, steps)),
                ]);
            }
        }
    }
    csv.into_text()
}
