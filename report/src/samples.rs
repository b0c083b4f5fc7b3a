//! Samples on which two models differ, with their thumbnails.

use super::content::{Comparison, Content, Differing, Sample};
use super::csv::{Csv, Field};
use super::escape::text;
use super::figure::{data_behind, of_task};
use super::long_table::{Choice, long_list};
use super::number::{count, counted};
use super::thumbnail::thumbnail;

/// Classes that the choice lists; of more, the search finds them.
const CLASSES: usize = 60;

/// The samples of all comparisons; nothing if there is none.
pub(super) fn samples(content: &Content) -> Option<String> {
    let all: String = content
        .comparisons
        .iter()
        .enumerate()
        .filter(|(_, comparison)| !comparison.samples.is_empty())
        .map(|(place, one)| of_task(content, &one.task, of_comparison(one, place)))
        .collect();
    (!all.is_empty()).then_some(all)
}

fn of_comparison(comparison: &Comparison, place: usize) -> String {
    let samples = &comparison.samples;
    let mut csv = Csv::new("key,step,class,caption,a_right,b_right,a_answer,b_answer");
    for sample in samples {
        let word = |word: &Option<String>| word.clone().unwrap_or_default();
        csv.row([
            Field::Text(&sample.key),
            Field::Text(&word(&sample.step)),
            Field::Text(&word(&sample.class)),
            Field::Text(&word(&sample.caption)),
            Field::Text(if sample.a_right { "yes" } else { "no" }),
            Field::Text(if sample.b_right { "yes" } else { "no" }),
            Field::Text(&sample.a_answer),
            Field::Text(&sample.b_answer),
        ]);
    }
    let items: Vec<String> = samples.iter().map(card).collect();
    let mut outcomes: Vec<&str> = Vec::new();
    for sample in samples {
        if !outcomes.contains(&outcome(sample).0) {
            outcomes.push(outcome(sample).0);
        }
    }
    let named = |key: &&str| {
        let name = samples.iter().map(outcome).find(|(own, _)| own == key);
        (
            (*key).to_owned(),
            name.map_or("", |(_, name)| name).to_owned(),
        )
    };
    let mut choices = vec![Choice {
        key: "outcome",
        label: "who was right",
        options: outcomes.iter().map(named).collect(),
    }];
    let mut classes: Vec<&str> = samples.iter().filter_map(|s| s.class.as_deref()).collect();
    classes.sort_unstable();
    classes.dedup();
    if (2..=CLASSES).contains(&classes.len()) {
        choices.push(Choice {
            key: "class",
            label: "class",
            options: classes
                .iter()
                .map(|class| ((*class).to_owned(), (*class).to_owned()))
                .collect(),
        });
    }
    let heading = format!(
        "<h3>{} <small>A: {}; B: {}; {}</small></h3>\n",
        text(&comparison.task),
        text(&comparison.a),
        text(&comparison.b),
        shown(comparison)
    );
    heading
        + &long_list(
            &format!("samples-{place}"),
            "Samples",
            "samples",
            &choices,
            &items,
        )
        + &data_behind(
            &format!("samples of {}", comparison.task),
            &csv.into_text(),
            comparison.command.as_deref().as_slice(),
        )
}

/// How many samples there are, and how many of them are here.
fn shown(comparison: &Comparison) -> String {
    let samples = &comparison.samples;
    let Some(Differing {
        only_a,
        only_b,
        partly,
    }) = comparison.differing
    else {
        return format!("{} shown", counted(samples.len(), "sample", "samples"));
    };
    let side = |who: &str, key: &str, all: u64| {
        let here = samples.iter().filter(|one| outcome(one).0 == key).count() as u64;
        let choice = match here {
            0 if all == 0 => String::new(),
            here if here >= all => " (all shown)".to_owned(),
            here => format!(" ({} shown, drawn by hash)", count(here)),
        };
        format!("only {who} right: {}{choice}", count(all))
    };
    let mut words = vec![side("A", "a", only_a), side("B", "b", only_b)];
    if partly > 0 {
        words.push(format!(
            "{} more differ in part, as in one direction",
            count(partly)
        ));
    }
    words.join("; ")
}

fn outcome(sample: &Sample) -> (&'static str, &'static str) {
    match (sample.a_right, sample.b_right) {
        (true, false) => ("a", "only A"),
        (false, true) => ("b", "only B"),
        (true, true) => ("both", "both"),
        (false, false) => ("neither", "neither"),
    }
}

fn card(sample: &Sample) -> String {
    let shown = sample.caption.as_deref().or(sample.class.as_deref());
    let what = shown.unwrap_or(&sample.key);
    let class = sample.class.as_ref().map_or(String::new(), |class| {
        format!(" data-class=\"{}\"", text(class))
    });
    let truth = [&sample.class, &sample.caption, &sample.step]
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(place, word)| {
            let tag = if place == 0 { "strong" } else { "span" };
            format!("<{tag} dir=\"auto\">{}</{tag}>", text(word))
        })
        .collect::<String>();
    let answer = |who: &str, right: bool, answer: &str| {
        let (class, sign, word) = if right {
            ("right", "✓", "right")
        } else {
            ("wrong", "✗", "wrong")
        };
        format!(
            "<span class=\"answer {class}\"><b>{who}</b> <span aria-hidden=\"true\">{sign}</span><span class=\"unseen\">{word}: </span> \
             <span dir=\"auto\">{}</span></span>",
            text(answer)
        )
    };
    format!(
        "<li data-outcome=\"{}\"{class}><figure>{}<figcaption>{truth}{}{}</figcaption></figure></li>\n",
        outcome(sample).0,
        thumbnail(&sample.thumbnail, what),
        answer("A", sample.a_right, &sample.a_answer),
        answer("B", sample.b_right, &sample.b_answer)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choice_of_samples_is_not_taken_for_the_whole() {
        let only = |a_right: bool| Sample {
            a_right,
            b_right: !a_right,
            ..Sample::default()
        };
        let mut samples = vec![only(true); 2];
        samples.extend(vec![only(false); 3]);
        let mut comparison = Comparison {
            samples,
            ..Comparison::default()
        };
        assert_eq!(shown(&comparison), "5 samples shown");
        comparison.differing = Some(Differing {
            only_a: 2,
            only_b: 1112,
            partly: 0,
        });
        assert_eq!(
            shown(&comparison),
            "only A right: 2 (all shown); only B right: 1,112 (3 shown, drawn by hash)"
        );
        comparison.differing = Some(Differing {
            partly: 20,
            ..Differing::default()
        });
        assert!(shown(&comparison).ends_with("; 20 more differ in part, as in one direction"));
    }

    #[test]
    fn card_says_who_was_right_without_colour() {
        let sample = Sample {
            class: Some("minivan".to_owned()),
            a_right: true,
            a_answer: "minivan".to_owned(),
            b_answer: "<b>cab".to_owned(),
            ..Sample::default()
        };
        let html = card(&sample);
        assert!(html.contains("data-outcome=\"a\"") && html.contains("data-class=\"minivan\""));
        assert!(html.contains("right: ") && html.contains("wrong: "));
        assert!(html.contains("&lt;b&gt;cab") && !html.contains("<b>cab"));
    }
}
