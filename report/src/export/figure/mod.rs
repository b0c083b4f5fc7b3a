//! The figures of a report, one kind a file, each drawn for print.

mod age;
mod compute;
mod curves;
mod loss;
mod matrix;
mod steps;

use super::canvas::Drawing;
use super::stem::Stems;
use crate::Content;

/// A drawing and the name of its files without their endings.
pub(super) struct Figure {
    pub(super) stem: String,
    pub(super) drawing: Drawing,
}

/// All figures that `content` has data for.
pub(super) fn all(content: &Content) -> Vec<Figure> {
    let mut stems = Stems::default();
    let mut figures = Vec::new();
    for task in content.tasks() {
        let mut add = |kind: &str, names: &[&str], drawing: Option<Drawing>| {
            figures.extend(drawing.map(|drawing| Figure {
                stem: stems.stem(kind, names),
                drawing,
            }));
        };
        for strategy in &content.strategies {
            let names = [task.name.as_str(), strategy.name.as_str()];
            add("matrix", &names, matrix::draw(content, task, strategy));
        }
        for side in steps::SIDES {
            let names = [task.name.as_str(), side.name()];
            add("steps", &names, steps::draw(content, task, side));
        }
        add("age", &[&task.name], age::draw(content, task));
        add("compute", &[&task.name], compute::draw(content, task));
    }
    figures.extend(loss::draw(content).map(|drawing| Figure {
        stem: stems.stem("loss", &[]),
        drawing,
    }));
    figures
}
