//! How images look over time: white backgrounds and sizes.

use super::content::{DataShift, Spread, StepLook};
use super::csv::{Csv, Field};
use super::figure::{data_behind, panel};
use super::number::{count, percent, trimmed};
use super::palette::Look;
use super::scale::{Scale, score_domain};
use super::svg::{Chart, PLOT, path};

/// A point of a step: its value, its reach, and its words.
struct Point {
    value: f64,
    reach: [f64; 2],
    tip: String,
}

/// Two panels with their data; nothing if no images were looked at.
pub(super) fn look_charts(shift: &DataShift) -> Option<String> {
    let looks = &shift.looks;
    if looks.is_empty() {
        return None;
    }
    let white: Vec<Point> = looks.iter().map(white).collect();
    let size = |of: fn(&StepLook) -> Spread, what: &str| -> Vec<Point> {
        looks
            .iter()
            .map(|look| sized(look, of(look), what))
            .collect()
    };
    let sizes = [
        (size(|look| look.width, "width"), Look(0), "width"),
        (size(|look| look.height, "height"), Look(1), "height"),
    ];
    let names: Vec<String> = looks.iter().map(|look| look.step.clone()).collect();
    let highest = |points: &[Point]| points.iter().map(|p| p.reach[1]).fold(0.0, f64::max);
    let most = sizes
        .iter()
        .map(|(points, ..)| highest(points))
        .fold(1.0, f64::max);
    let domain = score_domain(
        white
            .iter()
            .flat_map(|p| [p.reach[0].max(0.0), p.reach[1]])
            .collect::<Vec<_>>()
            .into_iter(),
    );
    let panels = [
        panel(
            "White background",
            "share of images whose outermost ring of pixels is near white, %, with 95% intervals",
            &drawn(
                ("look-white", "Share of images with a white background"),
                &names,
                &[(white, Look(0), "white background")],
                domain,
                |tick| trimmed(100.0 * tick),
            ),
        ),
        panel(
            "Size",
            "pixels: median, and the middle 90%; ● width, ■ height",
            &drawn(
                ("look-size", "Width and height of images"),
                &names,
                &sizes,
                score_domain([0.0, most].into_iter()),
                trimmed,
            ),
        ),
    ];
    Some(format!(
        "<h3>Looks</h3>\n<div class=\"panels two\">{}</div>\n{}",
        panels.concat(),
        data_behind("looks", &csv(looks), shift.command.as_deref().as_slice())
    ))
}

fn white(look: &StepLook) -> Point {
    let [low, high] = look.white_interval;
    Point {
        value: look.white,
        reach: look.white_interval,
        tip: format!(
            "{}: {} have a white background\n95% interval {} to {}\nn = {}",
            look.step,
            percent(look.white),
            percent(low),
            percent(high),
            count(look.images)
        ),
    }
}

fn sized(look: &StepLook, spread: Spread, what: &str) -> Point {
    Point {
        value: spread.median,
        reach: [spread.low, spread.high],
        tip: format!(
            "{}: median {what} {} pixels\nthe middle 90% from {} to {}\nn = {}",
            look.step,
            trimmed(spread.median),
            trimmed(spread.low),
            trimmed(spread.high),
            count(look.images)
        ),
    }
}

fn drawn(
    (id, title): (&str, &str),
    names: &[String],
    series: &[(Vec<Point>, Look, &str)],
    domain: (f64, f64),
    label: impl Fn(f64) -> String,
) -> String {
    let (left, right, top, bottom) = PLOT;
    let slot = (right - left) / names.len().max(1) as f64;
    let y = Scale::linear(domain, (bottom, top));
    let ends = series.iter().filter_map(|(points, _, what)| {
        let (first, last) = (points.first()?, points.last()?);
        Some(format!(
            "{what} from {} to {}",
            label(first.value),
            label(last.value)
        ))
    });
    let words = format!(
        "Line chart by step: {}.",
        ends.collect::<Vec<_>>().join(", ")
    );
    let mut chart = Chart::new(id, title, &words);
    chart.vertical_axis(y, &label);
    chart.name_axis(names, |place| left + slot * (place as f64 + 0.5));
    chart.horizontal_title("step");
    for (order, (points, look, _)) in series.iter().enumerate() {
        let aside = 6.0 * (order as f64 - (series.len() - 1) as f64 / 2.0);
        let x = |place: usize| left + slot * (place as f64 + 0.5) + aside;
        let places: Vec<_> = points
            .iter()
            .enumerate()
            .map(|(place, point)| {
                point
                    .value
                    .is_finite()
                    .then(|| (x(place), y.at(point.value)))
            })
            .collect();
        let mut group = format!(
            "<g class=\"{}\"><path class=\"line\" d=\"{}\" stroke-dasharray=\"{}\"/>",
            look.class(),
            path(&places),
            look.dash()
        );
        for (place, point) in points.iter().enumerate() {
            if !point.value.is_finite() {
                continue;
            }
            if point.reach.iter().all(|end| end.is_finite()) {
                group += &format!(
                    "<path class=\"whisker\" d=\"M{0:.1} {1:.1}V{2:.1}\"/>",
                    x(place),
                    y.at(point.reach[0].max(domain.0)),
                    y.at(point.reach[1].min(domain.1))
                );
            }
            group += &look.marker(x(place), y.at(point.value), false, &point.tip);
        }
        chart.push(&(group + "</g>"));
    }
    chart.finish()
}

fn csv(looks: &[StepLook]) -> String {
    let mut csv = Csv::new(
        "step,images,width_q05,width_median,width_q95,height_q05,height_median,height_q95,aspect_median,\
         white_background,white_low,white_high",
    );
    for look in looks {
        let number = |value: f64| Field::Number(Some(value));
        csv.row([
            Field::Text(&look.step),
            Field::Whole(Some(look.images)),
            number(look.width.low),
            number(look.width.median),
            number(look.width.high),
            number(look.height.low),
            number(look.height.median),
            number(look.height.high),
            number(look.aspect),
            number(look.white),
            number(look.white_interval[0]),
            number(look.white_interval[1]),
        ]);
    }
    csv.into_text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axis_of_sizes_ends_on_a_tick_above_them() {
        let spread = |median| Spread {
            low: 60.0,
            median,
            high: 72.0,
        };
        let shift = DataShift {
            looks: vec![StepLook {
                step: "2015".to_owned(),
                width: spread(72.0),
                height: spread(70.0),
                ..StepLook::default()
            }],
            ..DataShift::default()
        };
        let html = look_charts(&shift).expect("images were looked at");
        let size = html.split("look-size-t look-size-d").nth(1);
        let size = size.expect("sizes are drawn");
        let (_, right, top, _) = PLOT;
        assert!(size.contains(&format!("{top:.1}H{right}")), "{size}");
        assert!(size.contains(">80</text>"), "{size}");
    }
}
