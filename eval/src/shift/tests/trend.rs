use crate::shift::random::Random;
use crate::shift::trend::cochran_armitage;
use crate::shift::{Term, TermTable, TrendError, trends};

fn term(text: &str, counts: &[u64], missed: &[u64]) -> Term {
    Term {
        text: text.to_owned(),
        counts: counts.to_vec(),
        missed: missed.to_vec(),
    }
}

#[test]
fn growing_and_shrinking_words_are_told_apart() {
    let table = TermTable {
        captions: vec![1000; 4],
        terms: vec![
            term("constant", &[50, 51, 50, 49], &[0; 4]),
            term("down", &[90, 70, 50, 30], &[0; 4]),
            term("peak", &[10, 90, 90, 10], &[0; 4]),
            term("up", &[30, 50, 70, 90], &[0; 4]),
        ],
    };
    let found = trends(&table, &[0.0, 1.0, 2.0, 3.0], 1).expect("four times");
    assert_eq!(found.growing[0].term, "up");
    assert_eq!(found.shrinking[0].term, "down");
    assert!(found.growing[0].z > 4.0 && found.shrinking[0].z < -4.0);
    assert!(found.growing[0].log_odds > 0.2 && found.shrinking[0].log_odds < -0.2);
}

#[test]
fn shuffled_steps_give_standard_normal_z() {
    let mut random = Random::new(21, 0);
    let times = [0.0, 1.0, 2.0, 3.5, 5.0];
    let scores: Vec<f64> = (0..2000)
        .map(|word| {
            let share = 0.02 + 0.3 * f64::from(word) / 2000.0;
            let captions = [400, 300, 500, 400, 600];
            let counts = captions
                .map(|captions| (0..captions).filter(|_| random.unit() < share).count() as u64);
            let (z, _) = cochran_armitage(&counts, &captions, &times).expect("counts");
            z
        })
        .collect();
    let n = scores.len() as f64;
    let mean = scores.iter().sum::<f64>() / n;
    let deviation = (scores.iter().map(|z| z * z).sum::<f64>() / n).sqrt();
    let beyond = scores.iter().filter(|z| z.abs() > 1.96).count() as f64 / n;
    assert!(mean.abs() < 0.07, "{mean}");
    assert!((deviation - 1.0).abs() < 0.05, "{deviation}");
    assert!((0.035..0.065).contains(&beyond), "{beyond}");
}

#[test]
fn what_was_dropped_speaks_against_a_trend() {
    let table = TermTable {
        captions: vec![1000; 2],
        terms: vec![term("late", &[0, 40], &[60, 0])],
    };
    let found = trends(&table, &[0.0, 1.0], 9).expect("two times");
    // It can have shrunk as well as grown, so it has done neither.
    assert!(found.growing.is_empty() && found.shrinking.is_empty());
}

#[test]
fn one_time_and_odd_times_are_refused() {
    let table = TermTable {
        captions: vec![10, 10, 0],
        terms: Vec::new(),
    };
    assert_eq!(
        trends(&table, &[1.0, 1.0, 2.0], 1),
        Err(TrendError::OneTime)
    );
    for times in [&[0.0, 1.0][..], &[0.0, 1.0, f64::NAN]] {
        assert!(matches!(
            trends(&table, times, 1),
            Err(TrendError::Times { steps: 3, .. })
        ));
    }
}
