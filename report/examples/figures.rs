//! Writes every export of made-up content into a folder, to look at: `figures FOLDER`.

#[path = "made_up/comparison.rs"]
mod comparison;
#[path = "made_up/content.rs"]
mod content;
#[path = "made_up/picture.rs"]
mod picture;
#[path = "made_up/random.rs"]
mod random;
#[path = "made_up/shift.rs"]
mod shift;

use std::error::Error;
use std::path::PathBuf;

use ticclip_report::export::{Format, characters_without_glyph, files};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "made-up".to_owned()));
    let content = content::made_up(2);
    std::fs::create_dir_all(&folder)?;
    let formats: Vec<Format> = Format::FIGURES.into_iter().chain(Format::TABLES).collect();
    for file in files(&content, &formats)? {
        let path = folder.join(&file.name);
        std::fs::write(&path, &file.bytes)?;
        eprintln!("{} ({} bytes)", path.display(), file.bytes.len());
    }
    for c in characters_without_glyph(&content) {
        eprintln!("U+{:04X} is a box in PNG and PDF files", u32::from(c));
    }
    Ok(())
}
