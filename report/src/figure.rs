//! A figure with its words: caption, explanation, and the data behind it.

use super::escape::text;

/// The data behind a figure, folded away under it.
pub(super) fn data_behind(name: &str, csv: &str) -> String {
    format!(
        "<details class=\"data\"><summary>Data behind this: {}</summary><div class=\"copyable\"><pre tabindex=\"0\">\
         {}</pre></div></details>\n",
        text(name),
        text(csv)
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
