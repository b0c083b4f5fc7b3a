//! Timeline: the time steps of a benchmark, named half-open UTC intervals in order.

mod config;

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, TimeZone, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use config::{TimelineConfig, TimelineFileError, read_timeline};

/// The web is no older; an earlier date is a mistake.
const FIRST_YEAR: i32 = 1990;

/// One time step: `from` is in it, `to` is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The name, which files and folders bear.
    pub name: String,
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub to: DateTime<Utc>,
}

/// Time steps, sorted and disjoint, at least one; gaps between them are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    steps: Vec<Step>,
}

/// Why a list of steps is no timeline.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum TimelineError {
    /// There is no step.
    #[error("the timeline has no steps")]
    NoSteps,
    /// A name cannot be that of a file.
    #[error(
        "step name `{name}` is not allowed: 1 to 64 letters, digits, `-`, `_` or `.`, not beginning with `.`"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// Two steps have the same name.
    #[error("two steps are named `{name}`")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// A step ends before or when it begins.
    #[error("step `{name}` is empty: it ends at {to}, but begins at {from}")]
    Empty {
        /// The step.
        name: String,
        /// Its first instant.
        from: DateTime<Utc>,
        /// Its end.
        to: DateTime<Utc>,
    },
    /// A step begins before the one listed before it.
    #[error(
        "step `{name}` begins at {from}, before step `{before}`: list the steps in order of time"
    )]
    Unsorted {
        /// The step.
        name: String,
        /// Its first instant.
        from: DateTime<Utc>,
        /// The step listed before it.
        before: String,
    },
    /// A step begins before the one before it has ended.
    #[error(
        "step `{name}` begins at {from}, but step `{before}` lasts until {until}: steps must not overlap"
    )]
    Overlap {
        /// The step.
        name: String,
        /// Its first instant.
        from: DateTime<Utc>,
        /// The step before it.
        before: String,
        /// The end of that step.
        until: DateTime<Utc>,
    },
    /// A year is outside what a calendar can hold.
    #[error("step `{name}`: year {year} is not between 1 and 9998")]
    Year {
        /// The step.
        name: String,
        /// The year.
        year: i32,
    },
}

impl Step {
    /// The whole calendar years `first` to `last`, both included.
    ///
    /// # Errors
    /// When a year is out of range.
    pub fn of_years(name: &str, [first, last]: [i32; 2]) -> Result<Self, TimelineError> {
        let year = |year| {
            let allowed = (1..=9998).contains(&year);
            let wrong = || TimelineError::Year {
                name: name.to_owned(),
                year,
            };
            allowed.then_some(year).ok_or_else(wrong)
        };
        Ok(Self {
            name: name.to_owned(),
            from: month_start(year(first)?, 1),
            to: month_start(year(last)? + 1, 1),
        })
    }
}

impl Timeline {
    /// The timeline of these steps, which must be sorted, disjoint and of different names.
    ///
    /// # Errors
    /// When they are not; the error names the step.
    pub fn new(steps: Vec<Step>) -> Result<Self, TimelineError> {
        if steps.is_empty() {
            return Err(TimelineError::NoSteps);
        }
        let mut names = BTreeSet::new();
        for step in &steps {
            check_step(step)?;
            // Two names that differ in case only are one file on some disks.
            if !names.insert(step.name.to_lowercase()) {
                return Err(TimelineError::Duplicate {
                    name: step.name.clone(),
                });
            }
        }
        for pair in steps.windows(2) {
            check_order(&pair[0], &pair[1])?;
        }
        Ok(Self { steps })
    }

    /// One step for each calendar year that `dates` have between 1990 and the year of `not_after`.
    ///
    /// # Errors
    /// When no date is in that range.
    pub fn yearly(
        dates: impl IntoIterator<Item = DateTime<Utc>>,
        not_after: DateTime<Utc>,
    ) -> Result<Self, TimelineError> {
        let years = FIRST_YEAR..=not_after.year();
        let years: BTreeSet<_> = dates
            .into_iter()
            .map(|at| at.year())
            .filter(|year| years.contains(year))
            .collect();
        let step = |year: i32| Step {
            name: year.to_string(),
            from: month_start(year, 1),
            to: month_start(year + 1, 1),
        };
        Self::new(years.into_iter().map(step).collect())
    }

