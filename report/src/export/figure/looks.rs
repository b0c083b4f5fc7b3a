//! How images look over time: white backgrounds, and sizes.

use super::super::axes::percent_tick;
use super::super::canvas::Drawing;
use super::curves::Curves;
use crate::line::{Line, Point, domain};
use crate::number::trimmed;
use crate::palette::Look;
use crate::scale::score_domain;
use crate::{DataShift, Spread, StepLook};

/// Which looks are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    White,
    Size,
}

/// Both, in the order of files.
pub(super) const KINDS: [Kind; 2] = [Kind::White, Kind::Size];

impl Kind {
    /// Its name in files.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::White => "white",
            Self::Size => "size",
        }
    }
}

/// The figure; none if no images were looked at.
pub(super) fn draw(shift: &DataShift, kind: Kind) -> Option<Drawing> {
    let line = |place: usize, name: &str, point: &dyn Fn(&StepLook) -> Point| Line {
        look: Look(place),
        name: name.to_owned(),
        points: shift
            .looks
            .iter()
            .map(|look| Some(point(look)).filter(is_finite))
            .collect(),
    };
    let names: Vec<String> = shift.looks.iter().map(|look| look.step.clone()).collect();
    let white = |look: &StepLook| Point {
        value: look.white,
        interval: Some(look.white_interval),
    };
    let lines = match kind {
        Kind::White => vec![line(0, "white background", &white)],
        Kind::Size => vec![
            line(0, "width", &|look| sized(look.width)),
            line(1, "height", &|look| sized(look.height)),
        ],
    };
    let curves = Curves {
        title: "Images",
        aside: match kind {
            Kind::White => "all outermost pixels near white",
            Kind::Size => "median size, and the middle 90%",
        },
        horizontal: "step",
        vertical: match kind {
            Kind::White => "share of images, %",
            Kind::Size => "pixels",
        },
        names: &names,
        marked: None,
        lines: &lines,
        chance: &[],
        domain: match kind {
            Kind::White => domain(lines.iter(), std::iter::empty()),
            Kind::Size => score_domain([0.0, highest(&lines)].into_iter()),
        },
        tick: match kind {
            Kind::White => percent_tick,
            Kind::Size => trimmed,
        },
    };
    curves.draw()
}

fn sized(spread: Spread) -> Point {
    Point {
        value: spread.median,
        interval: Some([spread.low, spread.high]),
    }
}

fn is_finite(point: &Point) -> bool {
    let [low, high] = point.interval.unwrap_or_default();
    [point.value, low, high]
        .iter()
        .all(|value| value.is_finite())
}

fn highest(lines: &[Line]) -> f64 {
    let points = lines.iter().flat_map(|line| line.points.iter().flatten());
    let ends = points.flat_map(|point| point.interval.into_iter().flatten());
    ends.fold(1.0, f64::max)
}
