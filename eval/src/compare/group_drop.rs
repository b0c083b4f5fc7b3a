//! The drops of a family of groups, each contrasted with the rest and corrected for the others.

use rayon::prelude::*;

use super::correction::Correction;
use super::drop::Summary;
use super::gap::{Gap, gap};
use super::group::{ClassSet, Member};
use super::resampling::Resampling;

/// Permutations a group in the family: with them the smallest adjusted p-value is about 1%.
const PERMUTATIONS_A_GROUP: usize = 100;

/// What to look at, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Groups with fewer classes that have samples are left out.
    pub least_classes: usize,
    /// Groups with fewer samples are left out.
    pub least_samples: u64,
    /// Whether each group is also contrasted with the rest.
    pub rest: bool,
    /// How p-values are corrected for the number of groups.
    pub correction: Correction,
    /// Draws; permutations become 100 a group where that is more.
    pub resampling: Resampling,
}

impl Default for Scan {
    fn default() -> Self {
        Self {
            least_classes: 2,
            least_samples: 100,
            rest: true,
            correction: Correction::default(),
            resampling: Resampling::default(),
        }
    }
}

/// The drop on the samples of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupDrop {
    /// The group's name.
    pub group: String,
    /// Other groups of the same classes.
    pub names: Vec<String>,
    /// Classes of the group that have samples.
    pub classes: usize,
    /// Number of samples.
    pub samples: u64,
    /// Mean of A.
    pub a: f64,
    /// Mean of B.
    pub b: f64,
    /// Mean of A − mean of B.
    pub drop: f64,
    /// Lower end of the drop's 95% interval, not corrected.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Two-sided p-value of the paired test.
    pub p: f64,
    /// The same, corrected for the number of groups.
    pub p_adjusted: f64,
    /// Samples on which A is better, for hits those that only A has right; and the same of B.
    pub discordant: (u64, u64),
    /// Against the samples of all other classes; none if there are no such, or it was not asked for.
    pub rest: Option<Rest>,
}

/// What happens outside a group, and how much more happens inside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rest {
    /// Mean of A outside.
    pub a: f64,
    /// Mean of B outside.
    pub b: f64,
    /// Drop outside.
    pub drop: f64,
    /// Drop inside − drop outside.
    pub more: Gap,
    /// Its p-value, corrected for the number of groups that have a rest.
    pub p_adjusted: f64,
}

/// Drops of the members that are large enough; `summary` is asked for what is inside a set or not.
pub(super) fn run(
    members: Vec<Member>,
    rows: &[Vec<usize>],
    options: &Scan,
    summary: impl Fn(&ClassSet, bool) -> Summary + Sync,
) -> Vec<GroupDrop> {
    let all: u64 = rows.iter().map(|rows| rows.len() as u64).sum();
    let family: Vec<(Member, usize, u64)> = members
        .into_iter()
        .map(|member| {
            let counts = || member.set.iter().map(|class| rows[class].len() as u64);
            let present = counts().filter(|count| *count > 0).count();
            let samples = counts().sum();
            (member, present, samples)
        })
        .filter(|(_, present, samples)| {
            *present >= options.least_classes && *samples >= options.least_samples.max(1)
        })
        .collect();
    let enough = family.len() * PERMUTATIONS_A_GROUP;
    let resampling = Resampling {
        permutations: options.resampling.permutations.max(enough),
        ..options.resampling
    };
    let mut drops: Vec<GroupDrop> = family
        .into_par_iter()
        .map(|(member, classes, samples)| {
            let inside = summary(&member.set, true);
            let rest = (options.rest && samples < all).then(|| {
                let outside = summary(&member.set, false);
                let more = gap(&inside.differences, &outside.differences, &resampling);
                Rest {
                    a: outside.a,
                    b: outside.b,
                    drop: outside.differences.mean(),
                    more,
                    p_adjusted: more.p,
                }
            });
            let drop = inside.drop(&resampling);
            GroupDrop {
                group: member.name,
                names: member.others,
                classes,
                samples: drop.samples,
                a: drop.a,
                b: drop.b,
                drop: drop.drop,
                low: drop.low,
                high: drop.high,
                p: drop.p,
                p_adjusted: drop.p,
                discordant: (drop.a_only, drop.b_only),
                rest,
            }
        })
        .collect();
    adjust(drops.iter_mut().map(|drop| &mut drop.p_adjusted), options);
    let rests = drops.iter_mut().filter_map(|drop| drop.rest.as_mut());
    adjust(rests.map(|rest| &mut rest.p_adjusted), options);
    drops.sort_by(|a, b| b.drop.total_cmp(&a.drop));
    drops
}

fn adjust<'a>(family: impl Iterator<Item = &'a mut f64>, options: &Scan) {
    let places: Vec<&mut f64> = family.collect();
    let p: Vec<f64> = places.iter().map(|p| **p).collect();
    let adjusted = options.correction.adjust(&p);
    let adjusted = adjusted.expect("the tests' p-values lie in 0 to 1");
    for (place, adjusted) in places.into_iter().zip(adjusted) {
        *place = adjusted;
    }
}
