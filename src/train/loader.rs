//! Batches, prepared ahead of the model by worker threads.
//!
//! One thread draws the order and deals batches out in turn, one worker after the other, and the consumer takes them in
//! turn: the order does not depend on who is fast. A sample that cannot be read is left out of its batch and counted.
//! Of several ranks each draws the same order and prepares its part of every batch, as the whole would be prepared.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use thiserror::Error;

use super::order::{Order, Pick};
use super::recipe::Recipe;
use crate::model::TokenBatch;
use crate::preprocess::{ImageError, Preprocess, Scratch};
use crate::shard::{SampleError as MissingMember, ShardIndex, ShardReadError, TarsError, tars_of};
use crate::tokenizer::{Tokenizer, TokenizerError};

/// Batches that each worker holds ready.
const AHEAD: usize = 2;

/// Why training data cannot be read at all.
#[derive(Debug, Error)]
pub enum LoaderError {
    /// The list of a step's shards is missing or wrong.
    #[error(transparent)]
    Tars(#[from] TarsError),
    /// A shard is damaged.
    #[error(transparent)]
    Shard(#[from] ShardReadError),
    /// A step has no pair to train on.
    #[error("{folder} holds no image-text pair to train on")]
    Empty {
        /// The step's folder.
        folder: PathBuf,
    },
    /// A worker thread ended early.
    #[error("a thread that prepares batches ended before its time")]
    Worker,
}

/// Why one sample was left out.
#[derive(Debug, Error)]
enum SampleError {
    #[error(transparent)]
    Image(#[from] ImageError),
    #[error(transparent)]
    Text(#[from] TokenizerError),
    #[error(transparent)]
    Shard(#[from] ShardReadError),
    #[error(transparent)]
    Member(#[from] MissingMember),
}

/// One time step's training pairs, readable in any order.
#[derive(Debug)]
pub struct TrainingPool {
    index: ShardIndex,
    /// Of which pairs there are, in their order.
    checksum: String,
}

impl TrainingPool {
    /// Indexes a step's shards.
    ///
    /// # Errors
    /// [`LoaderError`] when a shard cannot be read or there is no pair in them.
    pub fn open(folder: &std::path::Path) -> Result<Self, LoaderError> {
        let index = ShardIndex::open(tars_of(folder)?)?;
        if index.is_empty() {
            return Err(LoaderError::Empty {
                folder: folder.to_owned(),
            });
        }
        let checksum = index.checksum();
        Ok(Self { index, checksum })
    }

    /// Checksum of which pairs there are, in their order.
    #[must_use]
    pub(super) fn checksum(&self) -> &str {
        &self.checksum
    }

    /// Number of pairs.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.index.len()
    }
}

/// Pixels and tokens of some pairs.
#[derive(Debug)]
pub(super) struct Batch {
    /// `[pairs, 3, side, side]`, row-major.
    pub(super) pixels: Vec<f32>,
    pub(super) texts: TokenBatch,
    /// Keys of the samples, in the same order.
    pub(super) keys: Vec<String>,
    /// Samples left out because they could not be read.
    pub(super) broken: u64,
}

/// One sample of a batch.
struct Prepared {
    pixels: Vec<f32>,
    tokens: Vec<u32>,
    key: String,
}

/// What workers share.
struct Job {
    pools: Arc<Vec<TrainingPool>>,
    recipe: Recipe,
    tokenizer: Arc<Tokenizer>,
    preprocess: Preprocess,
    /// Tells the random changes of different steps apart.
    stream: u64,
    /// Picks of every batch that are before those prepared here.
    before: usize,
}

/// Batches in order.
#[derive(Debug)]
pub(super) struct Loader {
    workers: Vec<Receiver<Batch>>,
    next: usize,
}

impl Loader {
    /// Starts preparing the picks `own` of each of these batches of a step.
    pub(super) fn start(
        pools: &Arc<Vec<TrainingPool>>,
        shares: &[f64],
        recipe: &Recipe,
        tokenizer: &Arc<Tokenizer>,
        stream: u64,
        batches: Range<u64>,
        own: Range<usize>,
    ) -> Self {
        let pairs: Vec<usize> = pools[..shares.len()]
            .iter()
            .map(TrainingPool::pairs)
            .collect();
        let count = rayon::current_num_threads().clamp(1, 4);
        let job = Arc::new(Job {
            pools: Arc::clone(pools),
            recipe: recipe.clone(),
            tokenizer: Arc::clone(tokenizer),
            preprocess: Preprocess::new(
                recipe.model.vision_cfg.image_size,
                recipe.preprocess.clone(),
            ),
            stream,
            before: own.start,
        });
        let mut order = Order::new(&pairs, shares, recipe.seed, stream);
        let (inputs, workers): (Vec<_>, Vec<_>) = (0..count)
            .map(|_| {
                let (deal, dealt) = sync_channel::<(u64, Vec<Pick>)>(AHEAD);
                let (sender, receiver) = sync_channel(AHEAD);
                let job = Arc::clone(&job);
                std::thread::spawn(move || {
                    let mut scratch = Scratch::default();
                    for (batch, picks) in dealt {
                        let batch = job.prepare(batch, &picks, &mut scratch);
                        // The other side is gone when training stopped: nothing is left to do.
                        if sender.send(batch).is_err() {
                            return;
                        }
                    }
                });
                (deal, receiver)
            })
            .unzip();
        let batch_pairs = recipe.batch_pairs;
        std::thread::spawn(move || {
            order
                .by_ref()
                .take(batches.start as usize * batch_pairs)
                .for_each(drop);
            for (batch, input) in batches.zip(inputs.iter().cycle()) {
                let picks: Vec<Pick> = order.by_ref().take(batch_pairs).collect();
                if input.send((batch, picks[own.clone()].to_vec())).is_err() {
                    return;
                }
            }
        });
        Self { workers, next: 0 }
    }

    /// The next batch.
    pub(super) fn next(&mut self) -> Result<Batch, LoaderError> {
        let worker = self.next % self.workers.len();
        self.next += 1;
        self.workers[worker].recv().map_err(|_| LoaderError::Worker)
    }
}

impl Job {
    fn prepare(&self, batch: u64, picks: &[Pick], scratch: &mut Scratch) -> Batch {
        let mut samples = Vec::with_capacity(picks.len());
        let mut broken = 0;
        for (at, pick) in picks.iter().enumerate() {
            let draw = batch * self.recipe.batch_pairs as u64 + (self.before + at) as u64;
            match self.sample(*pick, draw, scratch) {
                Ok(sample) => samples.push(sample),
                Err(error) => {
                    broken += 1;
                    tracing::debug!(pool = pick.pool, pair = pick.pair, %error, "a training sample is left out");
                }
            }
        }
        // The loss does not know an order of pairs; sorted by length, captions are less work.
        let pooling = self.recipe.model.text_cfg.pool_type;
        samples.sort_by_key(|sample| TokenBatch::end(&sample.tokens, pooling));
        let mut pixels = Vec::with_capacity(samples.len() * self.preprocess.values());
        let (mut captions, mut keys) = (Vec::new(), Vec::new());
        for sample in samples {
            pixels.extend(sample.pixels);
            captions.push(sample.tokens);
            keys.push(sample.key);
        }
        Batch {
            pixels,
            texts: TokenBatch::new(&captions, pooling),
            keys,
            broken,
        }
    }

    fn sample(
        &self,
        pick: Pick,
        draw: u64,
        scratch: &mut Scratch,
    ) -> Result<Prepared, SampleError> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.recipe.seed ^ 0x7469_6363_6c69_7000);
        rng.set_stream((self.stream << 40) | draw);
        let sample = self.pools[pick.pool].index.sample(pick.pair)?;
        let pixels = self.preprocess.train_bytes(
            sample.image()?,
            scratch,
            &self.recipe.augment,
            &mut rng,
        )?;
        // A caption file holds alternatives, one a line; each draw takes one of them.
        let captions = sample.captions()?;
        let line = captions[rng.random_range(0..captions.len())];
        let context = self.recipe.model.text_cfg.context_length;
        Ok(Prepared {
            pixels,
            tokens: self.tokenizer.encode(line, context)?,
            key: sample.key.clone(),
        })
    }
}
