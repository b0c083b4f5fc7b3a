//! The state of an unfinished step against a plain copy of its files, both until all is on the disk.
//!
//! `checkpoint_speed FOLDER [MODEL] [ROUNDS]`: in each round a state is written and copied with `cp`, in turn, first with
//! the processor to themselves and then with training going on. `sync` puts exactly the copied files and their folder on
//! the disk, as the writer does with its own. The copied bytes are in memory before, as the tensors are.

use std::io::{Write, stdout};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use burn::tensor::{Device, Tensor, TensorData};
use ticclip::model::{Clip, ClipConfig, TokenBatch};
use ticclip::train::state::{Position, Snapshot, Writer, Written};
use ticclip::train::{Cost, Learner};

const PAIRS: usize = 8;

type Failure = Box<dyn std::error::Error>;

/// A learner and the batch it is given again and again.
struct Training {
    learner: Option<Learner>,
    images: Tensor<4>,
    texts: TokenBatch,
    updates: u64,
}

impl Training {
    fn start(config: &ClipConfig) -> Self {
        let device = Device::flex();
        let side = config.vision_cfg.image_size;
        let pixels = vec![0.5; PAIRS * 3 * side * side];
        let last = config.text_cfg.vocab_size as u32 - 1;
        let mut caption = vec![0; config.text_cfg.context_length];
        caption[..8].copy_from_slice(&[last - 1, 1, 2, 3, 4, 5, 6, last]);
        Self {
            learner: Some(Learner::new(Clip::new(config, 0, &device), 0.2, &device)),
            images: Tensor::from_data(TensorData::new(pixels, [PAIRS, 3, side, side]), &device),
            texts: TokenBatch::new(&vec![caption; PAIRS], config.text_cfg.pool_type),
            updates: 0,
        }
    }

    /// One update; returns the time that it took.
    fn update(&mut self) -> Duration {
        let began = Instant::now();
        self.learner = self.learner.take().map(|learner| {
            let images = self.images.clone();
            learner.update(images, &self.texts, 1e-4).0
        });
        self.updates += 1;
        began.elapsed()
    }

    fn snapshot(&self) -> Option<Snapshot> {
        let position = Position {
            plan: "speed".to_owned(),
            update: self.updates,
            broken: 0,
            cost: Cost::default(),
        };
        let learner = self.learner.as_ref()?;
        Some(Snapshot::new(&position, learner))
    }
}

/// Begins a state, goes on training if asked to, and returns what was written and the longest update meanwhile.
fn write(
    training: &mut Training,
    folder: &Path,
    busy: bool,
) -> Result<(Written, Duration), Failure> {
    training.update();
    let mut writer = Writer::new(folder, 1);
    let snapshot = training.snapshot().ok_or("no learner")?;
    let began = Instant::now();
    writer.save(snapshot)?;
    let mut longest = began.elapsed();
    while busy && writer.is_busy() {
        longest = longest.max(training.update());
    }
    let written = writer.finish()?.ok_or("nothing was written")?;
    Ok((written, longest))
}

/// Copies a state's folder beside it and returns the time that it took.
fn copy(training: &mut Training, state: &Path, busy: bool) -> Result<Duration, Failure> {
    let to = state.with_file_name("copy");
    let target = to.clone();
    let state = state.to_owned();
    // The state went past the system's cache; its copy shall not wait for reading.
    for entry in std::fs::read_dir(&state)? {
        std::fs::read(entry?.path())?;
    }
    let thread = std::thread::spawn(move || -> std::io::Result<Duration> {
        let began = Instant::now();
        Command::new("cp").arg("-r").arg(&state).arg(&to).status()?;
        let files = std::fs::read_dir(&to)?.filter_map(|entry| Some(entry.ok()?.path()));
        Command::new("sync").args(files).arg(&to).status()?;
        Ok(began.elapsed())
    });
    while busy && !thread.is_finished() {
        training.update();
    }
    let took = thread.join().map_err(|_| "the copy was given up")??;
    std::fs::remove_dir_all(target)?;
    Ok(took)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which folder?")?;
    let model = arguments.next().unwrap_or("ViT-B-32".to_owned());
    let rounds: usize = arguments.next().map_or(Ok(5), |rounds| rounds.parse())?;
    let folder = Path::new(&folder).join("checkpoint-speed");
    let config = ClipConfig::named(&model).ok_or("no such model")?;
    let mut training = Training::start(&config);
    let alone: Vec<_> = (0..4).map(|_| training.update()).skip(1).collect();
    let mut out = stdout().lock();
    writeln!(
        out,
        "an update of {PAIRS} pairs alone: {:.2} s",
        median(alone)
    )?;
    for busy in [false, true] {
        let (mut states, mut copies, mut updates) = (Vec::new(), Vec::new(), Vec::new());
        let mut bytes = 0;
        for _ in 0..rounds {
            let (written, longest) = write(&mut training, &folder, busy)?;
            bytes = written.bytes;
            copies.push(copy(&mut training, &written.path, busy)?);
            states.push(written.took);
            updates.push(longest);
        }
        let name = if busy { "while training" } else { "alone" };
        writeln!(
            out,
            "{name}, {:.3} GB, {rounds} rounds:",
            bytes as f64 / 1e9
        )?;
        writeln!(out, "  states {states:.2?}")?;
        writeln!(out, "  copies {copies:.2?}")?;
        writeln!(out, "  longest wait of training {updates:.2?}")?;
        let (state, copy) = (median(states), median(copies));
        let ratio = state / copy;
        writeln!(
            out,
            "  medians: state {state:.2} s, copy {copy:.2} s, ratio {ratio:.2}"
        )?;
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
