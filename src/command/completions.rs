//! `completions`: what a shell completes, and man pages, from the command line's own description.

use std::path::Path;

use clap::CommandFactory;
use serde_json::json;

use super::failure::Failure;
use super::{Summary, shown};
use crate::artefact::NewFile;
use crate::cli::{Cli, CompletionsArgs};
use crate::noun::number_of;

pub(super) fn run(args: &CompletionsArgs) -> Result<Summary, Failure> {
    match (&args.man, args.shell) {
        (Some(folder), _) => pages(folder),
        (None, Some(shell)) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "ticclip", &mut script);
            let script = String::from_utf8(script).map_err(Failure::failed)?;
            let json = json!({"shell": shell.to_string(), "script": script});
            Ok(Summary::new(script, json))
        }
        (None, None) => unreachable!("the command line asks for one of both"),
    }
}

/// Writes a page for the program and one for each of its commands, with the commands below them.
fn pages(folder: &Path) -> Result<Summary, Failure> {
    // Names the pages of subcommands `ticclip-eval`, and gives each what holds for every command.
    let mut command = Cli::command();
    command.build();
    let mut written = Vec::new();
    write(folder, &command, &mut written)?;
    let written: Vec<String> = written.iter().map(|page| shown(page)).collect();
    let pages = number_of(written.len(), "page");
    let text = format!("{pages}\n{}\n", folder.display());
    Ok(Summary::new(text, json!({"pages": written})))
}

fn write(
    folder: &Path,
    command: &clap::Command,
    written: &mut Vec<std::path::PathBuf>,
) -> Result<(), Failure> {
    let page = clap_mangen::Man::new(command.clone());
    let path = folder.join(page.get_filename());
    let mut text = Vec::new();
    page.render(&mut text).map_err(Failure::failed)?;
    NewFile::write_whole(&path, &text)?;
    written.push(path);
    // The program's own page lists its commands; help of help is no page.
    for below in command
        .get_subcommands()
        .filter(|below| below.get_name() != "help")
    {
        write(folder, below, written)?;
    }
    Ok(())
}
