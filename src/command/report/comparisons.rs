//! Comparisons of a report: what `compare --out` kept, with pictures of the samples it names.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use image::codecs::jpeg::JpegEncoder;
use ticclip_eval::suite::Suite;
use ticclip_report::{Comparison, Sample};

use super::{Failure, THUMBNAIL, last_command};
use crate::command::compare::{COMPARISON, Kept};
use crate::preprocess;
use crate::score::Exam;

/// Quality of a picture of this size: beyond it only the page grows.
const QUALITY: u8 = 80;

/// The comparisons in these folders; pictures come from the first of `data` that has the task's set.
pub(super) fn comparisons(
    folders: &[PathBuf],
    suite: &Suite,
    data: &[&Path],
    steps: &[String],
) -> Result<Vec<Comparison>, Failure> {
    let mut all = Vec::new();
    for folder in folders {
        let path = folder.join(COMPARISON);
        let kept = read(&path).map_err(Failure::wrong_input)?;
        let command = last_command(folder)?;
        for Kept { task, comparison } in kept {
            let mut comparison = comparison;
            comparison.command.clone_from(&command);
            // A picture that cannot be had is not shown; the sample is.
            if let Some(exam) = open(suite, &task, data, steps) {
                illustrate(&exam, &mut comparison.samples);
            }
            all.push(comparison);
        }
    }
    Ok(all)
}

fn read(path: &Path) -> anyhow::Result<Vec<Kept>> {
    let context = || {
        format!(
            "{}: no comparison; `ticclip compare A B --out DIR` keeps one",
            path.display()
        )
    };
    let bytes = std::fs::read(path).with_context(context)?;
    serde_json::from_slice(&bytes).with_context(context)
}

fn open(suite: &Suite, task: &str, data: &[&Path], steps: &[String]) -> Option<Exam> {
    let task = suite.tasks().find(|known| known.name == task)?;
    data.iter()
        .find_map(|data| Exam::open(task, data, steps, None).ok()?)
}

/// Gives samples their pictures and captions.
fn illustrate(exam: &Exam, samples: &mut [Sample]) {
    for (number, step) in exam.steps().iter().enumerate() {
        let source = exam.source(number);
        let mut wanted: BTreeMap<String, &mut Sample> = samples
            .iter_mut()
            .filter(|sample| sample.step.as_deref().unwrap_or_default() == step)
            .map(|sample| (sample.key.clone(), sample))
            .collect();
        if wanted.is_empty() {
            continue;
        }
        for at in 0..source.len() {
            let Some(sample) = wanted.remove(&source.key(at)) else {
                continue;
            };
            let images = source.images(at..at + 1).ok();
            let image = images.and_then(|images| images.into_iter().next()?.ok());
            sample.thumbnail = image
                .and_then(|bytes| thumbnail(&bytes))
                .unwrap_or_default();
            if wanted.is_empty() {
                break;
            }
        }
    }
}

fn thumbnail(bytes: &[u8]) -> Option<Vec<u8>> {
    let image = image::DynamicImage::from(preprocess::decode(bytes).ok()?);
    let small = if image.width().max(image.height()) > THUMBNAIL {
        image.thumbnail(THUMBNAIL, THUMBNAIL)
    } else {
        image
    };
    let mut jpeg = Cursor::new(Vec::new());
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    small.into_rgb8().write_with_encoder(encoder).ok()?;
    Some(jpeg.into_inner())
}
