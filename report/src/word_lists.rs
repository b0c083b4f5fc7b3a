//! Words and phrases that rise, are new, or grow over all steps.

use super::cell::{count_cell, number_cell};
use super::content::{Content, DataShift, SURE_Z, Term, WordList};
use super::csv::Records;
use super::escape::{isolated, text};
use super::export::table::words::{COLUMNS, records};
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
    let columns = COLUMNS;
    let rows = lists
        .iter()
        .flat_map(|list| records(content, shift, list))
        .collect();
    Some(format!(
        "<h3>Words <small>log-odds of a step against those before it, in standard errors (z); cards show those from {SURE_Z} on</small></h3>\n{cards}{}{}",
        table(&lists),
        data_behind(
            "words",
            &Records { columns, rows }.text(),
            shift.command.as_deref().as_slice()
        )
    ))
}

fn card(list: &WordList, most: f64) -> String {
    let items: String = longest_phrases(list)
        .into_iter()
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

/// The sure terms of a list without those that stand in as many captions as a longer one that they are a part of.
fn longest_phrases(list: &WordList) -> Vec<&Term> {
    let words = |term: &Term| format!(" {} ", term.term);
    let part_of_another = |term: &Term| {
        list.sure().any(|other| {
            other.counts == term.counts
                && other.term.len() > term.term.len()
                && words(other).contains(&words(term))
        })
    };
    list.sure().filter(|term| !part_of_another(term)).collect()
}

fn table(lists: &[&WordList]) -> String {
    let marks = Marks::holding(lists.iter().flat_map(|list| &list.terms).map(|t| t.z));
    let mut terms: Vec<(&WordList, &Term)> = lists
        .iter()
        .flat_map(|list| list.terms.iter().map(move |term| (*list, term)))
        .collect();
    let sureness = |term: &Term| Some(term.z.abs()).filter(|z| z.is_finite()).unwrap_or(-1.0);
    terms.sort_by(|a, b| sureness(b.1).total_cmp(&sureness(a.1)));
    let rows = terms
        .into_iter()
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
            numbers("captions, all steps"),
            drawn("share"),
        ],
        filtered: Some("words"),
        choices: vec![
            Choice {
                key: "sure",
                label: "terms",
                options: vec![("yes".to_owned(), format!("sure, |z| ≥ {SURE_Z}"))],
            },
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
        "<tr data-list=\"{list}\" data-step=\"{step}\"{sure}><th scope=\"row\" data-value=\"{term}\">{shown}</th><td data-value=\"{list}\">{list}</td>\
         <td data-value=\"{step}\">{step}</td>{}{}{}{}{}</tr>\n",
        number_cell(Some(term.z), |z| fixed(z, 1)),
        marks.bar(term.z, &tip),
        number_cell(Some(term.log_odds), |log_odds| fixed(log_odds, 2)),
        count_cell(total),
        spark(&term.shares),
        sure = if term.is_sure() {
            " data-sure=\"yes\""
        } else {
            ""
        },
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

#[cfg(test)]
mod tests {
    use super::*;

    fn term(term: &str, z: f64, counts: &[u64]) -> Term {
        Term {
            term: term.to_owned(),
            z,
            counts: counts.to_vec(),
            ..Term::default()
        }
    }

    fn list(terms: Vec<Term>) -> WordList {
        WordList {
            list: "rising".to_owned(),
            step: Some("2015".to_owned()),
            terms,
        }
    }

    #[test]
    fn card_has_a_phrase_once() {
        let list = list(vec![
            term("skin", 9.0, &[0, 12]),
            term("skin tone", 9.0, &[0, 12]),
            term("tone", 9.0, &[0, 12]),
            term("kin", 5.0, &[0, 12]),
            term("medium skin tone", 4.0, &[0, 3]),
            term("chance", 1.9, &[0, 1]),
        ]);
        let shown: Vec<&str> = longest_phrases(&list)
            .iter()
            .map(|term| term.term.as_str())
            .collect();
        assert_eq!(shown, ["skin tone", "kin", "medium skin tone"]);
    }

    #[test]
    fn table_of_all_lists_begins_with_the_surest_terms() {
        let lists = [
            list(vec![term("a", 2.0, &[1]), term("b", 1.0, &[1])]),
            list(vec![term("c", -5.0, &[1]), term("d", f64::NAN, &[1])]),
        ];
        let html = table(&lists.iter().collect::<Vec<_>>());
        let places: Vec<Option<usize>> = ["c", "a", "b", "d"]
            .iter()
            .map(|term| html.find(&format!("<bdi>{term}</bdi>")))
            .collect();
        assert!(places.is_sorted() && places[0].is_some(), "{html}");
        assert_eq!(html.matches(" data-sure=\"yes\"").count(), 2);
    }
}
