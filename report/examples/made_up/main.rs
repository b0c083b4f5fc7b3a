//! Writes a report of made-up numbers, to look at and to measure: `made_up FOLDER [DYNAMIC_TASKS]`.

mod comparison;
mod content;
mod picture;
mod random;
mod shift;

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "made-up".to_owned()));
    let dynamic = arguments.next().map_or(Ok(2), |tasks| tasks.parse())?;
    let page = ticclip_report::render(&content::made_up(dynamic));
    std::fs::create_dir_all(&folder)?;
    let path = folder.join("report.html");
    std::fs::write(&path, &page)?;
    eprintln!("{}: {:.1} MB", path.display(), page.len() as f64 / 1e6);
    Ok(())
}
