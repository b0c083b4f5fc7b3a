//! Commands of a report: what was typed to get here, as a shell reads it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ticclip_report::StrategyScores;

use super::Failure;
use crate::artefact::{ORIGIN_FILE, Origin};
use crate::cli::ReportArgs;

/// The command that wrote what is in a folder.
pub(super) fn last_command(folder: &Path) -> Result<Option<String>, Failure> {
    let origin = Origin::read(&folder.join(ORIGIN_FILE))?;
    Ok(origin.and_then(|origin| origin.commands().last().map(|words| shell_line(words))))
}

/// What the option `name` was given in the command that wrote what is in a folder.
pub(super) fn option_of_last_command(folder: &Path, name: &str) -> Result<Option<String>, Failure> {
    let origin = Origin::read(&folder.join(ORIGIN_FILE))?;
    Ok(origin.and_then(|origin| {
        let words = origin.commands().last()?;
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1).cloned()
    }))
}

/// The seed of what is in a folder.
pub(super) fn seed(folder: &Path) -> Result<Option<u64>, Failure> {
    let origin = Origin::read(&folder.join(ORIGIN_FILE))?;
    Ok(origin.and_then(|origin| origin.seed()))
}

/// What stands for the commands of models whose folders say nothing of them.
const UNKNOWN: &str = "# trained by commands not known here";

/// The commands that led here, in the order they ran, each once. `models` are the folders of the models that have scores.
pub(super) fn commands(
    args: &ReportArgs,
    strategies: &[StrategyScores],
    models: &BTreeSet<PathBuf>,
) -> Result<Vec<String>, Failure> {
    let mut folders: Vec<PathBuf> = vec![args.data.clone()];
    let mut unknown = false;
    match &args.train {
        Some(train) => {
            folders.extend(strategies.iter().map(|strategy| train.join(&strategy.name)));
        }
        None => {
            // What trained a model stands beside its strategy's steps.
            let homes: BTreeSet<&Path> = models.iter().filter_map(|model| model.parent()).collect();
            for home in homes {
                unknown |= !home.join(ORIGIN_FILE).is_file();
                folders.push(home.to_owned());
            }
        }
    }
    let trained = folders.len();
    folders.extend(args.scores.iter().cloned());
    folders.extend(args.compare.iter().cloned());
    folders.extend(args.shift.clone());
    let mut lines: Vec<String> = Vec::new();
    for (place, folder) in folders.into_iter().enumerate() {
        if place == trained && unknown {
            lines.push(UNKNOWN.to_owned());
        }
        if let Some(origin) = Origin::read(&folder.join(ORIGIN_FILE))? {
            for line in origin.commands().map(|words| shell_line(words)) {
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
        }
    }
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let mut own: Vec<String> = vec!["ticclip".into(), "report".into()];
    own.extend(args.scores.iter().map(|folder| path(folder)));
    own.extend(["--data".into(), path(&args.data)]);
    let mut option = |name: &str, paths: &mut dyn Iterator<Item = &PathBuf>| {
        let paths: Vec<String> = paths.map(|one| path(one)).collect();
        if !paths.is_empty() {
            own.push(name.to_owned());
            own.extend(paths);
        }
    };
    option("--train", &mut args.train.iter());
    option("--compare", &mut args.compare.iter());
    option("--sets", &mut args.sets.iter());
    option("--shift", &mut args.shift.iter());
    option("--out", &mut args.out.iter());
    for (name, formats) in [("--figures", &args.figures), ("--tables", &args.tables)] {
        if !formats.is_empty() {
            let formats: Vec<String> = formats.iter().map(ToString::to_string).collect();
            own.extend([name.to_owned(), formats.join(",")]);
        }
    }
    lines.push(shell_line(&own));
    Ok(lines)
}

/// Words as a shell reads them back.
fn shell_line(words: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=@%+".contains(c);
    let quoted = words.iter().map(|word| {
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_a_shell_would_split_are_quoted() {
        let words = ["ticclip", "my photos/a's.toml"].map(str::to_owned);
        assert_eq!(shell_line(&words), r"ticclip 'my photos/a'\''s.toml'");
    }
}
