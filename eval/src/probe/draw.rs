//! Which samples are drawn: shots of every class, and the part that is held out for validation.
//!
//! A sample's place in the draw is a hash of the seed and its row, so k shots of a class are among
//! its k + 1 shots, and a draw does not depend on what else is drawn.

use std::collections::BTreeMap;

use super::samples::ProbeError;

/// What a draw is for; each orders the samples differently.
const SHOTS: u64 = 1;
const HELD_OUT: u64 = 2;
const REMAINDERS: u64 = 3;

/// SplitMix64's output (Steele, Lea & Flood 2014) at position `at` of the stream of `seed`.
pub(super) fn mixed(seed: u64, at: u64) -> u64 {
    let scramble = |mut z: u64| {
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    let gap = 0x9E37_79B9_7F4A_7C15_u64;
    scramble(scramble(seed).wrapping_add(gap.wrapping_mul(at.wrapping_add(1))))
}

/// Rows of every class, in the order they are drawn in.
fn ordered(labels: &[usize], rows: &[usize], seed: u64) -> BTreeMap<usize, Vec<usize>> {
    let mut order: Vec<(u64, usize)> = rows
        .iter()
        .map(|row| (mixed(seed, *row as u64), *row))
        .collect();
    order.sort_unstable();
    let mut classes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (_, row) in order {
        classes.entry(labels[row]).or_default().push(row);
    }
    classes
}

/// `shots` rows of every class that has any, ascending.
///
/// # Errors
/// [`ProbeError::Shots`] when a class has some, but fewer; [`ProbeError::NoShots`].
pub(super) fn few_shot(
    labels: &[usize],
    shots: usize,
    seed: u64,
) -> Result<Vec<usize>, ProbeError> {
    let rows: Vec<usize> = (0..labels.len()).collect();
    if shots == 0 {
        return Err(ProbeError::NoShots);
    }
    let mut drawn = Vec::new();
    for (class, rows) in ordered(labels, &rows, mixed(seed, SHOTS)) {
        if rows.len() < shots {
            return Err(ProbeError::Shots {
                class,
                samples: rows.len(),
                shots,
            });
        }
        drawn.extend_from_slice(&rows[..shots]);
    }
    drawn.sort_unstable();
    Ok(drawn)
}

/// Rows to fit on and rows to validate on, each ascending.
///
/// Every class gives its part of `share` rounded down; the samples still missing come one each from
/// the classes whose part was cut the most, equal ones in a drawn order. A class keeps one sample
/// to fit on at least.
///
/// # Errors
/// [`ProbeError::Share`], or [`ProbeError::NothingHeldOut`] when no sample can be spared.
pub(super) fn hold_out(
    labels: &[usize],
    rows: &[usize],
    share: f64,
    seed: u64,
) -> Result<(Vec<usize>, Vec<usize>), ProbeError> {
    if !(share > 0.0 && share < 1.0) {
        return Err(ProbeError::Share { share });
    }
    let classes = ordered(labels, rows, mixed(seed, HELD_OUT));
    let part = |rows: &Vec<usize>| share * rows.len() as f64;
    let mut counts: BTreeMap<usize, usize> = classes
        .iter()
        .map(|(class, rows)| (*class, part(rows) as usize))
        .collect();
    let mut spare: Vec<(f64, u64, usize)> = classes
        .iter()
        .filter(|(class, rows)| counts[class] + 1 < rows.len())
        .map(|(class, rows)| {
            let tie = mixed(mixed(seed, REMAINDERS), *class as u64);
            (part(rows).fract(), tie, *class)
        })
        .collect();
    spare.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let wanted = ((share * rows.len() as f64).round() as usize).max(1);
    let missing = wanted.saturating_sub(counts.values().sum());
    for (_, _, class) in spare.into_iter().take(missing) {
        counts.entry(class).and_modify(|count| *count += 1);
    }
    let (mut kept, mut held) = (Vec::new(), Vec::new());
    for (class, rows) in &classes {
        let (to_held, to_kept) = rows.split_at(counts[class]);
        held.extend_from_slice(to_held);
        kept.extend_from_slice(to_kept);
    }
    if held.is_empty() {
        let most = classes.values().map(Vec::len).max().unwrap_or(0);
        return Err(ProbeError::NothingHeldOut { most });
    }
    kept.sort_unstable();
    held.sort_unstable();
    Ok((kept, held))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn count(labels: &[usize], rows: &[usize], class: usize) -> usize {
        rows.iter().filter(|row| labels[**row] == class).count()
    }

    proptest! {
        #[test]
        fn a_part_is_stratified_and_leaves_every_class_a_sample(
            labels in prop::collection::vec(0_usize..6, 2..200),
            share in 0.05_f64..0.95,
            seed: u64,
        ) {
            let rows: Vec<usize> = (0..labels.len()).collect();
            let Ok((kept, held)) = hold_out(&labels, &rows, share, seed) else {
                prop_assert!((0..6).all(|class| count(&labels, &rows, class) < 2));
                return Ok(());
            };
            let mut all = [kept.as_slice(), held.as_slice()].concat();
            all.sort_unstable();
            prop_assert_eq!(&all, &rows);
            for class in 0..6 {
                let (there, out) = (count(&labels, &rows, class), count(&labels, &held, class));
                prop_assert!(there == 0 || out < there);
                prop_assert!((out as f64 - share * there as f64).abs() < 1.0 + 1e-9);
            }
        }

        #[test]
        fn fewer_shots_are_among_more(seed: u64) {
            let labels: Vec<usize> = (0..60).map(|at| at % 3).collect();
            let few = few_shot(&labels, 4, seed).expect("enough");
            let more = few_shot(&labels, 9, seed).expect("enough");
            prop_assert_eq!(few.len(), 12);
            prop_assert!((0..3).all(|class| count(&labels, &few, class) == 4));
            prop_assert!(few.iter().all(|row| more.contains(row)));
        }
    }

    #[test]
    fn a_fifth_of_four_shots_is_taken_from_some_classes() {
        let labels: Vec<usize> = (0..400).map(|at| at % 100).collect();
        let rows: Vec<usize> = (0..400).collect();
        let (kept, held) = hold_out(&labels, &rows, 0.2, 0).expect("some to spare");
        assert_eq!((kept.len(), held.len()), (320, 80));
        assert_ne!(held, hold_out(&labels, &rows, 0.2, 1).expect("some").1);
    }

    #[test]
    fn the_class_whose_part_was_cut_most_gives_one_more() {
        // Parts of 1.8, 1.2 and 1.2 of 21 samples, 4 of which are wanted.
        let labels: Vec<usize> = (0..21).map(|at| [1, 0, 2, 1, 0, 2, 1][at % 7]).collect();
        let rows: Vec<usize> = (0..21).collect();
        for seed in 0..20 {
            let (_, held) = hold_out(&labels, &rows, 0.2, seed).expect("some to spare");
            let counts = [0, 1, 2].map(|class| count(&labels, &held, class));
            assert_eq!(counts, [1, 2, 1]);
        }
    }

    #[test]
    fn one_sample_a_class_leaves_nothing_to_validate_on() {
        let error = hold_out(&[0, 1, 2], &[0, 1, 2], 0.5, 0);
        assert_eq!(error, Err(ProbeError::NothingHeldOut { most: 1 }));
        let share = hold_out(&[0, 0, 1, 1], &[0, 1, 2, 3], 1.0, 0);
        assert_eq!(share, Err(ProbeError::Share { share: 1.0 }));
    }

    #[test]
    fn a_class_with_too_few_samples_is_named() {
        let error = few_shot(&[0, 0, 3, 0], 2, 0).expect_err("one of class 3");
        let short = ProbeError::Shots {
            class: 3,
            samples: 1,
            shots: 2,
        };
        assert_eq!(error, short);
        assert_eq!(few_shot(&[0, 1], 0, 0), Err(ProbeError::NoShots));
    }
}
