//! Names that someone may have meant.

/// At most so many are offered.
const OFFERED: usize = 4;
/// Shorter names are in too many others.
const SHORTEST_PART: usize = 3;

/// "; did you mean a, b?" of the nearest, for the end of a message; nothing if none is near.
#[must_use]
pub fn did_you_mean(near: &[impl AsRef<str>]) -> String {
    let near: Vec<&str> = near.iter().map(AsRef::as_ref).collect();
    match near.is_empty() {
        true => String::new(),
        false => format!("; did you mean {}?", near.join(", ")),
    }
}

/// Those of `known` that are nearly `name`, the nearest first, at most four; ties keep their order.
#[must_use]
pub fn near<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let name = plain(name);
    let mut found: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|candidate| Some((mistakes(&name, &plain(candidate))?, candidate)))
        .collect();
    found.sort_by_key(|(mistakes, _)| *mistakes);
    found
        .into_iter()
        .map(|(_, candidate)| candidate)
        .take(OFFERED)
        .collect()
}

/// Letters and digits in lower case: `ImageNet_A` and `imagenet-a` are the same to whoever types them.
fn plain(name: &str) -> Vec<char> {
    let lower = name.chars().flat_map(char::to_lowercase);
    lower.filter(|letter| letter.is_alphanumeric()).collect()
}

/// How far `name` is from `candidate`; none if it is too far to be meant.
fn mistakes(name: &[char], candidate: &[char]) -> Option<usize> {
    let distance = distance(name, candidate);
    if distance <= name.len().max(candidate.len()) / 3 {
        return Some(distance);
    }
    let part = |of: &[char], part: &[char]| {
        part.len() >= SHORTEST_PART && of.windows(part.len()).any(|window| window == part)
    };
    (part(candidate, name) || part(name, candidate)).then_some(distance)
}

/// Letters to add, leave out, replace, or swap with their neighbour (optimal string alignment distance).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn letters(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn distances_count_single_mistakes() {
        for (a, b, mistakes) in [
            ("", "", 0),
            ("", "abc", 3),
            ("eurosat", "eurosat", 0),
            ("eurosta", "eurosat", 1),
            ("retreival", "retrieval", 1),
            ("kitten", "sitting", 3),
            ("ca", "abc", 3),
        ] {
            assert_eq!(distance(&letters(a), &letters(b)), mistakes, "{a} {b}");
        }
    }

    #[test]
    fn the_nearest_come_first_and_the_far_not_at_all() {
        let known = ["imagenet-o", "imagenet-a", "objectnet", "vtab/eurosat"];
        let near = |name: &str| near(name, known);
        assert_eq!(near("ImageNet_A"), ["imagenet-a", "imagenet-o"]);
        assert_eq!(near("eurosat"), ["vtab/eurosat"]);
        assert_eq!(near("net"), ["imagenet-o", "imagenet-a", "objectnet"]);
        assert!(near("food").is_empty() && near("").is_empty());
    }

    proptest! {
        #[test]
        fn distance_is_symmetric_and_bounded(a in "[a-c]{0,6}", b in "[a-c]{0,6}") {
            let (a, b) = (letters(&a), letters(&b));
            let there = distance(&a, &b);
            prop_assert_eq!(there, distance(&b, &a));
            prop_assert_eq!(there == 0, a == b);
            prop_assert!(there >= a.len().abs_diff(b.len()) && there <= a.len().max(b.len()));
        }
    }
}
