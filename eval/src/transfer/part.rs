//! A part of the matrix that has a mean: in-domain, backward, forward, next step.

use super::place::Place;

/// Which cells a mean is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Tested on the step just trained on: the diagonal.
    InDomain,
    /// Tested on what is earlier: the strict lower triangle.
    Backward,
    /// Tested on what is later: the strict upper triangle.
    Forward,
    /// Tested on the training step right after: the first cells above the diagonal.
    NextStep,
}

impl Part {
    /// All parts, in the order tables list them.
    pub const ALL: [Self; 4] = [
        Self::InDomain,
        Self::Backward,
        Self::Forward,
        Self::NextStep,
    ];

    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InDomain => "in-domain",
            Self::Backward => "backward",
            Self::Forward => "forward",
            Self::NextStep => "next step",
        }
    }

    /// Whether it has the cell of the model after step `trained`, tested at `place`.
    #[must_use]
    pub fn holds(self, trained: usize, place: Place) -> bool {
        let Some(tested) = place.key() else {
            return false;
        };
        let own = (trained, true);
        match self {
            Self::InDomain => tested == own,
            Self::Backward => tested < own,
            Self::Forward => tested > own,
            Self::NextStep => tested == (trained + 1, true),
        }
    }
}

/// Mean over the cells (trained, tested) of a part; none unless there are some and all have a score.
pub(super) fn mean(
    part: Part,
    places: impl Iterator<Item = Place> + Clone,
    values: &[Vec<Option<f64>>],
) -> Option<f64> {
    let cells: Option<Vec<f64>> = values
        .iter()
        .enumerate()
        .flat_map(|(trained, row)| {
            let own = places.clone().zip(row);
            own.filter_map(move |(place, value)| part.holds(trained, place).then_some(*value))
        })
        .collect();
    let cells = cells.filter(|cells| !cells.is_empty())?;
    Some(cells.iter().sum::<f64>() / cells.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_later_than_the_step_before_it_and_earlier_than_the_next() {
        let gap = Place::Before(1);
        assert!(Part::Forward.holds(0, gap) && !Part::NextStep.holds(0, gap));
        assert!(Part::Backward.holds(1, gap) && !Part::InDomain.holds(1, gap));
        assert!(Part::ALL.iter().all(|part| !part.holds(0, Place::Unknown)));
    }
}
