//! Placement: the rows of one bucket into time steps and sides.

use super::uid_order::Keyed;
use super::{Side, is_held_out};
use crate::manifest::HeldOut;
use crate::timeline::Timeline;
use crate::uid::Uid;

/// Stands for no date: no instant that a timeline can have.
pub(super) const NO_DATE: i64 = i64::MIN;

/// Why rows are left out that are listed one by one.
pub const LISTED_REASONS: [&str; 3] = [DUPLICATE, OUTSIDE, UNDATED];
const DUPLICATE: &str = "duplicate-uid";
pub(super) const OUTSIDE: &str = "outside-timeline";
const UNDATED: &str = "undated";

/// A pair that is in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) uid: Uid,
    pub(super) at_micros: i64,
}

/// A row that is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) uid: Uid,
    /// Its place in the table, the first being 1, where rows have one.
    pub(super) row: Option<u64>,
    /// Its date, where it has one.
    pub(super) at_micros: Option<i64>,
    pub(super) reason: &'static str,
}

/// Where rows go.
pub(super) struct Placer {
    /// The first instant of every step and the first behind it, in microseconds since 1970.
    steps: Vec<(i64, i64)>,
    held_out: Option<HeldOut>,
}

/// Uids of one bucket, sorted.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// Only these count, where there is such a list.
    pub(super) only: Option<Vec<Uid>>,
    /// These are held out.
    pub(super) held_out: Vec<Uid>,
}

/// The pairs of one bucket by step and side, sorted by uid, and what is left out.
#[derive(Debug)]
pub(super) struct Placement {
    /// To learn from and held out, for each step.
    pub(super) steps: Vec<[Vec<Placed>; 2]>,
    pub(super) left_out: Vec<LeftOut>,
    /// Rows whose uid is not among those that count.
    pub(super) unlisted: u64,
    /// Rows whose uid the table of dates has not.
    pub(super) not_in_dates: u64,
    /// Dates of a uid that has an earlier one.
    pub(super) repeated_dates: u64,
    /// Rows that a filter rejects, whose uid is none, and whose date is none.
    pub(super) filtered: u64,
    pub(super) bad_uids: u64,
    pub(super) bad_dates: u64,
}

/// Which of a step's two lists a side is.
pub(super) fn side_index(side: Side) -> usize {
    match side {
        Side::Train => 0,
        Side::HeldOut => 1,
    }
}

impl Placer {
    pub(super) fn new(timeline: &Timeline, held_out: Option<HeldOut>) -> Self {
        let steps = timeline.steps().iter();
        Self {
            steps: steps
                .map(|step| (step.from.timestamp_micros(), step.to.timestamp_micros()))
                .collect(),
            held_out,
        }
    }

    /// Places sorted rows, whose numbers are their places in their table. With `dates`, sorted, whose numbers are
    /// microseconds, those count in place of the rows' own; of several dates of a uid the earliest does.
    ///
    /// Of several rows of one uid the first that is in a step counts.
    pub(super) fn place(
        &self,
        mut rows: Vec<Keyed>,
        dates: Option<Vec<Keyed>>,
        listed: &Listed,
    ) -> Placement {
        let mut placement = Placement {
            steps: vec![Default::default(); self.steps.len()],
            left_out: Vec::new(),
            unlisted: 0,
            not_in_dates: 0,
            repeated_dates: 0,
            filtered: 0,
            bad_uids: 0,
            bad_dates: 0,
        };
        if let Some(dates) = dates {
            placement.join(&mut rows, dates);
        }
        let mut only = listed.only.as_ref().map(|only| only.iter().peekable());
        let mut held_out = listed.held_out.iter().peekable();
        for same in rows.chunk_by(|a, b| a.uid == b.uid) {
            let uid = same[0].uid();
            if only.as_mut().is_some_and(|only| !has(only, uid)) {
                placement.unlisted += same.len() as u64;
                continue;
            }
            let is_held_out =
                has(&mut held_out, uid) || self.held_out.is_some_and(|rule| is_held_out(uid, rule));
            self.place_same(same, usize::from(is_held_out), &mut placement);
        }
        placement
    }

    fn place_same(&self, same: &[Keyed], side: usize, placement: &mut Placement) {
        let mut placed = false;
        for &row in same {
            let (uid, at_micros) = (row.uid(), row.at_micros);
            let dated = at_micros != NO_DATE;
            let step = self.step_of(at_micros);
            let reason = match step {
                Some(step) if !placed => {
                    placed = true;
                    placement.steps[step][side].push(Placed { uid, at_micros });
                    continue;
                }
                Some(_) => DUPLICATE,
                None if dated => OUTSIDE,
                None => UNDATED,
            };
            placement.left_out.push(LeftOut {
                uid,
                row: u64::try_from(row.number).ok().filter(|&row| row > 0),
                at_micros: dated.then_some(at_micros),
                reason,
            });
        }
    }

