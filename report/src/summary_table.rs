//! The summary, in the layout of the TiC-CLIP paper's main table: compute, static scores, dynamic scores.

use super::content::{Content, StaticColumn, StrategyScores, TaskScores};
use super::csv::Records;
use super::escape::{isolated, text};
use super::export::table::summary;
use super::figure::{data_behind, wide};
use super::number::{hundredths, scientific, times};
use super::palette::Look;
use super::provenance::commands_of;
use super::static_score::last_step;
use super::transfer::{Estimate, PARTS, Part};

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
        "<table class=\"summary\" data-sortable id=\"scores\">\n<caption>Strategies, what they cost and what they reach. Bold: the \
         highest of its column, which need not be clearly the highest; ± is half a 95% interval.{}</caption>\n\
         <thead><tr><td></td><td></td>{}</tr>\n<tr><th scope=\"col\" data-sort>strategy</th>\
         <th scope=\"col\" data-sort class=\"num\"><span class=\"unit\">compute, </span>MACs</th>{heads}</tr></thead>\n<tbody>\n{body}</tbody>\n\
         <tfoot><tr><th scope=\"row\">Guessing</th><td class=\"num\">–</td>{chance}</tr></tfoot>\n</table>",
        statics_note(content),
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

fn statics_note(content: &Content) -> &'static str {
    if scored(content).next().is_some() {
        " Static scores are those after the last training step."
    } else {
        ""
    }
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
    let shown = hundredths(value);
    let others: Vec<f64> = content
        .strategies
        .iter()
        .filter_map(|other| column.score(content, other))
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
    format!("<td class=\"num{class}\" data-value=\"{value}\">{shown}{sure}</td>")
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