    /// One step, named `YYYYMM`, for each calendar month that `dates` have between January 1990 and the month of
    /// `not_after`.
    ///
    /// # Errors
    /// When no date is in that range.
    pub fn monthly(
        dates: impl IntoIterator<Item = DateTime<Utc>>,
        not_after: DateTime<Utc>,
    ) -> Result<Self, TimelineError> {
        let months = (FIRST_YEAR, 1)..=(not_after.year(), not_after.month());
        let month = |at: DateTime<Utc>| (at.year(), at.month());
        let months: BTreeSet<_> = dates
            .into_iter()
            .map(month)
            .filter(|month| months.contains(month))
            .collect();
        let step = |(year, month)| Step {
            name: format!("{year:04}{month:02}"),
            from: month_start(year, month),
            to: if month == 12 {
                month_start(year + 1, 1)
            } else {
                month_start(year, month + 1)
            },
        };
        Self::new(months.into_iter().map(step).collect())
    }

    /// The steps in order of time.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The index of the step that `at` is in.
    pub fn step_of(&self, at: DateTime<Utc>) -> Option<usize> {
        let begun = self.steps.partition_point(|step| step.from <= at);
        begun
            .checked_sub(1)
            .filter(|&index| at < self.steps[index].to)
    }
}

/// Where the steps of a split come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimelineRule {
    /// The calendar years the data has, no later than that of the instant.
    Yearly(DateTime<Utc>),
    /// The calendar months the data has, no later than that of the instant.
    Monthly(DateTime<Utc>),
    /// A list of steps.
    Steps(Timeline),
}

impl TimelineRule {
    /// `yearly`, `monthly` or `steps`, as records of a split name it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Yearly(_) => "yearly",
            Self::Monthly(_) => "monthly",
            Self::Steps(_) => "steps",
        }
    }

    /// The timeline of data that has dates on `days`, counted from 1970-01-01.
    ///
    /// # Errors
    /// When no day is in the range of a rule that follows the data.
    pub fn resolve(&self, days: &BTreeSet<i64>) -> Result<Timeline, TimelineError> {
        let dates = days
            .iter()
            .filter_map(|&day| DateTime::from_timestamp(day.checked_mul(86_400)?, 0));
        match self {
            Self::Yearly(not_after) => Timeline::yearly(dates, *not_after),
            Self::Monthly(not_after) => Timeline::monthly(dates, *not_after),
            Self::Steps(timeline) => Ok(timeline.clone()),
        }
    }
}

fn check_step(step: &Step) -> Result<(), TimelineError> {
    let name = &step.name;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.len() > 64 || name.starts_with('.') || !name.chars().all(allowed) {
        return Err(TimelineError::Name { name: name.clone() });
    }
    if step.to <= step.from {
        return Err(TimelineError::Empty {
            name: name.clone(),
            from: step.from,
            to: step.to,
        });
    }
    Ok(())
}

fn check_order(before: &Step, step: &Step) -> Result<(), TimelineError> {
    let (name, from) = (step.name.clone(), step.from);
    if from < before.from {
        return Err(TimelineError::Unsorted {
            name,
            from,
            before: before.name.clone(),
        });
    }
    if from < before.to {
        return Err(TimelineError::Overlap {
            name,
            from,
            before: before.name.clone(),
            until: before.to,
        });
    }
    Ok(())
}

/// Midnight of a month's first day; `year` is between 1 and 9999, `month` between 1 and 12.
fn month_start(year: i32, month: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(year, month, 1, 0, 0, 0)
        .single()
        .expect("every month of these years begins once in UTC")
}

#[cfg(test)]
mod tests;
