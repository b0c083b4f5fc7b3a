//! What was counted: every term's captions in every step.

/// Terms and the steps they were counted in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TermTable {
    /// Captions of every step.
    pub captions: Vec<u64>,
    /// Terms in the order of their text.
    pub terms: Vec<Term>,
}

/// A word or phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Its words, apart by one space.
    pub text: String,
    /// Captions of every step that have it: never too many.
    pub counts: Vec<u64>,
    /// For every step, how many more there may be; all zero if no term had to be dropped.
    pub missed: Vec<u64>,
}

impl TermTable {
    /// The term's share of every step's captions; zero for a step without captions.
    #[must_use]
    pub fn shares(&self, term: &Term) -> Vec<f64> {
        let counts = term.counts.iter().zip(&self.captions);
        counts
            .map(|(count, captions)| *count as f64 / (*captions).max(1) as f64)
            .collect()
    }
}
