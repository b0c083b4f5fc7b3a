//! Words and phrases that rise, are new, or grow over all steps.

use super::cell::{count_cell, number_cell};
use super::content::{Content, DataShift, SURE_Z, Term, WordList};
use super::csv::{Csv, Field};
use super::escape::{isolated, text};
use super::figure::data_behind;
use super::interval_mark::Marks;
use super::long_table::{Choice, LongTable, drawn, numbers, words};
use super::number::{fixed, trimmed};

/// Words of a card.
const ON_CARD: usize = 8;

/// Cards of the surest words of every step, and the table of all lists; nothing without words.
pub(super) fn word_lists(content: &Content, shift: &DataShift) -> Option<String> {
    let lists: Vec<&WordList> = shift
        .words
        .iter()
        .filter(|list| !list.terms.is_empty())
        .collect();
    if lists.is_empty() {
        return None;
    }
    let most = lists
        .iter()
        .flat_map(|list| &list.terms)
        .map(|term| term.z)
        .filter(|z| z.is_finite())
        .fold(0.0, f64::max);
    let of_steps = |name: &str| -> Vec<&WordList> {
        lists
            .iter()
            .copied()
            .filter(|list| list.list == name && list.step.is_some())
            .collect()
    };
    // What rises says most; where nothing came before, what belongs to a step does.
    let shown = [of_steps("rising"), of_steps("characteristic")]
        .into_iter()
        .find(|found| !found.is_empty())
        .unwrap_or_default();
    let cards: String = shown.iter().map(|list| card(list, most)).collect();
    let cards = if cards.is_empty() {
        cards
    } else {
        format!("<div class=\"cards\">{cards}</div>\n")
    };
    Some(format!(
        "<h3>Words <small>log-odds of a step against those before it, in standard errors (z); cards show those from {SURE_Z} on</small></h3>\n{cards}{}{}",
        table(&lists),
        data_behind(
            "words",
            &csv(content, &lists),
            shift.command.as_deref().as_slice()
        )
    ))
}

fn card(list: &WordList, most: f64) -> String {
    let items: String = list
        .sure()
        .take(ON_CARD)
        .map(|term| {
            format!(
                "<li><span dir=\"auto\">{}</span> <span class=\"z\">{}</span>\
                 <svg viewBox=\"0 0 100 4\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"{:.1}\" height=\"4\"/></svg></li>",
                text(&term.term),
                fixed(term.z, 1),
                100.0 * (term.z.max(0.0) / most.max(1e-9)).min(1.0)
            )
        })
        .collect();
    let items = match items.is_empty() {
        true => format!("<p>No term reaches z {SURE_Z}.</p>"),
        false => format!("<ol>{items}</ol>"),
    };
    format!(
        "<article class=\"words\"><h4>{} <small>{}</small></h4>{items}</article>\n",
        isolated(list.step.as_deref().unwrap_or_default()),
        text(&list.list)
    )
}

fn table(lists: &[&WordList]) -> String {
    let marks = Marks::holding(lists.iter().flat_map(|list| &list.terms).map(|t| t.z));
    let rows = lists
        .iter()
        .flat_map(|list| list.terms.iter().map(move |term| (*list, term)))
        .map(|(list, term)| row(list, term, marks))
        .collect();
    let distinct = |of: &dyn Fn(&WordList) -> Option<String>| -> Vec<(String, String)> {
        let mut found: Vec<String> = Vec::new();
        for value in lists.iter().filter_map(|list| of(list)) {
            if !found.contains(&value) {
                found.push(value);
            }
        }
        found
            .into_iter()
            .map(|value| (value.clone(), value))
            .collect()
    };
    LongTable {
        id: "words".to_owned(),
        caption: "All lists, the surest first. The line shows the term’s share of captions from the first step to the last."
            .to_owned(),
        columns: vec![
            words("term"),
            words("list"),
            words("step"),
            numbers("z"),
            drawn("z, drawn"),
            numbers("log-odds"),
            numbers("captions"),
            drawn("share"),
        ],
        filtered: Some("words"),
        choices: vec![
            Choice {
                key: "list",
                label: "list",
                options: distinct(&|list| Some(list.list.clone())),
            },
            Choice {
                key: "step",
                label: "step",
                options: distinct(&|list| list.step.clone()),
            },
        ],
        rows,
        tree: false,
    }
    .html()
}

fn row(list: &WordList, term: &Term, marks: Marks) -> String {
    let step = list.step.as_deref().unwrap_or_default();
    let total: u64 = term.counts.iter().sum();
    let (z, log_odds) = (fixed(term.z, 1), fixed(term.log_odds, 2));
    let tip = format!("{}: z {z}, log-odds {log_odds}", term.term);
    format!(
        "<tr data-list=\"{list}\" data-step=\"{step}\"><th scope=\"row\" data-value=\"{term}\">{shown}</th><td data-value=\"{list}\">{list}</td>\
         <td data-value=\"{step}\">{step}</td>{}{}{}{}{}</tr>\n",
        number_cell(Some(term.z), |z| fixed(z, 1)),
        marks.bar(term.z, &tip),
        number_cell(Some(term.log_odds), |log_odds| fixed(log_odds, 2)),
        count_cell(total),
        spark(&term.shares),
        list = text(&list.list),
        step = text(step),
        term = text(&term.term),
        shown = isolated(&term.term),
    )
}

/// A small line of shares, from zero to their highest.
fn spark(shares: &[f64]) -> String {
    let most = shares
        .iter()
        .copied()
        .filter(|s| s.is_finite())
        .fold(0.0, f64::max);
    if most <= 0.0 || shares.len() < 2 {
        return "<td></td>".to_owned();
    }
    let step = 60.0 / (shares.len() - 1) as f64;
    let points: Vec<Option<(f64, f64)>> = shares
        .iter()
        .enumerate()
        .map(|(place, share)| {
            share
                .is_finite()
                .then(|| (step * place as f64, 15.0 - 14.0 * share / most))
        })
        .collect();
    let per_thousand: Vec<String> = shares.iter().map(|share| trimmed(1000.0 * share)).collect();
    format!(
        "<td class=\"mark\" title=\"captions of 1,000 in every step: {}\"><svg class=\"spark\" viewBox=\"0 0 60 16\" \
         preserveAspectRatio=\"none\" aria-hidden=\"true\"><path d=\"{}\"/></svg></td>",
        per_thousand.join(", "),
        super::svg::path(&points)
    )
}

fn csv(content: &Content, lists: &[&WordList]) -> String {
    let mut csv = Csv::new("list,step,place,term,z,log_odds,counted_step,captions,share");
    for list in lists {
        for (place, term) in list.terms.iter().enumerate() {
            for (step, (counted, share)) in term.counts.iter().zip(&term.shares).enumerate() {
                csv.row([
                    Field::Text(&list.list),
                    Field::Text(list.step.as_deref().unwrap_or_default()),
                    Field::Whole(Some(place as u64 + 1)),
                    Field::Text(&term.term),
                    Field::Number(Some(term.z)),
                    Field::Number(Some(term.log_odds)),
                    Field::Text(content.steps.get(step).map_or("", |step| &step.name)),
                    Field::Whole(Some(*counted)),
                    Field::Number(Some(*share)),
                ]);
            }
        }
    }
    csv.into_text()
}