    fn step_of(&self, at_micros: i64) -> Option<usize> {
        let begun = self.steps.partition_point(|step| step.0 <= at_micros);
        begun
            .checked_sub(1)
            .filter(|&step| at_micros < self.steps[step].1)
    }
}

impl Placement {
    /// Gives the rows their dates, both sorted; keeps those that have one.
    fn join(&mut self, rows: &mut Vec<Keyed>, mut dates: Vec<Keyed>) {
        dates.retain(|date| date.number != NO_DATE);
        let all = dates.len();
        dates.dedup_by_key(|date| date.uid);
        self.repeated_dates = (all - dates.len()) as u64;
        let mut dates = dates.iter().peekable();
        let before = rows.len();
        rows.retain_mut(|row| {
            while dates.next_if(|date| date.uid < row.uid).is_some() {}
            let date = dates.peek().filter(|date| date.uid == row.uid);
            row.at_micros = date.map_or(NO_DATE, |date| date.number);
            date.is_some()
        });
        self.not_in_dates = (before - rows.len()) as u64;
    }
}

/// Whether a sorted list has a uid; the list is left at it.
fn has(list: &mut std::iter::Peekable<std::slice::Iter<'_, Uid>>, uid: Uid) -> bool {
    while list.next_if(|&&listed| listed < uid).is_some() {}
    list.peek().is_some_and(|&&listed| listed == uid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::Step;

    const DAY: i64 = 86_400_000_000;

    fn row(row: i64, uid: u128, day: Option<i64>) -> Keyed {
        Keyed {
            uid: Uid(uid).halves(),
            number: row,
            at_micros: day.map_or(NO_DATE, |day| day * DAY),
        }
    }

    fn place(mut rows: Vec<Keyed>, mut dates: Option<Vec<Keyed>>, listed: &Listed) -> Placement {
        rows.sort_unstable();
        dates.iter_mut().for_each(|dates| dates.sort_unstable());
        // 1970 alone.
        let timeline = Timeline::new(vec![Step::of_years("1970", [1970, 1970]).expect("a year")]);
        Placer::new(&timeline.expect("a timeline"), None).place(rows, dates, listed)
    }

    fn uids(placed: &[Placed]) -> Vec<u128> {
        placed.iter().map(|placed| placed.uid.0).collect()
    }

    #[test]
    fn of_rows_of_one_uid_the_first_in_a_step_counts() {
        let rows = vec![
            row(4, 1, Some(2)),
            row(1, 1, None),
            row(3, 1, Some(1)),
            row(2, 1, Some(-1)),
        ];
        let placement = place(rows, None, &Listed::default());
        assert_eq!(
            placement.steps[0][0],
            [Placed {
                uid: Uid(1),
                at_micros: DAY
            }]
        );
        let reasons: Vec<_> = placement
            .left_out
            .iter()
            .map(|left| (left.row.expect("a number"), left.reason))
            .collect();
        assert_eq!(
            reasons,
            [
                (1, "undated"),
                (2, "outside-timeline"),
                (4, "duplicate-uid")
            ]
        );
    }

    #[test]
    fn dates_of_another_table_count_and_the_earliest_of_a_uid() {
        let rows = vec![row(1, 1, None), row(2, 2, None), row(3, 3, None)];
        let dates = [(3, 9), (1, 7), (1, 5), (4, 1)].map(|(uid, day)| row(day * DAY, uid, None));
        let placement = place(rows, Some(dates.to_vec()), &Listed::default());
        assert_eq!(uids(&placement.steps[0][0]), [1, 3]);
        assert_eq!(placement.steps[0][0][0].at_micros, 5 * DAY);
        assert_eq!((placement.not_in_dates, placement.repeated_dates), (1, 1));
        assert!(placement.left_out.is_empty());
    }

    #[test]
    fn lists_say_which_count_and_which_are_held_out() {
        let rows = (1..6).map(|uid| row(uid as i64, uid, Some(0))).collect();
        let listed = Listed {
            only: Some([2, 3, 5, 9].map(Uid).to_vec()),
            held_out: [1, 3, 4].map(Uid).to_vec(),
        };
        let placement = place(rows, None, &listed);
        assert_eq!(uids(&placement.steps[0][0]), [2, 5]);
        assert_eq!(uids(&placement.steps[0][1]), [3]);
        assert_eq!(placement.unlisted, 2);
    }
}
