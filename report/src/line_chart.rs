//! A chart of one line per strategy over named places, such as time steps.

use super::number::percent;
use super::palette::Look;
use super::scale::{Scale, score_domain};
use super::svg::{Chart, PLOT, path};

/// A point of a line.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) value: f64,
    /// A 95% interval to draw as a whisker.
    pub(super) interval: Option<[f64; 2]>,
    pub(super) tip: String,
}

/// The line of one strategy; places without a score are gaps.
pub(super) struct Line {
    pub(super) strategy: usize,
    pub(super) name: String,
    pub(super) points: Vec<Option<Point>>,
}

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
}

/// The domain that holds all lines and chance, for panels that share an axis.
pub(super) fn shared_domain<'a>(
    lines: impl Iterator<Item = &'a Line> + Clone,
    chance: impl Iterator<Item = Option<f64>> + Clone,
) -> (f64, f64) {
    let ends = |point: &Point| {
        let [low, high] = point.interval.unwrap_or([point.value; 2]);
        [low.max(0.0), point.value, high.min(1.0)]
    };
    score_domain(
        lines
            .flat_map(|line| line.points.iter().flatten())
            .flat_map(ends)
            .chain(chance.flatten()),
    )
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
            chart.push(&drawn_line(line, y, |place| centre(place) + aside));
        }
        chart.finish()
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

fn drawn_line(line: &Line, y: Scale, x: impl Fn(usize) -> f64) -> String {
    let look = Look(line.strategy);
    let places: Vec<_> = line
        .points
        .iter()
        .enumerate()
        .map(|(place, point)| Some((x(place), y.at(point.as_ref()?.value))))
        .collect();
    let mut svg = format!(
        "<g class=\"series {}\" data-s=\"{}\"><path class=\"line\" d=\"{}\" stroke-dasharray=\"{}\"/>",
        look.class(),
        line.strategy,
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
        svg += &look.marker(x(place), y.at(point.value), false, &point.tip);
    }
    svg + "</g>"
}

/// Lines stand a little apart, so that whiskers and equal scores do not hide each other.
fn dodge(order: usize, lines: usize, slot: f64) -> f64 {
    let apart = (0.4 * slot / lines.max(1) as f64).min(5.0);
    (order as f64 - (lines.saturating_sub(1)) as f64 / 2.0) * apart
}
