//! Counts of many terms in bounded memory: what is rare is forgotten, and how much is known.
//!
//! When there are more terms than the cap, those below a threshold are dropped, so that half the
//! cap is left. A term that is not there was counted at most `forgotten` times; one that comes
//! back, or comes late, is marked to have missed up to that many. With C counts in all,
//! `forgotten` ≤ C / (cap / 2 + 1): every rise of the threshold by one takes one from the excess
//! over the threshold of more than cap / 2 terms, and every count adds one to it (the argument of
//! Misra & Gries 1982; tables merge as in Agarwal et al. 2012, "Mergeable summaries"). Which
//! terms are dropped depends on their counts alone, not on the order in a map.

use super::hash::TermMap;

/// How often a term was counted, and how often it may have been missed before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    /// Times it was counted.
    pub(super) count: u64,
    /// Upper bound of the times it was dropped.
    pub(super) missed: u64,
}

/// A table of terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bounded {
    cap: usize,
    terms: TermMap<Box<str>, Counted>,
    forgotten: u64,
    /// Terms that are not there are not counted.
    closed: bool,
}

impl Bounded {
    pub(super) fn new(cap: usize) -> Self {
        Self {
            cap,
            terms: TermMap::default(),
            forgotten: 0,
            closed: false,
        }
    }

    /// A table of these terms and no others: none is dropped or missed.
    pub(super) fn closed(terms: impl IntoIterator<Item = Box<str>>) -> Self {
        let terms: TermMap<Box<str>, Counted> = terms
            .into_iter()
            .map(|term| (term, Counted::default()))
            .collect();
        Self {
            cap: terms.len(),
            terms,
            forgotten: 0,
            closed: true,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Adds to a term. [`Bounded::prune`] holds the cap, once a batch is in.
    pub(super) fn add(&mut self, term: &str, count: u64) {
        if let Some(own) = self.terms.get_mut(term) {
            own.count += count;
        } else if !self.closed {
            let counted = Counted {
                count,
                missed: self.forgotten,
            };
            self.terms.insert(term.into(), counted);
        }
    }

    /// Adds all counts of another table.
    pub(super) fn merge(&mut self, other: Self) {
        for (term, own) in &mut self.terms {
            if !other.terms.contains_key(term) {
                own.missed += other.forgotten;
            }
        }
        for (term, theirs) in other.terms {
            if let Some(own) = self.terms.get_mut(&term) {
                own.count += theirs.count;
                own.missed += theirs.missed;
            } else if !self.closed {
                let counted = Counted {
                    count: theirs.count,
                    missed: theirs.missed + self.forgotten,
                };
                self.terms.insert(term, counted);
            }
        }
        self.forgotten += other.forgotten;
        self.prune();
    }

    /// Drops the rarest terms if there are more than the cap.
    pub(super) fn prune(&mut self) {
        if self.closed || self.terms.len() <= self.cap {
            return;
        }
        let mut most: Vec<u64> = self.terms.values().map(Counted::at_most).collect();
        let (_, threshold, _) = most.select_nth_unstable_by(self.cap / 2, |a, b| b.cmp(a));
        let threshold = *threshold;
        self.terms.retain(|_, own| own.at_most() > threshold);
        self.forgotten = threshold;
    }

    /// The term's counts; of one that is not there, what it can have been.
    pub(super) fn get(&self, term: &str) -> Counted {
        self.terms.get(term).copied().unwrap_or(Counted {
            count: 0,
            missed: self.forgotten,
        })
    }

    pub(super) fn holds(&self, term: &str) -> bool {
        self.terms.contains_key(term)
    }

    /// Terms that are there, in no order.
    pub(super) fn terms(&self) -> impl Iterator<Item = (&str, Counted)> {
        self.terms.iter().map(|(term, own)| (&**term, *own))
    }
}

impl Counted {
    fn at_most(&self) -> u64 {
        self.count + self.missed
    }
}

#[cfg(test)]
mod tests {
    use super::super::random::Random;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Counts a stream, pruned every `batch`, beside its exact counts.
    fn counted(stream: &[u8], cap: usize, batch: usize) -> Bounded {
        let mut table = Bounded::new(cap);
        for batch in stream.chunks(batch) {
            for term in batch {
                table.add(&term.to_string(), 1);
            }
            table.prune();
        }
        table
    }

    fn holds_bounds(table: &Bounded, stream: &[u8]) -> Result<(), TestCaseError> {
        let mut exact: BTreeMap<String, u64> = BTreeMap::new();
        for term in stream {
            *exact.entry(term.to_string()).or_default() += 1;
        }
        for (term, count) in exact {
            let own = table.get(&term);
            prop_assert!(own.count <= count && count <= own.count + own.missed);
        }
        prop_assert!(table.terms.len() <= table.cap);
        let most = stream.len() as u64 / (table.cap as u64 / 2 + 1);
        prop_assert!(table.forgotten <= most, "{} > {most}", table.forgotten);
        Ok(())
    }

    proptest! {
        #[test]
        fn true_counts_lie_in_their_bounds(
            stream in prop::collection::vec(0_u8..60, 0..600), cap in 2_usize..40, batch in 1_usize..30,
        ) {
            holds_bounds(&counted(&stream, cap, batch), &stream)?;
        }

        #[test]
        fn merged_tables_keep_the_bounds(
            one in prop::collection::vec(0_u8..60, 0..400),
            two in prop::collection::vec(0_u8..60, 0..400),
            cap in 2_usize..40,
        ) {
            let mut table = counted(&one, cap, 16);
            table.merge(counted(&two, cap, 7));
            holds_bounds(&table, &[one, two].concat())?;
        }
    }

    #[test]
    fn frequent_terms_are_counted_exactly_among_many_rare_ones() {
        let mut random = Random::new(3, 0);
        let mut table = Bounded::new(200);
        for round in 0..2000 {
            table.add("often", 1);
            for _ in 0..5 {
                table.add(&format!("rare {}", random.below(1_000_000)), 1);
            }
            if round % 10 == 0 {
                table.prune();
            }
        }
        assert_eq!(
            table.get("often"),
            Counted {
                count: 2000,
                missed: 0
            }
        );
    }

    #[test]
    fn a_closed_table_counts_its_terms_alone() {
        let mut table = Bounded::closed(["cat".into(), "dog".into()]);
        table.add("cat", 2);
        table.add("cow", 5);
        table.prune();
        assert_eq!(table.get("cat").count, 2);
        assert_eq!(table.get("cow"), Counted::default());
        assert_eq!(table.terms().count(), 2);
    }
}
