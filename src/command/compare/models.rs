//! The two models, and the tasks on which both have scores.

use std::path::{Path, PathBuf};

use ticclip_eval::near::{did_you_mean, near};
use ticclip_eval::score::Score;

use super::Failure;
use crate::artefact::relative;
use crate::cli::CompareArgs;
use crate::noun::first_of;
use crate::score::{SCORES_FILE, ScoreBook};

/// So many models are told where none is near to what was asked for.
const SHOWN: usize = 10;

/// A model with its scores.
pub(super) struct Compared {
    /// Its name in the scores.
    pub(super) name: String,
    /// Where the scores are.
    pub(super) folder: PathBuf,
    scores: Vec<Score>,
}

pub(super) fn find(args: &CompareArgs) -> Result<(Compared, Compared), Failure> {
    let (a, b) = (one(&args.a, &args.scores)?, one(&args.b, &args.scores)?);
    if (&a.name, &a.folder) == (&b.name, &b.folder) {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "A and B are the same model, {}",
            a.name
        )));
    }
    Ok((a, b))
}

/// A model by its name, by its path, by how its name ends, or by a folder of scores in which it is the only one.
fn one(given: &str, scores: &Path) -> Result<Compared, Failure> {
    let own = Path::new(given);
    let own = own.join(SCORES_FILE).is_file().then(|| own.to_owned());
    let folder = own.clone().unwrap_or_else(|| scores.to_owned());
    let book = ScoreBook::open(&folder)?;
    let mut names: Vec<&str> = book
        .scores()
        .iter()
        .map(|score| score.model.as_str())
        .collect();
    names.dedup();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Err(Failure::no_scores(&folder));
    }
    let wrong = |problem: &str| {
        let file = folder.join(SCORES_FILE);
        Failure::wrong_input(anyhow::anyhow!("{}: {problem}", file.display()))
    };
    let fitting: Vec<&str> = match &own {
        Some(_) => names.clone(),
        None => match names.iter().find(|name| **name == given) {
            Some(name) => vec![*name],
            None => {
                // A path from here, as they are named from the scores.
                let path = Path::new(given);
                let from_scores = path.canonicalize().ok().zip(folder.canonicalize().ok());
                let from_scores = from_scores.map(|(path, folder)| relative(&folder, &path));
                let from_scores = from_scores.map(|path| path.to_string_lossy().replace('\\', "/"));
                if let Some(name) = names
                    .iter()
                    .find(|name| Some(**name) == from_scores.as_deref())
                {
                    return Ok(Compared::of(&book, name, folder));
                }
                let end = format!("/{}", given.trim_end_matches('/'));
                names
                    .iter()
                    .copied()
                    .filter(|name| name.ends_with(&end))
                    .collect()
            }
        },
    };
    let name = match fitting.as_slice() {
        [name] => (*name).to_owned(),
        [] => {
            return Err(wrong(&format!(
                "no model {given:?}{}",
                instead(given, &names)
            )));
        }
        several => {
            let which = match own {
                Some(_) => "name one, with --scores".to_owned(),
                None => format!("their names end in {given:?}"),
            };
            let (count, several) = (several.len(), several.join(", "));
            return Err(wrong(&format!("{count} models, {which}: {several}")));
        }
    };
    Ok(Compared::of(&book, &name, folder))
}

/// The names that may have been meant, or else those there are.
fn instead(given: &str, names: &[&str]) -> String {
    let near = near(given, names.iter().copied());
    if !near.is_empty() {
        return did_you_mean(&near);
    }
    format!("; there are {}", first_of(names, SHOWN))
}

impl Compared {
    fn of(book: &ScoreBook, name: &str, folder: PathBuf) -> Self {
        let own = book.scores().iter().filter(|score| score.model == name);
        Self {
            name: name.to_owned(),
            scores: own.cloned().collect(),
            folder,
        }
    }
}

/// The scores of A on tasks that B has a score on, too, one each.
pub(super) fn shared<'a>(
    a: &'a Compared,
    b: &Compared,
    wanted: Option<&[String]>,
) -> Result<Vec<&'a Score>, Failure> {
    let mut shared: Vec<&Score> = Vec::new();
    for score in &a.scores {
        let of_b =
            |other: &&Score| other.task == score.task && other.tested_step == score.tested_step;
        let Some(other) = b.scores.iter().find(of_b) else {
            continue;
        };
        if wanted.is_some_and(|wanted| !wanted.contains(&score.task)) {
            continue;
        }
        if score.data != other.data {
            return Err(Failure::wrong_input(anyhow::anyhow!(
                "task {}: A and B were scored on different data or prompts; run `eval` for both again",
                score.task
            )));
        }
        let known = |known: &&Score| known.task == score.task;
        // An association or a multi-label task has no answers a sample.
        let per_sample =
            !score.metric.contains("jaccard") && score.metric != "mean_average_precision";
        if per_sample && !shared.iter().any(known) {
            shared.push(score);
        }
    }
    if shared.is_empty() {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "there is no task{} on which both {} and {} have answers",
            if wanted.is_some() {
                " of those named"
            } else {
                ""
            },
            a.name,
            b.name
        )));
    }
    Ok(shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_offered_and_of_many_others_the_first() {
        let names: Vec<String> = (2000..2077)
            .map(|year| format!("../train/sequential/{year}"))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let near = instead("train/sequential/201", &names);
        assert!(
            near.starts_with("; did you mean ../train/sequential/2"),
            "{near}"
        );
        let far = instead("x", &names);
        assert!(
            far.contains("sequential/2009 and 67 more") && !far.contains("2010"),
            "{far}"
        );
        assert_eq!(instead("c", &["a", "b"]), "; there are a, b");
    }
}
