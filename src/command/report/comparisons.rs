//! Comparisons of a report: what `compare --out` kept, with pictures of the samples it names.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use image::codecs::jpeg::JpegEncoder;
use ticclip_eval::suite::Suite;
use ticclip_eval::task::Kind;
use ticclip_report::{Comparison, Sample};

use super::commands::last_command;
use super::{Failure, THUMBNAIL, model_name};
use crate::command::compare::{COMPARISON, Kept, UNNAMED};
use crate::preprocess;
use crate::score::{Exam, captions};

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
            if let Some((exam, data)) = open(suite, &task, data, steps) {
                illustrate(&exam, &mut comparison.samples);
                caption(&exam, data, steps, &mut comparison.samples);
                name_classes(&exam, &mut comparison);
            }
            all.push(comparison);
        }
    }
    let names: BTreeSet<String> = all
        .iter()
        .flat_map(|one| [one.a.clone(), one.b.clone()])
        .collect();
    for one in &mut all {
        one.a = model_name::shown(&one.a, &names);
        one.b = model_name::shown(&one.b, &names);
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

fn open<'a>(
    suite: &Suite,
    task: &str,
    data: &[&'a Path],
    steps: &[String],
) -> Option<(Exam, &'a Path)> {
    let task = suite.tasks().find(|known| known.name == task)?;
    data.iter()
        .find_map(|data| Some((Exam::open(task, data, steps, None).ok()??, *data)))
}

/// Gives the samples of a retrieval task their first captions.
fn caption(exam: &Exam, data: &Path, steps: &[String], samples: &mut [Sample]) {
    if exam.task.kind != Kind::Retrieval {
        return;
    }
    let Ok(all) = captions(&exam.task, data, steps) else {
        return;
    };
    let known: BTreeMap<(&str, &str), &String> = all
        .iter()
        .flat_map(|(step, keyed)| {
            keyed.iter().filter_map(move |(key, captions)| {
                Some(((step.as_str(), key.as_str()), captions.first()?))
            })
        })
        .collect();
    for sample in samples {
        let step = sample.step.as_deref().unwrap_or_default();
        let found = known.get(&(step, sample.key.as_str()));
        sample.caption = found.map(|caption| (*caption).clone());
    }
}

/// Gives samples their pictures.
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

/// Gives classes that WordNet does not name the names that the set has.
fn name_classes(exam: &Exam, comparison: &mut Comparison) {
    let name = |text: &mut String| {
        let class = text
            .strip_prefix(UNNAMED)
            .and_then(|number| number.parse().ok());
        if let Some(known) = class.and_then(|class| exam.class_name(class)) {
            *text = known;
        }
    };
    for class in &mut comparison.classes {
        name(&mut class.name);
    }
    for sample in &mut comparison.samples {
        name(&mut sample.a_answer);
        name(&mut sample.b_answer);
        sample.class.as_mut().map(name);
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
