//! Every group of classes at once: where does B lose against A, and is it more than elsewhere?
//!
//! Accuracy on a group has two definitions, and what counts differs: [`scan`] takes outcomes under
//! the argmax over all classes, [`scan_within`] restricts the argmax to the group.

use thiserror::Error;

use super::group::{ClassSet, Group, GroupError, distinct};
use super::group_drop::{GroupDrop, Scan, run};
use super::outranking::Outranking;
use super::paired::Paired;
use super::table::Table;

/// Why groups cannot be scanned.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ScanError {
    /// A group has a class that there is not.
    #[error(transparent)]
    Group(#[from] GroupError),
    /// Not one label a sample.
    #[error("{labels} labels for {samples} samples; there must be one a sample")]
    Labels {
        /// Number of samples.
        samples: usize,
        /// Number of labels.
        labels: usize,
    },
    /// A label that no class has.
    #[error("row {row} has label {label}, there are {classes} classes, from 0")]
    Label {
        /// The sample's row, from 0.
        row: usize,
        /// Its label.
        label: usize,
        /// Number of classes.
        classes: usize,
    },
    /// The models were asked about different samples or classes.
    #[error("model A chose among {a} classes, model B among {b}; they must be the same classes")]
    Classes {
        /// Classes of A.
        a: usize,
        /// Classes of B.
        b: usize,
    },
    /// A sample has two labels.
    #[error(
        "row {row} has label {a} for model A and {b} for model B; they must be the same samples"
    )]
    Differ {
        /// The sample's row, from 0.
        row: usize,
        /// Label for A.
        a: usize,
        /// Label for B.
        b: usize,
    },
}

/// Scans groups by outcomes that the argmax over all classes gave, or by any other contributions.
///
/// Groups with the same classes among those that have samples are reported once, with the other
/// names. Ranked by drop, the largest first; equal drops in the order of `groups`.
///
/// # Shapes
/// pairs and labels `[samples]`.
///
/// # Errors
/// [`ScanError`] naming the row or group whose class there is not.
pub fn scan(
    pairs: &Paired,
    labels: &[usize],
    classes: usize,
    groups: &[Group],
    options: &Scan,
) -> Result<Vec<GroupDrop>, ScanError> {
    if labels.len() != pairs.samples() {
        let (samples, labels) = (pairs.samples(), labels.len());
        return Err(ScanError::Labels { samples, labels });
    }
    let rows = rows_by_class(labels, classes)?;
    let present = |set: &ClassSet| set.filtered(|class| !rows[class].is_empty());
    let members = distinct(groups, classes, present)?;
    if pairs.table().is_none() {
        return Ok(run(members, &rows, options, |set, inside| {
            let chosen = pairs.select(|row| set.contains(labels[row]) == inside);
            chosen.expect("both sides have samples").summary()
        }));
    }
    let mut tables = vec![Table::default(); classes];
    let mut total = Table::default();
    for (row, label) in labels.iter().enumerate() {
        let (a, b) = (pairs.a()[row] == 1.0, pairs.b()[row] == 1.0);
        tables[*label].count(a, b);
        total.count(a, b);
    }
    Ok(run(members, &rows, options, |set, inside| {
        let mut table = Table::default();
        set.iter().for_each(|class| table += tables[class]);
        if inside { table } else { total - table }.into()
    }))
}

