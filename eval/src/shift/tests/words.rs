use crate::shift::random::Random;
use crate::shift::{Limits, TermTable, WordCounts, WordsError};

fn counts(table: &TermTable, text: &str) -> Vec<u64> {
    table
        .terms
        .iter()
        .find(|term| term.text == text)
        .map(|term| term.counts.clone())
        .unwrap_or_default()
}

/// Captions of few words, most of them rare.
fn captions(n: usize, seed: u64) -> Vec<(usize, String)> {
    let mut random = Random::new(seed, 0);
    (0..n)
        .map(|at| {
            let words: Vec<String> = (0..8)
                .map(|_| format!("w{}", (random.unit().powi(3) * 400.0) as u32))
                .collect();
            (at % 3, words.join(" "))
        })
        .collect()
}

#[test]
fn a_term_counts_once_a_caption() {
    let mut words = WordCounts::new(2, Limits::default()).expect("limits");
    words
        .add(&[(0, "a cat and a cat"), (0, "no cat"), (1, "a cat, a dog")])
        .expect("two steps");
    let table = words.table(1);
    assert_eq!(table.captions, [2, 1]);
    assert_eq!(counts(&table, "cat"), [2, 1]);
    assert_eq!(counts(&table, "a cat"), [1, 1]);
    assert_eq!(counts(&table, "and a cat"), [1, 0]);
    assert_eq!(counts(&table, "cat a"), [0; 0]);
    assert_eq!(counts(&table, "a cat and a"), [0; 0]);
    assert!(words.table(3).terms.iter().all(|term| term.text == "cat"));
}

#[test]
fn threads_parts_and_batches_give_the_same_table() {
    let all = captions(7000, 1);
    let of = |batch: usize, limits: Limits| {
        let mut words = WordCounts::new(3, limits).expect("limits");
        for batch in all.chunks(batch) {
            words.add(batch).expect("three steps");
        }
        words
    };
    let whole = of(7000, Limits::default()).table(1);
    assert_eq!(of(333, Limits::default()).table(1), whole);
    let mut halves = WordCounts::new(3, Limits::default()).expect("limits");
    let mut other = halves.clone();
    halves.add(&all[..3000]).expect("three steps");
    other.add(&all[3000..]).expect("three steps");
    halves.merge(other).expect("alike");
    assert_eq!(halves.table(1), whole);
    let tight = Limits {
        terms_per_step: 640,
        ..Limits::default()
    };
    let one = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .expect("a thread");
    assert_eq!(
        one.install(|| of(7000, tight)).table(1),
        of(7000, tight).table(1)
    );
}

#[test]
fn a_bounded_count_says_what_it_may_have_missed() {
    let all = captions(20_000, 2);
    let mut exact = WordCounts::new(3, Limits::default()).expect("limits");
    let tight = Limits {
        phrase_words: 2,
        terms_per_step: 1600,
    };
    let mut bounded = WordCounts::new(3, tight).expect("limits");
    exact.add(&all).expect("three steps");
    bounded.add(&all).expect("three steps");
    let exact = exact.table(1);
    let bounded = bounded.table(1);
    assert!(bounded.terms.len() < 3 * 1600);
    let mut short = 0;
    for term in &bounded.terms {
        let counts = counts(&exact, &term.text);
        for (step, count) in counts.iter().enumerate() {
            let (own, missed) = (term.counts[step], term.missed[step]);
            assert!(own <= *count && *count <= own + missed, "{term:?} {count}");
            short += u64::from(own < *count);
        }
    }
    assert!(short > 0, "nothing was dropped");
    // The first pass finds the terms, the second counts them exactly.
    let texts: Vec<&str> = bounded
        .terms
        .iter()
        .map(|term| term.text.as_str())
        .collect();
    let mut again = WordCounts::of_terms(3, texts.iter().copied());
    again.add(&all).expect("three steps");
    let again = again.table(0);
    assert_eq!(again.terms.len(), texts.len());
    for term in &again.terms {
        assert_eq!(term.counts, counts(&exact, &term.text));
        assert_eq!(term.missed, [0; 3]);
    }
}

#[test]
fn captions_of_no_step_and_other_counts_are_refused() {
    let mut words = WordCounts::new(1, Limits::default()).expect("limits");
    let error = words.add(&[(0, "a"), (1, "b")]).expect_err("one step");
    assert!(matches!(error, WordsError::NoSuchStep { caption: 1, .. }));
    assert_eq!(words.table(0).captions, [0]);
    let other = WordCounts::new(2, Limits::default()).expect("limits");
    assert_eq!(words.merge(other), Err(WordsError::Unlike));
    let mut cats = WordCounts::of_terms(1, ["cat"]);
    let dogs = WordCounts::of_terms(1, ["dog"]);
    assert_eq!(cats.merge(dogs), Err(WordsError::Unlike));
}
