//! The summary, in the layout of the TiC-CLIP paper's main table: compute, static scores, dynamic scores.

use super::clearly_best::{BEST, clearly_best};
use super::content::{Content, StaticColumn, StrategyScores, TaskScores};
use super::csv::Records;
use super::escape::{isolated, text};
use super::export::table::summary;
use super::figure::{data_behind, wide};
use super::number::{hundredths, scientific, times};
use super::palette::Look;
use super::provenance::commands_of;
use super::static_score::last_step;
use super::transfer::{Estimate, HALF, PARTS, Part};

/// Dynamic tasks that have room in the table; all of them have their own table, and are in the data.
pub(super) const TASKS: usize = 3;

/// One column of scores.
#[derive(Clone, Copy)]
pub(super) enum Column<'a> {
    Static(&'a StaticColumn),
    Dynamic(&'a TaskScores, Part),
}

/// The table with the data behind it.
pub(super) fn summary_table(content: &Content) -> String {
    let columns = columns(content);
    let heads: String = columns
        .iter()
        .map(|column| {
            format!(
                "<th scope=\"col\" data-sort class=\"num{}\">{}</th>",
                first(content, *column),
                text(column.heading())
            )
        })
        .collect();
    let body: String = content
        .strategies
        .iter()
        .enumerate()
        .map(|(place, strategy)| row(content, &columns, place, strategy))
        .collect();
    let chance: String = columns
        .iter()
        .map(|column| {
            let shown = column.chance(content).map_or("–".to_owned(), hundredths);
            format!("<td class=\"num{}\">{shown}</td>", first(content, *column))
        })
        .collect();
    let table = format!(
        "<table class=\"summary\" data-sortable id=\"scores\">\n<caption>{}</caption>\n\
         <thead><tr><td></td><td></td>{}</tr>\n<tr><th scope=\"col\" data-sort>strategy</th>\
         <th scope=\"col\" data-sort class=\"num\"><span class=\"unit\">compute, </span>MACs</th>{heads}</tr></thead>\n<tbody>\n{body}</tbody>\n\
         <tfoot><tr><th scope=\"row\">Guessing</th><td class=\"num\">–</td>{chance}</tr></tfoot>\n</table>",
        caption(content, &columns),
        groups(content)
    );
    wide("Summary table", &table)
        + &stars(content)
        + &data_behind(
            "summary",
            &csv(content),
            &commands_of(content, &["train", "eval"]),
        )
}

/// The columns of scores, from left to right.
pub(super) fn columns(content: &Content) -> Vec<Column<'_>> {
    let mut columns: Vec<Column<'_>> = scored(content).map(Column::Static).collect();
    for task in content.tasks().into_iter().take(TASKS) {
        columns.extend(PARTS.map(|part| Column::Dynamic(task, part)));
    }
    columns
}

/// Static columns in which some strategy has a score.
fn scored(content: &Content) -> impl Iterator<Item = &StaticColumn> {
    content.static_columns.iter().filter(|column| {
        content
            .strategies
            .iter()
            .any(|strategy| Column::Static(column).score(content, strategy).is_some())
    })
}