/// Scans groups by the argmax within each group; the rest by the argmax within all other classes.
///
/// Groups of the same classes are reported once, with the other names; a class without samples is
/// still one that a sample can be taken for. Ranked as by [`scan`].
///
/// # Errors
/// [`ScanError`] when the models were not asked about the same samples and classes, or a group has a
/// class that there is not.
pub fn scan_within(
    a: &Outranking,
    b: &Outranking,
    groups: &[Group],
    options: &Scan,
) -> Result<Vec<GroupDrop>, ScanError> {
    let classes = a.classes();
    if classes != b.classes() {
        let (a, b) = (a.classes(), b.classes());
        return Err(ScanError::Classes { a, b });
    }
    let labels = a.labels();
    if labels.len() != b.labels().len() {
        let (samples, labels) = (labels.len(), b.labels().len());
        return Err(ScanError::Labels { samples, labels });
    }
    if let Some(row) = (0..labels.len()).find(|row| labels[*row] != b.labels()[*row]) {
        let (a, b) = (labels[row], b.labels()[row]);
        return Err(ScanError::Differ { row, a, b });
    }
    let rows = rows_by_class(labels, classes)?;
    let members = distinct(groups, classes, ClassSet::clone)?;
    Ok(run(members, &rows, options, |set, inside| {
        let mut table = Table::default();
        if inside {
            for row in set.iter().flat_map(|class| &rows[class]) {
                table.count(a.wins_within(*row, set), b.wins_within(*row, set));
            }
        } else {
            for (class, rows) in rows.iter().enumerate() {
                if !set.contains(class) {
                    for row in rows {
                        table.count(a.wins_without(*row, set), b.wins_without(*row, set));
                    }
                }
            }
        }
        table.into()
    }))
}

