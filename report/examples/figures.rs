//! Writes every export of made-up content into a folder, to be looked at:
//!
//! `cargo run -p ticclip-report --example figures -- FOLDER [hostile]`

use std::error::Error;
use std::path::PathBuf;

use ticclip_report::export::{Format, characters_without_glyph, files};
use ticclip_report::{
    Content, Credit, Example, LossPoint, Score, Step, StepCost, StrategyScores, TaskScores,
};

#[path = "../src/tests/made_up.rs"]
mod made_up;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("name a folder to write into")?);
    let content = match arguments.next().as_deref() {
        None => made_up::plausible(),
        Some("hostile") => made_up::hostile(),
        Some(other) => return Err(format!("`{other}` is no content; there is `hostile`").into()),
    };
    std::fs::create_dir_all(&folder)?;
    let formats: Vec<Format> = Format::FIGURES.into_iter().chain(Format::TABLES).collect();
    for file in files(&content, &formats)? {
        std::fs::write(folder.join(&file.name), &file.bytes)?;
        eprintln!("{} ({} bytes)", file.name, file.bytes.len());
    }
    for c in characters_without_glyph(&content) {
        eprintln!("U+{:04X} is a box in PNG and PDF files", u32::from(c));
    }
    Ok(())
}