/// What the table shows, and what its signs mean.
fn caption(content: &Content, columns: &[Column<'_>]) -> String {
    let strategies = &content.strategies;
    let mut words = Vec::new();
    if strategies.len() > 1 {
        words.push("Strategies, what they cost and what they reach.");
        words.push(BEST);
        words.push(if strategies.iter().all(is_within_budget) {
            "Underlined: the highest."
        } else {
            "Underlined: the highest within the budget."
        });
    } else {
        words.push("What the strategy costs and reaches.");
    }
    let measured = columns.iter().any(|column| {
        let scores = strategies
            .iter()
            .filter_map(|one| column.score(content, one));
        scores.into_iter().any(|score| score.half_width.is_some())
    });
    if measured {
        words.push(HALF);
    }
    let runs = content.runs_in_words();
    words.push(&runs);
    if scored(content).next().is_some() {
        words.push("Static scores are those after the last training step.");
    }
    words.join(" ")
}

fn is_within_budget(strategy: &StrategyScores) -> bool {
    strategy.over_budget.is_none()
}

fn groups(content: &Content) -> String {
    let statics = scored(content).count();
    let mut groups = String::new();
    if statics > 0 {
        groups += &format!(
            "<th scope=\"colgroup\" colspan=\"{statics}\" class=\"first\">Static tasks <small>%</small></th>"
        );
    }
    for (place, task) in content.tasks().into_iter().take(TASKS).enumerate() {
        groups += &format!(
            "<th scope=\"colgroup\" colspan=\"3\" class=\"first\" data-task=\"{place}\">{} <small>{}, %</small></th>",
            isolated(&task.title),
            text(&task.metric_in_words())
        );
    }
    groups
}

impl Column<'_> {
    fn heading(&self) -> &str {
        match self {
            Self::Static(column) => &column.title,
            Self::Dynamic(_, part) => part.name(),
        }
    }

    /// Its name where no heading above it says the task.
    pub(super) fn title(self) -> String {
        match self {
            Self::Static(column) => column.title.clone(),
            Self::Dynamic(task, part) => format!("{}, {}", task.title, part.name()),
        }
    }

    /// The place of its task among those that the reader can choose.
    pub(super) fn task(self, content: &Content) -> Option<usize> {
        match self {
            Self::Static(_) => None,
            Self::Dynamic(task, _) => content.tasks().iter().position(|one| one.name == task.name),
        }
    }

    /// What a strategy has in it.
    pub(super) fn score(self, content: &Content, strategy: &StrategyScores) -> Option<Estimate> {
        match self {
            Self::Static(column) => {
                let step = last_step(content, &strategy.name)?;
                column.estimate(content, &strategy.name, step)
            }
            Self::Dynamic(task, part) => strategy
                .task(&task.name)?
                .estimate(part, content.steps.len()),
        }
    }

    fn chance(self, content: &Content) -> Option<f64> {
        match self {
            Self::Static(column) => column.chance(content),
            Self::Dynamic(task, part) => task.chance(part, content.steps.len()),
        }
    }
}

