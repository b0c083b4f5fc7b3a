//! Classes: the pairs of a net as classification sets, with their class ids, names and prompts.

use std::path::{Path, PathBuf};

use crate::manifest::read_classes;
use crate::shard::ShardError;
use crate::uid::{Uid, read_uids};

/// What a prompt is made from unless one says otherwise.
pub(in crate::shard) const DEFAULT_TEMPLATE: &str = "a photo of a {c}.";

/// Classification sets to be written, from a folder that `net` has made.
#[derive(Debug, Clone)]
pub struct ClassesJob {
    /// The folder.
    folder: PathBuf,
    names: Vec<String>,
    templates: Vec<String>,
}

/// The classes of one step.
#[derive(Debug, Clone)]
pub(super) struct ClassesOfStep {
    /// The uid list of its pairs.
    pub(super) list: PathBuf,
    pub(super) names: Vec<String>,
    pub(super) templates: Vec<String>,
    /// Sorted by uid.
    ids: Vec<(Uid, u16)>,
}

impl ClassesJob {
    /// Reads the class names in `folder`. Prompts have `{c}` where a name goes; without a file of them there is one:
    /// "a photo of a NAME.".
    ///
    /// # Errors
    /// When a file is not there or has nothing in it, or a prompt has no place for a name.
    pub fn open(folder: &Path, templates: Option<&Path>) -> Result<Self, ShardError> {
        let templates = match templates {
            None => vec![DEFAULT_TEMPLATE.to_owned()],
            Some(path) => {
                let templates = lines(path)?;
                match templates.iter().find(|template| !template.contains("{c}")) {
                    Some(wrong) => {
                        return Err(ShardError::Classes {
                            path: path.to_owned(),
                            message: format!(
                                "`{wrong}` has no {{c}}, where the name of a class goes"
                            ),
                        });
                    }
                    None => templates,
                }
            }
        };
        Ok(Self {
            names: lines(&folder.join("classnames.txt"))?,
            folder: folder.to_owned(),
            templates,
        })
    }

    /// The classes of the step of this name; `None` where the net has no such step.
    pub(super) fn of(&self, step: &str) -> Result<Option<ClassesOfStep>, ShardError> {
        let list = self.folder.join(format!("eval/{step}.npy"));
        if !list.exists() {
            return Ok(None);
        }
        let path = self.folder.join(format!("classes/{step}.parquet"));
        let ids = read_classes(&path)?;
        let wrong = |message| ShardError::Classes {
            path: path.clone(),
            message,
        };
        let names = self.names.len();
        if let Some((uid, id)) = ids.iter().find(|(_, id)| usize::from(*id) >= names) {
            return Err(wrong(format!(
                "pair {uid} has the class id {id}, but classnames.txt has {names} names"
            )));
        }
        let classes = ClassesOfStep {
            names: self.names.clone(),
            templates: self.templates.clone(),
            ids,
            list,
        };
        let uids = read_uids(&classes.list)?;
        match uids.into_iter().find(|&uid| classes.id(uid).is_none()) {
            Some(uid) => Err(wrong(format!(
                "has no class for pair {uid}, which the step's list has"
            ))),
            None => Ok(Some(classes)),
        }
    }
}

impl ClassesOfStep {
    /// The class id of a pair, where it has one.
    pub(super) fn id(&self, uid: Uid) -> Option<u16> {
        let at = self.ids.binary_search_by_key(&uid, |(uid, _)| *uid).ok()?;
        Some(self.ids[at].1)
    }
}

fn lines(path: &Path) -> Result<Vec<String>, ShardError> {
    let text = std::fs::read_to_string(path).map_err(|source| ShardError::Io {
        path: path.to_owned(),
        source,
    })?;
    let lines: Vec<String> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    if lines.is_empty() {
        return Err(ShardError::Classes {
            path: path.to_owned(),
            message: "has no line".to_owned(),
        });
    }
    Ok(lines)
}
