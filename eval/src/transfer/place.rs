//! When a tested step lies: in a training step, or before, between or after them.

use thiserror::Error;

/// Where a tested step lies among the training steps, which are in time order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the training step of this index: several tested steps may share one.
    In(usize),
    /// In no training step: later than all before this index, earlier than it and all that follow.
    /// The number of training steps stands for after all of them.
    Before(usize),
    /// Nobody said when: the step stays in the grid and counts in no mean.
    Unknown,
}

/// From a moment to a later one, which no longer belongs to it; seconds of any one clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First second.
    pub from: i64,
    /// First second that no longer belongs to it.
    pub to: i64,
}

/// Why spans give no places.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PlaceError {
    /// A span that ends before it begins, or at once.
    #[error("{side} step {step} goes from {from} to {to}, expected a later end")]
    Empty {
        /// "trained" or "tested".
        side: &'static str,
        /// Its index.
        step: usize,
        /// Its first second.
        from: i64,
        /// Its end.
        to: i64,
    },
    /// Training steps out of order.
    #[error(
        "training step {step} begins before the one before it ends, expected steps in time order that share no moment"
    )]
    Order {
        /// Its index.
        step: usize,
    },
    /// A tested step of which only a part is trained on.
    #[error(
        "tested step {tested} lies partly in training step {trained}, expected all of it or nothing"
    )]
    Partly {
        /// Index of the tested step.
        tested: usize,
        /// Index of the training step.
        trained: usize,
    },
}

impl Place {
    /// Its order in time against other places: a gap comes before the step it is before.
    pub(super) fn key(self) -> Option<(usize, bool)> {
        match self {
            Self::In(step) => Some((step, true)),
            Self::Before(step) => Some((step, false)),
            Self::Unknown => None,
        }
    }
}

/// The place of every tested step, from when steps begin and end.
///
/// # Errors
/// [`PlaceError`] naming a span without length, training steps out of order, or a tested step
/// that only partly lies in a training step.
pub fn places(trained: &[Span], tested: &[Span]) -> Result<Vec<Place>, PlaceError> {
    for (side, spans) in [("trained", trained), ("tested", tested)] {
        if let Some(step) = spans.iter().position(|span| span.from >= span.to) {
            let Span { from, to } = spans[step];
            return Err(PlaceError::Empty {
                side,
                step,
                from,
                to,
            });
        }
    }
    if let Some(step) = trained.windows(2).position(|two| two[0].to > two[1].from) {
        return Err(PlaceError::Order { step: step + 1 });
    }
    let place = |(at, span): (usize, &Span)| {
        let later = trained.partition_point(|step| step.to <= span.from);
        match trained.get(later) {
            Some(step) if step.from <= span.from && span.to <= step.to => Ok(Place::In(later)),
            Some(step) if step.from < span.to => Err(PlaceError::Partly {
                tested: at,
                trained: later,
            }),
            _ => Ok(Place::Before(later)),
        }
    };
    tested.iter().enumerate().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(ends: &[(i64, i64)]) -> Vec<Span> {
        let span = |&(from, to): &(i64, i64)| Span { from, to };
        ends.iter().map(span).collect()
    }

    #[test]
    fn steps_lie_in_before_between_or_after_training() {
        let trained = spans(&[(10, 40), (50, 60)]);
        let tested = spans(&[(0, 10), (10, 20), (20, 40), (42, 45), (50, 60), (60, 70)]);
        assert_eq!(
            places(&trained, &tested).expect("whole steps"),
            [
                Place::Before(0),
                Place::In(0),
                Place::In(0),
                Place::Before(1),
                Place::In(1),
                Place::Before(2)
            ]
        );
    }

    #[test]
    fn half_trained_steps_and_disorder_are_refused() {
        let partly = PlaceError::Partly {
            tested: 0,
            trained: 0,
        };
        for tested in [(5, 15), (35, 45), (0, 90)] {
            assert_eq!(
                places(&spans(&[(10, 40)]), &spans(&[tested])).as_ref(),
                Err(&partly)
            );
        }
        assert_eq!(
            places(&spans(&[(10, 40), (39, 50)]), &[]),
            Err(PlaceError::Order { step: 1 })
        );
        assert!(matches!(
            places(&[], &spans(&[(3, 3)])),
            Err(PlaceError::Empty { side: "tested", .. })
        ));
    }
}
