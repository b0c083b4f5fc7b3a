//! Columns: what the table of unpacked samples has, and the dataset file that reads it.

use super::{Row, TABLE_FILE};
use crate::shard::pool::DEFAULT_TEMPLATE;

/// What the table has, which the dataset file must know.
#[derive(Default)]
pub(super) struct Columns {
    captions: usize,
    rows_without_uid: u64,
    timestamp: bool,
    pub(super) templates: Option<Vec<String>>,
}

impl Columns {
    pub(super) fn note(&mut self, row: &Row) {
        self.captions = self.captions.max(row.captions.len());
        self.rows_without_uid += u64::from(row.uid.is_none());
        self.timestamp |= row.timestamp.is_some();
        if row.class.is_some() && self.templates.is_none() {
            self.templates = Some(vec![DEFAULT_TEMPLATE.to_owned()]);
        }
    }

    /// The dataset file.
    pub(super) fn dataset(&self) -> String {
        let list = |values: &mut dyn Iterator<Item = String>| {
            let values: Vec<String> = values
                .map(|value| toml::Value::String(value).to_string())
                .collect();
            values.join(", ")
        };
        let uid = if self.rows_without_uid == 0 {
            "{ column = \"uid\" }"
        } else {
            "{ hash = [\"image\"] }"
        };
        let captions = list(&mut (0..self.captions.max(1)).map(caption_column));
        let mut text = format!(
            "# Written by `ticclip shard --unpack`.\nname = \"unpacked\"\n\n[pairs]\ntable = \"{TABLE_FILE}\"\nuid = {uid}\n\
             image = {{ column = \"image\" }}\ncaption = {{ alternatives = [{captions}] }}\n"
        );
        if let Some(templates) = &self.templates {
            let templates = list(&mut templates.iter().cloned());
            text.push_str(&format!(
                "class = {{ column = \"class\", templates = [{templates}] }}\n"
            ));
        }
        if self.timestamp {
            text.push_str(
                "\n[timestamps]\norder = [\"column\"]\n\
                 column = { name = \"timestamp\", unit = \"iso-8601\", kind = \"posted\" }\n",
            );
        }
        text
    }
}

/// `caption`, `caption-2`, `caption-3` …
pub(super) fn caption_column(number: usize) -> String {
    match number {
        0 => "caption".to_owned(),
        number => format!("caption-{}", number + 1),
    }
}
