//! A model's name as a report shows it: strategy and step instead of the way to its folder.

use std::collections::BTreeSet;

/// The last two parts of a path such as `../run/sequential/2016`, unless another of `names` ends in the same.
pub(super) fn shown(name: &str, names: &BTreeSet<String>) -> String {
    let short = short(name);
    let others = names.iter().filter(|other| *other != name);
    if others.into_iter().any(|other| self::short(other) == short) {
        name.to_owned()
    } else {
        short.to_owned()
    }
}

/// Strategy and step, where `train` has made the model.
pub(super) fn short(name: &str) -> &str {
    let mut slashes = name.rmatch_indices('/');
    match slashes.nth(1) {
        Some((at, _)) => &name[at + 1..],
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strategy_and_step_name_a_model_unless_two_are_called_so() {
        let names = [
            "../a/seed-0/lwf/2016",
            "../a/seed-1/lwf/2016",
            "../a/ema/2016",
            "2016",
        ];
        let names: BTreeSet<String> = names.map(str::to_owned).into();
        assert_eq!(shown("../a/ema/2016", &names), "ema/2016");
        assert_eq!(
            shown("../a/seed-0/lwf/2016", &names),
            "../a/seed-0/lwf/2016"
        );
        assert_eq!(shown("2016", &names), "2016");
    }
}
