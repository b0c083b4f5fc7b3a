//! Where two scores order the same models differently: a line for every model between its two ranks.

use super::content::{Content, RankedModel, Ranking, Score};
use super::csv::{Csv, Field};
use super::escape::text;
use super::figure::{data_behind, panel};
use super::kendall::{kendall, sign};
use super::number::{counted, percent};
use super::palette::Look;
use super::provenance::command_or_those_of;
use super::svg::{Chart, Frame, cut};

/// Height of one rank in pixels.
const ROW: f64 = 22.0;
/// Where the lines begin and end.
const SIDES: (f64, f64) = (152.0, 268.0);

/// All rankings with their data; nothing if there is none.
pub(super) fn rankings(content: &Content) -> Option<String> {
    let figures: String = content
        .rankings
        .iter()
        .enumerate()
        .map(|(place, ranking)| (place, ranking, usable(ranking)))
        .filter(|(.., models)| models.len() > 1)
        .map(|(place, ranking, models)| figure(content, place, ranking, &models))
        .collect();
    (!figures.is_empty()).then(|| format!("<div class=\"panels two\">\n{figures}</div>\n"))
}

fn usable(ranking: &Ranking) -> Vec<&RankedModel> {
    ranking
        .models
        .iter()
        .filter(|model| model.left.value.is_finite() && model.right.value.is_finite())
        .collect()
}

fn figure(content: &Content, place: usize, ranking: &Ranking, models: &[&RankedModel]) -> String {
    let mut csv =
        Csv::new("model,left_rank,left,left_low,left_high,right_rank,right,right_low,right_high");
    let (left, right) = (ranks(models, |m| m.left), ranks(models, |m| m.right));
    for (order, model) in models.iter().enumerate() {
        let end = |score: Score, end: usize| Field::Number(score.interval.map(|ends| ends[end]));
        csv.row([
            Field::Text(&model.name),
            Field::Whole(Some(left[order] as u64 + 1)),
            Field::Number(Some(model.left.value)),
            end(model.left, 0),
            end(model.left, 1),
            Field::Whole(Some(right[order] as u64 + 1)),
            Field::Number(Some(model.right.value)),
            end(model.right, 0),
            end(model.right, 1),
        ]);
    }
    let verdict = verdict(models);
    let chart = draw(content, place, ranking, models, (&left, &right), &verdict);
    let commands = command_or_those_of(ranking.command.as_deref(), content, &["eval"]);
    format!(
        "<div>{}<p class=\"verdict\">{}</p>{}</div>\n",
        panel(&ranking.title, "rank 1 is the best score", &chart),
        text(&verdict),
        data_behind(&ranking.title, &csv.into_text(), &commands)
    )
}

/// The rank of every model, from 0; of equal scores the first listed ranks first.
fn ranks(models: &[&RankedModel], score: impl Fn(&RankedModel) -> Score) -> Vec<usize> {
    let mut order: Vec<usize> = (0..models.len()).collect();
    order.sort_by(|a, b| score(models[*b]).value.total_cmp(&score(models[*a]).value));
    let mut ranks = vec![0; models.len()];
    for (rank, model) in order.into_iter().enumerate() {
        ranks[model] = rank;
    }
    ranks
}

/// How far the orders agree, in a sentence.
fn verdict(models: &[&RankedModel]) -> String {
    let pairs: Vec<(f64, f64)> = models
        .iter()
        .map(|model| (model.left.value, model.right.value))
        .collect();
    let (mut swapped, mut clearly, mut all) = (0, 0, 0);
    for (place, one) in models.iter().enumerate() {
        for other in &models[..place] {
            all += 1;
            let left = sign(one.left.value, other.left.value);
            if left * sign(one.right.value, other.right.value) < 0 {
                swapped += 1;
                clearly +=
                    usize::from(apart(one.left, other.left) && apart(one.right, other.right));
            }
        }
    }
    let tau = kendall(&pairs).map_or(String::new(), |tau| {
        format!("Kendall’s τ is {tau:.2}: ").replace('-', "−")
    });
    let sure = match (swapped, clearly) {
        (0, _) => String::new(),
        (_, 0) => ", none of them beyond the intervals".to_owned(),
        (_, clearly) => format!(", {clearly} of them beyond the intervals of both scores"),
    };
    format!(
        "{tau}{swapped} of {} of models are ordered differently by the two scores{sure}.",
        counted(all, "pair", "pairs")
    )
}

