//! The book says what is so: its commands run, its examples parse, its tables are the program's, its links lead somewhere.
//!
//! What stands before a block or table in an HTML comment tells what becomes of it: `given:` data that the page's commands
//! find (`given.rs`), `file:` where a block is written, `status:` what a block of commands ends with (`walk.rs`), `from:` the
//! source that a block is an excerpt of (`links.rs`), `keys:` the table of a TOML file whose keys the rows are (`keys.rs`),
//! `columns:`, `columns+:`, `header:` and `fields:` the written file whose names they are (`written.rs`).

#[cfg(unix)]
mod given;
mod keys;
mod links;
mod options;
mod page;
#[cfg(unix)]
mod walk;
#[cfg(unix)]
mod written;

use clap::CommandFactory;

use page::Page;

/// Runs what a page says, and compares what it says of files with the files.
#[cfg(unix)]
fn walked(name: &str) {
    let page = Page::read(name);
    let walk = walk::walk(&page);
    let skipped: Vec<String> = walk
        .skipped
        .iter()
        .map(|(why, blocks)| format!("{blocks} {why}"))
        .collect();
    eprintln!(
        "{name}: {} blocks ran, skipped: [{}]",
        walk.ran,
        skipped.join(", ")
    );
    assert!(
        walk.ran > 0,
        "{name}: no block ran; is it a page of `QUIET`?"
    );
    written::check(&page, walk.folder.path());
}

macro_rules! pages {
    ($($test:ident $page:literal,)+) => {
        /// Pages whose commands are run.
        const WALKED: &[&str] = &[$($page),+];

        $(
            #[cfg(unix)]
            #[test]
            fn $test() {
                walked($page);
            }
        )+
    };
}

pages! {
    the_introduction_runs_as_written "introduction.md",
    the_quickstart_runs_as_written "quickstart.md",
    own_data_gets_to_a_report_as_written "own-data.md",
    datacomp_gets_from_metadata_to_a_report_as_written "datacomp.md",
    yfcc_and_redcaps_run_as_written "yfcc-redcaps.md",
    sources_run_as_written "sources.md",
    splits_run_as_written "splits.md",
    training_runs_as_written "training.md",
    evaluation_runs_as_written "evaluation.md",
    reports_run_as_written "report.md",
    many_machines_run_as_written "many-machines.md",
    commands_run_as_written "reference-commands.md",
    tasks_run_as_written "reference-tasks.md",
    files_are_written_as_documented "reference-files.md",
    a_task_is_added_as_written "adding-a-task.md",
}

/// Pages that have nothing to run.
const QUIET: [&str; 8] = [
    "migration.md",
    "reference-dataset.md",
    "reference-recipe.md",
    "numbers.md",
    "adding-a-strategy.md",
    "adding-a-source.md",
    "scale.md",
    "study.md",
];

#[test]
fn every_page_is_walked_or_known_to_have_nothing_to_run() {
    for name in page::names() {
        let (walked, quiet) = (WALKED.contains(&&*name), QUIET.contains(&&*name));
        assert!(walked != quiet, "{name} is in one of `pages!` and `QUIET`");
        let runs = Page::read(&name).blocks().any(|block| block.is_run());
        assert_eq!(runs, walked, "{name} has blocks to run");
    }
}

#[test]
fn every_option_of_every_command_exists() {
    let mut help = options::Help::default();
    let mut checked = 0;
    for name in page::names() {
        for block in Page::read(&name)
            .blocks()
            .filter(|block| block.language == "sh")
        {
            checked += options::check(&mut help, &format!("{name}:{}", block.line), &block.text);
        }
    }
    // The book has hundreds; none would mean that nothing was looked at.
    assert!(checked > 100, "{checked}");
}

#[test]
fn every_example_is_what_the_parser_reads() {
    let mut read = 0;
    for name in page::names() {
        for block in Page::read(&name)
            .blocks()
            .filter(|block| block.language == "toml")
        {
            let place = format!("{name}:{}", block.line);
            if let Err(message) = keys::parse(&block.why, &block.text) {
                panic!("{place}: {message}");
            }
            read += 1;
        }
    }
    assert!(read > 20, "{read}");
}

#[test]
fn every_key_of_every_file_is_documented_and_no_other() {
    let mut tables = 0;
    for name in page::names() {
        tables += keys::check(&Page::read(&name));
    }
    assert!(tables > 30, "{tables}");
}

#[test]
fn every_default_is_what_is_taken_without_the_key() {
    let mut compared = 0;
    for name in page::names() {
        compared += keys::check_defaults(&Page::read(&name));
    }
    assert!(compared > 60, "{compared}");
}

#[test]
fn every_command_is_in_the_reference() {
    let reference = std::fs::read_to_string(page::folder().join("reference-commands.md"));
    let reference = reference.expect("a page");
    for command in ticclip::cli::Cli::command().get_subcommands() {
        let row = format!("| `{}` |", command.get_name());
        assert!(reference.contains(&row), "{row}");
    }
}

#[test]
fn every_strategy_that_has_keys_has_them_in_the_reference() {
    let reference = Page::read("reference-recipe.md");
    for strategy in ticclip::strategy::names() {
        let keys = keys::of_strategy(strategy);
        let documented = reference
            .tables("keys")
            .any(|table| table.about.ends_with(&format!("strategy.{strategy}")));
        assert_eq!(documented, !keys.is_empty(), "{strategy} has {keys:?}");
    }
}

#[test]
fn every_link_leads_somewhere() {
    links::check();
}

#[test]
fn every_excerpt_is_the_source() {
    let mut excerpts = 0;
    for name in page::names() {
        excerpts += links::check_excerpts(&Page::read(&name));
    }
    assert!(excerpts > 5, "{excerpts}");
}
