use crate::shift::log_odds::log_odds;
use crate::shift::random::Random;
use crate::shift::{
    Limits, LogOddsError, PRIOR_CAPTIONS, Ranked, Term, TermTable, WordCounts, characteristic,
    new_terms, rising,
};

const STEPS: usize = 4;

/// Captions of words with fixed frequencies, `word` having its own share in every step.
fn captions(n: usize, word: &str, shares: [f64; STEPS]) -> Vec<(usize, String)> {
    let mut random = Random::new(11, 0);
    (0..n)
        .map(|at| {
            let step = at % STEPS;
            // Word k is in one of k + 3 captions.
            let mut words: Vec<String> = (0..300)
                .filter(|word| random.unit() < 1.0 / f64::from(word + 3))
                .map(|word| format!("w{word}"))
                .collect();
            if random.unit() < shares[step] {
                words.push(word.to_owned());
            }
            (step, words.join(", "))
        })
        .collect()
}

fn table(captions: &[(usize, String)]) -> TermTable {
    let mut words = WordCounts::new(STEPS, Limits::default()).expect("limits");
    words.add(captions).expect("steps");
    words.table(1)
}

fn names(list: &[Ranked]) -> Vec<&str> {
    list.iter().map(|own| own.term.as_str()).collect()
}

#[test]
fn a_word_that_doubles_in_the_last_step_is_found_first() {
    let table = table(&captions(16_000, "drone", [0.02, 0.02, 0.02, 0.04]));
    for list in [
        rising(&table, 3, PRIOR_CAPTIONS, 10).expect("a list"),
        characteristic(&table, 3, PRIOR_CAPTIONS, 10).expect("a list"),
    ] {
        assert_eq!(list[0].term, "drone");
        assert!(list[0].z > 5.0 && list[1].z < 4.0, "{list:?}");
        assert!((list[0].log_odds - 2.0_f64.ln()).abs() < 0.2, "{list:?}");
        assert_eq!(list[0].shares.len(), STEPS);
    }
    // One step earlier it is a word like any other.
    let before = rising(&table, 2, PRIOR_CAPTIONS, 10).expect("a list");
    assert_ne!(before[0].term, "drone");
}

#[test]
fn a_word_of_constant_frequency_is_not_found() {
    let table = table(&captions(16_000, "sun", [0.3; STEPS]));
    let list = rising(&table, 3, PRIOR_CAPTIONS, usize::MAX).expect("a list");
    let sun = list.iter().find(|own| own.term == "sun");
    assert!(sun.is_none_or(|own| own.z < 2.5), "{sun:?}");
    assert!(list.iter().all(|own| own.z > 0.0));
}

#[test]
fn a_new_word_needs_more_than_one_caption() {
    let mut all = captions(16_000, "covid19", [0.0, 0.0, 0.0, 0.01]);
    all.push((3, "hapax".to_owned()));
    let table = table(&all);
    let new = new_terms(&table, 3, 5, PRIOR_CAPTIONS, 10).expect("a list");
    assert_eq!(new[0].term, "covid19");
    assert!(!names(&new).contains(&"hapax"));
    // Even where one caption is enough, it comes after what many have.
    let new = new_terms(&table, 3, 1, PRIOR_CAPTIONS, 10).expect("a list");
    assert_eq!(names(&new), ["covid19", "hapax"]);
    assert!(new[1].z < 1.0, "{new:?}");
    let risen = rising(&table, 3, PRIOR_CAPTIONS, 100).expect("a list");
    assert_eq!(risen[0].term, "covid19");
}

#[test]
fn shuffled_steps_give_standard_normal_z() {
    let mut all = captions(24_000, "sun", [0.3; STEPS]);
    let mut scores: Vec<f64> = Vec::new();
    let mut random = Random::new(12, 0);
    for _ in 0..4 {
        for at in (1..all.len()).rev() {
            let other = random.below(at + 1);
            let (one, two) = (all[at].0, all[other].0);
            (all[at].0, all[other].0) = (two, one);
        }
        let table = table(&all);
        // A step against the rest has a list for what is more frequent; the rest mirrored has
        // what is less: together they are all z.
        for term in &table.terms {
            let own = (term.counts[3], table.captions[3]);
            let rest = (
                term.counts[..3].iter().sum(),
                table.captions[..3].iter().sum(),
            );
            scores.extend(log_odds(own, rest, PRIOR_CAPTIONS).map(|odds| odds.z));
        }
    }
    let n = scores.len() as f64;
    let mean = scores.iter().sum::<f64>() / n;
    let deviation = (scores.iter().map(|z| (z - mean).powi(2)).sum::<f64>() / n).sqrt();
    let beyond = |limit: f64| scores.iter().filter(|z| z.abs() > limit).count() as f64 / n;
    assert!(n > 1000.0, "{n}");
    assert!(mean.abs() < 0.1, "{mean}");
    assert!((0.9..1.05).contains(&deviation), "{deviation}");
    assert!((0.03..0.065).contains(&beyond(1.96)), "{}", beyond(1.96));
    assert!(beyond(3.0) < 0.007, "{}", beyond(3.0));
}

#[test]
fn what_was_dropped_does_not_make_a_word_rise() {
    let term = |text: &str, missed: u64| Term {
        text: text.to_owned(),
        counts: vec![0, 40],
        missed: vec![missed, 0],
    };
    let table = TermTable {
        captions: vec![1000, 1000],
        terms: vec![term("late", 40), term("new", 0)],
    };
    let list = rising(&table, 1, PRIOR_CAPTIONS, 10).expect("a list");
    assert_eq!(names(&list), ["new"]);
}

#[test]
fn equal_words_rank_by_their_text() {
    let term = |text: &str| Term {
        text: text.to_owned(),
        counts: vec![1, 9],
        missed: vec![0, 0],
    };
    let table = TermTable {
        captions: vec![100, 100],
        terms: vec![term("a"), term("b"), term("c")],
    };
    let list = rising(&table, 1, PRIOR_CAPTIONS, 2).expect("a list");
    assert_eq!(names(&list), ["a", "b"]);
}

#[test]
fn steps_and_counts_that_cannot_be_compared_are_named() {
    let mut table = TermTable {
        captions: vec![10, 0, 10],
        terms: Vec::new(),
    };
    let of = |table: &TermTable, step| rising(table, step, PRIOR_CAPTIONS, 1);
    assert_eq!(
        of(&table, 3),
        Err(LogOddsError::NoSuchStep { step: 3, steps: 3 })
    );
    assert_eq!(
        of(&table, 0),
        Err(LogOddsError::NoCaptions {
            step: 0,
            own: 10,
            others: 0
        })
    );
    assert!(matches!(
        of(&table, 1),
        Err(LogOddsError::NoCaptions { own: 0, .. })
    ));
    assert!(matches!(
        rising(&table, 2, f64::NAN, 1),
        Err(LogOddsError::Prior { .. })
    ));
    table.terms.push(Term {
        text: "cat".to_owned(),
        counts: vec![11, 0, 0],
        missed: vec![0; 3],
    });
    assert!(matches!(of(&table, 2), Err(LogOddsError::Counts { .. })));
}