/// Whether two intervals do not touch.
fn apart(one: Score, other: Score) -> bool {
    match (one.interval, other.interval) {
        (Some(a), Some(b)) => a[1] < b[0] || b[1] < a[0],
        _ => false,
    }
}

fn draw(
    content: &Content,
    place: usize,
    ranking: &Ranking,
    models: &[&RankedModel],
    (left, right): (&[usize], &[usize]),
    verdict: &str,
) -> String {
    let height = 44.0 + ROW * models.len() as f64;
    let frame = Frame {
        width: 420.0,
        height,
        plot: (SIDES.0, SIDES.1, 30.0, height - 8.0),
    };
    let mut chart = Chart::framed(
        &format!("ranks-{place}"),
        &format!(
            "{}: {} against {}",
            ranking.title, ranking.left, ranking.right
        ),
        &format!("Slope chart of ranks. {verdict}"),
        frame,
    );
    let y = |rank: usize| 46.0 + ROW * rank as f64;
    for (x, anchor, side) in [
        (SIDES.0, "end", &ranking.left),
        (SIDES.1, "start", &ranking.right),
    ] {
        chart.push(&format!(
            "<text class=\"axis small strong\" x=\"{x}\" y=\"16\" text-anchor=\"{anchor}\">{}</text>\
             <path class=\"grid\" d=\"M{x} 28V{height}\"/>",
            text(&cut(side, 25))
        ));
    }
    for (order, model) in models.iter().enumerate() {
        let strategy = content
            .strategies
            .iter()
            .position(|one| one.name == model.name);
        let look = Look(strategy.unwrap_or(content.strategies.len() + order));
        let series = strategy.map_or(format!("<g class=\"{}\">", look.class()), |strategy| {
            format!(
                "<g class=\"series {}\" data-s=\"{strategy}\">",
                look.class()
            )
        });
        let (from, to) = (y(left[order]), y(right[order]));
        let tip = format!(
            "{}\n{}: rank {}, {}\n{}: rank {}, {}",
            model.name,
            ranking.left,
            left[order] + 1,
            percent(model.left.value),
            ranking.right,
            right[order] + 1,
            percent(model.right.value)
        );
        let name = |x: f64, y: f64, anchor: &str, rank: usize, score: Score| {
            format!(
                "<text class=\"tick small\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}. {} · {}</text>",
                y + 3.8,
                rank + 1,
                text(&cut(&model.name, 17)),
                super::number::hundredths(score.value)
            )
        };
        chart.push(&format!(
            "{series}<path class=\"line\" d=\"M{} {from:.1}L{} {to:.1}\" stroke-dasharray=\"{}\"/>{}{}{}{}</g>",
            SIDES.0,
            SIDES.1,
            look.dash(),
            look.marker(SIDES.0, from, false, &tip),
            look.marker(SIDES.1, to, false, &tip),
            name(SIDES.0 - 8.0, from, "end", left[order], model.left),
            name(SIDES.1 + 8.0, to, "start", right[order], model.right)
        ));
    }
    chart.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str, left: f64, right: f64) -> RankedModel {
        let score = |value: f64| Score {
            value,
            interval: Some([value - 0.01, value + 0.01]),
        };
        RankedModel {
            name: name.to_owned(),
            left: score(left),
            right: score(right),
        }
    }

    #[test]
    fn verdict_counts_swaps_and_those_beyond_the_intervals() {
        let models = [
            model("a", 0.50, 0.30),
            model("b", 0.40, 0.40),
            model("c", 0.39, 0.41),
        ];
        let models: Vec<&RankedModel> = models.iter().collect();
        assert_eq!(
            verdict(&models),
            "Kendall’s τ is −1.00: 3 of 3 pairs of models are ordered differently by the two scores, 2 of them beyond \
             the intervals of both scores."
        );
        assert_eq!(ranks(&models, |m| m.left), [0, 1, 2]);
        assert_eq!(ranks(&models, |m| m.right), [2, 1, 0]);
    }
}
