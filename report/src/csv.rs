//! Comma-separated values as RFC 4180 has them, safe to open in a spreadsheet: the data behind a figure, and exported tables.

/// Spreadsheets run what begins with one of these; the wide forms are the same to some of them.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// A table that grows row by row.
pub(super) struct Csv {
    text: String,
}

/// One field of a row.
#[derive(Clone, Debug)]
pub(super) enum Field<T = String> {
    /// Words, maybe from outside.
    Text(T),
    /// A number; missing is empty.
    Number(Option<f64>),
    /// A whole number; missing is empty.
    Whole(Option<u64>),
}

/// A table whose rows are all known.
#[derive(Debug)]
pub(super) struct Records {
    pub(super) columns: &'static [&'static str],
    pub(super) rows: Vec<Vec<Field>>,
}

impl Csv {
    /// An empty table under `columns`.
    pub(super) fn new(columns: &str) -> Self {
        Self {
            text: format!("{columns}\r\n"),
        }
    }

    /// Adds one row.
    pub(super) fn row<const N: usize>(&mut self, fields: [Field<&str>; N]) {
        self.line(&fields);
    }

    fn line<T: AsRef<str>>(&mut self, fields: &[Field<T>]) {
        let fields: Vec<String> = fields.iter().map(Field::written).collect();
        self.text.push_str(&fields.join(","));
        self.text.push_str("\r\n");
    }

    /// The whole table, every line with CR and LF behind it.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}

impl Records {
    /// The whole table, as that of [`Csv`].
    pub(super) fn text(&self) -> String {
        let mut csv = Csv::new(&self.columns.join(","));
        for row in &self.rows {
            csv.line(row);
        }
        csv.into_text()
    }
}

impl<T: AsRef<str>> Field<T> {
    fn written(&self) -> String {
        match self {
            Self::Text(words) => quoted(&guarded(words.as_ref())),
            Self::Number(value) => value
                .filter(|value| value.is_finite())
                .map(|value| value.to_string())
                .unwrap_or_default(),
            Self::Whole(value) => value.map(|value| value.to_string()).unwrap_or_default(),
        }
    }
}

/// An apostrophe before what a spreadsheet would run. One that is there already does not hide the formula behind it, so that
/// taking one away gives back every text.
fn guarded(words: &str) -> String {
    if words.trim_start_matches('\'').starts_with(FORMULA) {
        format!("'{words}")
    } else {
        words.to_owned()
    }
}

/// Quotes around what needs them; semicolons and tabs part fields in some spreadsheets.
fn quoted(words: &str) -> String {
    if words.contains([',', '"', '\n', '\r', ';', '\t']) {
        format!("\"{}\"", words.replace('"', "\"\""))
    } else {
        words.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(fields: Vec<Field>) -> String {
        Records {
            columns: &["a", "b", "c"],
            rows: vec![fields],
        }
        .text()
    }

    /// What a careful reader takes for the text that was meant.
    fn meant(field: &str) -> String {
        match field.strip_prefix('\'') {
            Some(rest) if rest.trim_start_matches('\'').starts_with(FORMULA) => rest.to_owned(),
            _ => field.to_owned(),
        }
    }

    #[test]
    fn text_is_guarded_and_numbers_are_not() {
        let written = of(vec![
            Field::Text("-1+2".to_owned()),
            Field::Number(Some(-0.5)),
            Field::Whole(None),
        ]);
        assert_eq!(written, "a,b,c\r\n'-1+2,-0.5,\r\n");
        let written = of(vec![
            Field::Text("x, \"y\"".to_owned()),
            Field::Number(Some(f64::NAN)),
            Field::Text("=HYPERLINK(\"x\")".to_owned()),
        ]);
        assert_eq!(
            written,
            "a,b,c\r\n\"x, \"\"y\"\"\",,\"'=HYPERLINK(\"\"x\"\")\"\r\n"
        );
    }

    proptest! {
        #[test]
        fn every_text_comes_back(
            words in proptest::collection::vec("['=+@\\-\t\r\n\",;a-z＝é检]{0,12}|.*", 3),
            value in any::<f64>(),
        ) {
            let mut fields: Vec<Field> = words.iter().cloned().map(Field::Text).collect();
            fields[1] = Field::Number(Some(value));
            let written = of(fields);
            let mut reader = ::csv::ReaderBuilder::new()
                .terminator(::csv::Terminator::CRLF)
                .from_reader(written.as_bytes());
            let record = reader.records().next().expect("there is a row").expect("it can be read");
            prop_assert_eq!(record.len(), 3);
            for place in [0, 2] {
                prop_assert!(!record[place].starts_with(FORMULA), "{}", &record[place]);
                prop_assert_eq!(meant(&record[place]), words[place].as_str());
            }
            if value.is_finite() {
                prop_assert_eq!(record[1].parse(), Ok(value));
            } else {
                prop_assert_eq!(&record[1], "");
            }
        }
    }
}
