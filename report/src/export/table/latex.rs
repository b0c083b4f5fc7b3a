//! Tables in LaTeX, with the rules of the package `booktabs`; ASCII only, so that every engine and encoding reads them.

mod escape;

use std::ops::Range;

use self::escape::escaped;
use super::{Cell, Emphasis, Table, difference, number, tenths, worded};
use crate::number::{count, probability};

/// About how many characters fit the width of a page of one column.
const FITTING: usize = 92;
/// About how many rows fit the height of a page beside caption and notes.
const TALLEST: usize = 48;
/// Columns above which intervals are left out.
const WITH_INTERVALS: usize = 8;

/// How characters that no 8-bit font has are written: as they are by engines that know Unicode, by their number elsewhere.
const UNICODE: &str = "\\providecommand{\\unicodechar}[2]{\\ifdefined\\Umathcode\\char#1\\relax\\else\\texttt{U+#2}\\fi}\n";

/// As wide as an interval.
const NO_INTERVAL: &str = "\\phantom{\\,{\\scriptsize$\\pm$\\,0.0}}";

/// `table` as a `table` environment to be read with `\input`.
pub(in super::super) fn latex(table: &Table) -> String {
    let columns: usize = table.groups.iter().map(|group| group.columns.len()).sum();
    let any = (0..columns).any(|column| has_intervals(table, column));
    let widest = table.groups.iter().map(|group| group.columns.len()).max();
    let intervals = any && widest.is_none_or(|widest| widest <= WITH_INTERVALS);
    let widths: Vec<usize> = (0..columns)
        .map(|column| column_width(table, column, intervals))
        .collect();
    let notes: Vec<String> = table
        .notes
        .iter()
        .filter(|note| intervals || note.as_str() != super::HALF)
        .map(|note| escaped(note))
        .collect();
    let notes = notes.join("\n    ");
    let tabulars: Vec<String> = blocks(table, &widths)
        .iter()
        .map(|block| tabular(table, block, intervals))
        .collect();
    let rows: usize = table
        .sections
        .iter()
        .map(|section| section.rows.len() + 1)
        .sum();
    let caption = escaped(&table.caption);
    let text = if tabulars.len() * (rows + 2) <= TALLEST {
        float(
            &caption,
            &table.stem,
            &tabulars.join("\n  \\medskip\n"),
            &notes,
        )
    } else {
        let parts = tabulars
            .iter()
            .enumerate()
            .map(|(place, body)| match place {
                0 => float(&caption, &table.stem, body, &notes),
                place => {
                    let label = format!("{}-{}", table.stem, place + 1);
                    float(&format!("{caption} (Continued.)"), &label, body, &notes)
                }
            });
        parts.collect::<Vec<_>>().join("\n")
    };
    let needs = if text.contains("\\unicodechar") {
        UNICODE
    } else {
        ""
    };
    format!("% Needs \\usepackage{{booktabs}}.\n{needs}{text}")
}

/// One environment. All text is LaTeX already.
fn float(caption: &str, label: &str, body: &str, notes: &str) -> String {
    format!(
        "\\begin{{table}}\n  \\centering\n  \\caption{{{caption}}}\n  \\label{{tab:{label}}}\n  \\smallskip\n  \\small\n  \
         \\setlength{{\\tabcolsep}}{{4pt}}\n{body}\n  \\smallskip\n  \\parbox{{\\linewidth}}{{\\footnotesize {notes}}}\n\\end{{table}}\n"
    )
}

/// Which columns stand in one tabular: a part of each group, as many groups as fit.
type Block = Vec<(usize, Range<usize>)>;

