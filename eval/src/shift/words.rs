//! How many captions of every step have a word or phrase, in bounded memory.

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;
use thiserror::Error;

use super::bounded::Bounded;
use super::hash::{TermMap, hash};
use super::term_table::{Term, TermTable};
use super::tokens::{self, BREAK};

/// Captions that one thread counts before its counts join the tables. Blocks, not threads, decide
/// what is counted together, so that counts do not depend on the number of threads.
const BLOCK: usize = 2048;
/// Blocks that are counted before they join: bounds the memory of what has not yet joined.
const ROUND: usize = 32;
/// Tables of a step, each for the terms of some hashes, so that threads fill them side by side.
const SHARDS: usize = 16;

/// How much is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Words of the longest phrase.
    pub phrase_words: usize,
    /// Terms that are kept a step, about 100 bytes each. Beyond it rare ones are dropped: with C
    /// counts in a step, a term's count is short by at most about 2C / `terms_per_step`, which
    /// [`Term::missed`] says exactly.
    pub terms_per_step: usize,
}

impl Default for Limits {
    /// Words, bigrams and trigrams; about 100 MB a step.
    fn default() -> Self {
        Self {
            phrase_words: 3,
            terms_per_step: 1 << 20,
        }
    }
}

/// Counts of captions, by step and term.
#[derive(Clone, Debug)]
pub struct WordCounts {
    limits: Limits,
    captions: Vec<u64>,
    /// `[step · SHARDS + shard]`.
    tables: Vec<Bounded>,
}

/// Why captions cannot be counted.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum WordsError {
    /// Limits that leave nothing to count.
    #[error(
        "phrases of {phrase_words} words and {terms_per_step} terms a step, expected 1 word or more and {SHARDS} terms or more"
    )]
    Limits {
        /// Words of the longest phrase.
        phrase_words: usize,
        /// Terms that are kept a step.
        terms_per_step: usize,
    },
    /// A caption of a step that is not there.
    #[error("caption {caption} is of step {step}, there are {steps}, from 0")]
    NoSuchStep {
        /// Index of the caption in its batch.
        caption: usize,
        /// Its step.
        step: usize,
        /// Number of steps.
        steps: usize,
    },
    /// Counts of other steps, limits or terms.
    #[error("counts of other steps, limits or terms cannot be added")]
    Unlike,
}

/// Counts of one step in one block: captions that have the term, and the last of them.
type Local<'a> = TermMap<&'a str, (u64, usize)>;

impl WordCounts {
    /// Counts nothing yet.
    ///
    /// # Errors
    /// [`WordsError::Limits`] when there is nothing to count.
    pub fn new(steps: usize, limits: Limits) -> Result<Self, WordsError> {
        let Limits {
            phrase_words,
            terms_per_step,
        } = limits;
        if phrase_words == 0 || terms_per_step < SHARDS {
            return Err(WordsError::Limits {
                phrase_words,
                terms_per_step,
            });
        }
        Ok(Self {
            limits,
            captions: vec![0; steps],
            tables: vec![Bounded::new(terms_per_step / SHARDS); steps * SHARDS],
        })
    }

