//! What a screen reader is given: names, headings, landmarks.

use serde_json::Value;

use super::content::made_up;
use super::page::Page;

/// Roles that mean nothing without a name.
const NAMED: [&str; 16] = [
    "button",
    "link",
    "textbox",
    "searchbox",
    "combobox",
    "checkbox",
    "image",
    "img",
    "table",
    "grid",
    "region",
    "navigation",
    "heading",
    "group",
    "list",
    "columnheader",
];

fn text<'a>(node: &'a Value, field: &str) -> &'a str {
    node[field]["value"].as_str().unwrap_or_default()
}

#[test]
fn everything_that_needs_a_name_has_one() {
    let Some(page) = Page::open_at(&made_up(2), 1440, "drops-0.tree=1") else {
        return;
    };
    page.run("document.querySelectorAll('details.data').forEach((one) => { one.open = true; })");
    page.wait_for("document.querySelector('details.data .table')");
    let nodes = page.accessibility_tree();
    let mut nameless = Vec::new();
    let mut seen = 0;
    for node in &nodes {
        let role = text(node, "role");
        // Lists of running text need no name.
        if !NAMED.contains(&role) || role == "list" {
            continue;
        }
        seen += 1;
        if text(node, "name").trim().is_empty() {
            nameless.push(format!("{role} {}", node["backendDOMNodeId"]));
        }
    }
    assert!(seen > 300, "only {seen} named things");
    // Tables' corner cells, browser-made groups of options and figures have no words of their own.
    nameless.retain(|one| !one.starts_with("group"));
    assert_eq!(nameless, Vec::<String>::new());
}

#[test]
fn headings_go_down_by_single_steps_from_one_title() {
    let Some(page) = Page::open(&made_up(2)) else {
        return;
    };
    let levels: Vec<u8> = page.get("[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].filter((one) => one.checkVisibility()).map((one) => Number(one.tagName[1]))");
    assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
    assert_eq!(levels[0], 1);
    let jump = levels.windows(2).find(|two| two[1] > two[0] + 1);
    assert_eq!(jump, None, "{levels:?}");
}

#[test]
fn landmarks_are_one_of_each() {
    let Some(page) = Page::open(&made_up(1)) else {
        return;
    };
    let nodes = page.accessibility_tree();
    for landmark in ["banner", "navigation", "main", "contentinfo"] {
        let found = nodes
            .iter()
            .filter(|node| text(node, "role") == landmark)
            .count();
        assert_eq!(found, 1, "{landmark}");
    }
}

#[test]
fn charts_say_in_words_what_they_show() {
    let Some(page) = Page::open(&made_up(1)) else {
        return;
    };
    let short: Vec<String> = page.get(
        "[...document.querySelectorAll('.chart')].filter((one) => one.querySelector(':scope > desc').textContent.length < 40).map((one) => one.querySelector(':scope > title').textContent)",
    );
    assert_eq!(short, Vec::<String>::new());
    assert!(page.get::<usize>("document.querySelectorAll('.chart').length") >= 12);
}
