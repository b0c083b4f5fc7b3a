//! Groups of classes that a figure or table has room for: those whose drops are least like chance.

use crate::{Comparison, GroupDrop};

/// More rows than this fill a page.
const MOST: usize = 20;

/// At most twenty groups of `comparison`, those with the smallest p-values, largest drop first.
pub(super) fn chosen_groups(comparison: &Comparison) -> Vec<&GroupDrop> {
    least_like_chance(comparison.groups.iter().collect())
}

/// At most twenty single classes in the same way, if their drops were tested.
pub(super) fn chosen_classes(classes: &[GroupDrop]) -> Vec<&GroupDrop> {
    let tested = classes.iter().filter(|class| class.p_adjusted.is_some());
    least_like_chance(tested.collect())
}

/// Equal p-values, as there are at zero, are told apart by how large the drop or gain is.
fn least_like_chance(groups: Vec<&GroupDrop>) -> Vec<&GroupDrop> {
    let mut groups: Vec<&GroupDrop> = groups
        .into_iter()
        .filter(|group| {
            let drop = &group.drop;
            [drop.drop, drop.low, drop.high]
                .iter()
                .all(|end| end.is_finite())
        })
        .collect();
    let p = |group: &GroupDrop| group.p_adjusted.filter(|p| p.is_finite()).unwrap_or(1.0);
    groups.sort_by(|a, b| {
        let larger = b.drop.drop.abs().total_cmp(&a.drop.drop.abs());
        p(a).total_cmp(&p(b)).then(larger)
    });
    groups.truncate(MOST);
    groups.sort_by(|a, b| b.drop.drop.total_cmp(&a.drop.drop));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Drop;

    fn group(name: &str, drop: f64, p_adjusted: f64) -> GroupDrop {
        GroupDrop {
            name: name.to_owned(),
            drop: Drop {
                drop,
                ..Drop::default()
            },
            p_adjusted: Some(p_adjusted),
            ..GroupDrop::default()
        }
    }

    #[test]
    fn groups_least_like_chance_are_kept_in_order_of_their_drop() {
        let mut groups = vec![
            group("none", f64::NAN, 0.0),
            group("gain", -0.2, 0.001),
            group("loss", 0.1, 0.001),
        ];
        groups.extend((0..30).map(|_| group("chance", 0.3, 0.9)));
        let comparison = Comparison {
            groups,
            ..Comparison::default()
        };
        let chosen = chosen_groups(&comparison);
        assert_eq!(chosen.len(), MOST);
        assert_eq!(chosen[0].name, "chance");
        assert_eq!(chosen[MOST - 2].name, "loss");
        assert_eq!(chosen[MOST - 1].name, "gain");
    }
}
