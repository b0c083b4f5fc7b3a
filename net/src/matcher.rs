//! The matcher: the ImageNet class whose lemma a caption contains.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, BuildError, MatchKind};
use thiserror::Error;

use crate::letter::{Letters, Script, Word, next_word};
use crate::opening::Openings;
use crate::spelling::other_spellings;
use crate::synsets::Synsets;

/// What a caption's lemmas say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It contains no lemma.
    None,
    /// It contains lemmas of this class alone.
    One(u16),
    /// It contains lemmas of two or more classes, and is dropped.
    Several,
    /// It contains a lemma that two or more classes share, such as `crane`, and lemmas of one class at most, and is
    /// dropped.
    Ambiguous,
}

/// Finds lemmas as whole words, all at once.
///
/// A lemma is found in any capitals, with spaces, hyphens or underscores between its words or nothing (`goldenretriever`),
/// in the plural, and with a possessive `'s`. Letters count without their accents; what is next to a lemma must be no
/// letter or digit of any script. Of two lemmas that begin at the same word the longer one counts: a tiger shark is no
/// tiger.
#[derive(Clone, Debug)]
pub struct LemmaMatcher {
    openings: Openings,
    automaton: NFA,
    start: StateID,
    /// By pattern; `None` is a lemma that classes share.
    classes: Vec<Option<u16>>,
}

/// Too many lemmas for an automaton.
#[derive(Clone, Debug, Error)]
#[error("no automaton finds these lemmas: {0}")]
pub struct MatcherError(#[from] BuildError);

/// A lemma in a caption.
struct Found {
    /// The class; `None` if classes share the lemma.
    class: Option<u16>,
    /// Where its last letter ends, in bytes.
    end: usize,
}

impl LemmaMatcher {
    /// Prepares to find every lemma of the classes.
    ///
    /// A spelling that is a lemma as it stands is that lemma alone: `sunglasses` are not two of `sunglass`.
    ///
    /// # Errors
    /// [`MatcherError`] if there are too many lemmas for an automaton, which ImageNet's are not.
    pub fn new(synsets: &Synsets) -> Result<Self, MatcherError> {
        let (patterns, classes): (Vec<_>, Vec<_>) = patterns(synsets).into_iter().unzip();
        let first_word =
            |pattern: &Vec<u8>| pattern.iter().take_while(|&&byte| byte != b' ').count();
        let openings = patterns
            .iter()
            .map(|pattern| &pattern[..first_word(pattern)]);
        let openings = Openings::new(openings);
        // Only looked at from the start of a word, it never fails over to another state. A table of all transitions
        // (DFA) is slower here, for it does not fit the caches.
        let automaton = NFA::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&patterns)?;
        Ok(Self {
            openings,
            start: automaton
                .start_state(Anchored::Yes)
                .expect("this automaton has both starts"),
            automaton,
            classes,
        })
    }

    /// What the lemmas in a caption say. Takes time in proportion to the caption's length, and no memory.
    pub fn find(&self, caption: &str) -> Outcome {
        let (mut one, mut ambiguous, mut at) = (None, false, 0);
        while let Some(word) = next_word(caption, at) {
            at = word.end;
            if !self.may_begin(caption, word) {
                continue;
            }
            let Some(found) = self.longest(caption, word.start) else {
                continue;
            };
            at = found.end;
            match found.class {
                None => ambiguous = true,
                Some(class) if one.is_none_or(|one| one == class) => one = Some(class),
                Some(_) => return Outcome::Several,
            }
        }
        match one {
            _ if ambiguous => Outcome::Ambiguous,
            Some(class) => Outcome::One(class),
            None => Outcome::None,
        }
    }

    /// Whether a lemma may begin at a word; `false` is sure.
    #[inline]
    fn may_begin(&self, caption: &str, word: Word) -> bool {
        let text = &caption.as_bytes()[word.start..];
        match word.script {
            Script::Ascii => self.openings.may_be(text, word.end - word.start),
            Script::Latin => true,
            Script::Other => false,
        }
    }

    /// The longest lemma that begins at a word.
    fn longest(&self, caption: &str, word: usize) -> Option<Found> {
        let (mut state, mut longest) = (self.start, None);
        let (mut letters, mut read) = (Letters::new(caption, word), 0);
        while let Some(letter) = letters.next() {
            state = self.automaton.next_state(Anchored::Yes, state, letter);
            read += 1;
            if !self.automaton.is_special(state) {
                continue;
            }
            if self.automaton.is_dead(state) {
                break;
            }
            if self.automaton.is_match(state) {
                let pattern = self.automaton.match_pattern(state, 0);
                // A state also tells of lemmas that began later.
                if self.automaton.pattern_len(pattern) == read {
                    let class = self.classes[pattern.as_usize()];
                    longest = Some(Found {
                        class,
                        end: letters.end,
                    });
                }
            }
        }
        longest
    }
}

