//! Where files are: local disks, and object stores as the environment says how to reach them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::datasource::listing::ListingTableUrl;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreRegistry;
use object_store::http::HttpBuilder;
use object_store::local::LocalFileSystem;
use object_store::{ClientOptions, ObjectStore};
use url::{Position, Url};

use crate::error::EngineError;

const SCHEMES: [&str; 9] = [
    "s3", "s3a", "gs", "az", "azure", "abfs", "abfss", "http", "https",
];

/// Opens stores when a file in one is first asked for. Who asks, and where, comes from the environment of this process
/// alone (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT`, `GOOGLE_SERVICE_ACCOUNT`, `AZURE_STORAGE_ACCOUNT_NAME` …): no plan carries
/// a secret to another machine.
#[derive(Debug, Default)]
pub(crate) struct Stores {
    opened: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

impl ObjectStoreRegistry for Stores {
    fn register_store(
        &self,
        url: &Url,
        store: Arc<dyn ObjectStore>,
    ) -> Option<Arc<dyn ObjectStore>> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.insert(root(url), store)
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let root = root(url);
        if let Some(store) = opened.get(&root) {
            return Ok(store.clone());
        }
        let store = open(&root)?;
        opened.insert(root, store.clone());
        Ok(store)
    }
}

fn root(url: &Url) -> String {
    url[Position::BeforeScheme..Position::BeforePath].to_owned()
}

fn open(root: &str) -> Result<Arc<dyn ObjectStore>> {
    let url = Url::parse(root).map_err(|error| DataFusionError::External(error.into()))?;
    Ok(match url.scheme() {
        "file" => Arc::new(LocalFileSystem::new()),
        "http" | "https" => {
            // Whoever writes http:// means it.
            let plain = ClientOptions::new().with_allow_http(url.scheme() == "http");
            Arc::new(
                HttpBuilder::new()
                    .with_url(root)
                    .with_client_options(plain)
                    .build()?,
            )
        }
        _ => {
            // Names in the environment are in capitals, those of options are not.
            let options = std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .map(|(name, value)| (name.to_ascii_lowercase(), value));
            Arc::from(object_store::parse_url_opts(&url, options)?.0)
        }
    })
}

/// The url of a file: one that is written so, or that of a local path, which may have any characters.
pub(crate) fn locate(file: &str) -> Result<ListingTableUrl, EngineError> {
    let failed = |problem: String| EngineError::Place {
        file: file.to_owned(),
        problem,
    };
    let url = Url::parse(file)
        .ok()
        .filter(|url| SCHEMES.contains(&url.scheme()));
    let url = match url {
        Some(url) => url,
        None => {
            let path =
                std::path::absolute(Path::new(file)).map_err(|error| failed(error.to_string()))?;
            Url::from_file_path(path).map_err(|()| failed("the path cannot be a url".to_owned()))?
        }
    };
    ListingTableUrl::try_new(url, None).map_err(|error| failed(error.to_string()))
}
