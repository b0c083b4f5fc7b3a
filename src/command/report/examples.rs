//! Examples of a report: a few held-out pairs of every step, with small pictures.

use std::io::Cursor;
use std::path::Path;

use image::ImageFormat;
use ticclip_report::Example;

use super::THUMBNAIL;
use crate::preprocess;
use crate::shard::{EvaluationSet, ShardIndex};

/// Examples of each step.
const EXAMPLES: usize = 8;

/// A few held-out pairs; what cannot be read is not shown.
pub(super) fn examples(data: &Path, step: &str) -> Vec<Example> {
    let Ok(set) = EvaluationSet::open(&data.join("eval/retrieval").join(step)) else {
        return Vec::new();
    };
    let Ok(index) = ShardIndex::open(set.tars) else {
        return Vec::new();
    };
    // Spread over the set, which is sorted by uid and so in no order of content.
    (0..index.len().min(EXAMPLES))
        .filter_map(|at| example(&index, at))
        .collect()
}

fn example(index: &ShardIndex, at: usize) -> Option<Example> {
    let sample = index.sample(at).ok()?;
    let caption = (*sample.captions().ok()?.first()?).to_owned();
    let image = preprocess::decode(sample.image().ok()?).ok()?;
    let small = if image.width().max(image.height()) > THUMBNAIL {
        image::DynamicImage::from(image)
            .thumbnail(THUMBNAIL, THUMBNAIL)
            .into_rgb8()
    } else {
        image
    };
    let mut png = Cursor::new(Vec::new());
    small.write_to(&mut png, ImageFormat::Png).ok()?;
    Some(Example {
        caption,
        class: None,
        png: png.into_inner(),
    })
}
