//! Uid: the 128-bit name of a pair, and sorted lists of them on disk.

mod any_file;
mod list;
mod npy_header;
mod set;
mod sorter;

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use thiserror::Error;

pub use any_file::{AnyUids, UidFileError, UidFileFormat, UidFileWriter};
pub use list::{UidListError, UidListReader, UidListWriter, read_uids, write_uids};
pub use set::{Operation, combine};
pub use sorter::Sorter;

/// The name of a pair, shown as 32 lower-case hex digits; ordered as those digits are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(pub u128);

impl Uid {
    /// The first 128 bits of SHA-256 over the UTF-8 `values` joined by U+001F.
    pub fn from_values<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hash = Sha256::new();
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                hash.update([0x1f]);
            }
            hash.update(value.as_bytes());
        }
        let mut first = [0; 16];
        first.copy_from_slice(&hash.finalize()[..16]);
        Self(u128::from_be_bytes(first))
    }

    /// The 16 bytes, most significant first, as a manifest keeps them.
    pub fn to_be_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The uid of 16 bytes, most significant first.
    pub fn from_be_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// The first and the last 16 hex digits, as a uid list keeps them.
    pub(crate) fn halves(self) -> (u64, u64) {
        ((self.0 >> 64) as u64, self.0 as u64)
    }

    /// The row of a uid list: both halves, little-endian.
    fn to_row(self) -> [u8; 16] {
        let (first, last) = self.halves();
        let mut row = [0; 16];
        row[..8].copy_from_slice(&first.to_le_bytes());
        row[8..].copy_from_slice(&last.to_le_bytes());
        row
    }

    /// The uid of a row of a uid list.
    fn from_row(row: [u8; 16]) -> Self {
        // Each half is turned round: together they are in the wrong order then.
        Self(u128::from_le_bytes(row).rotate_right(64))
    }

    /// The uid of its first and last 16 hex digits.
    pub(crate) fn from_halves(first: u64, last: u64) -> Self {
        Self(u128::from(first) << 64 | u128::from(last))
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uid({self})")
    }
}

/// A text that is no uid.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{text}` is not a uid: expected 32 hex digits")]
pub struct ParseUidError {
    /// What was given instead, cut to 64 characters.
    pub text: String,
}

impl FromStr for Uid {
    type Err = ParseUidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (first, last) = (text.as_bytes().get(..16), text.as_bytes().get(16..));
        let value = first.zip(last).and_then(|(first, last)| {
            let last: &[u8; 16] = last.try_into().ok()?;
            Some(Self::from_halves(
                half(first.try_into().ok()?)?,
                half(last)?,
            ))
        });
        value.ok_or_else(|| ParseUidError {
            text: text.chars().take(64).collect(),
        })
    }
}

/// The number that 16 hex digits are. Uids are parsed by the billion, so no digit is asked twice.
fn half(digits: &[u8; 16]) -> Option<u64> {
    let (mut value, mut wrong) = (0, 0);
    for &digit in digits {
        let nibble = NIBBLES[usize::from(digit)];
        wrong |= nibble;
        value = value << 4 | u64::from(nibble & 15);
    }
    (wrong < 16).then_some(value)
}

/// What each byte is worth as a hex digit; more than 15, if it is none.
const NIBBLES: [u8; 256] = {
    let mut nibbles = [0xff; 256];
    let mut value = 0;
    while value < 16 {
        nibbles[b"0123456789abcdef"[value] as usize] = value as u8;
        nibbles[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    nibbles
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hash_is_the_first_half_of_sha256_over_values_joined_by_unit_separator() {
        // printf 'a\x1fb' | sha256sum
        let expected = "f04cdced9736a69da6103f08a4daaf8c";
        let uid = Uid::from_values(["a", "b"]);
        assert_eq!(uid.to_string(), expected);
        assert_eq!(uid, Uid::from_values(["a\u{1f}b"]));
        assert_ne!(uid, Uid::from_values(["ab"]));
        // printf '' | sha256sum
        assert_eq!(
            Uid::from_values([""]).to_string(),
            "e3b0c44298fc1c149afbf4c8996fb924"
        );
    }

    #[test]
    fn only_32_hex_digits_are_a_uid() {
        for text in [
            "",
            "12",
            "+0000000000000000000000000000001",
            "g0000000000000000000000000000000",
        ] {
            let error = text.parse::<Uid>().expect_err("not a uid");
            assert!(
                error.to_string().contains("expected 32 hex digits"),
                "{error}"
            );
        }
        assert_eq!("000000000000000000000000000000FF".parse(), Ok(Uid(255)));
    }

    proptest! {
        #[test]
        fn text_and_bytes_round_trip_and_keep_the_order(a: u128, b: u128) {
            prop_assert_eq!(Uid(a).to_string().parse(), Ok(Uid(a)));
            prop_assert_eq!(Uid::from_be_bytes(Uid(a).to_be_bytes()), Uid(a));
            let (first, last) = Uid(a).halves();
            prop_assert_eq!(Uid::from_halves(first, last), Uid(a));
            prop_assert_eq!(Uid::from_row(Uid(a).to_row()), Uid(a));
            prop_assert_eq!(Uid(a).cmp(&Uid(b)), Uid(a).to_string().cmp(&Uid(b).to_string()));
        }
    }
}
