//! A wnid: the name of a noun synset in ImageNet, `n` and the place of its line in `data.noun` of WordNet 3.0.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A noun synset of WordNet 3.0, written `n02084071`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Wnid(u32);

/// A text that is not a wnid.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0:?} is not a wnid: n and eight digits, such as n02084071")]
pub struct NotAWnid(pub String);

impl Wnid {
    /// The place of the synset's line in `data.noun`, in bytes.
    pub const fn offset(self) -> u32 {
        self.0
    }
}

impl FromStr for Wnid {
    type Err = NotAWnid;

    fn from_str(text: &str) -> Result<Self, NotAWnid> {
        text.strip_prefix('n')
            .filter(|digits| digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
            .map(Self)
            .ok_or_else(|| NotAWnid(text.to_owned()))
    }
}

impl fmt::Display for Wnid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{:08}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wnid_is_written_as_it_is_read() {
        let dog: Wnid = "n02084071".parse().expect("a wnid");
        assert_eq!(dog.offset(), 2_084_071);
        assert_eq!(dog.to_string(), "n02084071");
    }

    #[test]
    fn what_is_not_n_and_eight_digits_is_refused() {
        for text in [
            "",
            "n",
            "02084071",
            "n2084071",
            "v02084071",
            "n+2084071",
            "n020840711",
            "n0208407é",
        ] {
            assert_eq!(text.parse::<Wnid>(), Err(NotAWnid(text.to_owned())));
        }
    }
}
