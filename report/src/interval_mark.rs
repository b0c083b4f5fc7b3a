//! A value with its interval as a mark in a table cell, on a scale that all rows of the table share.

use super::escape::text;

/// A shared scale of marks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    low: f64,
    high: f64,
}

impl Marks {
    /// The scale that holds zero and all finite `ends`.
    pub(super) fn holding(ends: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = (0.0_f64, 0.0_f64);
        for end in ends.filter(|end| end.is_finite()) {
            (low, high) = (low.min(end), high.max(end));
        }
        let room = 0.03 * (high - low).max(1e-9);
        Self {
            low: low - room,
            high: high + room,
        }
    }

    fn at(self, value: f64) -> f64 {
        100.0 * ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// A dot with its interval; the colour says on which side of zero the whole interval lies.
    pub(super) fn interval(self, value: f64, interval: Option<[f64; 2]>, tip: &str) -> String {
        let interval = interval.filter(|ends| ends.iter().all(|end| end.is_finite()));
        let clear = interval.is_some_and(|[low, high]| low > 0.0 || high < 0.0);
        self.judged(value, interval, clear, tip)
    }

    /// A dot with its interval; the colour says on which side of zero it lies, if that is `clear` from a test.
    pub(super) fn judged(
        self,
        value: f64,
        interval: Option<[f64; 2]>,
        clear: bool,
        tip: &str,
    ) -> String {
        let interval = interval.filter(|ends| ends.iter().all(|end| end.is_finite()));
        let side = match clear {
            true if value > 0.0 => "above",
            true if value < 0.0 => "below",
            _ => "unsure",
        };
        let whisker = interval.map_or(String::new(), |[low, high]| {
            format!(
                "<path class=\"reach\" d=\"M{:.2} 8H{:.2}\"/>",
                self.at(low),
                self.at(high)
            )
        });
        let spot = if value.is_finite() {
            format!("<path class=\"spot\" d=\"M{:.2} 8h0\"/>", self.at(value))
        } else {
            String::new()
        };
        self.drawn(side, &(whisker + &spot), tip)
    }

    /// A bar from zero.
    pub(super) fn bar(self, value: f64, tip: &str) -> String {
        let side = if value >= 0.0 { "above" } else { "below" };
        let beam = if value.is_finite() {
            format!(
                "<path class=\"beam\" d=\"M{:.2} 8H{:.2}\"/>",
                self.at(0.0),
                self.at(value)
            )
        } else {
            String::new()
        };
        self.drawn(side, &beam, tip)
    }

    fn drawn(self, side: &str, mark: &str, tip: &str) -> String {
        format!(
            "<td class=\"mark\" title=\"{}\"><svg class=\"{side}\" viewBox=\"0 0 100 16\" preserveAspectRatio=\"none\" \
             aria-hidden=\"true\"><path class=\"zero\" d=\"M{:.2} 0V16\"/>{mark}</svg></td>",
            text(tip),
            self.at(0.0)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn side_is_claimed_only_by_whole_intervals() {
        let marks = Marks::holding([-0.2, 0.2].into_iter());
        assert!(
            marks
                .interval(0.1, Some([0.05, 0.2]), "")
                .contains("\"above\"")
        );
        assert!(
            marks
                .interval(0.1, Some([-0.05, 0.2]), "")
                .contains("\"unsure\"")
        );
        assert!(marks.interval(0.1, None, "").contains("\"unsure\""));
        assert!(
            marks
                .interval(-0.1, Some([-0.2, -0.01]), "")
                .contains("\"below\"")
        );
    }

    #[test]
    fn test_that_was_not_passed_claims_no_side() {
        let marks = Marks::holding([-0.2, 0.2].into_iter());
        let judged = |value, clear| marks.judged(value, Some([0.05, 0.2]), clear, "");
        assert!(judged(0.1, false).contains("\"unsure\""));
        assert!(judged(0.1, true).contains("\"above\""));
        assert!(judged(f64::NAN, true).contains("\"unsure\""));
    }

    #[test]
    fn every_mark_has_a_place_even_on_an_empty_scale() {
        let marks = Marks::holding([f64::NAN].into_iter());
        assert!(marks.at(0.0).is_finite() && (0.0..=100.0).contains(&marks.at(5.0)));
    }
}
