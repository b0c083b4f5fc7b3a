//! The `[timeline]` table of a dataset or timeline file.

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;
use thiserror::Error;

use super::{Step, Timeline};
use crate::manifest::{Dataset, DatasetError, parse_toml};

/// The `[timeline]` table, already checked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "TimelineKeys")]
pub struct TimelineConfig(pub Timeline);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TimelineKeys {
    steps: Vec<StepKeys>,
}

/// One step: either `years`, or `from` and `to`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct StepKeys {
    name: String,
    years: Option<[i32; 2]>,
    from: Option<String>,
    to: Option<String>,
}

impl TryFrom<TimelineKeys> for TimelineConfig {
    type Error = String;

    fn try_from(keys: TimelineKeys) -> Result<Self, String> {
        let steps = keys.steps.iter().map(step).collect::<Result<_, _>>()?;
        Timeline::new(steps)
            .map(Self)
            .map_err(|error| error.to_string())
    }
}

fn step(keys: &StepKeys) -> Result<Step, String> {
    let name = &keys.name;
    match (keys.years, &keys.from, &keys.to) {
        (Some(years), None, None) => Step::of_years(name, years).map_err(|error| error.to_string()),
        (None, Some(from), Some(to)) => {
            let instant =
                |text: &str| instant(text).map_err(|message| format!("step `{name}`: {message}"));
            Ok(Step {
                name: name.clone(),
                from: instant(from)?,
                to: instant(to)?,
            })
        }
        _ => Err(format!(
            "step `{name}` needs either `years = [first, last]`, or `from` and `to`"
        )),
    }
}

/// A date, which means its midnight in UTC, or an instant with its offset.
fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map(|date| date.and_time(NaiveTime::MIN).and_utc());
    let wrong =
        || format!("`{text}` is neither a date (2016-07-01) nor an instant (2016-07-01T00:00:00Z)");
    date.or_else(|_| DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()))
        .map_err(|_| wrong())
}

/// Why a timeline file gives no timeline.
#[derive(Debug, Error)]
pub enum TimelineFileError {
    /// The file cannot be read or has a wrong key or value.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The dataset has no timeline.
    #[error("{}: the dataset has no [timeline]", path.display())]
    Absent {
        /// The dataset file.
        path: PathBuf,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TimelineFile {
    timeline: TimelineConfig,
    /// What else describes a net; only `net` reads it.
    #[serde(default, rename = "name")]
    _name: IgnoredAny,
    #[serde(default, rename = "credits")]
    _credits: IgnoredAny,
    #[serde(default, rename = "notes")]
    _notes: IgnoredAny,
    #[serde(default, rename = "net")]
    _net: IgnoredAny,
}

/// Reads the timeline of a dataset file, of a file that has a `[timeline]` and perhaps a `[net]`, or of one that has only
/// `steps`.
///
/// # Errors
/// When the file cannot be read, or has no timeline, or a wrong one.
pub fn read_timeline(path: &Path) -> Result<Timeline, TimelineFileError> {
    let table: toml::Table = parse_toml(path)?;
    if table.contains_key("pairs") {
        let absent = || TimelineFileError::Absent {
            path: path.to_owned(),
        };
        return Dataset::read(path)?
            .timeline
            .map(|config| config.0)
            .ok_or_else(absent);
    }
    if table.contains_key("timeline") {
        return Ok(parse_toml::<TimelineFile>(path)?.timeline.0);
    }
    Ok(parse_toml::<TimelineConfig>(path)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Timeline, TimelineFileError> {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("timeline.toml");
        std::fs::write(&path, text).expect("written");
        read_timeline(&path)
    }

    #[test]
    fn years_and_instants_make_the_same_steps() {
        let a = read("steps = [ { name = \"a\", years = [2015, 2015] } ]").expect("a timeline");
        let b = read(
            "[timeline]\nsteps = [ { name = \"a\", from = \"2015-01-01\", to = \"2016-01-01T01:00:00+01:00\" } ]",
        );
        assert_eq!(a, b.expect("a timeline"));
    }

    #[test]
    fn a_wrong_step_is_reported_with_file_and_line() {
        for (text, expected) in [
            (
                "[timeline]\nsteps = [\n  { name = \"a\", year = [2015, 2015] },\n]",
                "timeline.toml:3: unknown field `year`, expected one of `name`, `years`, `from`, `to`",
            ),
            (
                "[timeline]\nsteps = [ { name = \"a\", from = \"2015\", to = \"2016-01-01\" } ]",
                "step `a`: `2015` is neither a date",
            ),
            (
                "[timeline]\nsteps = [ { name = \"a\", from = \"2015-01-01\" } ]",
                "step `a` needs either",
            ),
            (
                "[timeline]\nsteps = [ { name = \"a\", years = [2015, 2014] } ]",
                "step `a` is empty",
            ),
        ] {
            let error = read(text).expect_err("refused").to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
