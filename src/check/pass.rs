//! Pass: every tar of some sets read once, on several threads, and what is seen told in the order of the tars.

use super::CheckError;
use super::benchmark::Benchmark;
use super::border::{Border, EvaluationPair, hash_of_url};
use super::finding::{Finding, FindingKind, Place, cut};
use super::inspector::{Date, Inspector, Look, Seen};
use super::set::{BenchmarkSet, SetKind, Tar};
use super::tally::Tally;
use super::uid_rows::{RowHand, UidRows};
use crate::in_order::{Worker, in_order};
use crate::shard::{Sample, Samples, ShardReadError};

/// Samples told at once.
const BLOCK_SAMPLES: usize = 1024;

/// What the samples of a tar are, counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) samples: u64,
    pub(super) dated: u64,
    pub(super) undated: u64,
    pub(super) urls: u64,
    pub(super) compared: u64,
    pub(super) plain: u64,
    /// Tars read to their end.
    pub(super) whole: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: Self) {
        self.samples += other.samples;
        self.dated += other.dated;
        self.undated += other.undated;
        self.urls += other.urls;
        self.compared += other.compared;
        self.plain += other.plain;
        self.whole += other.whole;
    }
}

/// What is seen of some samples of a tar.
#[derive(Default)]
struct Block {
    counts: Counts,
    findings: Vec<Finding>,
    pairs: Vec<EvaluationPair>,
}

/// A pass over some tars.
pub(super) struct Pass<'a> {
    pub(super) benchmark: &'a Benchmark,
    /// All tars with the number of their set, in order.
    pub(super) tars: &'a [(usize, &'a Tar)],
    pub(super) rows: &'a UidRows,
    pub(super) images: bool,
    pub(super) threads: usize,
    /// What training sets are compared with; without it pairs are collected.
    pub(super) border: Option<&'a Border>,
}

impl Pass<'_> {
    /// Reads the tars of these numbers. Answers the counts of each, and the pairs where there is no border yet; `done` hears of each
    /// tar.
    pub(super) fn run(
        &self,
        numbers: std::ops::Range<u32>,
        tally: &mut Tally,
        done: impl Fn(),
    ) -> Result<(Vec<Counts>, Vec<EvaluationPair>), CheckError> {
        let numbers: Vec<u32> = numbers.collect();
        let (mut all, mut pairs, mut of_tar) = (Vec::new(), Vec::new(), Counts::default());
        let worker = || Reader {
            pass: self,
            hand: self.rows.hand(),
            inspector: Inspector::new(self.images),
        };
        in_order(&numbers, self.threads, worker, |_, block| {
            match block {
                Some(block) => {
                    of_tar.add(block.counts);
                    pairs.extend(block.pairs);
                    for finding in &block.findings {
                        tally.add(finding)?;
                    }
                }
                None => {
                    all.push(std::mem::take(&mut of_tar));
                    done();
                }
            }
            Ok(())
        })?;
        Ok((all, pairs))
    }

    fn place(&self, tar: u32) -> Place {
        let (set, tar) = self.tars[tar as usize];
        self.benchmark.sets[set].place_of(&tar.name)
    }
}

/// What one thread does.
struct Reader<'a> {
    pass: &'a Pass<'a>,
    hand: RowHand<'a>,
    inspector: Inspector,
}

