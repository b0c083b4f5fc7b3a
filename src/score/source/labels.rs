//! Labels: class ids from the texts of a column.

use std::collections::BTreeMap;

use super::{Answer, Target};

/// How the texts of a column become class ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Labels {
    /// They are the ids, of classes whose names may be known.
    Ids { names: Option<Vec<String>> },
    /// They are the names of classes, whose places are the ids.
    Names {
        names: Vec<String>,
        places: BTreeMap<String, usize>,
    },
}

impl Labels {
    /// The ids where most texts are whole numbers; else names, those that are `known`, or without such the different
    /// texts in order. Empty texts do not count.
    ///
    /// # Errors
    /// When most texts are none of the known names; with the first that is not.
    pub(super) fn of<'a>(
        texts: impl Iterator<Item = &'a str>,
        known: Option<&[String]>,
    ) -> Result<Self, String> {
        let (mut numbers, mut all) = (0_usize, 0_usize);
        let mut different = BTreeMap::<&str, usize>::new();
        for text in texts.map(str::trim).filter(|text| !text.is_empty()) {
            all += 1;
            if text.parse::<usize>().is_ok() {
                numbers += 1;
            } else {
                *different.entry(text).or_default() += 1;
            }
        }
        if numbers * 2 > all || all == 0 {
            return Ok(Self::Ids { names: None });
        }
        let names: Vec<String> = match known {
            Some(known) => known.to_vec(),
            None => different.keys().map(|&text| text.to_owned()).collect(),
        };
        let mut places = BTreeMap::new();
        for (place, name) in names.iter().enumerate() {
            places.entry(name.clone()).or_insert(place);
        }
        let is_stray = |text: &&str| !places.contains_key(*text);
        let strays = different.iter().filter(|(text, _)| is_stray(text));
        if strays.map(|(_, count)| count).sum::<usize>() * 2 > all {
            let first = different.into_keys().find(is_stray).unwrap_or_default();
            return Err(format!("the label `{first}` and others are no class names"));
        }
        Ok(Self::Names { names, places })
    }

    /// The class of a text.
    pub(super) fn class(&self, text: &str) -> Answer<Target> {
        let text = text.trim();
        let class = match self {
            Self::Ids { names } => {
                let most = names.as_ref().map_or(usize::MAX, Vec::len);
                text.parse().ok().filter(|&id| id < most)
            }
            Self::Names { places, .. } => places.get(text).copied(),
        };
        let shown = || text.chars().take(64).collect::<String>();
        class
            .map(Target::Class)
            .ok_or_else(|| format!("has the label `{}`, which is no class", shown()))
    }

    /// The names.
    pub(super) fn names(&self) -> Option<Vec<String>> {
        match self {
            Self::Ids { names } => names.clone(),
            Self::Names { names, .. } => Some(names.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str], known: Option<&[String]>) -> Labels {
        Labels::of(texts.iter().copied(), known).expect("labels")
    }

    #[test]
    fn texts_are_ids_or_names_in_order_or_names_that_are_known() {
        let ids = of(&["3", " 0 ", "", "x", "7"], None);
        assert_eq!(ids.class(" 0 "), Ok(Target::Class(0)));
        assert!(ids.class("-1").expect_err("negative").contains("`-1`"));
        let names = of(&["dog", "cat", "dog", ""], None);
        assert_eq!(names.names().expect("names"), ["cat", "dog"]);
        assert_eq!(names.class("dog"), Ok(Target::Class(1)));
        let known = ["dog", "emu", "cat"].map(str::to_owned);
        let names = of(&["dog", "cat", "rat"], Some(&known));
        assert_eq!(names.class("cat"), Ok(Target::Class(2)));
        assert!(names.class("").is_err() && names.class("rat").is_err());
        let error = Labels::of(["ant", "dog", "bee"].into_iter(), Some(&known));
        assert!(
            error
                .expect_err("two of three")
                .contains("`ant` and others")
        );
    }
}
