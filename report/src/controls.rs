//! The reader's choices that hold for the whole page: one task, one strategy. Scripts make them work.

use super::content::Content;
use super::escape::text;
use super::figure::AT_ONCE;

/// The choices, unseen until a script shows them; nothing where there is nothing to choose.
pub(super) fn controls(content: &Content) -> String {
    let tasks = content.tasks();
    let everything = if tasks.len() > AT_ONCE {
        format!("first {AT_ONCE} of {}", tasks.len())
    } else {
        "all".to_owned()
    };
    let mut html = String::from("<div class=\"choose\" role=\"group\" aria-label=\"View\" hidden>");
    if tasks.len() > 1 {
        let options: String = tasks
            .iter()
            .enumerate()
            .map(|(place, task)| {
                format!(
                    "<option value=\"{place}\" data-name=\"{}\">{}</option>",
                    text(&task.name),
                    text(&task.title)
                )
            })
            .collect();
        html += &select("task", "Task", &everything, &options);
    }
    if content.strategies.len() > 1 {
        let options: String = content
            .strategies
            .iter()
            .enumerate()
            .map(|(place, strategy)| {
                let name = text(&strategy.name).to_string();
                format!("<option value=\"{place}\" data-name=\"{name}\">{name}</option>")
            })
            .collect();
        html += &select("strategy", "Strategy", "all", &options);
    }
    html + "</div>"
}

fn select(key: &str, label: &str, everything: &str, options: &str) -> String {
    format!(
        "<label>{label} <select id=\"choose-{key}\"><option value=\"\">{everything}</option>{options}</select></label>"
    )
}
