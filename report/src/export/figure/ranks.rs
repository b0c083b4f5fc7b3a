//! Where two scores order the same models differently: a line for every model between its two ranks.

use super::super::axes::{BELOW_HEADING, MARGIN, heading};
use super::super::canvas::{Anchor, COLUMN, Canvas, Drawing, GRID, LABEL, Type, label, solid};
use super::super::font::{self, Weight};
use crate::kendall::kendall;
use crate::number::hundredths;
use crate::palette::Look;
use crate::{Content, RankedModel, Ranking};

/// From one rank to the next, in points.
const ROW: f64 = 11.0;
/// Where the lines begin and end, in points.
const SIDES: (f64, f64) = (93.0, COLUMN - 93.0);
/// From a line's end to its words.
const GAP: f64 = 5.0;

/// One figure; none for fewer than two models.
pub(super) fn draw(content: &Content, ranking: &Ranking) -> Option<Drawing> {
    let finite =
        |model: &&RankedModel| model.left.value.is_finite() && model.right.value.is_finite();
    let models: Vec<&RankedModel> = ranking.models.iter().filter(finite).collect();
    if models.len() < 2 {
        return None;
    }
    let left = ranks(&models, |model| model.left.value);
    let right = ranks(&models, |model| model.right.value);
    let mut canvas = Canvas::new(COLUMN);
    let aside = agreement(&models);
    heading(
        &mut canvas,
        &ranking.title,
        &aside,
        (MARGIN, COLUMN - MARGIN),
    );
    let top = BELOW_HEADING + 0.76 * LABEL;
    let bottom = top + 6.0 + ROW * models.len() as f64;
    for (x, anchor, words) in [
        (SIDES.0, Anchor::End, &ranking.left),
        (SIDES.1, Anchor::Start, &ranking.right),
    ] {
        let set = Type {
            weight: Weight::Bold,
            ..label(anchor)
        };
        let words = font::fit(words, SIDES.0 - MARGIN + 10.0, LABEL, Weight::Bold);
        let x_of_words = match anchor {
            Anchor::End => x + 10.0,
            _ => x - 10.0,
        };
        canvas.words((x_of_words, top), &words, set);
        canvas.straight((x, top + 4.0), (x, bottom), solid(GRID, 0.5));
    }
    let y = |rank: usize| top + 6.0 + ROW * (rank as f64 + 0.5);
    for (order, model) in models.iter().enumerate() {
        let strategies = &content.strategies;
        let strategy = strategies.iter().position(|one| one.name == model.name);
        let look = Look(strategy.unwrap_or(strategies.len() + order));
        let (from, to) = ((SIDES.0, y(left[order])), (SIDES.1, y(right[order])));
        canvas.straight(from, to, look.line());
        for (at, score, anchor) in [
            (from, model.left.value, Anchor::End),
            (to, model.right.value, Anchor::Start),
        ] {
            look.draw(&mut canvas, at, false);
            words(&mut canvas, at, &model.name, &hundredths(score), anchor);
        }
    }
    let title = format!(
        "{}: {} against {}",
        ranking.title, ranking.left, ranking.right
    );
    let words = description(ranking, &models, &left, &right);
    Some(canvas.finish(bottom + MARGIN, &title, &words))
}

/// A model's name outside, its score between name and line.
fn words(canvas: &mut Canvas, (x, y): (f64, f64), name: &str, score: &str, anchor: Anchor) {
    let baseline = y + 0.36 * LABEL;
    let beside = font::width("00.0", LABEL, Weight::Regular) + 3.0;
    let room = SIDES.0 - MARGIN - GAP - beside - 2.0;
    let name = font::fit(name, room, LABEL, Weight::Regular);
    let to_the = match anchor {
        Anchor::End => -1.0,
        _ => 1.0,
    };
    let near = x + to_the * GAP;
    canvas.words((near, baseline), score, label(anchor));
    canvas.words((near + to_the * beside, baseline), &name, label(anchor));
}

/// The rank of every model, from 0; of equal scores the first listed ranks first.
fn ranks(models: &[&RankedModel], score: impl Fn(&RankedModel) -> f64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..models.len()).collect();
    order.sort_by(|a, b| score(models[*b]).total_cmp(&score(models[*a])));
    let mut ranks = vec![0; models.len()];
    for (rank, model) in order.into_iter().enumerate() {
        ranks[model] = rank;
    }
    ranks
}

fn agreement(models: &[&RankedModel]) -> String {
    let pairs: Vec<(f64, f64)> = models
        .iter()
        .map(|model| (model.left.value, model.right.value))
        .collect();
    kendall(&pairs).map_or(String::new(), |tau| {
        format!("Kendall’s τ = {tau:.2}").replace('-', "−")
    })
}

fn description(
    ranking: &Ranking,
    models: &[&RankedModel],
    left: &[usize],
    right: &[usize],
) -> String {
    let mut words = vec![format!(
        "Slope chart of ranks by {} and by {}.",
        ranking.left, ranking.right
    )];
    words.extend(
        models
            .iter()
            .zip(left.iter().zip(right))
            .map(|(model, (from, to))| format!("{}: {} to {}.", model.name, from + 1, to + 1)),
    );
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Score;

    #[test]
    fn best_score_ranks_first_and_equal_ones_in_their_order() {
        let model = |value: f64| RankedModel {
            left: Score {
                value,
                interval: None,
            },
            ..RankedModel::default()
        };
        let models = [model(0.2), model(0.5), model(0.5)];
        let models: Vec<&RankedModel> = models.iter().collect();
        assert_eq!(ranks(&models, |model| model.left.value), [2, 0, 1]);
    }
}
