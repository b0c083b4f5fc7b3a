//! A chart of one line per strategy over named places, such as time steps.

use super::line::{Line, Point};
use super::number::percent;
use super::scale::Scale;
use super::svg::{Chart, PLOT, path};

/// What to draw.
pub(super) struct LineChart<'a> {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) horizontal_title: &'a str,
    pub(super) names: &'a [String],
    /// A place to mark with an upright line.
    pub(super) marked: Option<usize>,
    pub(super) lines: &'a [Line],
    /// The score of guessing at each place.
    pub(super) chance: &'a [Option<f64>],
    pub(super) domain: (f64, f64),
    /// What a point says to one who points at it, by its line and place.
    pub(super) tip: &'a dyn Fn(&Line, usize, Point) -> String,
}

impl LineChart<'_> {
    /// The chart as SVG.
    pub(super) fn draw(&self) -> String {
        let (left, right, top, bottom) = PLOT;
        let slot = (right - left) / self.names.len().max(1) as f64;
        let centre = |place: usize| left + slot * (place as f64 + 0.5);
        let y = Scale::linear(self.domain, (bottom, top));
        let mut chart = Chart::new(&self.id, &self.title, &self.description());
        chart.score_axis(y);
        chart.name_axis(self.names, centre);
        chart.horizontal_title(self.horizontal_title);
        if let Some(place) = self.marked {
            chart.push(&format!(
                "<path class=\"zero\" d=\"M{:.1} {top}V{bottom}\"/>",
                centre(place)
            ));
        }
        let chance: Vec<_> = self
            .chance
            .iter()
            .enumerate()
            .map(|(i, c)| Some((centre(i), y.at((*c)?))))
            .collect();
        if chance.iter().any(Option::is_some) {
            chart.push(&format!(
                "<path class=\"chance\" d=\"{}\"><title>Guessing</title></path>",
                path(&chance)
            ));
        }
        for (order, line) in self.lines.iter().enumerate() {
            let aside = dodge(order, self.lines.len(), slot);
            chart.push(&self.drawn_line(line, y, |place| centre(place) + aside));
        }
        chart.finish()
    }

    fn drawn_line(&self, line: &Line, y: Scale, x: impl Fn(usize) -> f64) -> String {
        let look = line.look;
        let places = line.places(&x, y);
        let mut svg = format!(
            "<g class=\"series {}\" data-s=\"{}\"><path class=\"line\" d=\"{}\" stroke-dasharray=\"{}\"/>",
            look.class(),
            look.0,
            path(&places),
            look.dash()
        );
        for (place, point) in line.points.iter().enumerate() {
            let Some(point) = point else { continue };
            if let Some([low, high]) = point.interval {
                let (low, high) = (y.at(low.max(0.0)), y.at(high.min(1.0)));
                svg += &format!(
                    "<path class=\"whisker\" d=\"M{0:.1} {low:.1}V{high:.1}\"/>",
                    x(place)
                );
            }
            let tip = (self.tip)(line, place, *point);
            svg += &look.marker(x(place), y.at(point.value), false, &tip);
        }
        svg + "</g>"
    }

    fn description(&self) -> String {
        let mut words = vec![format!(
            "Line chart, {} along the bottom, score in percent upwards.",
            self.horizontal_title
        )];
        for line in self.lines {
            let mut scored = line
                .points
                .iter()
                .zip(self.names)
                .filter_map(|(point, name)| Some((point.as_ref()?, name)));
            let name = &line.name;
            words.push(match (scored.next(), scored.next_back()) {
                (Some((first, at)), Some((last, end))) => {
                    format!(
                        "{name}: {} at {at}, {} at {end}.",
                        percent(first.value),
                        percent(last.value)
                    )
                }
                (Some((only, at)), None) => format!("{name}: {} at {at}.", percent(only.value)),
                _ => format!("{name}: no scores."),
            });
        }
        words.join(" ")
    }
}

/// Lines stand a little apart, so that whiskers and equal scores do not hide each other.
fn dodge(order: usize, lines: usize, slot: f64) -> f64 {
    let apart = (0.4 * slot / lines.max(1) as f64).min(5.0);
    (order as f64 - (lines.saturating_sub(1)) as f64 / 2.0) * apart
}
