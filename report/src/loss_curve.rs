//! Loss curves: one panel a strategy, the others in grey behind it.

use super::content::{Content, LossPoint};
use super::csv::{Csv, Field};
use super::figure::{data_behind, panel};
use super::number::{compact, count, trimmed};
use super::palette::Look;
use super::provenance::commands_of;
use super::scale::Scale;
use super::svg::{Chart, PLOT, path};

/// A panel is about this many pixels wide; more points only make the file larger.
const POINTS: usize = 240;

/// The panels with the data behind them; nothing if no loss was logged.
pub(super) fn loss_curves(content: &Content) -> Option<String> {
    let curves: Vec<Vec<LossPoint>> = content
        .strategies
        .iter()
        .map(|strategy| thinned(&strategy.loss))
        .collect();
    let all = || curves.iter().flatten();
    let seen = all().map(|point| point.samples).max()?;
    let low = all().map(|point| point.loss).fold(f64::INFINITY, f64::min);
    let high = all()
        .map(|point| point.loss)
        .fold(f64::NEG_INFINITY, f64::max);
    let room = 0.04 * (high - low).max(1e-3);
    let (left, right, top, bottom) = PLOT;
    let x = Scale::linear((0.0, seen as f64), (left, right - 8.0));
    let y = Scale::linear((low - room, high + room), (bottom, top));
    let mut csv = Csv::new("strategy,samples,mean_loss");
    let mut html = String::from("<div class=\"panels\">\n");
    for (place, strategy) in content.strategies.iter().enumerate() {
        let (Some(first), Some(last)) = (curves[place].first(), curves[place].last()) else {
            continue;
        };
        let title = format!("Training loss of {}", strategy.name);
        let words = format!(
            "Line chart. From {} at {} pairs to {} at {} pairs.",
            trimmed(first.loss),
            count(first.samples),
            trimmed(last.loss),
            count(last.samples)
        );
        let mut chart = Chart::new(&format!("loss-{place}"), &title, &words);
        chart.vertical_axis(y, trimmed);
        chart.quantity_axis(x, compact);
        chart.horizontal_title("pairs seen");
        for (other, curve) in curves
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != place)
        {
            chart.push(&format!(
                "<path class=\"behind\" d=\"{}\" data-of=\"{other}\"/>",
                drawn(curve, x, y)
            ));
        }
        let look = Look(place);
        chart.push(&format!(
            "<g class=\"{}\"><path class=\"line\" d=\"{}\"/></g>",
            look.class(),
            drawn(&curves[place], x, y)
        ));
        html += &panel(
            &strategy.name,
            "contrastive loss, the others in grey",
            &chart.finish(),
        );
        for point in &curves[place] {
            csv.row([
                Field::Text(&strategy.name),
                Field::Whole(Some(point.samples)),
                Field::Number(Some(point.loss)),
            ]);
        }
    }
    Some(
        html + "</div>\n"
            + &data_behind(
                "loss curves",
                &csv.into_text(),
                &commands_of(content, &["train"]),
            ),
    )
}

fn drawn(curve: &[LossPoint], x: Scale, y: Scale) -> String {
    let places: Vec<_> = curve
        .iter()
        .map(|point| Some((x.at(point.samples as f64), y.at(point.loss))))
        .collect();
    path(&places)
}

/// Means of neighbours, so that at most `POINTS` are left; a loss that is no number is left out.
pub(super) fn thinned(curve: &[LossPoint]) -> Vec<LossPoint> {
    let curve: Vec<LossPoint> = curve
        .iter()
        .copied()
        .filter(|point| point.loss.is_finite())
        .collect();
    let together = curve.len().div_ceil(POINTS).max(1);
    curve
        .chunks(together)
        .map(|chunk| LossPoint {
            samples: chunk[chunk.len() - 1].samples,
            loss: chunk.iter().map(|point| point.loss).sum::<f64>() / chunk.len() as f64,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_curves_are_averaged_and_holes_left_out() {
        let curve: Vec<LossPoint> = (0..1000)
            .map(|i| LossPoint {
                samples: i,
                loss: if i == 500 { f64::NAN } else { 2.0 },
            })
            .collect();
        let thin = thinned(&curve);
        assert!(thin.len() <= POINTS);
        assert!(thin.iter().all(|point| point.loss == 2.0));
        assert_eq!(thin.last().map(|point| point.samples), Some(999));
        assert_eq!(thinned(&[]), []);
    }
}