fn blocks(table: &Table, widths: &[usize]) -> Vec<Block> {
    let rows = table.sections.iter().flat_map(|section| &section.rows);
    let label = rows
        .map(|row| row.label.chars().count() + row.stars.len())
        .max();
    let room = FITTING.saturating_sub(label.unwrap_or(0).max(table.corner.len()));
    let mut blocks: Vec<Block> = vec![Vec::new()];
    let (mut taken, mut first) = (0, 0);
    for (place, group) in table.groups.iter().enumerate() {
        let columns = first..first + group.columns.len();
        let whole: usize = widths[columns.clone()].iter().sum();
        // A group stays together if it fits anywhere.
        if taken > 0 && taken + whole > room && whole <= room {
            blocks.push(Vec::new());
            taken = 0;
        }
        let mut begin = columns.start;
        for column in columns.clone() {
            if taken > 0 && taken + widths[column] > room {
                if begin < column {
                    blocks
                        .last_mut()
                        .expect("there is always a block")
                        .push((place, begin..column));
                }
                blocks.push(Vec::new());
                (taken, begin) = (0, column);
            }
            taken += widths[column];
        }
        if begin < columns.end {
            blocks
                .last_mut()
                .expect("there is always a block")
                .push((place, begin..columns.end));
        }
        first = columns.end;
    }
    blocks
}

/// Characters of a column and the gap before it. Scripts are set smaller, so an interval takes about as much as its number.
fn column_width(table: &Table, column: usize, intervals: bool) -> usize {
    let head = table
        .groups
        .iter()
        .flat_map(|group| &group.columns)
        .nth(column);
    let rows = table.sections.iter().flat_map(|section| &section.rows);
    let cells = rows
        .filter_map(|row| row.cells.get(column))
        .map(|cell| match cell {
            Cell::Missing => 2,
            Cell::Macs(_) => 9,
            Cell::Whole(n) => count(*n).len(),
            Cell::Difference { .. } => 20,
            Cell::Probability(_) | Cell::Number(_) | Cell::Tenths(_) => 6,
            Cell::Words(words) => words.chars().count(),
            Cell::Score { .. } if intervals && has_interval(cell) => 8,
            Cell::Score { .. } => 4,
        });
    let head = head.map_or(0, |head| head.chars().count());
    2 + cells.max().unwrap_or(0).max(head)
}

fn tabular(table: &Table, block: &Block, intervals: bool) -> String {
    let columns: usize = block.iter().map(|(_, columns)| columns.len()).sum();
    let shape: String = block
        .iter()
        .map(|(_, columns)| format!(" {}", "r".repeat(columns.len())))
        .collect();
    let mut text = format!("  \\begin{{tabular}}{{l{shape}}}\n    \\toprule\n");
    text += &group_titles(table, block);
    let names: Vec<&str> = table
        .groups
        .iter()
        .flat_map(|group| group.columns.iter().map(String::as_str))
        .collect();
    let heads: String = block
        .iter()
        .flat_map(|(_, columns)| columns.clone())
        .map(|column| format!(" & {}", escaped(names[column])))
        .collect();
    text += &format!("    {}{heads} \\\\\n", table.corner);
    for section in &table.sections {
        text += "    \\midrule\n";
        if !section.title.is_empty() {
            text += &format!(
                "    \\multicolumn{{{}}}{{l}}{{\\textit{{{}}}}} \\\\\n",
                columns + 1,
                escaped(&section.title)
            );
        }
        for row in &section.rows {
            let cells: String = block
                .iter()
                .flat_map(|(_, columns)| columns.clone())
                .map(|column| (column, &row.cells[column]))
                .map(|(column, cell)| {
                    // Numbers without an interval stand below those that have one.
                    let room = intervals && !has_interval(cell) && has_intervals(table, column);
                    let room = if room { NO_INTERVAL } else { "" };
                    format!(" & {}{room}", written(cell, intervals))
                })
                .collect();
            text += &format!(
                "    {}{}{cells} \\\\\n",
                escaped(&row.label),
                escaped(&row.stars)
            );
        }
    }
    text + "    \\bottomrule\n  \\end{tabular}\n"
}

/// The line above the columns' heads, with a rule under each title; nothing if no group has one.
fn group_titles(table: &Table, block: &Block) -> String {
    let titled = |place: usize| !table.groups[place].title.is_empty();
    if !block.iter().any(|(place, _)| titled(*place)) {
        return String::new();
    }
    let (mut line, mut rules) = (String::from("   "), String::from("   "));
    let mut column = 2;
    for (place, columns) in block {
        let last = column + columns.len() - 1;
        if titled(*place) {
            line += &format!(
                " & \\multicolumn{{{}}}{{c}}{{{}}}",
                columns.len(),
                escaped(&table.groups[*place].title)
            );
            rules += &format!(" \\cmidrule(lr){{{column}-{last}}}");
        } else {
            line += &" &".repeat(columns.len());
        }
        column = last + 1;
    }
    format!("{line} \\\\\n{rules}\n")
}

