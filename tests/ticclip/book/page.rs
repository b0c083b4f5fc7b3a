//! A page of the book: what is given to it, its blocks and its tables, in the order in which they stand.

use std::path::{Path, PathBuf};

/// The folder of the pages.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// The pages in the order of the book.
pub(super) fn names() -> Vec<String> {
    let summary = std::fs::read_to_string(folder().join("SUMMARY.md")).expect("a summary");
    let links = summary.split("](").skip(1);
    let names: Vec<String> = links
        .filter_map(|rest| rest.split(')').next())
        .map(str::to_owned)
        .collect();
    assert!(!names.is_empty(), "the summary names pages");
    names
}

/// One page.
pub(super) struct Page {
    pub(super) name: String,
    pub(super) parts: Vec<Part>,
}

/// What a page is made of, as far as it matters here.
pub(super) enum Part {
    /// `<!-- given: photos 80 -->`
    Given(String),
    Block(Block),
    Table(Table),
}

/// A fenced block.
pub(super) struct Block {
    /// Of its fence, from 1.
    pub(super) line: usize,
    pub(super) language: String,
    /// The rest of its info string: of commands why they are not run, of TOML what file it is.
    pub(super) why: String,
    pub(super) text: String,
    /// The directive before it, such as `file` and a path.
    pub(super) directive: Option<(String, String)>,
}

/// A table that a directive stands before.
pub(super) struct Table {
    /// Of its first row, from 1.
    pub(super) line: usize,
    /// `keys`, `columns`, …
    pub(super) directive: String,
    /// What it is about.
    pub(super) about: String,
    /// Rows below the header, by cell.
    pub(super) rows: Vec<Vec<String>>,
}

impl Block {
    pub(super) fn is_run(&self) -> bool {
        self.language == "sh" && self.why.is_empty()
    }

    /// What the directive of this name before the block says.
    pub(super) fn told(&self, name: &str) -> Option<&str> {
        let (directive, about) = self.directive.as_ref()?;
        (directive == name).then_some(about.as_str())
    }
}

impl Table {
    /// The names in backticks in the first column, each with whether a dagger behind it says that it may be left out.
    pub(super) fn names(&self) -> Vec<(String, bool)> {
        let first = self.rows.iter().filter_map(|row| row.first());
        first
            .filter_map(|cell| {
                let rest = cell.strip_prefix('`')?;
                let (name, rest) = rest.split_once('`')?;
                Some((name.to_owned(), rest.contains('†')))
            })
            .collect()
    }
}

impl Page {
    pub(super) fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(folder().join(name)).expect(name);
        Self {
            parts: parts(name, &text),
            name: name.to_owned(),
        }
    }

    pub(super) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.parts.iter().filter_map(|part| match part {
            Part::Block(block) => Some(block),
            _ => None,
        })
    }

    /// The tables that a directive of this name stands before.
    pub(super) fn tables(&self, directive: &str) -> impl Iterator<Item = &Table> {
        self.parts.iter().filter_map(move |part| match part {
            Part::Table(table) if table.directive == directive => Some(table),
            _ => None,
        })
    }
}

/// `<!-- name: about -->`
fn directive(line: &str) -> Option<(String, String)> {
    let inside = line.strip_prefix("<!--")?.strip_suffix("-->")?;
    let (name, about) = inside.split_once(':').unwrap_or((inside, ""));
    Some((name.trim().to_owned(), about.trim().to_owned()))
}

fn parts(name: &str, text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut pending: Option<(String, String)> = None;
    let mut lines = text.lines().enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        let line = line.trim_end();
        if let Some(found) = directive(line) {
            if found.0 == "given" {
                parts.push(Part::Given(found.1));
            } else {
                assert!(
                    pending.is_none(),
                    "{name}:{}: a directive before a directive",
                    at + 1
                );
                pending = Some(found);
            }
        } else if let Some(info) = line.strip_prefix("```") {
            let mut text = String::new();
            for (_, line) in lines
                .by_ref()
                .take_while(|(_, line)| line.trim_end() != "```")
            {
                text += line;
                text.push('\n');
            }
            let (language, why) = info.split_once(' ').unwrap_or((info, ""));
            parts.push(Part::Block(Block {
                line: at + 1,
                language: language.to_owned(),
                why: why.trim().to_owned(),
                text,
                directive: pending.take(),
            }));
        } else if line.starts_with('|') {
            let mut rows = vec![cells(line)];
            while let Some((_, line)) = lines.next_if(|(_, line)| line.starts_with('|')) {
                rows.push(cells(line));
            }
            if let Some((directive, about)) = pending.take() {
                let rows = rows.split_off(2);
                let line = at + 1;
                parts.push(Part::Table(Table {
                    line,
                    directive,
                    about,
                    rows,
                }));
            }
        } else if !line.is_empty() {
            assert!(
                pending.is_none(),
                "{name}:{}: a directive before neither block nor table",
                at + 1
            );
        }
    }
    parts
}

/// The cells of a row of a table; `\|` is no border.
fn cells(line: &str) -> Vec<String> {
    let inside = line.trim().trim_start_matches('|').trim_end_matches('|');
    inside
        .replace("\\|", "\u{1}")
        .split('|')
        .map(|cell| cell.trim().replace('\u{1}', "|"))
        .collect()
}

#[test]
fn a_page_is_its_blocks_tables_and_what_is_given() {
    let text = "# x\n<!-- given: photos 8 -->\n\n<!-- file: a.toml -->\n```toml dataset\na = 1\n```\n\n```sh network\nls\n```\n\n\
                <!-- keys: dataset pairs -->\n| key | x |\n|---|---|\n| `a` † | b |\n| other | c |\n";
    let parts = parts("x.md", text);
    let [
        Part::Given(given),
        Part::Block(block),
        Part::Block(skipped),
        Part::Table(table),
    ] = parts.as_slice()
    else {
        panic!("{} parts", parts.len());
    };
    assert_eq!(given, "photos 8");
    assert_eq!(
        (
            block.line,
            block.why.as_str(),
            block.text.as_str(),
            block.told("file")
        ),
        (5, "dataset", "a = 1\n", Some("a.toml"))
    );
    assert!(!block.is_run() && !skipped.is_run());
    assert_eq!(table.names(), [("a".to_owned(), true)]);
    assert_eq!(
        (table.directive.as_str(), table.about.as_str()),
        ("keys", "dataset pairs")
    );
}
