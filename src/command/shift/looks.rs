//! How images look: sizes, shapes, white backgrounds.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde_json::{Value, json};
use ticclip_eval::shift::{Appearance, AppearanceSummary, StepAppearance};

use super::{Context, Failure, LOOKS, Part, ShiftArgs, write_csv};
use crate::command::points::percent;
use crate::command::table::Table;
use crate::preprocess;
use crate::score::Exam;

/// Images decoded at once.
const BATCH: usize = 64;

pub(super) fn run(args: &ShiftArgs, exam: &Exam, context: &Context) -> Result<Part, Failure> {
    let steps = exam.steps();
    let mut summary = AppearanceSummary::new(steps.len());
    let bar = context.bars.bar("looks", exam.samples() as u64, "images");
    for step in 0..steps.len() {
        let source = exam.source(step);
        for first in (0..source.len()).step_by(BATCH) {
            let run = first..source.len().min(first + BATCH);
            bar.inc(run.len() as u64);
            let images = source.images(run).map_err(Failure::wrong_input)?;
            let looks: Vec<Option<Appearance>> = images
                .par_iter()
                .map(|image| {
                    let image = preprocess::decode(image.as_ref().ok()?).ok()?;
                    Appearance::of(image.as_raw(), image.width(), image.height()).ok()
                })
                .collect();
            for look in looks.into_iter().flatten() {
                summary.add(step, &look).map_err(Failure::failed)?;
            }
        }
    }
    bar.finish_and_clear();
    let looks = summary.steps();
    let there = || {
        steps
            .iter()
            .zip(&looks)
            .filter_map(|(step, look)| Some((step, look.as_ref()?)))
    };
    let header = [
        "step",
        "images",
        "width_q05",
        "width_median",
        "width_q95",
        "height_q05",
        "height_median",
        "height_q95",
        "aspect_median",
        "white_background",
        "white_low",
        "white_high",
    ];
    let rows: Vec<Vec<String>> = there().map(|(step, look)| row(step, look)).collect();
    write_csv(&args.out.join(LOOKS), &header, &rows)?;
    let figures = ["images", "median size", "white background", "95%"];
    let mut table = Table::new(["step"]).figures(figures);
    for (step, look) in there() {
        let (low, high) = look.white_interval;
        table.row([
            step.to_owned(),
            look.images.to_string(),
            format!("{:.0} × {:.0}", look.width.median, look.height.median),
            percent(look.white_background),
            format!("{} … {}", percent(low), percent(high)),
        ]);
    }
    let json: Vec<Value> = there()
        .map(|(step, look)| {
            json!({
                "step": step, "images": look.images, "width": look.width.median, "height": look.height.median,
                "aspect": look.aspect.median, "white_background": look.white_background,
                "low": look.white_interval.0, "high": look.white_interval.1,
            })
        })
        .collect();
    Ok(Part {
        title: "images",
        table,
        json: json!(json),
    })
}

fn row(step: &str, look: &StepAppearance) -> Vec<String> {
    let figures = [
        look.width.q05,
        look.width.median,
        look.width.q95,
        look.height.q05,
        look.height.median,
        look.height.q95,
        look.aspect.median,
        look.white_background,
        look.white_interval.0,
        look.white_interval.1,
    ];
    let mut row = vec![step.to_owned(), look.images.to_string()];
    row.extend(figures.iter().map(ToString::to_string));
    row
}
