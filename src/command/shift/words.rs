//! Words and phrases that rise, fall, are new, or belong to a step.

use serde_json::{Value, json};
use ticclip_eval::shift::{
    Limits, LogOddsError, PRIOR_CAPTIONS, Ranked, WordCounts, characteristic, new_terms, rising,
    trends,
};
use ticclip_report::SURE_Z;

use super::{Context, Failure, Part, ShiftArgs, WORDS, write_csv};
use crate::command::table::Table;
use crate::score::Exam;

/// Terms of a step that are printed.
const SHOWN: usize = 8;

pub(super) fn run(args: &ShiftArgs, exam: &Exam, context: &Context) -> Result<Part, Failure> {
    let steps = exam.steps();
    let limits = Limits {
        phrase_words: usize::from(args.phrase_words),
        ..Limits::default()
    };
    let mut counts = WordCounts::new(steps.len(), limits).map_err(Failure::wrong_input)?;
    let bar = context.bars.bar("words", exam.samples() as u64, "captions");
    for step in 0..steps.len() {
        let captions = exam.captions(step).map_err(Failure::wrong_input)?;
        bar.inc(captions.len() as u64);
        let captions: Vec<(usize, String)> = captions
            .into_iter()
            .map(|caption| (step, caption))
            .collect();
        counts.add(&captions).map_err(Failure::failed)?;
    }
    bar.finish_and_clear();
    let table = counts.table(args.at_least);
    let mut lists: Vec<(&str, String, Vec<Ranked>)> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let of = |list: Result<Vec<Ranked>, LogOddsError>| match list {
            // A first step has nothing before it, a step without captions nothing to say.
            Err(LogOddsError::NoCaptions { .. }) => Ok(Vec::new()),
            list => list.map_err(Failure::failed),
        };
        let (prior, rows) = (PRIOR_CAPTIONS, args.rows);
        lists.push(("rising", step.clone(), of(rising(&table, at, prior, rows))?));
        lists.push((
            "new",
            step.clone(),
            of(new_terms(&table, at, args.at_least, prior, rows))?,
        ));
        lists.push((
            "characteristic",
            step.clone(),
            of(characteristic(&table, at, prior, rows))?,
        ));
    }
    let times: Vec<f64> = (0..steps.len()).map(|step| step as f64).collect();
    // Of a single step, or with captions in one alone, there is no trend.
    if let Ok(trends) = trends(&table, &times, args.rows) {
        lists.push(("growing", String::new(), trends.growing));
        lists.push(("shrinking", String::new(), trends.shrinking));
    }
    let mut header = vec!["list", "step", "place", "term", "z", "log_odds"];
    let columns: Vec<String> = steps
        .iter()
        .flat_map(|step| [format!("n {step}"), format!("share {step}")])
        .collect();
    header.extend(columns.iter().map(String::as_str));
    let rows: Vec<Vec<String>> = lists
        .iter()
        .flat_map(|(list, step, terms)| rows(list, step, terms))
        .collect();
    write_csv(&args.out.join(WORDS), &header, &rows)?;
    Ok(Part {
        title: "words and phrases",
        table: told(&lists),
        json: json(&lists, &table.captions),
    })
}

fn rows(list: &str, step: &str, terms: &[Ranked]) -> Vec<Vec<String>> {
    let row = |(place, term): (usize, &Ranked)| {
        let mut row = vec![
            list.to_owned(),
            step.to_owned(),
            (place + 1).to_string(),
            term.term.clone(),
            term.z.to_string(),
            term.log_odds.to_string(),
        ];
        let figures = term.counts.iter().zip(&term.shares);
        row.extend(figures.flat_map(|(count, share)| [count.to_string(), share.to_string()]));
        row
    };
    terms.iter().enumerate().map(row).collect()
}

fn told(lists: &[(&str, String, Vec<Ranked>)]) -> Table {
    let mut table = Table::new(["list", "step"]).text("the surest first (z)");
    for (list, step, terms) in lists {
        if *list == "characteristic" || terms.is_empty() {
            continue;
        }
        let shown: Vec<String> = terms
            .iter()
            .filter(|term| term.z.abs() >= SURE_Z)
            .take(SHOWN)
            .map(|term| format!("{} ({:.1})", term.term, term.z))
            .collect();
        let shown = match shown.is_empty() {
            true => format!("none from z {SURE_Z} on"),
            false => shown.join(", "),
        };
        table.row([*list, step, &shown]);
    }
    table
}

fn json(lists: &[(&str, String, Vec<Ranked>)], captions: &[u64]) -> Value {
    let list = |(list, step, terms): &(&str, String, Vec<Ranked>)| {
        let terms: Vec<Value> = terms
            .iter()
            .map(|term| json!({"term": term.term, "z": term.z, "log_odds": term.log_odds, "counts": term.counts}))
            .collect();
        json!({"list": list, "step": step, "terms": terms})
    };
    json!({"captions": captions, "lists": lists.iter().map(list).collect::<Vec<_>>()})
}
