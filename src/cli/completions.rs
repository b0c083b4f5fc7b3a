//! Arguments of `completions`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ticclip completions bash > ~/.local/share/bash-completion/completions/ticclip
  ticclip completions zsh > \"${fpath[1]}/_ticclip\"
  ticclip completions --man ~/.local/share/man/man1")]
pub struct CompletionsArgs {
    /// The shell whose completions are printed
    #[arg(value_enum, required_unless_present = "man")]
    pub shell: Option<Shell>,
    /// Folder for man pages, one a command, instead
    #[arg(long, value_name = "DIR", conflicts_with = "shell")]
    pub man: Option<PathBuf>,
}
