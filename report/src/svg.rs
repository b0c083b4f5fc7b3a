//! The frame of a chart: its size, its words for those who cannot see it, its axes.

use std::fmt::Write;

use super::escape::text;
use super::number::hundredths;
use super::scale::Scale;

/// Width of one panel; close to a phone's, so that letters keep their size there.
pub(super) const WIDTH: f64 = 360.0;
/// Height of one panel.
pub(super) const HEIGHT: f64 = 236.0;
/// The plot's left, right, top and bottom edge.
pub(super) const PLOT: (f64, f64, f64, f64) = (42.0, 350.0, 12.0, 190.0);

/// The size of a chart and the edges of its plot, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) width: f64,
    pub(super) height: f64,
    /// Left, right, top and bottom edge of the plot.
    pub(super) plot: (f64, f64, f64, f64),
}

/// The frame of most panels.
const PANEL: Frame = Frame {
    width: WIDTH,
    height: HEIGHT,
    plot: PLOT,
};

/// About what one letter of an axis label takes.
const LETTER: f64 = 6.1;

/// A chart under construction.
pub(super) struct Chart {
    svg: String,
    frame: Frame,
}

impl Chart {
    /// Opens a chart. `id` must be unique on the page.
    pub(super) fn new(id: &str, title: &str, description: &str) -> Self {
        Self::framed(id, title, description, PANEL)
    }

    /// Opens a chart of another size. `id` must be unique on the page.
    pub(super) fn framed(id: &str, title: &str, description: &str, frame: Frame) -> Self {
        let svg = format!(
            "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 {} {}\" aria-labelledby=\"{id}-t {id}-d\">\
             <title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>\n",
            frame.width,
            frame.height,
            text(title),
            text(description)
        );
        Self { svg, frame }
    }

    /// Adds elements.
    pub(super) fn push(&mut self, elements: &str) {
        self.svg.push_str(elements);
        self.svg.push('\n');
    }

    /// Lines and labels of a vertical axis of scores, in percent.
    pub(super) fn score_axis(&mut self, y: Scale) {
        self.vertical_axis(y, hundredths_of_tick);
    }

    /// Lines and labels of a vertical axis.
    pub(super) fn vertical_axis(&mut self, y: Scale, label: impl Fn(f64) -> String) {
        let (left, right, ..) = self.frame.plot;
        for tick in y.ticks(5) {
            let at = y.at(tick);
            write!(
                self.svg,
                "<path class=\"grid\" d=\"M{left} {at:.1}H{right}\"/><text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" \
                 text-anchor=\"end\">{}</text>",
                left - 6.0,
                at + 3.8,
                text(&label(tick))
            )
            .expect("writing to a string cannot fail");
        }
        self.push("");
    }

    /// Labels of a horizontal axis of names at even places.
    pub(super) fn name_axis(&mut self, names: &[String], at: impl Fn(usize) -> f64) {
        let (left, right, _, bottom) = self.frame.plot;
        let slot = (right - left) / names.len().max(1) as f64;
        // Names of many steps do not fit beside each other, so every second, third, … is written.
        let every = (26.0 / slot).ceil().max(1.0) as usize;
        for (place, name) in names.iter().enumerate().step_by(every) {
            for (line, part) in lines(name, slot * every as f64).iter().enumerate() {
                write!(
                    self.svg,
                    "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                    at(place),
                    bottom + 16.0 + 12.0 * line as f64,
                    text(part)
                )
                .expect("writing to a string cannot fail");
            }
        }
        self.push("");
    }

    /// Labels of a horizontal axis of large quantities.
    pub(super) fn quantity_axis(&mut self, x: Scale, label: impl Fn(f64) -> String) {
        let bottom = self.frame.plot.3;
        for tick in x.ticks(4) {
            let at = x.at(tick);
            write!(
                self.svg,
                "<path class=\"grid\" d=\"M{at:.1} {bottom}v5\"/><text class=\"tick\" x=\"{at:.1}\" y=\"{:.1}\" \
                 text-anchor=\"middle\">{}</text>",
                bottom + 17.0,
                text(&label(tick))
            )
            .expect("writing to a string cannot fail");
        }
        self.push("");
    }

    /// What the horizontal axis measures.
    pub(super) fn horizontal_title(&mut self, title: &str) {
        let (left, right, ..) = self.frame.plot;
        let title = text(title).to_string();
        self.push(&format!(
            "<text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{title}</text>",
            (left + right) / 2.0,
            self.frame.height - 7.0
        ));
    }

    /// Closes the chart.
    pub(super) fn finish(self) -> String {
        self.svg + "</svg>"
    }
}

/// Path data through `points`; a missing point breaks the line.
pub(super) fn path(points: &[Option<(f64, f64)>]) -> String {
    let mut data = String::new();
    let mut letter = 'M';
    for point in points {
        let Some((x, y)) = point else {
            letter = 'M';
            continue;
        };
        write!(data, "{letter}{x:.1} {y:.1}").expect("writing to a string cannot fail");
        letter = 'L';
    }
    data
}

fn hundredths_of_tick(tick: f64) -> String {
    hundredths(tick).trim_end_matches(".0").to_owned()
}

/// At most two lines of a name that fit a slot: broken at its first hyphen, cut where that is not enough.
fn lines(name: &str, slot: f64) -> Vec<String> {
    let room = ((slot / LETTER) as usize).max(4);
    if name.chars().count() <= room {
        return vec![name.to_owned()];
    }
    match name.split_once('-') {
        Some((first, rest)) => vec![cut(&format!("{first}-"), room), cut(rest, room)],
        None => vec![cut(name, room)],
    }
}

/// At most `room` letters of a name; dots say that some are missing.
pub(super) fn cut(name: &str, room: usize) -> String {
    if name.chars().count() <= room {
        name.to_owned()
    } else {
        name.chars()
            .take(room.saturating_sub(1))
            .chain(['…'])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_point_breaks_the_line() {
        assert_eq!(
            path(&[Some((0.0, 1.0)), None, Some((2.0, 3.0)), Some((4.0, 5.0))]),
            "M0.0 1.0M2.0 3.0L4.0 5.0"
        );
    }

    #[test]
    fn long_names_break_at_the_hyphen_and_end_in_dots() {
        assert_eq!(lines("2010-2014", 40.0), ["2010-", "2014"]);
        assert_eq!(lines("2017", 40.0), ["2017"]);
        assert_eq!(lines("antediluvian", 40.0), ["anted…"]);
    }

    #[test]
    fn words_in_a_chart_are_escaped() {
        let svg = Chart::new("x", "</title><script>", "\"").finish();
        assert!(svg.contains("&lt;/title&gt;&lt;script&gt;") && svg.contains("&quot;"));
    }
}
