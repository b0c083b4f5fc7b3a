//! Staging: a folder that an artefact is made in, which is the one asked for or, for an object store, a local one beside it.

use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::artefact::{ORIGIN_FILE, UNFINISHED_FILE, sha256_of};
use crate::store::{Store, StoreError};

/// Where an artefact is made, and where it goes.
pub(super) struct Staging {
    folder: PathBuf,
    store: Option<Store>,
}

impl Staging {
    /// For the place `out`; what is on its way to an object store is in `work`, or in a folder of the system's for
    /// temporary files that the same call finds again.
    pub(super) fn open(out: &Path, work: Option<&Path>) -> Result<Self, Failure> {
        let Some(url) = Store::url_of(out) else {
            if let Some(work) = work {
                return Err(Failure::wrong_input(anyhow::anyhow!(
                    "--work {} is for an --out in an object store, and {} is a local folder",
                    work.display(),
                    out.display()
                )));
            }
            return Ok(Self {
                folder: out.to_owned(),
                store: None,
            });
        };
        let name = format!("ticclip-{}", &sha256_of(url.as_str())[..16]);
        Ok(Self {
            folder: work.map_or_else(|| std::env::temp_dir().join(name), Path::to_owned),
            store: Some(Store::open(&url)?),
        })
    }

    /// The local folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The store, if the artefact goes into one.
    pub(super) fn into_store(self) -> Option<Store> {
        self.store
    }

    /// Brings what the store says about an earlier call: that it finished, and with which stats; or what it had begun.
    pub(super) fn pull(&self, stats: &str) -> Result<(), Failure> {
        let Some(store) = &self.store else {
            return Ok(());
        };
        let bring = |name: &str| store.get(name, &self.folder.join(name));
        if self.folder.join(UNFINISHED_FILE).exists() {
            return Ok(());
        }
        if bring(ORIGIN_FILE)? {
            bring(stats)?;
        } else {
            bring(UNFINISHED_FILE)?;
        }
        Ok(())
    }

    /// Says in the store what has been begun there, so that nothing else is mixed with it from another machine.
    pub(super) fn say_begun(&self) -> Result<(), Failure> {
        if let Some(store) = &self.store {
            store.put(&self.folder.join(UNFINISHED_FILE), UNFINISHED_FILE)?;
        }
        Ok(())
    }

    /// Puts files into the store, those that are there; the origin, which says that the artefact is whole, comes last.
    pub(super) fn push<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<(), Failure> {
        if let Some(store) = &self.store {
            for name in names.into_iter().chain([ORIGIN_FILE]) {
                let file = self.folder.join(name);
                if file.is_file() {
                    store.put(&file, name)?;
                }
            }
        }
        Ok(())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Open { .. } => Self::wrong_input(error),
            _ => Self::failed(error),
        }
    }
}