/// The class of every spelling, `None` if classes share it.
fn patterns(synsets: &Synsets) -> BTreeMap<Vec<u8>, Option<u16>> {
    let (mut own, mut others) = (BTreeMap::new(), BTreeMap::new());
    let note = |spellings: &mut BTreeMap<Vec<u8>, BTreeSet<u16>>, spelling: &str, class: u16| {
        let spelling = Letters::new(spelling, 0).collect();
        spellings.entry(spelling).or_default().insert(class);
    };
    for (class, synset) in (0..).zip(synsets.classes()) {
        for lemma in &synset.lemmas {
            note(&mut own, lemma, class);
            for spelling in other_spellings(lemma) {
                note(&mut others, &spelling, class);
            }
        }
    }
    others.extend(own);
    let sole = |classes: BTreeSet<u16>| classes.first().copied().filter(|_| classes.len() == 1);
    others
        .into_iter()
        .map(|(spelling, classes)| (spelling, sole(classes)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(caption: &str) -> Outcome {
        let matcher = LemmaMatcher::new(&Synsets::embedded()).expect("an automaton");
        matcher.find(caption)
    }

    #[test]
    fn every_lemma_of_one_class_finds_it_and_every_other_is_ambiguous() {
        let synsets = Synsets::embedded();
        let matcher = LemmaMatcher::new(&synsets).expect("an automaton");
        let mut shared = BTreeSet::new();
        for class in synsets.classes() {
            for lemma in &class.lemmas {
                match matcher.find(&format!("a {lemma}!")) {
                    Outcome::Ambiguous => _ = shared.insert(lemma.to_lowercase()),
                    outcome => assert_eq!(
                        outcome,
                        Outcome::One(class.class.expect("a class")),
                        "{lemma}"
                    ),
                }
            }
        }
        let shared: Vec<String> = shared.into_iter().collect();
        assert_eq!(
            shared.join(" "),
            "cardigan catamount crane crawfish crayfish gong grass_snake harp horn maillot missile panda panther \
             partridge polecat sand_viper sus_scrofa tub wagon"
        );
    }

    #[test]
    fn lemmas_are_whole_words() {
        assert_eq!(find("a lion"), Outcome::One(291));
        // The automaton knows the first word of "steel drum", which ends as "eel" does.
        assert_eq!(find("an eel"), Outcome::One(390));
        assert_eq!(find("of steel"), Outcome::None);
        for caption in ["a medallion", "lionel", "lion2", "élion", "lionж"] {
            assert_eq!(find(caption), Outcome::None, "{caption}");
        }
    }

    #[test]
    fn the_longest_lemma_counts_and_its_words_are_spent() {
        assert_eq!(find("tiger shark"), Outcome::One(3));
        assert_eq!(find("tiger sharkskin"), Outcome::One(292));
        assert_eq!(find("tiger, shark"), Outcome::One(292));
        assert_eq!(find("sea lion pup"), Outcome::One(150));
    }

    #[test]
    fn neighbours_are_all_found() {
        assert_eq!(find("zebra zebra's zebras"), Outcome::One(340));
        assert_eq!(find("zebra ostrich"), Outcome::Several);
        assert_eq!(find("zebra crane"), Outcome::Ambiguous);
        assert_eq!(find("crane zebra ostrich"), Outcome::Several);
    }

    #[test]
    fn a_lemma_as_it_stands_is_no_plural_of_another() {
        assert_eq!(find("sunglass"), Outcome::One(836));
        assert_eq!(find("sunglasses"), Outcome::One(837));
    }

    #[test]
    fn plurals_of_a_shared_lemma_are_shared() {
        assert_eq!(find("two cranes"), Outcome::Ambiguous);
    }
}
