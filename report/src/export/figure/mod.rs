//! The figures of a report, one kind a file, each drawn for print.

mod age;
mod compute;
mod curves;
mod drops;
mod heat_grid;
mod looks;
mod loss;
mod matrices;
mod matrix;
mod ranks;
mod robustness;
mod statics;
mod steps;

use super::canvas::Drawing;
use super::stem::Stems;
use crate::Content;
use crate::step_curve::SIDES;

/// A drawing and the name of its files without their endings.
pub(super) struct Figure {
    pub(super) stem: String,
    pub(super) drawing: Drawing,
}

/// All figures that `content` has data for.
pub(super) fn all(content: &Content) -> Vec<Figure> {
    let mut stems = Stems::default();
    let mut figures = Vec::new();
    let mut add = |kind: &str, names: &[&str], drawing: Option<Drawing>| {
        figures.extend(drawing.map(|drawing| Figure {
            stem: stems.stem(kind, names),
            drawing,
        }));
    };
    for task in content.tasks() {
        for strategy in &content.strategies {
            let names = [task.name.as_str(), strategy.name.as_str()];
            add("matrix", &names, matrix::draw(content, task, strategy));
        }
        add("matrices", &[&task.name], matrices::draw(content, task));
        for side in SIDES {
            let names = [task.name.as_str(), side.name()];
            add("steps", &names, steps::draw(content, task, side));
        }
        add("age", &[&task.name], age::draw(content, task));
        add("compute", &[&task.name], compute::draw(content, task));
    }
    for column in &content.static_columns {
        add("static", &[&column.title], statics::draw(content, column));
    }
    for one in &content.robustness {
        add("robustness", &[&one.title], robustness::draw(content, one));
    }
    for ranking in &content.rankings {
        add("ranks", &[&ranking.title], ranks::draw(content, ranking));
    }
    for comparison in &content.comparisons {
        let names = [&comparison.task, &comparison.a, &comparison.b];
        let names = names.map(String::as_str);
        add("drops", &names, drops::draw(comparison));
    }
    if let Some(shift) = &content.shift {
        for kind in looks::KINDS {
            add("looks", &[kind.name()], looks::draw(shift, kind));
        }
    }
    add("loss", &[], loss::draw(content));
    figures
}
