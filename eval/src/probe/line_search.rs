//! How far to go along a direction: the strong Wolfe conditions (Nocedal & Wright 2006, section 3.5).

/// Share of the promised decrease that is enough.
const DECREASE: f64 = 1e-4;
/// Share of the first slope that may be left.
const FLATNESS: f64 = 0.9;
/// Values nearer than this share are equal: they are sums of f32 logits. Slopes then decide, as in the
/// approximate Wolfe conditions of Hager & Zhang (2005).
pub(super) const NOISE: f64 = 1e-6;
/// Evaluations before a direction is given up.
const EVALUATIONS: usize = 20;

/// Value and slope at a step along the direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) step: f64,
    pub(super) value: f64,
    pub(super) slope: f64,
}

/// Finds a step that meets the conditions, beginning with 1; it is the last one that was evaluated.
///
/// `evaluate` takes a step and returns value and slope there. None: no step does.
pub(super) fn search(start: Point, mut evaluate: impl FnMut(f64) -> (f64, f64)) -> Option<Point> {
    let (mut low, mut high): (Point, Option<Point>) = (start, None);
    let mut step = 1.0;
    for _ in 0..EVALUATIONS {
        let (value, slope) = evaluate(step);
        let point = Point { step, value, slope };
        if accepted(start, point) {
            return Some(point);
        }
        let worse = !value.is_finite()
            || value > start.value + DECREASE * step * start.slope
            || (high.is_some() && value >= low.value);
        if worse {
            high = Some(point);
        } else {
            if slope * (high.map_or(f64::INFINITY, |high| high.step) - low.step) >= 0.0 {
                high = Some(low);
            }
            low = point;
        }
        step = match high {
            Some(high) => between(low, high),
            None => point.step * 4.0,
        };
        if high.is_some_and(|high| (high.step - low.step).abs() < 1e-12) {
            return None;
        }
    }
    None
}

fn accepted(start: Point, point: Point) -> bool {
    let flat = point.slope.abs() <= FLATNESS * start.slope.abs();
    let lower = point.value <= start.value + DECREASE * point.step * start.slope;
    let level = point.value <= start.value + NOISE * start.value.abs()
        && point.slope <= (2.0 * DECREASE - 1.0) * start.slope;
    flat && (lower || level)
}

/// The least point of the cubic through two values and slopes, kept off the ends.
fn between(a: Point, b: Point) -> f64 {
    let width = b.step - a.step;
    let middle = a.step + width / 2.0;
    let bend = a.slope + b.slope - 3.0 * (a.value - b.value) / (a.step - b.step);
    let root = (bend * bend - a.slope * b.slope)
        .max(0.0)
        .sqrt()
        .copysign(width);
    let least = b.step - width * (b.slope + root - bend) / (b.slope - a.slope + 2.0 * root);
    let (left, right) = (a.step + 0.1 * width, a.step + 0.9 * width);
    if least.is_finite() {
        least.clamp(left.min(right), left.max(right))
    } else {
        middle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meets(function: impl Fn(f64) -> f64, slope: impl Fn(f64) -> f64) -> Point {
        let start = Point {
            step: 0.0,
            value: function(0.0),
            slope: slope(0.0),
        };
        let mut last = 0.0;
        let found = search(start, |step| {
            last = step;
            (function(step), slope(step))
        })
        .expect("a step");
        assert_eq!(found.step, last, "the caller keeps the last gradient");
        assert!(found.value <= start.value + DECREASE * found.step * start.slope);
        assert!(found.slope.abs() <= FLATNESS * start.slope.abs());
        found
    }

    #[test]
    fn a_good_first_step_is_taken() {
        let found = meets(|x| (x - 1.1) * (x - 1.1), |x| 2.0 * (x - 1.1));
        assert_eq!(found.step, 1.0);
    }

    #[test]
    fn steps_that_are_too_long_or_too_short_are_mended() {
        for least in [1e-3, 0.02, 0.3, 17.0, 3000.0] {
            meets(|x| (x - least) * (x - least), |x| 2.0 * (x - least));
            meets(
                |x| (1.0 + (x - least) * (x - least)).sqrt(),
                |x| (x - least) / (1.0 + (x - least) * (x - least)).sqrt(),
            );
        }
    }

    #[test]
    fn a_wavy_descent_ends_in_a_flat_place() {
        meets(
            |x| (3.0 * x).cos() - 0.5 * x + 0.05 * x * x,
            |x| -3.0 * (3.0 * x).sin() - 0.5 + 0.1 * x,
        );
    }

    #[test]
    fn a_direction_that_only_rises_is_given_up() {
        let start = Point {
            step: 0.0,
            value: 0.0,
            slope: -1.0,
        };
        assert!(search(start, |step| (step, 1.0)).is_none());
    }
}
