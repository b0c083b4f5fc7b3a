//! What every strategy reaches and costs as a share of the Oracle, which trains anew on everything.

use super::cell::number_cell;
use super::content::{Content, StrategyScores};
use super::csv::{Csv, Field};
use super::escape::{isolated, text};
use super::figure::{data_behind, wide};
use super::number::whole_percent;
use super::palette::Look;
use super::provenance::commands_of;
use super::summary_table::{Column, columns};

/// The strategy that is the measure.
const ORACLE: &str = "oracle";

/// What is set in proportion to the Oracle's.
enum Measure<'a> {
    Compute,
    Score(Column<'a>),
}

impl Measure<'_> {
    fn heading(&self) -> String {
        match self {
            Self::Compute => "compute".to_owned(),
            Self::Score(column) => column.title(),
        }
    }

    fn task(&self, content: &Content) -> Option<usize> {
        match self {
            Self::Compute => None,
            Self::Score(column) => column.task(content),
        }
    }

    fn value(&self, content: &Content, strategy: &StrategyScores) -> Option<f64> {
        match self {
            Self::Compute => strategy.macs(),
            Self::Score(column) => Some(column.score(content, strategy)?.value),
        }
    }
}

/// The table with its data; nothing without an Oracle or anyone beside it.
pub(super) fn oracle_ratios(content: &Content) -> Option<String> {
    let oracle = content
        .strategies
        .iter()
        .find(|strategy| strategy.name == ORACLE)?;
    if content.strategies.len() < 2 {
        return None;
    }
    let scores = columns(content).into_iter().map(Measure::Score);
    let measures: Vec<Measure<'_>> = [Measure::Compute]
        .into_iter()
        .chain(scores)
        .filter(|measure| {
            measure
                .value(content, oracle)
                .is_some_and(|value| value > 0.0)
        })
        .collect();
    if measures.is_empty() {
        return None;
    }
    let head: String = measures
        .iter()
        .map(|measure| {
            let task = measure.task(content);
            let task = task.map_or(String::new(), |task| format!(" data-task=\"{task}\""));
            format!(
                "<th scope=\"col\" data-sort class=\"num\"{task}>{}</th>",
                text(&measure.heading())
            )
        })
        .collect();
    let mut csv = Csv::new("strategy,measure,value,oracle,ratio");
    let rows: String = content
        .strategies
        .iter()
        .enumerate()
        .map(|(place, strategy)| {
            let cells: String = measures
                .iter()
                .map(|measure| {
                    let own = measure.value(content, strategy);
                    let whole = measure.value(content, oracle);
                    let ratio = own.zip(whole).map(|(own, whole)| own / whole);
                    csv.row([
                        Field::Text(&strategy.name),
                        Field::Text(&measure.heading()),
                        Field::Number(own),
                        Field::Number(whole),
                        Field::Number(ratio),
                    ]);
                    number_cell(ratio, whole_percent)
                })
                .collect();
            format!(
                "<tr><th scope=\"row\" data-value=\"{}\">{} {}</th>{cells}</tr>\n",
                text(&strategy.name),
                Look(place).swatch(),
                isolated(&strategy.name)
            )
        })
        .collect();
    let table = format!(
        "<table class=\"list\" data-sortable id=\"ratios\"><caption>Every strategy as a share of the Oracle, which is 100%. \
         Differences within the ± of the summary are not shown to be real.</caption>\n<thead><tr><th scope=\"col\" data-sort>strategy</th>{head}</tr></thead>\n\
         <tbody>\n{rows}</tbody></table>"
    );
    Some(
        format!(
            "<h3>Share of the Oracle</h3>\n{}",
            wide("Ratios to the Oracle", &table)
        ) + &data_behind(
            "shares of the Oracle",
            &csv.into_text(),
            &commands_of(content, &["train", "eval"]),
        ),
    )
}
