//! A straight line through points, by least squares.

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) slope: f64,
    pub(super) intercept: f64,
}

impl Line {
    /// Least squares; none through points above one another.
    pub(super) fn through(points: impl Iterator<Item = (f64, f64)> + Clone) -> Option<Self> {
        let n = points.clone().count() as f64;
        let (x, y) = points.clone().fold((0.0, 0.0), |(x, y), point| {
            (x + point.0 / n, y + point.1 / n)
        });
        let (mut squares, mut products, mut size) = (0.0, 0.0, 0.0_f64);
        for point in points {
            squares += (point.0 - x).powi(2);
            products += (point.0 - x) * (point.1 - y);
            size = size.max(point.0.abs());
        }
        // What rounding makes of equal values is no spread.
        let slope = (squares > n * (1e-9 * size.max(1e-3)).powi(2)).then(|| products / squares)?;
        Some(Self {
            slope,
            intercept: y - slope * x,
        })
    }

    /// The line's height.
    pub(super) fn at(self, x: f64) -> f64 {
        self.intercept + self.slope * x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_squares_go_through_the_middle() {
        let points = [(0.0, 0.0), (1.0, 2.0), (2.0, 1.0)];
        let line = Line::through(points.into_iter()).expect("different places");
        assert_eq!((line.slope, line.intercept, line.at(4.0)), (0.5, 0.5, 2.5));
    }

    #[test]
    fn points_above_one_another_have_no_line() {
        // The mean of three equal numbers need not be the number.
        let x = 0.1 + 0.2;
        let points = [(x, 0.0), (x, 1.0), (x, 0.5)];
        assert_eq!(Line::through(points.into_iter()), None);
    }
}
