//! Processes a downloaded image again and again, one thread: the other side of
//! `benches/resize_images.py`.
//!
//! Each line on standard input, `SIZE MODE FORMAT QUALITY PATH`, asks for one image; the answer is
//! the seconds it took, and the file in base64 so that both sides can be compared.

use std::io::{BufRead, Write};
use std::time::Instant;

use base64::Engine as _;
use ticclip::download::{ImageOptions, Processor};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut now: Option<(String, Processor)> = None;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.splitn(5, ' ').collect();
        let &[size, mode, format, quality, path] = words.as_slice() else {
            return Err("a line is SIZE MODE FORMAT QUALITY PATH".into());
        };
        let key = format!("{size} {mode} {format} {quality}");
        if now.as_ref().is_none_or(|(last, _)| *last != key) {
            let options = ImageOptions {
                image_size: size.parse()?,
                resize_mode: mode.parse()?,
                encode_format: format.parse()?,
                encode_quality: Some(quality.parse()?),
                ..ImageOptions::default()
            };
            options.check()?;
            now = Some((key, Processor::new(options)));
        }
        let Some((_, processor)) = &mut now else {
            continue;
        };
        let bytes = std::fs::read(path)?;
        let start = Instant::now();
        let file = processor.process(&bytes, &[])?.bytes;
        let seconds = start.elapsed().as_secs_f64();
        let mut out = std::io::stdout().lock();
        let file = base64::engine::general_purpose::STANDARD.encode(file);
        writeln!(out, "{seconds} {file}")?;
        out.flush()?;
    }
    Ok(())
}
