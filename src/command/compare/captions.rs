//! Queries whose caption fits a pattern, against the rest.

use std::collections::BTreeMap;
use std::path::Path;

use regex::{Regex, RegexBuilder};
use serde_json::{Value, json};
use ticclip_eval::compare::{Contrast, Resampling, contrast};
use ticclip_eval::task::Task;

use super::Failure;
use crate::command::points::points;
use crate::score::{Versus, captions};

/// How large a compiled pattern may be.
const PATTERN_BYTES: usize = 1 << 20;

/// Two models on samples that fit a pattern, against the others.
pub(super) struct OnPattern {
    pattern: String,
    fitting: usize,
    contrast: Contrast,
}

/// The pattern, in any case.
pub(super) fn pattern(text: &str) -> Result<Regex, Failure> {
    RegexBuilder::new(text)
        .case_insensitive(true)
        .size_limit(PATTERN_BYTES)
        .build()
        .map_err(|error| Failure::wrong_input(anyhow::anyhow!("--pattern {text:?}: {error}")))
}

pub(super) fn on_pattern(
    pattern: &Regex,
    data: &Path,
    task: &Task,
    sets: &[Versus],
    resampling: &Resampling,
) -> Result<OnPattern, Failure> {
    let steps: Vec<String> = sets.iter().map(|set| set.step.clone()).collect();
    let captions = captions(task, data, &steps).map_err(Failure::wrong_input)?;
    let mut fits = Vec::new();
    for set in sets {
        let own: BTreeMap<&str, &Vec<String>> = captions
            .iter()
            .filter(|(step, ..)| *step == set.step)
            .flat_map(|(_, keyed)| keyed.iter().map(|(key, captions)| (key.as_str(), captions)))
            .collect();
        for key in &set.keys {
            let captions = own.get(key.as_str()).ok_or_else(|| {
                Failure::wrong_input(anyhow::anyhow!(
                    "{}: has no sample `{key}` of {} {}",
                    data.display(),
                    task.name,
                    set.step
                ))
            })?;
            fits.push(captions.iter().any(|caption| pattern.is_match(caption)));
        }
    }
    let pooled = Versus::pooled(sets).map_err(Failure::wrong_input)?;
    let contrast = contrast(&pooled.pairs, &fits, resampling).map_err(|error| {
        Failure::wrong_input(anyhow::anyhow!("--pattern {:?}: {error}", pattern.as_str()))
    })?;
    Ok(OnPattern {
        pattern: pattern.as_str().to_owned(),
        fitting: fits.iter().filter(|fits| **fits).count(),
        contrast,
    })
}

impl OnPattern {
    pub(super) fn text(&self, task: &str) -> String {
        let contrast = &self.contrast;
        format!(
            "\n{task}, captions that fit {:?} ({} images) against the rest\n  \
             B − A on them {} points, on the rest {}; difference {} (95% {} … {}, p {:.2e})\n",
            self.pattern,
            self.fitting,
            points(-contrast.inside.drop),
            points(-contrast.outside.drop),
            points(-contrast.more.difference),
            points(-contrast.more.high),
            points(-contrast.more.low),
            contrast.more.p,
        )
    }

    pub(super) fn json(&self) -> Value {
        let contrast = &self.contrast;
        let gap = |gap: &ticclip_eval::compare::Gap| json!({"difference": gap.difference, "low": gap.low, "high": gap.high, "p": gap.p});
        json!({
            "pattern": self.pattern, "n": self.fitting,
            "inside": super::drop_json(&contrast.inside), "outside": super::drop_json(&contrast.outside),
            "a": gap(&contrast.a), "b": gap(&contrast.b), "more": gap(&contrast.more),
        })
    }
}