fn rows_by_class(labels: &[usize], classes: usize) -> Result<Vec<Vec<usize>>, ScanError> {
    let mut rows = vec![Vec::new(); classes];
    for (row, label) in labels.iter().enumerate() {
        let Some(rows) = rows.get_mut(*label) else {
            let label = *label;
            return Err(ScanError::Label {
                row,
                label,
                classes,
            });
        };
        rows.push(row);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, classes: &[usize]) -> Group {
        Group {
            name: name.to_owned(),
            classes: classes.to_vec(),
        }
    }

    /// Four classes of ten samples; B loses six of class 0 and wins two of class 2.
    fn pairs() -> (Paired, Vec<usize>) {
        let labels: Vec<usize> = (0..40).map(|row| row / 10).collect();
        let a: Vec<bool> = (0..40).map(|row| row % 10 < 7).collect();
        let mut b = a.clone();
        b[0..6].fill(false);
        b[27..29].fill(true);
        (Paired::hits(&a, &b).expect("pairs"), labels)
    }

    fn small() -> Scan {
        Scan {
            least_classes: 1,
            least_samples: 1,
            ..Scan::default()
        }
    }

    #[test]
    fn groups_rank_by_drop_and_equal_groups_are_one() {
        let (pairs, labels) = pairs();
        let groups = [
            group("entity", &[0, 1, 2, 3]),
            group("wild", &[2, 3]),
            group("vehicle", &[0, 1]),
            group("object", &[3, 2, 1, 0]),
            group("car", &[0]),
            // Class 4 has no samples: the same samples as `car`.
            group("motor car", &[0, 4]),
        ];
        let drops = scan(&pairs, &labels, 5, &groups, &small()).expect("classes exist");
        let names: Vec<(&str, f64)> = drops.iter().map(|d| (&*d.group, d.drop)).collect();
        let expected = [
            ("car", 0.6),
            ("vehicle", 0.3),
            ("entity", 0.1),
            ("wild", -0.1),
        ];
        assert_eq!(names, expected);
        assert_eq!(drops[0].names, ["motor car"]);
        assert_eq!(drops[2].names, ["object"]);
        let car = &drops[0];
        assert_eq!((car.classes, car.samples, car.discordant), (1, 10, (6, 0)));
        let p = 2.0 / 64.0;
        assert!((car.p - p).abs() < 1e-15 && (car.p_adjusted - 4.0 * p).abs() < 1e-15);
        let rest = car.rest.expect("three classes");
        assert_eq!((rest.a, rest.drop), (0.7, -2.0 / 30.0));
        assert!((rest.more.difference - (0.6 + 2.0 / 30.0)).abs() < 1e-12);
        assert!(rest.more.p < 0.01 && rest.p_adjusted >= rest.more.p);
        assert_eq!(drops[2].rest, None);
    }

    #[test]
    fn contributions_scan_as_hits_do() {
        let (pairs, labels) = pairs();
        let groups = [group("vehicle", &[0, 1]), group("wild", &[2, 3])];
        let hits = scan(&pairs, &labels, 4, &groups, &small()).expect("classes exist");
        let halved = |values: &[f64]| values.iter().map(|value| value / 2.0).collect();
        let halves = Paired::values(halved(pairs.a()), halved(pairs.b())).expect("pairs");
        let halves = scan(&halves, &labels, 4, &groups, &small()).expect("classes exist");
        for (hits, halves) in hits.iter().zip(&halves) {
            assert_eq!((&hits.group, hits.drop / 2.0), (&halves.group, halves.drop));
            assert_eq!(hits.discordant, halves.discordant);
            assert!(
                (hits.low / 2.0 - halves.low).abs() < 0.03,
                "{hits:?} {halves:?}"
            );
            let more = |drop: &GroupDrop| drop.rest.expect("two groups").more.difference;
            assert!((more(hits) / 2.0 - more(halves)).abs() < 1e-12);
        }
    }

    #[test]
    fn threads_change_no_bit() {
        let (pairs, labels) = pairs();
        let groups = [group("vehicle", &[0, 1]), group("wild", &[2, 3])];
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.expect("a pool")
                .install(|| scan(&pairs, &labels, 4, &groups, &small()))
        };
        assert_eq!(on(1), on(5));
    }

    #[test]
    fn small_groups_are_left_out() {
        let (pairs, labels) = pairs();
        let groups = [group("car", &[0]), group("vehicle", &[0, 1])];
        let options = Scan {
            least_classes: 2,
            least_samples: 20,
            ..Scan::default()
        };
        let drops = scan(&pairs, &labels, 4, &groups, &options).expect("classes exist");
        assert_eq!(drops.len(), 1);
        let options = Scan {
            least_samples: 21,
            ..options
        };
        assert_eq!(scan(&pairs, &labels, 4, &groups, &options), Ok(Vec::new()));
    }

    #[test]
    fn within_a_group_only_its_classes_compete() {
        // A takes sample 1 for class 2, which is outside the group; B for class 1, inside.
        let a = Outranking::new(3, vec![0, 0, 2], &[vec![], vec![2], vec![]]).expect("ranks");
        let b = Outranking::new(3, vec![0, 0, 2], &[vec![], vec![1, 2], vec![0]]).expect("ranks");
        let groups = [group("pair", &[0, 1])];
        let drops = scan_within(&a, &b, &groups, &small()).expect("the same samples");
        assert_eq!((drops[0].a, drops[0].b), (1.0, 0.5));
        assert_eq!(drops[0].discordant, (1, 0));
        // The rest is class 2 alone, where nothing competes.
        let rest = drops[0].rest.expect("one sample");
        assert_eq!((rest.a, rest.b), (1.0, 1.0));
    }

    #[test]
    fn different_samples_and_classes_are_named() {
        let (pairs, labels) = pairs();
        let scanned = |labels: &[usize], groups| scan(&pairs, labels, 4, groups, &small());
        assert_eq!(
            scanned(&labels[1..], &[]),
            Err(ScanError::Labels {
                samples: 40,
                labels: 39
            })
        );
        let mut wrong = labels.clone();
        wrong[3] = 4;
        assert_eq!(
            scanned(&wrong, &[]),
            Err(ScanError::Label {
                row: 3,
                label: 4,
                classes: 4
            })
        );
        assert!(matches!(
            scanned(&labels, &[group("x", &[4])]),
            Err(ScanError::Group(_))
        ));
        let ranks = |labels: &[usize]| {
            let lists = vec![Vec::<u16>::new(); labels.len()];
            Outranking::new(2, labels.to_vec(), &lists).expect("ranks")
        };
        assert_eq!(
            scan_within(&ranks(&[0, 1]), &ranks(&[0, 0]), &[], &small()),
            Err(ScanError::Differ { row: 1, a: 1, b: 0 })
        );
    }
}