fn row(
    content: &Content,
    columns: &[Column<'_>],
    place: usize,
    strategy: &StrategyScores,
) -> String {
    let cells: String = columns
        .iter()
        .map(|column| score(content, strategy, *column))
        .collect();
    let stars = strategy.over_budget.as_ref().map_or(String::new(), |over| {
        format!("<sup>{}</sup>", "*".repeat(usize::from(over.stars)))
    });
    format!(
        "<tr data-s=\"{place}\"><th scope=\"row\" data-value=\"{}\">{} {}{stars}<p class=\"about\">{}</p></th>{}{cells}</tr>\n",
        text(&strategy.name),
        Look(place).swatch(),
        isolated(&strategy.name),
        isolated(&strategy.description),
        compute(content, strategy)
    )
}

/// What the stars mean, each reason once.
fn stars(content: &Content) -> String {
    let mut notes: Vec<(u8, &str)> = content
        .strategies
        .iter()
        .filter_map(|strategy| strategy.over_budget.as_ref())
        .map(|over| (over.stars, over.reason.as_str()))
        .collect();
    notes.sort_unstable();
    notes.dedup();
    if notes.is_empty() {
        return String::new();
    }
    let notes: Vec<String> = notes
        .into_iter()
        .map(|(stars, reason)| {
            format!(
                "<span>{} {}</span>",
                "*".repeat(usize::from(stars)),
                isolated(reason)
            )
        })
        .collect();
    format!(
        "<p class=\"stars\">Beyond the budget: {}</p>\n",
        notes.join("; ")
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

fn score(content: &Content, strategy: &StrategyScores, column: Column<'_>) -> String {
    let class = first(content, column);
    let Some(Estimate { value, half_width }) = column.score(content, strategy) else {
        return format!("<td class=\"num{class}\" data-value=\"\">–</td>");
    };
    let mut shown = hundredths(value);
    if is_highest_within_budget(content, strategy, column) {
        shown = format!("<u>{shown}</u>");
    }
    if is_clearly_best(content, strategy, column) {
        shown = format!("<strong>{shown}</strong>");
    }
    let sure = half_width.map_or(String::new(), |half| {
        format!("<small>± {}</small>", hundredths(half))
    });
    format!("<td class=\"num{class}\" data-value=\"{value}\">{shown}{sure}</td>")
}

/// Whether the strategy is above every other of the column by more than chance.
fn is_clearly_best(content: &Content, strategy: &StrategyScores, column: Column<'_>) -> bool {
    let strategies = content.strategies.iter();
    let scores: Vec<Option<Estimate>> = strategies.map(|one| column.score(content, one)).collect();
    clearly_best(&scores).is_some_and(|best| std::ptr::eq(&content.strategies[best], strategy))
}

/// Whether the strategy is the highest of those that keep to the budget.
fn is_highest_within_budget(
    content: &Content,
    strategy: &StrategyScores,
    column: Column<'_>,
) -> bool {
    let score = |one: &StrategyScores| Some(column.score(content, one)?.value);
    let (true, Some(own)) = (is_within_budget(strategy), score(strategy)) else {
        return false;
    };
    let within = content
        .strategies
        .iter()
        .filter(|one| is_within_budget(one));
    let values: Vec<f64> = within.filter_map(score).collect();
    // Equal as printed is equal to a reader, and where all are equal none stands out.
    let best = hundredths(values.iter().copied().fold(own, f64::max));
    hundredths(own) == best && values.iter().any(|other| hundredths(*other) != best)
}

/// The first column of a group stands apart from the group before it.
fn first(content: &Content, column: Column<'_>) -> &'static str {
    let begins = match column {
        Column::Static(column) => scored(content)
            .next()
            .is_some_and(|first| std::ptr::eq(first, column)),
        Column::Dynamic(_, part) => part == Part::InDomain,
    };
    if begins { " first" } else { "" }
}

/// Everything that the summary has, and the tasks it has no room for.
pub(super) fn csv(content: &Content) -> String {
    let rows = summary::records(content);
    let columns = summary::COLUMNS;
    Records { columns, rows }.text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OverBudget, Score, Step};

    /// One step, so that the diagonal is one cell.
    fn content(scores: &[(&str, f64, bool)]) -> Content {
        let strategy = |(name, value, over): &(&str, f64, bool)| StrategyScores {
            name: (*name).to_owned(),
            tasks: vec![TaskScores {
                name: "retrieval".to_owned(),
                cells: vec![vec![Some(Score {
                    value: *value,
                    interval: Some([value - 0.02, value + 0.02]),
                })]],
                in_domain: Some(*value),
                ..TaskScores::default()
            }],
            over_budget: over.then(OverBudget::default),
            seed: Some(0),
            ..StrategyScores::default()
        };
        Content {
            steps: vec![Step::default()],
            strategies: scores.iter().map(strategy).collect(),
            ..Content::default()
        }
    }

    #[test]
    fn bold_is_clearly_best_and_underlined_highest_within_the_budget() {
        let near = summary_table(&content(&[
            ("sequential", 0.3, false),
            ("restart", 0.2, false),
            ("oracle", 0.32, true),
        ]));
        assert!(!near.contains("<strong>") && near.contains("<u>30.0</u>"));
        assert!(near.contains("Underlined: the highest within the budget."));
        let far = summary_table(&content(&[("a", 0.3, false), ("b", 0.2, false)]));
        assert!(far.contains("<strong><u>30.0</u></strong>"));
        assert!(far.contains("Underlined: the highest. ±"), "{far}");
    }

    #[test]
    fn seed_is_told_and_one_strategy_is_compared_with_nothing() {
        let table = summary_table(&content(&[("a", 0.3, false)]));
        assert!(table.contains("change of seed. One run, seed 0.</caption>"));
        assert!(!table.contains("Bold") && !table.contains("<u>"));
        let mut several = content(&[("a", 0.3, false), ("b", 0.2, false)]);
        several.strategies[1].seed = Some(1);
        assert_eq!(several.runs_in_words(), "One run a strategy, seeds 0, 1.");
        several.strategies[1].seed = None;
        assert_eq!(several.runs_in_words(), "One run a strategy.");
    }
}
