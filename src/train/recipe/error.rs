//! Why a recipe cannot be used.

use std::path::PathBuf;

use thiserror::Error;
use ticclip_eval::near::{did_you_mean, near};
use ticclip_eval::toml_mistake::TomlMistake;

use super::shipped;
use crate::model::ConfigError;
use crate::strategy::{KeysError, UnknownStrategy};

/// Why a recipe cannot be used.
#[derive(Debug, Error)]
pub enum RecipeError {
    /// Neither a shipped name nor a file.
    #[error(
        "no recipe {name:?}: it is neither a file nor one that comes with the program ({}){}",
        shipped().join(", "),
        did_you_mean(&near(name, shipped()))
    )]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no recipe.
    #[error("{path}:{mistake}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, key and what is allowed.
        mistake: TomlMistake,
    },
    /// The model cannot be built.
    #[error("recipe {name}: {source}")]
    Model {
        /// The recipe.
        name: String,
        /// What is wrong.
        source: ConfigError,
    },
    /// A table for a strategy that there is not.
    #[error("recipe {name}: [strategy.…]: {source}")]
    Strategy {
        /// The recipe.
        name: String,
        /// The name, and those there are.
        source: UnknownStrategy,
    },
    /// A strategy cannot take its keys.
    #[error("recipe {name}: {source}")]
    Keys {
        /// The recipe.
        name: String,
        /// The key and what is allowed.
        source: KeysError,
    },
    /// A value outside what is allowed.
    #[error("recipe {name}: {problem}")]
    Value {
        /// The recipe.
        name: String,
        /// The key, its value and what is allowed.
        problem: String,
    },
}
