//! Numbers on the command line: what is none is answered with what is allowed.

use std::ops::{Bound, RangeBounds};
use std::str::FromStr;

/// What reads a whole number that is in `allowed`.
pub(super) fn whole<T: FromStr>(
    allowed: impl RangeBounds<u64> + Clone,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| match text.parse() {
        Ok(number) if allowed.contains(&number) => {
            let number = text.parse();
            number.map_err(|_| "this is too large a number".to_owned())
        }
        _ => Err(format!("a whole number {} is needed", told(&allowed))),
    }
}

fn told(allowed: &impl RangeBounds<u64>) -> String {
    let least = match allowed.start_bound() {
        Bound::Included(least) => *least,
        Bound::Excluded(_) | Bound::Unbounded => 0,
    };
    match allowed.end_bound() {
        Bound::Included(most) => format!("from {least} to {most}"),
        Bound::Excluded(_) | Bound::Unbounded => format!("of at least {least}"),
    }
}

/// What reads a share or a ratio; which are allowed is for the command to say.
pub(super) fn decimal(text: &str) -> Result<f64, String> {
    let number = text.parse();
    number.map_err(|_| "a number such as 0.1 is needed".to_owned())
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn a_number_is_in_its_range_and_fits_its_type() {
        assert_eq!(whole::<u8>(1..=5)("5"), Ok(5));
        assert_eq!(
            whole::<NonZeroU32>(1..)("7"),
            Ok(NonZeroU32::MIN.saturating_add(6))
        );
        for text in ["0", "6", "-1", "1.5", "many", ""] {
            let told = whole::<u8>(1..=5)(text);
            assert_eq!(told, Err("a whole number from 1 to 5 is needed".to_owned()));
        }
        assert!(whole::<NonZeroU32>(1..)("0").is_err_and(|told| told.contains("at least 1")));
        assert!(whole::<NonZeroU32>(1..)("4294967296").is_err_and(|told| told.contains("large")));
        assert_eq!(decimal("-0.1"), Ok(-0.1));
        assert!(decimal("a tenth").is_err());
    }
}
