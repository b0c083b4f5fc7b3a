//! Uid order: rows sorted by their uids, which are hashes for the most part, in a time that grows as the rows do.

use super::buckets::Rows;
use crate::uid::Uid;

/// A row of a bucket. Rows are ordered by the uid and then by what the number is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Keyed {
    /// The first and the last 64 bits of the uid: a number of 128 bits would take the room of another half.
    pub(super) uid: (u64, u64),
    /// A row's place in its table, or a date.
    pub(super) number: i64,
    /// A row's own date.
    pub(super) at_micros: i64,
}

impl Keyed {
    pub(super) fn uid(&self) -> Uid {
        Uid::from_halves(self.uid.0, self.uid.1)
    }
}

/// Sorts the rows of a bucket, which `read` understands.
///
/// Hashes are spread evenly, so the first bits of one say nearly where it goes: rows are dealt to as many places as there
/// are rows, and only those of one place are compared. Uids that are no hashes fall into few places, and are compared.
pub(super) fn sort<const N: usize>(rows: &Rows<N>, read: impl Fn(&[u8; N]) -> Keyed) -> Vec<Keyed> {
    let all = || rows.iter().map(&read);
    let (mut low, mut high) = (u64::MAX, 0);
    for row in all() {
        low = low.min(row.uid.0);
        high = high.max(row.uid.0);
    }
    if rows.len() == 0 {
        return Vec::new();
    }
    let bits = 64 - (high - low).leading_zeros();
    let shift = bits.saturating_sub(rows.len().next_power_of_two().trailing_zeros());
    let place = |row: &Keyed| ((row.uid.0 - low) >> shift) as usize;
    // Where the next row of each place goes; in the end, where the place ends.
    let mut next = vec![0_usize; ((high - low) >> shift) as usize + 2];
    for row in all() {
        next[place(&row) + 1] += 1;
    }
    for place in 1..next.len() {
        next[place] += next[place - 1];
    }
    let mut sorted = vec![Keyed::default(); rows.len()];
    for row in all() {
        let at = &mut next[place(&row)];
        sorted[*at] = row;
        *at += 1;
    }
    let mut begin = 0;
    for &end in &next[..next.len() - 1] {
        if end - begin > 1 {
            sorted[begin..end].sort_unstable();
        }
        begin = end;
    }
    sorted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_are_sorted_whatever_their_uids(uids in prop::collection::vec((prop_oneof![Just(0), 0..9_u64, any::<u64>()], 0..3_u64), 0..300)) {
            let mut expected: Vec<Keyed> = uids.iter().enumerate().map(|(index, &uid)| Keyed { uid, number: index as i64 % 5, at_micros: 0 }).collect();
            let bytes = expected.iter().flat_map(|row| [row.uid.0, row.uid.1, row.number as u64].map(u64::to_le_bytes).concat());
            let rows = Rows::<24>::new(vec![bytes.collect()]);
            let number = |row: &[u8], at: usize| u64::from_le_bytes(*row[8 * at..].first_chunk().expect("24 bytes"));
            let read = |row: &[u8; 24]| Keyed { uid: (number(row, 0), number(row, 1)), number: number(row, 2) as i64, at_micros: 0 };
            expected.sort_unstable();
            prop_assert_eq!(sort(&rows, read), expected);
        }
    }
}
