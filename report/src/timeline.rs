//! The time steps: when each was, and how many pairs it holds.

use super::content::Content;
use super::csv::{Csv, Field};
use super::escape::{isolated, text};
use super::figure::data_behind;
use super::number::count;
use super::provenance::commands_of;

/// A table whose last column is a bar chart, with the data behind it.
pub(super) fn timeline(content: &Content) -> String {
    let most = content
        .steps
        .iter()
        .map(|step| step.train + step.held_out)
        .max()
        .unwrap_or(0)
        .max(1) as f64;
    let mut csv = Csv::new("step,from,to,train,held_out");
    let mut body = String::new();
    for step in &content.steps {
        let (train, held_out) = (
            100.0 * step.train as f64 / most,
            100.0 * step.held_out as f64 / most,
        );
        let dates = format!("{} – {}", text(day(&step.from)), text(day(&step.to)));
        body += &format!(
            "<tr><th scope=\"row\">{}<small class=\"below\">{dates}</small></th><td class=\"dates\">{dates}</td><td class=\"num\">{}</td><td class=\"num\">{}</td>\
             <td class=\"bars\"><svg role=\"img\" aria-label=\"{} to train on, {} held out\" viewBox=\"0 0 100 10\" \
             preserveAspectRatio=\"none\"><rect class=\"train\" width=\"{train:.2}\" height=\"10\"/>\
             <rect class=\"held\" x=\"{train:.2}\" width=\"{held_out:.2}\" height=\"10\"/></svg></td></tr>\n",
            isolated(&step.name),
            count(step.train),
            count(step.held_out),
            count(step.train),
            count(step.held_out)
        );
        csv.row([
            Field::Text(&step.name),
            Field::Text(&step.from),
            Field::Text(&step.to),
            Field::Whole(Some(step.train)),
            Field::Whole(Some(step.held_out)),
        ]);
    }
    let (train, held_out) = totals(content);
    format!(
        "<table class=\"steps\"><caption>Pairs by time step, UTC; the second date no longer belongs to the step.</caption>\n\
         <thead><tr><th scope=\"col\">step</th><th scope=\"col\" class=\"dates\">dates</th>\
         <th scope=\"col\" class=\"num\"><span class=\"key train\"></span>train</th>\
         <th scope=\"col\" class=\"num\"><span class=\"key held\"></span>held out</th>\
         <th scope=\"col\" class=\"bars\">pairs</th></tr></thead>\n<tbody>\n{body}</tbody>\n\
         <tfoot><tr><th scope=\"row\">all</th><td class=\"dates\"></td><td class=\"num\">{}</td><td class=\"num\">{}</td>\
         <td class=\"bars\"></td></tr></tfoot></table>\n{}{}",
        count(train),
        count(held_out),
        left_out(content),
        data_behind(
            "time steps",
            &csv.into_text(),
            &commands_of(content, &["split", "shard"]),
        )
    )
}

/// What is in no step, and why; nothing if everything is in one.
fn left_out(content: &Content) -> String {
    let mut commands: Vec<&str> = Vec::new();
    for left_out in &content.left_out {
        if !commands.contains(&left_out.command.as_str()) {
            commands.push(&left_out.command);
        }
    }
    let told = commands.iter().map(|command| {
        let of = content
            .left_out
            .iter()
            .filter(|one| one.command == *command);
        let reasons: Vec<String> = of
            .map(|one| format!("{} {}", count(one.rows), text(&one.reason)))
            .collect();
        format!("<code>{}</code>: {}", text(command), reasons.join(", "))
    });
    let told: Vec<String> = told.collect();
    match told.is_empty() {
        true => String::new(),
        false => format!("<p>In no step, by {}.</p>\n", told.join("; by ")),
    }
}

/// Pairs to train on and pairs held out, over all steps.
pub(super) fn totals(content: &Content) -> (u64, u64) {
    let sum = |pairs: fn(&super::content::Step) -> u64| content.steps.iter().map(pairs).sum();
    (sum(|step| step.train), sum(|step| step.held_out))
}

/// Midnight goes without saying.
fn day(moment: &str) -> &str {
    ["T00:00:00Z", "T00:00:00+00:00", " 00:00:00"]
        .iter()
        .find_map(|end| moment.strip_suffix(end))
        .unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LeftOut;

    #[test]
    fn what_is_in_no_step_is_told_by_command_and_reason() {
        let left_out = |command: &str, reason: &str, rows| LeftOut {
            command: command.to_owned(),
            reason: reason.to_owned(),
            rows,
        };
        let mut content = Content::default();
        assert!(!timeline(&content).contains("In no step"));
        content.left_out = vec![
            left_out("split", "undated", 1204),
            left_out("split", "outside-timeline", 3),
            left_out("shard", "<b>", 1),
        ];
        let told = timeline(&content);
        let expected = "In no step, by <code>split</code>: 1,204 undated, 3 outside-timeline; by <code>shard</code>: 1 &lt;b&gt;.";
        assert!(told.contains(expected), "{told}");
    }

    #[test]
    fn midnight_is_dropped_and_other_times_are_kept() {
        assert_eq!(day("2019-01-01T00:00:00Z"), "2019-01-01");
        assert_eq!(day("2019-01-01T06:00:00Z"), "2019-01-01T06:00:00Z");
        assert_eq!(day("2019-01-01"), "2019-01-01");
    }
}
