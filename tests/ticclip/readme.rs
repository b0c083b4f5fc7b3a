//! The README says what is so.

const README: &str = include_str!("../../README.md");

/// The first block of that language.
pub(crate) fn block(language: &str) -> &'static str {
    blocks(README, language)
        .into_iter()
        .next()
        .expect("the README has one")
}

fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect()
}

fn section(title: &str) -> &'static str {
    let rest = README
        .split(&format!("## {title}\n"))
        .nth(1)
        .expect("the section");
    rest.split("\n## ").next().expect("its text")
}

/// The commands of a user with images of their own.
pub(crate) fn walk() -> Vec<&'static str> {
    blocks(section("Your own images"), "sh")
        .concat_lines()
        .filter(|line| line.starts_with("ticclip "))
        .collect()
}

trait Lines {
    fn concat_lines(self) -> impl Iterator<Item = &'static str>;
}

impl Lines for Vec<&'static str> {
    fn concat_lines(self) -> impl Iterator<Item = &'static str> {
        self.into_iter().flat_map(str::lines)
    }
}

#[test]
fn a_fresh_machine_needs_exactly_two_commands() {
    let commands: Vec<&str> = blocks(section("Two commands"), "sh")
        .concat_lines()
        .collect();
    assert_eq!(
        commands,
        [
            "cargo run --release -- demo",
            "cargo test --workspace --features distributed"
        ]
    );
}

#[test]
fn every_strategy_and_command_is_named() {
    for strategy in ticclip::strategy::names() {
        assert!(README.contains(&format!("`{strategy}`")), "{strategy}");
    }
    for command in [
        "demo", "fetch", "split", "shard", "train", "eval", "report", "doctor",
    ] {
        assert!(README.contains(&format!("`{command}`")) || README.contains(command));
        let folder = tempfile::tempdir().expect("a folder");
        super::call::call(folder.path(), &format!("{command} --help")).ok();
    }
}
