//! The options that the book's commands are given, looked up in the program's own help.

use std::collections::BTreeMap;

use super::super::call::call;

/// Texts of `--help`, by command.
#[derive(Default)]
pub(super) struct Help(BTreeMap<String, String>);

impl Help {
    fn of(&mut self, command: &str) -> &str {
        self.0.entry(command.to_owned()).or_insert_with(|| {
            let folder = tempfile::tempdir().expect("a folder");
            call(folder.path(), &format!("{command} --help"))
                .ok()
                .stdout
        })
    }
}

/// Checks the calls in a block; returns how many options were looked up.
pub(super) fn check(help: &mut Help, place: &str, block: &str) -> usize {
    let text = block.replace("\\\n", " ");
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let calls = lines.flat_map(|line| line.split(['|', ';', '&']));
    let mut checked = 0;
    for call in calls {
        let mut words = call
            .split_whitespace()
            .map(|word| word.trim_matches(['"', '\'']));
        // The name of the tests is the program's, too.
        if call.trim_start().starts_with("cargo ") || !words.by_ref().any(|word| word == "ticclip")
        {
            continue;
        }
        let words: Vec<&str> = words.take_while(|word| !word.starts_with('#')).collect();
        let Some(command) = command(&words) else {
            continue;
        };
        let told = help.of(&command).to_owned();
        for option in words.iter().filter(|word| word.starts_with("--")) {
            let option = option.split('=').next().unwrap_or(option);
            if option == "--cluster" && cfg!(not(feature = "distributed")) {
                continue;
            }
            let mut known = told.split(|c: char| c.is_whitespace() || ",[]".contains(c));
            assert!(
                known.any(|word| word == option),
                "{place}: {command} has no {option}"
            );
            checked += 1;
        }
    }
    checked
}

/// The command of a call with that below it, if this build has it.
fn command(words: &[&str]) -> Option<String> {
    let first = *words.first().filter(|word| !word.starts_with('-'))?;
    match first {
        "cluster" if cfg!(not(feature = "distributed")) => None,
        "cluster" | "uids" => Some(format!("{first} {}", words.get(1)?)),
        _ => Some(first.to_owned()),
    }
}

#[test]
fn an_option_that_is_not_there_is_found() {
    let mut help = Help::default();
    assert_eq!(
        check(
            &mut help,
            "x",
            "cat a | ticclip fetch d.toml \\\n  --out m   # --nothing\n"
        ),
        1
    );
    let wrong = std::panic::catch_unwind(|| {
        check(&mut Help::default(), "x", "ticclip fetch d.toml --outt m")
    });
    wrong.expect_err("there is no such option");
}
