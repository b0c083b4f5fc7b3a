//! What is clearly lost: the worst group or class of a comparison, in the page's headline and above its tables.

use super::content::{Comparison, Content, Drop};
use super::escape::isolated;
use super::number::{count, points};

/// The sentence about the group of classes that loses most beyond what the whole task loses, if one clearly does; about a
/// single class where no group does.
pub(super) fn lost_group(content: &Content) -> Option<String> {
    let (comparison, name, drop) = content
        .comparisons
        .iter()
        .filter_map(|comparison| {
            let (name, drop) = worst(comparison)?;
            Some((comparison, name, drop))
        })
        .max_by(|a, b| a.2.drop.total_cmp(&b.2.drop))?;
    let overall = if comparison.overall.drop >= 0.0 {
        format!("{} lower", points(comparison.overall.drop))
    } else {
        format!("{} higher", points(comparison.overall.drop))
    };
    Some(format!(
        "On {}, {} is {overall} than {} over all samples, and {} lower on {}.",
        comparison.task,
        comparison.b,
        comparison.a,
        points(drop.drop),
        name
    ))
}

fn worst(comparison: &Comparison) -> Option<(&str, Drop)> {
    let beyond = |drop: &Drop| drop.drop > 0.0 && drop.low > comparison.overall.high;
    let groups = comparison.groups.iter();
    let group = groups
        .filter(|group| group.is_clear() && beyond(&group.drop))
        .map(|group| (group.name.as_str(), group.drop))
        .max_by(|a, b| a.1.drop.total_cmp(&b.1.drop));
    group.or_else(|| {
        clear_losses(comparison)
            .into_iter()
            .find(|(_, drop)| beyond(drop))
    })
}

/// Classes that a line above the tables names.
const NAMED: usize = 3;

/// The classes on which B is clearly worse, the largest loss first.
fn clear_losses(comparison: &Comparison) -> Vec<(&str, Drop)> {
    let mut lost: Vec<(&str, Drop)> = comparison
        .classes
        .iter()
        .filter(|class| class.is_clear() && class.a > class.b)
        .map(|class| (class.name.as_str(), class.difference()))
        .collect();
    lost.sort_by(|a, b| b.1.drop.total_cmp(&a.1.drop));
    lost
}

/// The line that names them; nothing where there is none.
pub(super) fn worse_by_class(comparison: &Comparison) -> String {
    let lost = clear_losses(comparison);
    if lost.is_empty() {
        return String::new();
    }
    let named: Vec<String> = lost
        .iter()
        .take(NAMED)
        .map(|(name, drop)| {
            format!(
                "{}, {} ({} samples)",
                isolated(name),
                points(drop.drop),
                count(drop.n)
            )
        })
        .collect();
    let more = match lost.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    format!(
        "<p class=\"verdict\">Worse by class: {}{more}.</p>\n",
        named.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClassDrop, GroupDrop};

    fn group(name: &str, drop: f64, low: f64, p_adjusted: f64) -> GroupDrop {
        GroupDrop {
            name: name.to_owned(),
            drop: Drop {
                drop,
                low,
                ..Drop::default()
            },
            p_adjusted: Some(p_adjusted),
            ..GroupDrop::default()
        }
    }

    #[test]
    fn headline_group_is_the_worst_that_is_clearly_worse_than_the_whole() {
        let comparison = Comparison {
            task: "ImageNet".to_owned(),
            a: "2022".to_owned(),
            b: "2016".to_owned(),
            overall: Drop {
                drop: 0.008,
                high: 0.012,
                ..Drop::default()
            },
            groups: vec![
                group("chance find", 0.2, 0.1, 0.2),
                group("no more than all", 0.1, 0.01, 0.01),
                group("motor vehicle", 0.041, 0.03, 0.001),
                group("vehicle", 0.03, 0.02, 0.001),
            ],
            ..Comparison::default()
        };
        let content = Content {
            comparisons: vec![comparison],
            ..Content::default()
        };
        assert_eq!(
            lost_group(&content).as_deref(),
            Some(
                "On ImageNet, 2016 is 0.8 points lower than 2022 over all samples, and 4.1 points lower on motor vehicle."
            )
        );
        assert_eq!(lost_group(&Content::default()), None);
    }

    #[test]
    fn group_that_gains_less_than_the_whole_has_lost_nothing() {
        let mut gain = group("vehicle", -0.02, -0.03, 0.001);
        gain.drop.high = -0.01;
        let comparison = Comparison {
            overall: Drop {
                drop: -0.2,
                high: -0.1,
                ..Drop::default()
            },
            groups: vec![gain],
            ..Comparison::default()
        };
        assert_eq!(worst(&comparison), None);
    }

    fn class(name: &str, [a, b]: [f64; 2], half: f64, p_adjusted: Option<f64>) -> ClassDrop {
        ClassDrop {
            name: name.to_owned(),
            n: 29,
            a,
            b,
            interval: Some([a - b - half, a - b + half]),
            p_adjusted,
            ..ClassDrop::default()
        }
    }

    fn by_class() -> Comparison {
        Comparison {
            task: "Emoji".to_owned(),
            a: "2016".to_owned(),
            b: "2021".to_owned(),
            overall: Drop {
                drop: -0.178,
                high: -0.133,
                ..Drop::default()
            },
            classes: vec![
                class("people", [0.1, 0.5], 0.05, Some(0.001)),
                class("flags", [0.448, 0.034], 0.2, Some(0.007)),
                class("food", [0.9, 0.2], 0.9, Some(0.3)),
            ],
            ..Comparison::default()
        }
    }

    #[test]
    fn class_that_clearly_loses_is_told_where_no_group_is() {
        let mut comparison = by_class();
        assert_eq!(
            worse_by_class(&comparison),
            "<p class=\"verdict\">Worse by class: <bdi>flags</bdi>, 41.4 points (29 samples).</p>\n"
        );
        let content = |comparison: &Comparison| Content {
            comparisons: vec![comparison.clone()],
            ..Content::default()
        };
        assert_eq!(
            lost_group(&content(&comparison)).as_deref(),
            Some(
                "On Emoji, 2021 is 17.8 points higher than 2016 over all samples, and 41.4 points lower on flags."
            )
        );
        comparison.classes[1].p_adjusted = None;
        assert_eq!(worse_by_class(&comparison), "");
        assert_eq!(lost_group(&content(&comparison)), None);
    }
}
