//! What changes over time in made-up data.

use ticclip_report::{ClassMove, DataShift, Spread, StepLook, Term, WordList};

use super::content::{KINDS, MANNERS, STEPS, year};
use super::random::Random;

pub(crate) fn shift(random: &mut Random) -> DataShift {
    let mut words = Vec::new();
    for step in 1..STEPS {
        for list in ["rising", "new"] {
            words.push(word_list(random, list, Some(step)));
        }
    }
    words.push(word_list(random, "growing", None));
    words.push(word_list(random, "shrinking", None));
    let looks = (0..STEPS)
        .map(|step| {
            let white = 0.12 + 0.025 * step as f64;
            let spread = |median: f64| Spread {
                low: 0.55 * median,
                median,
                high: 1.7 * median,
            };
            StepLook {
                step: year(step),
                images: 9_000,
                width: spread(480.0 + 45.0 * step as f64),
                height: spread(410.0 + 25.0 * step as f64),
                aspect: 1.2 + 0.01 * step as f64,
                white,
                white_interval: [white - 0.008, white + 0.008],
            }
        })
        .collect();
    let moves = (0..120)
        .map(|_| {
            let to = 1 + random.below(STEPS - 1);
            let expected = 0.02 + 0.01 * random.share();
            let z = 2.0 + 2.0 * random.normal().abs();
            ClassMove {
                from: year(to - 1),
                to: year(to),
                name: format!("{} {}", random.of(&MANNERS), random.of(&KINDS)),
                before: 2 + random.below(200) as u64,
                after: 40 + random.below(200) as u64,
                distance: expected + 0.004 * z,
                expected,
                z,
                p: (0.5 * (-0.7 * z).exp()).max(0.001),
            }
        })
        .collect();
    DataShift {
        words,
        looks,
        moves,
        model: Some("oracle/2023".to_owned()),
        command: Some("ticclip shift --data shards --task retrieval --model train/oracle/2023 --classes classification --out shift".to_owned()),
    }
}

fn word_list(random: &mut Random, list: &str, step: Option<usize>) -> WordList {
    let sign = if list == "shrinking" { -1.0 } else { 1.0 };
    WordList {
        list: list.to_owned(),
        step: step.map(year),
        terms: (0..20)
            .map(|place| {
                let counts: Vec<u64> = (0..STEPS)
                    .map(|at| {
                        let old = step.is_some_and(|step| at < step);
                        let slope = if sign > 0.0 { at + 1 } else { STEPS - at };
                        random.below(if old { 8 } else { 14 * slope }) as u64
                    })
                    .collect();
                Term {
                    term: format!("{} {}", random.of(&MANNERS), random.of(&KINDS)),
                    z: sign * (14.0 - 0.55 * f64::from(place) + 0.2 * random.share()),
                    log_odds: sign * (1.6 - 0.05 * f64::from(place)),
                    shares: counts
                        .iter()
                        .map(|count| *count as f64 / 100_000.0)
                        .collect(),
                    counts,
                }
            })
            .collect(),
    }
}
