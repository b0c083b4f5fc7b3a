//! The report: one HTML page about how image-text models age, complete in itself.
//!
//! [`Content`] holds everything a page shows; [`render`] writes the page, [`export`] its figures and numbers for
//! papers. Text from outside is escaped where it is written, on the page always by `escape.rs`; numbers are worded by `number.rs`; every claim is made in `finding.rs`.

mod age_curve;
mod cell;
mod class_drops;
mod class_moves;
mod clearly_best;
mod compute_scatter;
mod contender;
mod content;
mod controls;
mod cost_mark;
mod csv;
mod drops;
mod escape;
mod example_grid;
pub mod export;
mod figure;
mod finding;
mod heat_map;
mod interval_mark;
mod kendall;
mod legend;
mod line;
mod line_chart;
mod long_table;
mod look_chart;
mod loss_curve;
mod lost;
mod number;
mod oracle_ratio;
mod page;
mod palette;
mod provenance;
mod rank_chart;
mod robustness_scatter;
mod samples;
mod scale;
mod slices;
mod static_curve;
mod static_score;
mod step_curve;
mod summary_table;
mod svg;
mod task_table;
mod thumbnail;
mod timeline;
mod transfer;
mod viridis;
mod word_lists;

// Tests read the example's content, which names this crate as users do.
#[cfg(test)]
extern crate self as ticclip_report;
#[cfg(test)]
mod tests;

pub use content::{
    ClassDrop, ClassMove, Comparison, Content, Credit, DataShift, Differing, Drop, Example,
    FittedLine, GroupDrop, LeftOut, LossPoint, ModelFamily, OverBudget, RankedModel, Ranking,
    Robustness, RobustnessModel, SURE_Z, Sample, Score, Spread, StaticColumn, StaticScore,
    StaticTask, Step, StepCost, StepDrop, StepLook, StrategyScores, TaskScores, Term, WordList,
};
pub use page::{render, render_live};
