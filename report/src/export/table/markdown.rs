//! Tables in Markdown, with the pipes of GitHub's dialect.

use super::{Cell, Emphasis, Table, difference, number, tenths, worded};
use crate::number::{count, probability, scientific};

/// `table` with its caption above and its notes below.
pub(in super::super) fn markdown(table: &Table) -> String {
    let columns: Vec<String> = table
        .groups
        .iter()
        .flat_map(|group| group.columns.iter().map(move |column| (group, column)))
        .map(|(group, column)| match group.title.as_str() {
            "" => escaped(column),
            title => format!("{}: {}", escaped(title), escaped(column)),
        })
        .collect();
    let mut text = format!("{}\n\n", escaped(&table.caption));
    text += &line(table.corner, &columns);
    text += &format!("| --- |{}\n", " ---: |".repeat(columns.len()));
    for section in &table.sections {
        if !section.title.is_empty() {
            let heading = format!("*{}*", escaped(&section.title));
            text += &line(&heading, &vec![String::new(); columns.len()]);
        }
        for row in &section.rows {
            let label = format!("{}{}", escaped(&row.label), escaped(&row.stars));
            let cells: Vec<String> = row.cells.iter().map(cell).collect();
            text += &line(&label, &cells);
        }
    }
    let notes: Vec<String> = table.notes.iter().map(|note| escaped(note)).collect();
    text + "\n" + &notes.join("\n") + "\n"
}

fn line(label: &str, cells: &[String]) -> String {
    format!("| {label} | {} |\n", cells.join(" | "))
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Missing => "–".to_owned(),
        Cell::Macs(macs) => scientific(*macs),
        Cell::Whole(n) => count(*n),
        Cell::Difference { value, interval } => difference(*value, *interval),
        Cell::Number(value) => number(*value),
        Cell::Tenths(value) => tenths(*value),
        Cell::Words(words) => escaped(words),
        Cell::Probability(p) => escaped(&probability(*p)),
        Cell::Score { estimate, emphasis } => {
            let (value, half) = worded(*estimate);
            let value = match emphasis {
                Emphasis::None => value,
                Emphasis::Best => format!("**{value}**"),
                Emphasis::Diagonal => format!("*{value}*"),
            };
            match half {
                Some(half) => format!("{value} ± {half}"),
                None => value,
            }
        }
    }
}

/// Words as words: whatever could be markup, a pipe or a link gets a backslash, and everything is in one line.
fn escaped(words: &str) -> String {
    let mut text = String::new();
    for word in words.split_whitespace() {
        if !text.is_empty() {
            text.push(' ');
        }
        // Web addresses become links without any brackets.
        let address = word.to_ascii_lowercase();
        let address = address.contains("://") || address.contains("www.");
        for c in word.chars() {
            match c {
                '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '$' => {
                    text.extend(['\\', c]);
                }
                ':' | '.' if address => text.extend(['\\', c]),
                c if c.is_control() => text.push('\u{fffd}'),
                c => text.push(c),
            }
        }
    }
    // At the beginning of a paragraph these would make it a heading or a list.
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let is_item = digits > 0
        && [". ", ") "]
            .iter()
            .any(|end| text[digits..].starts_with(end));
    if is_item || text.starts_with(['#', '-', '+', '=']) {
        text.insert(digits, '\\');
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use super::*;

    /// The words that a reader of Markdown sees in the only data cell of a table; anything but words is an error.
    fn seen(name: &str) -> Result<String, String> {
        let source = format!("| a |\n| --- |\n| {} |\n", escaped(name));
        let extensions = Options::ENABLE_TABLES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_MATH
            | Options::ENABLE_FOOTNOTES;
        let (mut cells, mut words) = (0, String::new());
        for event in Parser::new_ext(&source, extensions) {
            match event {
                Event::Start(Tag::TableCell) => {
                    cells += 1;
                    words.clear();
                }
                Event::Text(text) => words += &text,
                Event::Start(Tag::Table(_) | Tag::TableHead | Tag::TableRow) | Event::End(_) => {}
                other => return Err(format!("{other:?} in {source}")),
            }
        }
        if cells == 2 {
            Ok(words)
        } else {
            Err(format!("{cells} cells in {source}"))
        }
    }

    #[test]
    fn markup_is_shown_as_it_is() {
        for name in [
            "a|b", "`a|b`", "**a**", "_a_", "<script>", "[a](b)", "&amp;", "a\\|b", "~~a~~", "$a$",
            "# a", "- a",
        ] {
            assert_eq!(seen(name).as_deref(), Ok(name));
        }
        assert_eq!(seen("a\n| b"), Ok("a | b".to_owned()));
        assert_eq!(
            escaped("https://example.org/a_b"),
            "https\\://example\\.org/a\\_b"
        );
        assert_eq!(escaped("cumulative-equal"), "cumulative-equal");
        assert_eq!(escaped("1. step"), "1\\. step");
        assert_eq!(escaped("0.5 of it"), "0.5 of it");
    }

    proptest! {
        #[test]
        fn every_name_is_read_back(name in "[\\\\`*_\\[\\]<>&|~$#+=:.!(){}a-c \n-]{0,16}|.*") {
            let shown: String = name
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .chars()
                .map(|c| if c.is_control() { '\u{fffd}' } else { c })
                .collect();
            prop_assert_eq!(seen(&name), Ok(shown));
        }
    }
}
