//! Part: one of several disjoint shares of a piece of work, for several processes or machines.

use serde::{Deserialize, Serialize};

/// The I-th of N parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Which one, from 1.
    pub index: u64,
    /// Of how many.
    pub of: u64,
}

impl Part {
    /// All of it.
    pub const WHOLE: Self = Self { index: 1, of: 1 };

    /// Whether the `number`-th unit of the work, the first being 0, belongs to this part: units are dealt out in turn.
    pub fn takes(self, number: u64) -> bool {
        number % self.of == self.index - 1
    }

    /// Whether this is all of it.
    pub fn is_whole(self) -> bool {
        self.of == 1
    }
}

impl std::str::FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text
            .split_once('/')
            .and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((index, of)) if 1 <= index && index <= of => Ok(Self { index, of }),
            _ => Err(format!("{text:?} is no part; allowed are 1/N to N/N")),
        }
    }
}

/// Puts all parts of a work into their order.
///
/// # Errors
/// When one is missing, there twice, or of another number of parts; the message says which.
pub fn arrange<T>(parts: Vec<(Part, T)>) -> Result<Vec<T>, String> {
    let of = parts.first().map_or(0, |(part, _)| part.of);
    let mut by_part: std::collections::BTreeMap<u64, T> = std::collections::BTreeMap::new();
    for (part, value) in parts {
        if part.of != of {
            return Err(format!("part {part} is not one of {of}"));
        }
        if by_part.insert(part.index, value).is_some() {
            return Err(format!("part {part} is there twice"));
        }
    }
    match (1..=of).find(|index| !by_part.contains_key(index)) {
        Some(index) => Err(format!("part {index}/{of} is missing")),
        None => Ok(by_part.into_values().collect()),
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.index, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_arranged_if_each_is_there_once() {
        let part = |text: &str| (text.parse::<Part>().expect("a part"), text.to_owned());
        let arranged = |parts: &[&str]| arrange(parts.iter().map(|text| part(text)).collect());
        assert_eq!(
            arranged(&["2/2", "1/2"]),
            Ok(["1/2", "2/2"].map(str::to_owned).to_vec())
        );
        assert_eq!(
            arranged(&["2/3", "1/3"]),
            Err("part 3/3 is missing".to_owned())
        );
        assert_eq!(
            arranged(&["1/2", "1/2"]),
            Err("part 1/2 is there twice".to_owned())
        );
        assert_eq!(
            arranged(&["1/2", "2/3"]),
            Err("part 2/3 is not one of 2".to_owned())
        );
    }

    #[test]
    fn every_unit_belongs_to_exactly_one_part() {
        for unit in 0..20 {
            let takers = (1..=7).filter(|&index| Part { index, of: 7 }.takes(unit));
            assert_eq!(takers.count(), 1);
        }
        assert!(
            ["0/2", "3/2", "1", "1/0", "-1/2"]
                .iter()
                .all(|text| text.parse::<Part>().is_err())
        );
    }
}
