//! An object store: a folder of `s3://`, `gs://`, `az://` or `http(s)://` that files are put into and taken from whole.
//!
//! Who asks, and where, comes from the environment as other tools have it (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT`,
//! `GOOGLE_SERVICE_ACCOUNT`, `AZURE_STORAGE_ACCOUNT_NAME` …); none of it is written anywhere.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::StreamExt;
use object_store::path::Path as Key;
use object_store::{GetResult, ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart};
use thiserror::Error;
use tokio::runtime::{Builder, Runtime};
use url::Url;

use crate::artefact::{ArtefactError, NewFile};

/// A longer file is put in pieces of this size.
const PIECE_BYTES: usize = 8 << 20;
/// Pieces under way at once.
const PIECES_AT_ONCE: usize = 4;

/// Why a file cannot be put into a store or taken from it.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The url names no store, or the environment does not say how to reach it.
    #[error(
        "{url}: {source}; stores are s3://, gs://, az:// and http(s):// with their keys in the environment"
    )]
    Open {
        /// The url.
        url: String,
        /// What is wrong.
        source: Box<object_store::Error>,
    },
    /// The store refuses, or cannot be reached.
    #[error("{url}/{name}: {source}")]
    Store {
        /// The folder's url.
        url: String,
        /// The file in it.
        name: String,
        /// What the store said.
        source: Box<object_store::Error>,
    },
    /// The local file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The local file cannot be put in place.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
}

/// A folder in an object store.
pub struct Store {
    url: String,
    inner: Arc<dyn ObjectStore>,
    prefix: Key,
    runtime: Runtime,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Store")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// The url that `place` is, if it is one and no local path.
    pub fn url_of(place: &Path) -> Option<Url> {
        let url = Url::parse(place.to_str()?).ok()?;
        let known = [
            "s3", "s3a", "gs", "az", "azure", "abfs", "abfss", "http", "https",
        ];
        known.contains(&url.scheme()).then_some(url)
    }

    /// Opens the folder at `url`; nothing is asked yet.
    ///
    /// # Errors
    /// When the url names no store, or the environment does not say how to reach it.
    pub fn open(url: &Url) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Open {
            url: url.to_string(),
            source: Box::new(source),
        };
        // Names in the environment are in capitals, those of options are not.
        let options = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .map(|(name, value)| (name.to_ascii_lowercase(), value));
        let (inner, prefix) = object_store::parse_url_opts(url, options).map_err(failed)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|source| StoreError::Io {
                path: PathBuf::from(url.as_str()),
                source,
            })?;
        Ok(Self {
            url: url.as_str().trim_end_matches('/').to_owned(),
            inner: Arc::from(inner),
            prefix,
            runtime,
        })
    }

    /// Puts a local file into the folder under `name`, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be read, or the store refuses.
    pub fn put(&self, file: &Path, name: &str) -> Result<(), StoreError> {
        let io = |source| StoreError::Io {
            path: file.to_owned(),
            source,
        };
        let mut open = File::open(file).map_err(io)?;
        let length = open.metadata().map_err(io)?.len();
        let key = self.key(name);
        if length <= PIECE_BYTES as u64 {
            let mut bytes = Vec::new();
            open.read_to_end(&mut bytes).map_err(io)?;
            let put = self.inner.put(&key, PutPayload::from(bytes));
            return self
                .runtime
                .block_on(put)
                .map(drop)
                .map_err(self.failed(name));
        }
        let upload = self
            .runtime
            .block_on(self.inner.put_multipart(&key))
            .map_err(self.failed(name))?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PIECE_BYTES);
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let read = open.read(&mut piece).map_err(io)?;
            if read == 0 {
                break;
            }
            self.runtime
                .block_on(async {
                    upload.wait_for_capacity(PIECES_AT_ONCE).await?;
                    upload.write(&piece[..read]);
                    Ok(())
                })
                .map_err(self.failed(name))?;
        }
        self.runtime
            .block_on(upload.finish())
            .map(drop)
            .map_err(self.failed(name))
    }

    /// Takes a file from the folder; false when there is none of this name.
    ///
    /// # Errors
    /// When the store cannot be reached, or the file cannot be written.
    pub fn get(&self, name: &str, into: &Path) -> Result<bool, StoreError> {
        let found = match self.runtime.block_on(self.inner.get(&self.key(name))) {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(false),
            Err(error) => return Err(self.failed(name)(error)),
        };
        let mut file = NewFile::create(into)?;
        self.copy(found, name, into, &mut file)?;
        file.finish()?;
        Ok(true)
    }

    /// The names of the files in the folder, sorted, those of folders in it with a `/`.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub fn names(&self) -> Result<Vec<String>, StoreError> {
        let mut listing = self.inner.list(Some(&self.prefix));
        let mut names = Vec::new();
        while let Some(found) = self.runtime.block_on(listing.next()) {
            let location = found.map_err(self.failed(""))?.location;
            let below = location.prefix_match(&self.prefix);
            names.extend(below.map(|parts| {
                let parts: Vec<_> = parts.map(|part| part.as_ref().to_owned()).collect();
                parts.join("/")
            }));
        }
        names.sort();
        Ok(names)
    }

    fn copy(
        &self,
        found: GetResult,
        name: &str,
        into: &Path,
        file: &mut NewFile,
    ) -> Result<(), StoreError> {
        let mut stream = found.into_stream();
        while let Some(bytes) = self.runtime.block_on(stream.next()) {
            let bytes = bytes.map_err(self.failed(name))?;
            file.write_all(&bytes).map_err(|source| StoreError::Io {
                path: into.to_owned(),
                source,
            })?;
        }
        Ok(())
    }

    fn key(&self, name: &str) -> Key {
        name.split('/')
            .fold(self.prefix.clone(), |key, part| key.join(part))
    }

    fn failed(&self, name: &str) -> impl FnOnce(object_store::Error) -> StoreError + use<> {
        let (url, name) = (self.url.clone(), name.to_owned());
        move |source| StoreError::Store {
            url,
            name,
            source: Box::new(source),
        }
    }
}
