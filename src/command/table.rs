//! Tables of text: as wide as their cells, and on a terminal no wider than it is.

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, Table as Grid, Width, presets,
};
use serde::{Deserialize, Serialize};

/// Between two columns.
const GAP: usize = 2;

/// Words are broken only in columns narrower than this.
const LEAST: usize = 12;

/// What a column holds, and so what becomes of it where room is short.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    /// What a row is of: wrapped, and repeated where the columns do not fit side by side.
    Name,
    /// Never broken.
    Figure,
    /// Wrapped.
    Text,
}

/// Rows of cells under headings.
#[derive(Serialize, Deserialize)]
pub(super) struct Table {
    kinds: Vec<Kind>,
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table whose rows are told by columns of these headings.
    pub(super) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let empty = Self {
            kinds: Vec::new(),
            headings: Vec::new(),
            rows: Vec::new(),
        };
        empty.with(Kind::Name, names)
    }

    /// Then columns of figures.
    pub(super) fn figures<'a>(self, headings: impl IntoIterator<Item = &'a str>) -> Self {
        self.with(Kind::Figure, headings)
    }

    /// Then a column of words.
    pub(super) fn text(self, heading: &str) -> Self {
        self.with(Kind::Text, [heading])
    }

    fn with<'a>(mut self, kind: Kind, headings: impl IntoIterator<Item = &'a str>) -> Self {
        self.headings.extend(headings.into_iter().map(printable));
        self.kinds.resize(self.headings.len(), kind);
        self
    }

    /// Adds a row, a cell a column.
    pub(super) fn row<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) {
        let cells = cells.into_iter().map(|cell| printable(cell.as_ref()));
        self.rows.push(cells.collect());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table, within the terminal's width if it is printed on one.
    pub(super) fn fitted(&self) -> String {
        let terminal = terminal_size::terminal_size_of(std::io::stdout());
        self.within(terminal.map(|(width, _)| usize::from(width.0)))
    }

    fn grid(&self) -> Grid {
        let mut grid = Grid::new();
        grid.load_preset(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(&self.headings)
            .add_rows(&self.rows);
        grid
    }

    fn within(&self, room: Option<usize>) -> String {
        let room = room.unwrap_or(usize::MAX);
        let widths: Vec<usize> = self
            .grid()
            .column_max_content_widths()
            .into_iter()
            .map(usize::from)
            .collect();
        let all: Vec<usize> = (0..widths.len()).collect();
        if let Some(widths) = self.squeezed(&all, &widths, room) {
            return self.block(&all, &widths);
        }
        let (blocks, widths) = self.blocks(&widths, room);
        let blocks: Vec<String> = blocks
            .iter()
            .map(|columns| self.block(columns, &widths))
            .collect();
        blocks.join("\n")
    }

    /// The widths at which these columns fit side by side, the widest words wrapped first.
    fn squeezed(&self, columns: &[usize], widths: &[usize], room: usize) -> Option<Vec<usize>> {
        let mut widths = widths.to_vec();
        let used = |widths: &[usize]| {
            columns
                .iter()
                .map(|column| widths[*column] + GAP)
                .sum::<usize>()
                - GAP
        };
        while used(&widths) > room {
            let wrapped = columns
                .iter()
                .copied()
                .filter(|column| self.kinds[*column] != Kind::Figure);
            let widest = wrapped
                .max_by_key(|column| widths[*column])
                .filter(|column| widths[*column] > LEAST)?;
            widths[widest] -= 1;
        }
        Some(widths)
    }

    /// Columns side by side as many as fit, each time with the names of their rows, and the widths of all columns. A
    /// terminal narrower than the names and one column has lines that are too long.
    fn blocks(&self, widths: &[usize], room: usize) -> (Vec<Vec<usize>>, Vec<usize>) {
        let (names, others): (Vec<usize>, Vec<usize>) =
            (0..widths.len()).partition(|column| self.kinds[*column] == Kind::Name);
        let least = |column: &usize| match self.kinds[*column] {
            Kind::Figure => widths[*column],
            Kind::Name | Kind::Text => widths[*column].min(LEAST),
        };
        // Names take half of the room, more if they need it, and leave enough for the widest of the others.
        let widest = others.iter().map(least).max().unwrap_or(0);
        let mut widths = [room / 2, room.saturating_sub(GAP + widest)]
            .into_iter()
            .find_map(|room| self.squeezed(&names, widths, room))
            .unwrap_or_else(|| (0..widths.len()).map(|column| least(&column)).collect());
        let rest = room.saturating_sub(names.iter().map(|column| widths[*column] + GAP).sum());
        let mut blocks: Vec<(Vec<usize>, usize)> = Vec::new();
        for column in others {
            if self.kinds[column] == Kind::Text {
                widths[column] = widths[column].min(rest.max(LEAST));
            }
            let width = widths[column] + GAP;
            match blocks.last_mut() {
                Some((block, used)) if *used + width <= rest + GAP => {
                    block.push(column);
                    *used += width;
                }
                _ => blocks.push(([names.as_slice(), &[column]].concat(), width)),
            }
        }
        (blocks.into_iter().map(|(block, _)| block).collect(), widths)
    }

    /// These columns at these widths, the others hidden.
    fn block(&self, columns: &[usize], widths: &[usize]) -> String {
        let mut grid = self.grid();
        let room: usize = columns.iter().map(|column| widths[*column] + GAP).sum();
        grid.set_width(cells(room));
        for (at, column) in grid.column_iter_mut().enumerate() {
            column.set_padding((0, cells(GAP)));
            if self.kinds[at] == Kind::Figure {
                column.set_cell_alignment(CellAlignment::Right);
            }
            column.set_constraint(match columns.contains(&at) {
                true => ColumnConstraint::Absolute(Width::Fixed(cells(widths[at] + GAP))),
                false => ColumnConstraint::Hidden,
            });
        }
        grid.trim_fmt() + "\n"
    }
}

/// A width as the crate takes it.
fn cells(width: usize) -> u16 {
    u16::try_from(width).unwrap_or(u16::MAX)
}

/// Names, captions and file names of strangers do not steer a terminal.
pub(super) fn printable(text: &str) -> String {
    let shown = |letter: char| {
        if letter.is_control() {
            '\u{fffd}'
        } else {
            letter
        }
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drops() -> Table {
        let mut table = Table::new(["task", "metric"]).figures(["A", "B", "95%", "n"]);
        table.row([
            "classification",
            "accuracy",
            "71.3%",
            "68.9%",
            "-3.1 … -1.7",
            "10000",
        ]);
        table.row(["  2016", "", "70.0%", "69.0%", "-2.0 … +0.1", "5000"]);
        table
    }

    #[test]
    fn without_a_terminal_nothing_is_wrapped() {
        let expected = "\
task            metric        A      B          95%      n
classification  accuracy  71.3%  68.9%  -3.1 … -1.7  10000
  2016                    70.0%  69.0%  -2.0 … +0.1   5000
";
        assert_eq!(drops().within(None), expected);
        assert_eq!(drops().within(Some(58)), expected);
    }

    #[test]
    fn names_are_wrapped_first() {
        let mut table = Table::new(["group"]).figures(["drop"]);
        table.row(["motor vehicle, automotive vehicle", "+4.0"]);
        let expected = "\
group               drop
motor vehicle,      +4.0
automotive vehicle
";
        assert_eq!(table.within(Some(24)), expected);
    }

    #[test]
    fn columns_that_do_not_fit_come_below_with_the_names_again() {
        let expected = "\
task            metric        A      B
classification  accuracy  71.3%  68.9%
  2016                    70.0%  69.0%

task            metric            95%
classification  accuracy  -3.1 … -1.7
  2016                    -2.0 … +0.1

task            metric        n
classification  accuracy  10000
  2016                     5000
";
        assert_eq!(drops().within(Some(40)), expected);
    }

    #[test]
    fn every_line_fits_where_it_can() {
        let table = drops();
        for room in 35..70 {
            let text = table.within(Some(room));
            assert!(
                text.lines().all(|line| line.chars().count() <= room),
                "{room}:\n{text}"
            );
            for cell in ["71.3%", "-3.1 … -1.7", "10000", "5000"] {
                assert!(text.contains(cell), "{room}: {cell}\n{text}");
            }
        }
    }

    #[test]
    fn words_of_strangers_do_not_steer_the_terminal() {
        let mut table = Table::new(["caption"]);
        table.row(["a\u{1b}[2Jb\nc"]);
        assert_eq!(table.within(None), "caption\na\u{fffd}[2Jb\u{fffd}c\n");
    }

    #[test]
    fn wide_letters_take_two_places() {
        let mut table = Table::new(["name"]).figures(["n"]);
        table.row(["猫猫", "1"]);
        table.row(["cats", "2"]);
        assert_eq!(table.within(None), "name  n\n猫猫  1\ncats  2\n");
    }
}
