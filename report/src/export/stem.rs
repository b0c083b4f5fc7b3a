//! The name of an exported file without its ending: made of names from outside, safe on every file system.

use std::collections::BTreeSet;

/// Longer parts are cut; file systems allow 255 bytes in all.
const LONGEST_PART: usize = 60;

/// The stems given out so far.
#[derive(Default)]
pub(super) struct Stems {
    taken: BTreeSet<String>,
}

impl Stems {
    /// A stem of `kind` and `names`, with a number behind it where another file has it already.
    pub(super) fn stem(&mut self, kind: &str, names: &[&str]) -> String {
        let mut stem = kind.to_owned();
        for name in names {
            stem = format!("{stem}-{}", kebab(name));
        }
        let mut free = stem.clone();
        let mut number = 2;
        while !self.taken.insert(free.clone()) {
            free = format!("{stem}-{number}");
            number += 1;
        }
        free
    }
}

/// Lower-case ASCII letters and digits, all else as single hyphens between them.
fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            kebab.push(c.to_ascii_lowercase());
        } else if !kebab.is_empty() && !kebab.ends_with('-') {
            kebab.push('-');
        }
    }
    kebab.truncate(LONGEST_PART);
    match kebab.trim_end_matches('-') {
        "" => "unnamed".to_owned(),
        kebab => kebab.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stems_are_kebab_case_and_differ() {
        let mut stems = Stems::default();
        assert_eq!(
            stems.stem("matrix", &["retrieval", "cumulative-equal"]),
            "matrix-retrieval-cumulative-equal"
        );
        assert_eq!(
            stems.stem("age", &["Zero shot: ImageNet"]),
            "age-zero-shot-imagenet"
        );
        assert_eq!(
            stems.stem("age", &["zero_shot ImageNet"]),
            "age-zero-shot-imagenet-2"
        );
        assert_eq!(stems.stem("age", &["../.."]), "age-unnamed");
        assert_eq!(stems.stem("age", &["检索"]), "age-unnamed-2");
        assert_eq!(stems.stem("loss", &[]), "loss");
    }

    proptest! {
        #[test]
        fn no_name_leaves_the_folder(names in proptest::collection::vec(".*", 0..4)) {
            let mut stems = Stems::default();
            for name in &names {
                let stem = stems.stem("age", &[name]);
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                prop_assert!(stem.chars().all(plain) && stem.len() < 100);
            }
            prop_assert_eq!(stems.taken.len(), names.len());
        }
    }
}
