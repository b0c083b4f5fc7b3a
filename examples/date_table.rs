//! Dates the rows of a CSV table by a column and, where that is empty, by the path of the url: no network, no files written.
//!
//! ```text
//! cargo run --example date_table -- pairs.csv
//! ```
//!
//! The table needs the columns `url` and `released`. Which sources are asked in which order is the `[timestamps]` table of a
//! dataset file; any other source goes there the same way.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;

use ticclip_fetchers::config::Timestamps;
use ticclip_fetchers::recover::{Recovery, Row};

const TIMESTAMPS: &str = r#"
    order = ["column", "url-path"]
    column = { name = "released", unit = "iso-8601", kind = "posted" }
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("which table? date_table TABLE.csv")?;
    let config: Timestamps = toml::from_str(TIMESTAMPS)?;
    // Dates after today are mistakes.
    let recovery = Recovery::new(&config, chrono::Utc::now())?;
    let mut reader = csv::Reader::from_path(&path)?;
    let cells: Vec<BTreeMap<String, String>> = reader.deserialize().collect::<Result<_, _>>()?;
    let mut rows = Vec::new();
    for (number, cells) in cells.iter().enumerate() {
        let image = cells.get("url").ok_or("the table has no column `url`")?;
        rows.push(Row {
            uid: number as u128,
            cells,
            image,
            image_path: None,
        });
    }
    let mut out = std::io::stdout().lock();
    for (row, outcome) in rows.iter().zip(recovery.settle(recovery.begin(&rows)?)) {
        match outcome.chosen() {
            Some(claim) => writeln!(
                out,
                "{}  {}  by {}",
                row.image,
                claim.at.format("%Y-%m-%d"),
                claim.source
            )?,
            None => writeln!(
                out,
                "{}  {}: {}",
                row.image,
                outcome.state.as_str(),
                outcome.detail()
            )?,
        }
    }
    Ok(())
}
