//! Pairs to look at, step by step. Images travel inside the page.

use super::content::{Content, Example, Step};
use super::escape::{isolated, text};
use super::thumbnail::thumbnail;

/// The grids of all steps that have examples; nothing if none has.
pub(super) fn example_grids(content: &Content) -> Option<String> {
    let grids: String = content
        .steps
        .iter()
        .filter(|step| !step.examples.is_empty())
        .map(grid)
        .collect();
    (!grids.is_empty()).then_some(grids)
}

fn grid(step: &Step) -> String {
    let items: String = step.examples.iter().map(item).collect();
    format!(
        "<h3>{}</h3>\n<ul class=\"grid\">{items}</ul>\n",
        isolated(&step.name)
    )
}

fn item(example: &Example) -> String {
    let picture = thumbnail(&example.png, &example.caption);
    let class = example.class.as_ref().map_or(String::new(), |class| {
        format!("<small dir=\"auto\">{}</small>", text(class))
    });
    format!(
        "<li><figure>{picture}<figcaption><span dir=\"auto\">{}</span>{class}</figcaption></figure></li>\n",
        text(&example.caption)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_caption_stays_in_its_attribute() {
        let example = Example {
            caption: "\"><script>alert(1)</script>".to_owned(),
            class: Some("</small><b>".to_owned()),
            png: b"\x89PNG\r\n\x1a\n".to_vec(),
        };
        let html = item(&example);
        assert!(html.contains("alt=\"&quot;&gt;&lt;script&gt;"));
        assert!(!html.contains("<script") && !html.contains("<b>"));
    }

    #[test]
    fn unknown_bytes_are_not_sent_to_the_browser() {
        let example = Example {
            png: b"<svg onload=alert(1)>".to_vec(),
            ..Example::default()
        };
        assert!(!item(&example).contains("<img"));
    }
}
