//! Noun: what is counted, in the singular or the plural, and the first of many.

/// "1 row", "2 rows", "0 classes".
pub(crate) fn number_of(count: impl TryInto<u64>, noun: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    let ending = match (count, noun.ends_with('s')) {
        (1, _) => "",
        (_, true) => "es",
        (_, false) => "s",
    };
    format!("{count} {noun}{ending}")
}

/// "a, b and 67 more" of which at most so many are named.
pub(crate) fn first_of<S: AsRef<str>>(names: &[S], most: usize) -> String {
    let named: Vec<&str> = names.iter().take(most).map(AsRef::as_ref).collect();
    let named = named.join(", ");
    match names.len().saturating_sub(most) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        assert_eq!(number_of(1_usize, "row"), "1 row");
        assert_eq!(number_of(0_u64, "row"), "0 rows");
        assert_eq!(number_of(3_u32, "class"), "3 classes");
    }

    #[test]
    fn of_many_the_first_are_named() {
        assert_eq!(first_of(&["a", "b"], 2), "a, b");
        assert_eq!(first_of(&["a", "b", "c"], 1), "a and 2 more");
        assert_eq!(first_of::<&str>(&[], 3), "");
    }
}