impl Worker<u32> for Reader<'_> {
    type Result = Block;
    type Error = CheckError;

    fn work(
        &mut self,
        &number: &u32,
        send: &mut dyn FnMut(Block) -> bool,
    ) -> Result<(), CheckError> {
        let (set, tar) = self.pass.tars[number as usize];
        let set = &self.pass.benchmark.sets[set];
        let mut block = Block::default();
        let (samples, error) = match Samples::open(&tar.path) {
            Ok(samples) if self.pass.images => (Some(samples), None),
            Ok(samples) => (Some(samples.without_images()), None),
            Err(error) => (None, Some(Err(error))),
        };
        block.counts.whole = 1;
        for (sample, at) in samples.into_iter().flatten().chain(error).zip(0_u32..) {
            match sample {
                Ok(sample) => self.sample(&sample, at, number, set, &mut block)?,
                Err(error) => {
                    block.counts.whole = 0;
                    let place = self.pass.place(number);
                    let detail = damage(error);
                    block
                        .findings
                        .push(Finding::at(FindingKind::DamagedTar, place, detail));
                }
            }
            if at as usize % BLOCK_SAMPLES == BLOCK_SAMPLES - 1 {
                let whole = std::mem::take(&mut block.counts.whole);
                if !send(std::mem::take(&mut block)) {
                    return Ok(());
                }
                block.counts.whole = whole;
            }
        }
        send(block);
        Ok(())
    }

    fn end(self) -> Result<(), CheckError> {
        Ok(self.hand.finish()?)
    }
}

/// The damage without the path, which the finding's place has.
fn damage(error: ShardReadError) -> String {
    match error {
        ShardReadError::Damaged {
            offset, message, ..
        } => format!("at byte {offset}: {message}"),
        ShardReadError::Io { source, .. } => source.to_string(),
    }
}

impl Reader<'_> {
    fn sample(
        &mut self,
        sample: &Sample,
        at: u32,
        tar: u32,
        set: &BenchmarkSet,
        block: &mut Block,
    ) -> Result<(), CheckError> {
        let step = &self.pass.benchmark.steps[set.step];
        let mut wrong = Vec::new();
        let seen = self
            .inspector
            .inspect(sample, set, step, |kind, detail| wrong.push((kind, detail)));
        block.counts.add(counts(&seen));
        if let Some(uid) = seen.uid {
            self.hand.add(uid, tar, at)?;
        }
        let place = || Place {
            key: Some(cut(&sample.key)),
            uid: seen.uid,
            ..self.pass.place(tar)
        };
        let wrong = wrong.into_iter();
        block
            .findings
            .extend(wrong.map(|(kind, detail)| Finding::at(kind, place(), detail)));
        match self.pass.border {
            Some(border) => self.compare(border, &seen, place, &mut block.findings),
            None if set.kind != SetKind::Train => block.pairs.extend(pair(&seen, tar)),
            None => {}
        }
        Ok(())
    }

    /// Looks for the sample's like among what is tested on.
    fn compare(
        &self,
        border: &Border,
        seen: &Seen,
        place: impl Fn() -> Place,
        findings: &mut Vec<Finding>,
    ) {
        let mut found = |kind, other: &EvaluationPair, detail| {
            findings.push(Finding {
                kind,
                at: Some(place()),
                other: Some(Place {
                    uid: Some(other.uid),
                    ..self.pass.place(other.tar)
                }),
                detail,
            });
        };
        if let Some(url) = &seen.url
            && let Some(other) = border.of_url(url, seen.uid)
        {
            found(FindingKind::SameUrl, other, cut(url));
        }
        if let Look::Hash(image) = seen.image
            && let Some((distance, other)) = border.like(image, seen.uid)
        {
            let detail = format!("{distance} of 128 bits differ");
            found(FindingKind::NearImage, other, detail);
        }
    }
}

fn counts(seen: &Seen) -> Counts {
    Counts {
        samples: 1,
        dated: u64::from(seen.date == Date::InStep),
        undated: u64::from(seen.date == Date::None),
        urls: u64::from(seen.url.is_some()),
        compared: u64::from(matches!(seen.image, Look::Hash(_))),
        plain: u64::from(seen.image == Look::Plain),
        whole: 0,
    }
}

fn pair(seen: &Seen, tar: u32) -> Option<EvaluationPair> {
    let image = match seen.image {
        Look::Hash(hash) => Some(hash),
        Look::Plain | Look::Unknown => None,
    };
    Some(EvaluationPair {
        uid: seen.uid?,
        tar,
        url: seen.url.as_deref().map(hash_of_url),
        image,
    })
}
