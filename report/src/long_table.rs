//! Tables and lists that may be long: the first rows are on the page, the others wait in a template.
//!
//! A browser parses a template but neither styles nor lays it out, so length costs little until a
//! reader asks for more, sorts or filters (`script/long.js`).

use super::escape::text;
use super::figure::wide;

/// Rows that are on the page at first.
const FIRST: usize = 12;

/// A column of a table.
pub(super) struct Column<'a> {
    heading: &'a str,
    kind: Kind,
}

/// How a column is set, and what it sorts by.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// By its words.
    Words,
    /// To the right, by its numbers.
    Numbers,
    /// A drawing of numbers that have columns of their own; it does not sort.
    Drawn,
}

/// A choice that leaves some rows: those whose attribute `data-KEY` is what was chosen.
pub(super) struct Choice<'a> {
    pub(super) key: &'a str,
    /// What is chosen, such as `step`.
    pub(super) label: &'a str,
    /// Values with their names; the first choice is always "all".
    pub(super) options: Vec<(String, String)>,
}

/// A table with more rows than a page should begin with.
pub(super) struct LongTable<'a> {
    /// Unique on the page; links name it.
    pub(super) id: String,
    pub(super) caption: String,
    pub(super) columns: Vec<Column<'a>>,
    /// What the filter searches, such as `groups`; none hides the filter.
    pub(super) filtered: Option<&'a str>,
    pub(super) choices: Vec<Choice<'a>>,
    /// Rows as HTML, each one `<tr>`.
    pub(super) rows: Vec<String>,
    /// Whether rows name their `data-id` and `data-parent`, and so can be shown as a tree.
    pub(super) tree: bool,
}

/// A column of words.
pub(super) fn words(heading: &str) -> Column<'_> {
    Column {
        heading,
        kind: Kind::Words,
    }
}

/// A column of numbers.
pub(super) fn numbers(heading: &str) -> Column<'_> {
    Column {
        heading,
        kind: Kind::Numbers,
    }
}

/// A column of drawings.
pub(super) fn drawn(heading: &str) -> Column<'_> {
    Column {
        heading,
        kind: Kind::Drawn,
    }
}

impl LongTable<'_> {
    /// The table as HTML.
    pub(super) fn html(&self) -> String {
        let head: String = self
            .columns
            .iter()
            .map(|column| {
                let attributes = match column.kind {
                    Kind::Words => " data-sort",
                    Kind::Numbers if is_probability(column.heading) => {
                        " data-sort data-first=\"a\" class=\"num\""
                    }
                    Kind::Numbers => " data-sort class=\"num\"",
                    Kind::Drawn => "",
                };
                format!(
                    "<th scope=\"col\"{attributes}>{}</th>",
                    text(column.heading)
                )
            })
            .collect();
        let (first, rest) = self.rows.split_at(self.rows.len().min(FIRST));
        let table = format!(
            "<table class=\"list\"><caption>{}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{}</tbody></table>",
            self.caption,
            first.concat()
        );
        let rest = template(
            &format!("<table><tbody>\n{}</tbody></table>", rest.concat()),
            rest.len(),
        );
        let tree = if self.tree { " data-tree" } else { "" };
        let filtered = self.filtered.map_or(String::new(), |what| {
            format!(" data-filter=\"{}\"", text(what))
        });
        format!(
            "<div class=\"long\" id=\"{}\" data-long=\"{FIRST}\"{filtered}{tree}>{}{}{rest}</div>\n",
            self.id,
            choices(&self.choices),
            wide(
                &format!("Table of {}", self.filtered.unwrap_or("scores")),
                &table
            ),
        )
    }
}

/// Of p-values, the small ones are looked for.
fn is_probability(heading: &str) -> bool {
    heading == "p" || heading.starts_with("p,")
}

/// A list of cards with the same manners.
pub(super) fn long_list(
    id: &str,
    label: &str,
    filtered: &str,
    choice: &[Choice<'_>],
    items: &[String],
) -> String {
    let (first, rest) = items.split_at(items.len().min(FIRST));
    format!(
        "<div class=\"long\" id=\"{id}\" data-long=\"{FIRST}\" data-filter=\"{}\">{}\
         <ul class=\"grid\" aria-label=\"{}\">{}</ul>\n{}</div>\n",
        text(filtered),
        choices(choice),
        text(label),
        first.concat(),
        template(&rest.concat(), rest.len())
    )
}

fn template(rest: &str, items: usize) -> String {
    if items == 0 {
        String::new()
    } else {
        format!(
            "<template>{rest}</template><noscript><p>{items} more need scripts to be shown.</p></noscript>"
        )
    }
}

/// Choices wait unseen until a script makes them work.
fn choices(choices: &[Choice<'_>]) -> String {
    choices
        .iter()
        .map(|choice| {
            let options: String = choice
                .options
                .iter()
                .map(|(value, name)| {
                    format!("<option value=\"{}\">{}</option>", text(value), text(name))
                })
                .collect();
            format!(
                "<label class=\"choice\" hidden>{} <select data-choice=\"{}\"><option value=\"\">all</option>{options}</select></label>",
                text(choice.label),
                choice.key
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: usize) -> String {
        LongTable {
            id: "t".to_owned(),
            caption: String::new(),
            columns: vec![words("a"), numbers("b")],
            filtered: Some("things"),
            choices: Vec::new(),
            rows: (0..rows)
                .map(|row| format!("<tr id=\"r{row}\"></tr>"))
                .collect(),
            tree: false,
        }
        .html()
    }

    #[test]
    fn small_p_values_come_first() {
        assert!(is_probability("p") && is_probability("p, adjusted"));
        assert!(!is_probability("points"));
    }

    #[test]
    fn rows_beyond_the_first_wait_in_a_template() {
        let html = table(FIRST + 2);
        let template = html.find("<template>").expect("there are more rows");
        assert!(html.find("id=\"r11\"").expect("on the page") < template);
        assert!(html.find("id=\"r12\"").expect("in the template") > template);
        assert!(!table(FIRST).contains("<template>"));
    }
}
