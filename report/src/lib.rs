//! The report: one HTML page about how image-text models age, complete in itself.
//!
//! [`Content`] holds everything a page shows; [`render`] writes the page, [`export`] the same figures and numbers for papers. Text from outside is escaped
//! where it is written, always by `escape.rs`; numbers are worded by `number.rs`; every claim is made in `finding.rs`.

mod age_curve;
mod compute_scatter;
mod contender;
mod content;
mod csv;
mod escape;
mod example_grid;
pub mod export;
mod figure;
mod finding;
mod heat_map;
mod legend;
mod line_chart;
mod loss_curve;
mod number;
mod page;
mod palette;
mod provenance;
mod scale;
mod step_curve;
mod summary_table;
mod svg;
mod timeline;
mod transfer;
mod viridis;

#[cfg(test)]
mod tests;

pub use content::{
    Content, Credit, Example, LossPoint, Score, Step, StepCost, StrategyScores, TaskScores,
};
pub use page::render;
