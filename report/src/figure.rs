//! A figure with its words: caption, explanation, the data behind it and the command that made it.

use super::content::{Content, TaskScores};
use super::escape::{json_in_script, text};

/// Tasks whose figures are part of the page. Those of further tasks wait in templates, which cost a
/// browser next to nothing, until the reader chooses them.
pub(super) const AT_ONCE: usize = 4;

/// The data behind a figure and the commands that made it, folded away under it.
///
/// The table is text that no one lays out before it is asked for.
pub(super) fn data_behind(name: &str, csv: &str, commands: &[&str]) -> String {
    let made = if commands.is_empty() {
        String::new()
    } else {
        format!(
            "<div class=\"copyable\"><pre class=\"commands\" tabindex=\"0\">{}</pre></div>",
            text(&commands.join("\n"))
        )
    };
    let what = if commands.is_empty() {
        "Data behind this"
    } else {
        "Data and command behind this"
    };
    format!(
        "<details class=\"data\"><summary>{what}: {}</summary>{made}\
         <script type=\"application/json\" class=\"csv\">{}</script>\
         <noscript><p>The table is in this file as text; showing it needs scripts.</p></noscript></details>\n",
        text(name),
        json_in_script(&csv)
    )
}

/// A section of the page.
pub(super) fn section(id: &str, heading: &str, lead: &str, body: &str) -> String {
    format!(
        "<section id=\"{id}\" aria-labelledby=\"{id}-h\">\n<h2 id=\"{id}-h\">{}</h2>\n<p class=\"lead\">{lead}</p>\n\
         {body}</section>\n",
        text(heading)
    )
}

/// One drawing with its caption above, in a row of drawings.
pub(super) fn panel(caption: &str, aside: &str, svg: &str) -> String {
    format!(
        "<figure class=\"panel\"><figcaption>{} <small>{}</small></figcaption>{svg}</figure>\n",
        text(caption),
        text(aside)
    )
}

/// A table or block that may be wider than the page: it scrolls on its own, also by keyboard.
pub(super) fn wide(label: &str, body: &str) -> String {
    format!(
        "<div class=\"wide\" role=\"region\" aria-label=\"{}\" tabindex=\"0\">{body}</div>\n",
        text(label)
    )
}

/// What belongs to the task of that title alone; a task that the reader cannot choose always stays.
pub(super) fn of_task(content: &Content, title: &str, html: String) -> String {
    let tasks = content.tasks();
    match tasks.iter().position(|task| task.title == title) {
        Some(place) => format!("<div class=\"of-task\" data-task=\"{place}\">{html}</div>\n"),
        None => html,
    }
}

/// Figures of every task, of which the reader can choose one.
pub(super) fn per_task(
    content: &Content,
    mut figures: impl FnMut(usize, &TaskScores) -> String,
) -> String {
    let of_task = |(place, task)| {
        let figures = figures(place, task);
        let figures = format!("<div class=\"of-task\" data-task=\"{place}\">{figures}</div>\n");
        if place < AT_ONCE {
            figures
        } else {
            format!("<template class=\"of-task\" data-task=\"{place}\">{figures}</template>\n")
        }
    };
    content
        .tasks()
        .into_iter()
        .enumerate()
        .map(of_task)
        .collect()
}
