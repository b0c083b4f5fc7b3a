//! Links between the project's texts, and excerpts of its source in them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::page::{self, Page};

/// Every link of the book, of the README and its neighbours leads to a file and heading that are there, and every page is in
/// the summary.
pub(super) fn check() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts: Vec<PathBuf> = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "tasks/README.md",
    ]
    .map(|name| root.join(name))
    .to_vec();
    let mut pages = BTreeSet::new();
    for entry in std::fs::read_dir(page::folder()).expect("there") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if name.ends_with(".md") && name != "SUMMARY.md" {
            pages.insert(name);
        }
        texts.push(path);
    }
    let summary: BTreeSet<String> = page::names().into_iter().collect();
    assert_eq!(summary, pages, "the summary has every page");
    let mut links = 0;
    for path in texts {
        let text = std::fs::read_to_string(&path).expect("a text");
        for target in targets(&text) {
            follow(&path, &target);
            links += 1;
        }
    }
    assert!(links > 100, "{links}");
}

/// What links lead to, outside of code.
fn targets(text: &str) -> Vec<String> {
    let mut targets = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        }
        // Odd parts are between backticks.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        if !is_code {
            let rests = prose.split("](").skip(1);
            targets.extend(
                rests
                    .filter_map(|rest| rest.split(')').next())
                    .map(str::to_owned),
            );
        }
    }
    targets
}

fn follow(from: &Path, target: &str) {
    if target.starts_with("http") || target.starts_with("mailto:") {
        return;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = match file {
        "" => from.to_owned(),
        file => from.parent().expect("a folder").join(file),
    };
    assert!(path.exists(), "{}: {target} is not there", from.display());
    if !anchor.is_empty() {
        let text = std::fs::read_to_string(&path).expect("a text");
        let anchors = anchors(&text);
        assert!(
            anchors.contains(anchor),
            "{}: {target}: there are {anchors:?}",
            from.display()
        );
    }
}

/// Anchors of headings, as GitHub and mdBook name them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        }
        let title = line.trim_start_matches('#');
        if is_code || title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let kept = title
            .trim()
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let anchor: String = kept
            .flat_map(char::to_lowercase)
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let same = (1..).map(|n| format!("{anchor}-{n}"));
        let free = std::iter::once(anchor.clone())
            .chain(same)
            .find(|name| !anchors.contains(name));
        anchors.extend(free);
    }
    anchors
}

/// Checks the blocks that are excerpts; returns how many there are.
pub(super) fn check_excerpts(page: &Page) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut excerpts = 0;
    for block in page.blocks().filter(|block| block.language == "rust") {
        let place = format!("{}:{}", page.name, block.line);
        let file = block
            .told("from")
            .unwrap_or_else(|| panic!("{place}: an excerpt of what?"));
        let source = std::fs::read_to_string(root.join(file)).expect(file);
        assert!(
            source.contains(block.text.trim_end()),
            "{place}: not in {file}:\n{}",
            block.text
        );
        excerpts += 1;
    }
    excerpts
}

#[test]
fn headings_are_named_as_on_github() {
    let anchors = anchors("# A `b` c\n## [net]\n## A b c\n```sh\n# no\n```\n## x --y, z?\n");
    let expected = ["a-b-c", "net", "a-b-c-1", "x---y-z"].map(str::to_owned);
    assert_eq!(anchors, expected.into_iter().collect());
}

#[test]
fn links_in_code_are_none() {
    assert_eq!(
        targets("[a](b.md) `[c](d.md)`\n```\n[e](f.md)\n```\n[g](h.md#i)"),
        ["b.md", "h.md#i"]
    );
}
