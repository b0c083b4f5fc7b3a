//! Prepares a folder of images again and again, one thread: the other side of `preprocess.py`.
//!
//! Each line on standard input asks for one round over the folder that it names; the answer is
//! the seconds it took and, so that both sides can be compared, the sum of all values.

use std::io::{BufRead, Write};
use std::time::Instant;

use ticclip::model::PreprocessConfig;
use ticclip::preprocess::{Preprocess, Scratch};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let preprocess = Preprocess::new(224, PreprocessConfig::default());
    let mut scratch = Scratch::default();
    let mut values = vec![0.0_f32; preprocess.values()];
    let mut folder = String::new();
    let mut files: Vec<Vec<u8>> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line != folder {
            let mut paths = std::fs::read_dir(&line)?
                .map(|entry| Ok(entry?.path()))
                .collect::<Result<Vec<_>, std::io::Error>>()?;
            paths.sort();
            files = paths.iter().map(std::fs::read).collect::<Result<_, _>>()?;
            folder = line;
        }
        let (start, mut sum) = (Instant::now(), 0.0);
        for file in &files {
            preprocess.score_bytes(file, &mut scratch, &mut values)?;
            sum += f64::from(values[values.len() / 2]);
        }
        let mut out = std::io::stdout().lock();
        writeln!(out, "{} {sum}", start.elapsed().as_secs_f64())?;
        out.flush()?;
    }
    Ok(())
}
