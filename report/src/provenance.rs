//! Where the numbers come from: commands, notes, credits.

use super::content::Content;
use super::escape::{isolated, text, web_address};

/// Those of the commands that ran one of the `stages`, such as `eval`, or the demo, which runs all.
pub(super) fn commands_of<'a>(content: &'a Content, stages: &[&str]) -> Vec<&'a str> {
    content
        .commands
        .iter()
        .map(String::as_str)
        .filter(|line| {
            line.split_whitespace()
                .nth(1)
                .is_some_and(|stage| stage == "demo" || stages.contains(&stage))
        })
        .collect()
}

/// The command that made a figure, or those of the commands that ran one of the `stages` where it has none of its own.
pub(super) fn command_or_those_of<'a>(
    own: Option<&'a str>,
    content: &'a Content,
    stages: &[&str],
) -> Vec<&'a str> {
    own.map_or_else(|| commands_of(content, stages), |own| vec![own])
}

/// The commands, if they are known.
pub(super) fn commands(content: &Content) -> Option<String> {
    (!content.commands.is_empty()).then(|| {
        format!(
            "<div class=\"copyable\"><pre class=\"commands\" tabindex=\"0\">{}</pre></div>\n",
            text(&content.commands.join("\n"))
        )
    })
}

/// The notes, if there are any.
pub(super) fn notes(content: &Content) -> Option<String> {
    let items: String = content
        .notes
        .iter()
        .map(|note| format!("<li>{}</li>\n", isolated(note)))
        .collect();
    (!items.is_empty()).then(|| format!("<ul class=\"notes\">\n{items}</ul>\n"))
}

/// The credits, if there are any.
pub(super) fn credits(content: &Content) -> Option<String> {
    let items: String = content
        .credits
        .iter()
        .map(|credit| match credit.url.as_deref().and_then(web_address) {
            Some(url) => format!(
                "<li><a href=\"{}\" rel=\"noreferrer noopener\">{}</a></li>\n",
                text(url),
                isolated(&credit.text)
            ),
            None => format!("<li>{}</li>\n", isolated(&credit.text)),
        })
        .collect();
    (!items.is_empty()).then(|| format!("<ul class=\"credits\">\n{items}</ul>\n"))
}
