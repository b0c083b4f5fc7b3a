//! How fast candidates are ranked: `retrieval_speed TASK QUERIES CANDIDATES DIM OUT` (release build).
//!
//! QUERIES and CANDIDATES are files of unit rows of DIM f32 values, in the processor's byte order. TASK is `top-k:K`: OUT becomes
//! the K best candidates of every query as u32, then their similarities as f32. Or it is `ranks`: the candidates are captions
//! of the queries, the same number of each, one after the other; OUT becomes the ranks as u32, first those of the
//! images' best captions, then those of the captions' images. Or it is `classes`: the candidates are classes, a query's label
//! is its index, wrapped; OUT becomes the first guesses as u32. Prints the seconds that ranking took, without files, and those of all
//! its threads on a processor.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::time::{Duration, Instant};

use ticclip_eval::classify::{Head, classify};
use ticclip_eval::embeddings::Embeddings;
use ticclip_eval::retrieve::{ranks, top_k};

/// Reads a file without a second copy of it in memory.
fn read(path: &str, dim: usize) -> Result<Embeddings, Box<dyn Error>> {
    let mut file = File::open(path)?;
    let mut values = Vec::with_capacity(file.metadata()?.len() as usize / 4);
    let mut bytes = vec![0; 4 * dim];
    for _ in 0..values.capacity() / dim {
        file.read_exact(&mut bytes)?;
        let (words, _) = bytes.as_chunks();
        values.extend(words.iter().map(|word| f32::from_ne_bytes(*word)));
    }
    Ok(Embeddings::new(values, dim)?)
}

fn write(out: &str, words: impl Iterator<Item = [u8; 4]>) -> Result<(), Box<dyn Error>> {
    let mut file = BufWriter::new(File::create(out)?);
    for word in words {
        file.write_all(&word)?;
    }
    Ok(file.flush()?)
}

fn word(index: &usize) -> [u8; 4] {
    (*index as u32).to_ne_bytes()
}

/// Time that passed, and time that the process was on a processor; 0 where the system does not tell.
struct Watch {
    wall: Instant,
    busy: Duration,
}

impl Watch {
    fn busy() -> Duration {
        /// Ticks of Linux's statistics in a second.
        const TICKS: u64 = 100;
        let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let fields = text.split(' ').skip(13).take(2);
        let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 1000 / TICKS)
    }

    fn start() -> Self {
        Self {
            wall: Instant::now(),
            busy: Self::busy(),
        }
    }

    fn read(&self) -> (Duration, Duration) {
        (self.wall.elapsed(), Self::busy() - self.busy)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [task, queries, candidates, dim, out] = arguments.as_slice() else {
        return Err("retrieval_speed TASK QUERIES CANDIDATES DIM OUT".into());
    };
    let dim: usize = dim.parse()?;
    let (queries, candidates) = (read(queries, dim)?, read(candidates, dim)?);
    let watch = Watch::start();
    let (wall, busy) = match task.split_once(':').unwrap_or((task, "")) {
        ("top-k", k) => {
            let found = top_k(&queries, &candidates, k.parse()?)?;
            let times = watch.read();
            let indices = found.iter().flatten().map(|(index, _)| word(index));
            let similarities = found.iter().flatten().map(|(_, value)| value.to_ne_bytes());
            write(out, indices.chain(similarities))?;
            times
        }
        ("ranks", "") => {
            let each = candidates.rows() / queries.rows();
            let image_of: Vec<usize> = (0..candidates.rows()).map(|text| text / each).collect();
            let ranks = ranks(&queries, &candidates, &image_of)?;
            let times = watch.read();
            let all = ranks.text_of_image.iter().chain(&ranks.image_of_text);
            write(out, all.map(word))?;
            times
        }
        ("classes", "") => {
            let labels = (0..queries.rows()).map(|query| query % candidates.rows());
            let labels: Vec<usize> = labels.collect();
            let guesses = classify(&queries, &labels, &Head::from_vectors(candidates))?;
            let times = watch.read();
            write(out, guesses.iter().map(|guess| word(&guess.classes[0])))?;
            times
        }
        _ => return Err(format!("no task {task}: top-k:K, ranks or classes").into()),
    };
    let (wall, busy) = (wall.as_secs_f64(), busy.as_secs_f64());
    writeln!(std::io::stdout(), "{wall} {busy}")?;
    Ok(())
}
