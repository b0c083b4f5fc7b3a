//! What holds for any text.

use std::sync::LazyLock;

use proptest::prelude::*;
use ticclip_net::matcher::{LemmaMatcher, Outcome};
use ticclip_net::synsets::Synsets;

static SYNSETS: LazyLock<Synsets> = LazyLock::new(Synsets::embedded);
static MATCHER: LazyLock<LemmaMatcher> =
    LazyLock::new(|| LemmaMatcher::new(&SYNSETS).expect("an automaton"));

/// A lemma of one word that one class has alone, and this class.
fn lemma() -> impl Strategy<Value = (u16, String)> {
    let lemmas: Vec<(u16, String)> = (0..)
        .zip(SYNSETS.classes())
        .flat_map(|(class, synset)| {
            synset
                .lemmas
                .iter()
                .map(move |lemma| (class, lemma.clone()))
        })
        .filter(|(class, lemma)| {
            lemma.bytes().all(|byte| byte.is_ascii_alphabetic())
                && MATCHER.find(lemma) == Outcome::One(*class)
        })
        .collect();
    assert!(lemmas.len() > 500);
    prop::sample::select(lemmas)
}

/// Text without letters, and so without lemmas.
const BETWEEN: &str = "[ \t.,;:!?'\"()*/|_0-9—–“”🦓-]{0,8}[ .,]";

/// Letters that make no lemma of another one; ñ counts as n.
const LETTER: &str = "[qQжß中ñ]";

proptest! {
    #[test]
    fn no_text_is_too_strange(text in any::<String>(), lemma in lemma(), controls in "\\PC{0,3}[\\x00-\\x1f\u{301}\u{200d}']{0,9}") {
        let _ = MATCHER.find(&text);
        let _ = MATCHER.find(&format!("{text}{controls}{}{controls}{text}", lemma.1));
    }

    #[test]
    fn a_lemma_between_anything_but_letters_is_found((class, lemma) in lemma(), before in BETWEEN, after in BETWEEN) {
        let after: String = after.chars().rev().collect();
        prop_assert_eq!(MATCHER.find(&format!("{before}{lemma}{after}")), Outcome::One(class));
    }

    #[test]
    fn a_letter_beside_a_lemma_destroys_it(
        (_, lemma) in lemma(), before in BETWEEN, after in BETWEEN, letter in LETTER, first: bool,
    ) {
        let word = if first { format!("{letter}{lemma}") } else { format!("{lemma}{letter}") };
        let after: String = after.chars().rev().collect();
        prop_assert_eq!(MATCHER.find(&format!("{before}{word}{after}")), Outcome::None);
    }

    #[test]
    fn capitals_of_ascii_do_not_matter(words in prop::collection::vec(("[a-zA-Z'.,é-]{0,9}", lemma()), 0..4), capitals: u64) {
        let text: String = words.iter().map(|(word, (_, lemma))| format!("{word} {lemma} ")).collect();
        let other: String = text
            .chars()
            .enumerate()
            .map(|(at, c)| if capitals >> (at % 64) & 1 == 1 { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
            .collect();
        prop_assert_eq!(MATCHER.find(&text), MATCHER.find(&other));
    }

    #[test]
    fn words_in_spaces_are_found_wherever_they_stand(
        (class, lemma) in lemma(), before in "([qjxzQJXZ0-9]{1,9} ){0,20}", after in "( [qjxzQJXZ0-9]{1,9}){0,20}",
    ) {
        prop_assert_eq!(MATCHER.find(&format!("{before}{lemma}{after}")), Outcome::One(class));
    }
}

#[test]
fn a_huge_caption_takes_time_in_proportion() {
    // A lemma that almost matches at every word is the worst case for the longest match.
    let almost = "black and gold garden ".repeat(1 << 18);
    assert_eq!(MATCHER.find(&almost), Outcome::None);
    assert_eq!(MATCHER.find(&format!("{almost}zebra")), Outcome::One(340));
    assert_eq!(MATCHER.find(&"q".repeat(1 << 22)), Outcome::None);
    assert_eq!(MATCHER.find(&"\u{301}'-".repeat(1 << 20)), Outcome::None);
    let invisible = "\u{ad}".repeat(1 << 20);
    let scattered = ["gold", "en", " retr", "iever"].join(&invisible);
    assert_eq!(MATCHER.find(&scattered), Outcome::One(207));
    let spread = ["black ", "and ", "gold ", "garden ", "spider"].join(&" ".repeat(1 << 20));
    assert_eq!(MATCHER.find(&spread), Outcome::One(72));
}