    /// Counts these terms alone, every one of them exactly: for a second pass over the captions,
    /// once a first one has shown which terms matter. Terms are written as [`tokens`] writes them.
    #[must_use]
    pub fn of_terms<'a>(steps: usize, terms: impl IntoIterator<Item = &'a str>) -> Self {
        let mut shards = vec![BTreeSet::new(); SHARDS];
        for term in terms {
            shards[shard(term)].insert(term);
        }
        let words = |term: &&str| term.split(' ').count();
        let limits = Limits {
            phrase_words: shards.iter().flatten().map(words).max().unwrap_or(1),
            terms_per_step: shards.iter().map(BTreeSet::len).sum(),
        };
        let tables = (0..steps * SHARDS)
            .map(|at| Bounded::closed(shards[at % SHARDS].iter().map(|term| (*term).into())))
            .collect();
        Self {
            limits,
            captions: vec![0; steps],
            tables,
        }
    }

    /// Counts a batch of captions, each with its step; a term counts once a caption.
    ///
    /// Batches of a few ten thousand captions keep all cores busy. As long as no term is dropped
    /// counts are exact, and the order of captions and the size of batches do not matter.
    ///
    /// # Errors
    /// [`WordsError::NoSuchStep`] naming the caption, before any of the batch is counted.
    pub fn add<T: AsRef<str> + Sync>(&mut self, batch: &[(usize, T)]) -> Result<(), WordsError> {
        let steps = self.captions.len();
        if let Some(caption) = batch.iter().position(|(step, _)| *step >= steps) {
            return Err(WordsError::NoSuchStep {
                caption,
                step: batch[caption].0,
                steps,
            });
        }
        for (step, _) in batch {
            self.captions[*step] += 1;
        }
        for round in batch.chunks(BLOCK * ROUND) {
            let texts: Vec<(String, Vec<usize>)> =
                round.par_chunks(BLOCK).map(normalised).collect();
            let blocks: Vec<Vec<(usize, &str, u64)>> = texts
                .par_iter()
                .zip(round.par_chunks(BLOCK))
                .map(|((text, ends), block)| self.count(text, ends, block))
                .collect();
            self.tables
                .par_iter_mut()
                .enumerate()
                .for_each(|(at, table)| {
                    for block in &blocks {
                        let from = block.partition_point(|(table, ..)| *table < at);
                        for (_, term, count) in
                            block[from..].iter().take_while(|(table, ..)| *table == at)
                        {
                            table.add(term, *count);
                        }
                        table.prune();
                    }
                });
        }
        Ok(())
    }

    /// Terms of one block, with the table they belong to, by table.
    fn count<'a, T>(
        &self,
        text: &'a str,
        ends: &[usize],
        block: &[(usize, T)],
    ) -> Vec<(usize, &'a str, u64)> {
        let mut local: HashMap<usize, Local<'a>> = HashMap::new();
        let mut start = 0;
        for (caption, (end, (step, _))) in ends.iter().zip(block).enumerate() {
            let own = local.entry(*step).or_default();
            terms(&text[start..*end], self.limits.phrase_words, |term| {
                let (count, last) = own.entry(term).or_insert((0, usize::MAX));
                if *last != caption {
                    (*count, *last) = (*count + 1, caption);
                }
            });
            start = *end;
        }
        let mut counts: Vec<(usize, &str, u64)> = local
            .into_iter()
            .flat_map(|(step, own)| {
                own.into_iter()
                    .map(move |(term, (count, _))| (step * SHARDS + shard(term), term, count))
            })
            .collect();
        counts.sort_unstable_by_key(|(table, ..)| *table);
        counts
    }

    /// Adds counts of other captions of the same steps, as by other machines.
    ///
    /// # Errors
    /// [`WordsError::Unlike`] when steps, limits or the terms that are counted differ.
    pub fn merge(&mut self, other: Self) -> Result<(), WordsError> {
        let like = |(own, theirs): (&Bounded, &Bounded)| {
            own.is_closed() == theirs.is_closed()
                && (!own.is_closed() || own.terms().all(|(term, _)| theirs.holds(term)))
        };
        if self.limits != other.limits
            || self.captions.len() != other.captions.len()
            || !self.tables.iter().zip(&other.tables).all(like)
        {
            return Err(WordsError::Unlike);
        }
        for (own, theirs) in self.captions.iter_mut().zip(other.captions) {
            *own += theirs;
        }
        self.tables
            .par_iter_mut()
            .zip(other.tables)
            .for_each(|(own, theirs)| own.merge(theirs));
        Ok(())
    }

    /// Terms that `at_least` captions have in all steps together, in the order of their text.
    #[must_use]
    pub fn table(&self, at_least: u64) -> TermTable {
        let steps = self.captions.len();
        let terms = (0..SHARDS).into_par_iter().flat_map_iter(|shard| {
            let own: Vec<&Bounded> = (0..steps)
                .map(|step| &self.tables[step * SHARDS + shard])
                .collect();
            let mut totals: TermMap<&str, u64> = TermMap::default();
            for (term, counted) in own.iter().flat_map(|table| table.terms()) {
                *totals.entry(term).or_default() += counted.count;
            }
            totals
                .into_iter()
                .filter(move |(_, total)| *total >= at_least)
                .map(move |(text, _)| {
                    let (counts, missed) = own
                        .iter()
                        .map(|table| table.get(text))
                        .map(|counted| (counted.count, counted.missed))
                        .unzip();
                    Term {
                        text: text.to_owned(),
                        counts,
                        missed,
                    }
                })
        });
        let mut terms: Vec<Term> = terms.collect();
        terms.par_sort_unstable_by(|a, b| a.text.cmp(&b.text));
        TermTable {
            captions: self.captions.clone(),
            terms,
        }
    }
}

/// The block's captions as words, one after the other, and where each ends.
fn normalised<T: AsRef<str>>(block: &[(usize, T)]) -> (String, Vec<usize>) {
    let mut text = String::new();
    let ends = block
        .iter()
        .map(|(_, caption)| {
            tokens::push(caption.as_ref(), &mut text);
            text.len()
        })
        .collect();
    (text, ends)
}

/// Calls `found` with every word and phrase of up to `longest` words of a caption's phrases.
fn terms<'a>(caption: &'a str, longest: usize, mut found: impl FnMut(&'a str)) {
    for phrase in caption.split(BREAK).filter(|phrase| !phrase.is_empty()) {
        let starts = std::iter::once(0).chain(phrase.match_indices(' ').map(|(at, _)| at + 1));
        for start in starts {
            let rest = &phrase[start..];
            let ends = rest.match_indices(' ').map(|(at, _)| at);
            for end in ends.chain(std::iter::once(rest.len())).take(longest) {
                found(&rest[..end]);
            }
        }
    }
}

/// Which of a step's tables holds a term: bits of its hash that a map uses for nothing else.
fn shard(term: &str) -> usize {
    (hash(term) >> 40) as usize % SHARDS
}