fn has_interval(cell: &Cell) -> bool {
    matches!(cell, Cell::Score { estimate, .. } if estimate.half_width.is_some())
}

fn has_intervals(table: &Table, column: usize) -> bool {
    let mut rows = table.sections.iter().flat_map(|section| &section.rows);
    rows.any(|row| row.cells.get(column).is_some_and(has_interval))
}

fn written(cell: &Cell, intervals: bool) -> String {
    match cell {
        Cell::Missing => "--".to_owned(),
        Cell::Macs(macs) => power_of_ten(*macs),
        Cell::Whole(n) => count(*n),
        Cell::Difference { value, interval } => escaped(&difference(*value, *interval)),
        Cell::Number(value) => escaped(&number(*value)),
        Cell::Tenths(value) => escaped(&tenths(*value)),
        Cell::Words(words) => escaped(words),
        Cell::Probability(p) => escaped(&probability(*p)),
        Cell::Score { estimate, emphasis } => {
            let (value, half) = worded(*estimate);
            let value = match emphasis {
                Emphasis::None => value,
                Emphasis::Best => format!("\\textbf{{{value}}}"),
                Emphasis::Diagonal => format!("\\textit{{{value}}}"),
            };
            match half.filter(|_| intervals) {
                Some(half) => format!("{value}\\,{{\\scriptsize$\\pm$\\,{half}}}"),
                None => value,
            }
        }
    }
}

fn power_of_ten(quantity: f64) -> String {
    let shown = format!("{quantity:.1e}");
    match shown.split_once('e') {
        Some((mantissa, exponent)) => format!("${mantissa} \\times 10^{{{exponent}}}$"),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Group, Records};
    use super::*;

    fn table(groups: &[usize]) -> Table {
        let group = |columns: &usize| Group {
            title: "g".to_owned(),
            columns: vec!["c".to_owned(); *columns],
        };
        Table {
            stem: "t".to_owned(),
            caption: String::new(),
            corner: "",
            groups: groups.iter().map(group).collect(),
            sections: Vec::new(),
            notes: Vec::new(),
            records: Records {
                columns: &[],
                rows: Vec::new(),
            },
        }
    }

    #[test]
    fn wide_tables_become_several_below_each_other() {
        let places = |groups: &[usize], width: usize| {
            let columns = groups.iter().sum();
            blocks(&table(groups), &vec![width; columns])
        };
        assert_eq!(places(&[1, 3, 3], 10), [[(0, 0..1), (1, 1..4), (2, 4..7)]]);
        assert_eq!(
            places(&[1, 3, 3, 3], 10),
            [vec![(0, 0..1), (1, 1..4), (2, 4..7)], vec![(3, 7..10)]]
        );
        assert_eq!(
            places(&[19], 10),
            [[(0, 0..9)], [(0, 9..18)], [(0, 18..19)]]
        );
        assert_eq!(
            places(&[2, 10], 10),
            [vec![(0, 0..2), (1, 2..9)], vec![(1, 9..12)]]
        );
        assert_eq!(places(&[2], 200), [[(0, 0..1)], [(0, 1..2)]]);
    }

    #[test]
    fn columns_are_as_wide_as_their_heads_or_numbers() {
        let mut table = table(&[2]);
        table.groups[0].columns[0] = "cumulative-equal".to_owned();
        assert_eq!(
            [0, 1].map(|column| column_width(&table, column, true)),
            [18, 3]
        );
        table.sections.push(super::super::Section {
            title: String::new(),
            rows: vec![super::super::Row {
                label: String::new(),
                stars: String::new(),
                cells: vec![Cell::Missing, Cell::Whole(12_345)],
            }],
        });
        assert_eq!(column_width(&table, 1, true), 8);
    }

    #[test]
    fn quantities_are_set_as_powers() {
        assert_eq!(power_of_ten(2.7e19), "$2.7 \\times 10^{19}$");
    }
}
