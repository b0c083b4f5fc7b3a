//! Noun: what is counted, in the singular or the plural.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        assert_eq!(number_of(1_usize, "row"), "1 row");
        assert_eq!(number_of(0_u64, "row"), "0 rows");
        assert_eq!(number_of(3_u32, "class"), "3 classes");
    }
}
