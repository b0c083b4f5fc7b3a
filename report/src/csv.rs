//! The data behind a figure as comma-separated values.

/// A table that a spreadsheet opens.
pub(super) struct Csv {
    text: String,
}

/// One field of a row.
pub(super) enum Field<'a> {
    /// Words from outside.
    Text(&'a str),
    /// A number; missing is empty.
    Number(Option<f64>),
    /// A whole number; missing is empty.
    Whole(Option<u64>),
}

impl Csv {
    /// An empty table under `columns`.
    pub(super) fn new(columns: &str) -> Self {
        Self {
            text: format!("{columns}\n"),
        }
    }

    /// Adds one row.
    pub(super) fn row<const N: usize>(&mut self, fields: [Field<'_>; N]) {
        let fields: Vec<String> = fields.iter().map(Field::written).collect();
        self.text.push_str(&fields.join(","));
        self.text.push('\n');
    }

    /// The whole table.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}

impl Field<'_> {
    fn written(&self) -> String {
        match self {
            Self::Text(raw) => quoted(raw),
            Self::Number(value) => value
                .filter(|value| value.is_finite())
                .map(|value| value.to_string())
                .unwrap_or_default(),
            Self::Whole(value) => value.map(|value| value.to_string()).unwrap_or_default(),
        }
    }
}

/// Spreadsheets run text that begins like a formula, so such text gets a leading apostrophe.
fn quoted(raw: &str) -> String {
    let raw = if raw.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{raw}")
    } else {
        raw.to_owned()
    };
    if raw.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", raw.replace('"', "\"\""))
    } else {
        raw
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_and_formulas_disarmed() {
        let mut csv = Csv::new("a,b,c");
        csv.row([
            Field::Text("x, \"y\""),
            Field::Text("=1+1"),
            Field::Number(None),
        ]);
        csv.row([
            Field::Text(""),
            Field::Whole(Some(3)),
            Field::Number(Some(0.25)),
        ]);
        assert_eq!(csv.into_text(), "a,b,c\n\"x, \"\"y\"\"\",'=1+1,\n,3,0.25\n");
    }
}
