//! What of a `split` is asked of the engine: filters, other columns, other formats, object stores, a cluster.

use std::path::{Path, PathBuf};

use ticclip_engine::Table;

use crate::artefact::Origin;
use crate::cli::SplitArgs;
use crate::command::failure::Failure;
use crate::manifest::{expand_braces, manifest_file, matching_files};
use crate::split::SplitQuery;
use crate::store::Store;

/// The query, where reading Parquet's `uid` and `timestamp` does not do.
pub(super) fn query(args: &SplitArgs) -> Result<Option<SplitQuery>, Failure> {
    let cluster = cluster(args);
    let plain = args.filter.is_none()
        && cluster.is_none()
        && args.uid_column == "uid"
        && args.timestamp_column == "timestamp"
        && [Some(&args.manifest), args.timestamps.as_ref()]
            .into_iter()
            .flatten()
            .all(|place| is_local_parquet(place));
    if plain {
        return Ok(None);
    }
    let table = |place: &Path, dated: bool| {
        let mut files = files(place)?;
        if cluster.is_some() {
            // Executors have other working folders.
            for file in &mut files {
                if Store::url_of(Path::new(file)).is_none() {
                    let whole = std::path::absolute(&file).map_err(Failure::wrong_input)?;
                    *file = whole.to_string_lossy().into_owned();
                }
            }
        }
        Ok::<_, Failure>(Table {
            files,
            uid: args.uid_column.clone(),
            timestamp: dated.then(|| args.timestamp_column.clone()),
        })
    };
    let dates = args.timestamps.as_deref();
    Ok(Some(SplitQuery {
        manifest: table(&args.manifest, dates.is_none())?,
        dates: dates.map(|dates| table(dates, true)).transpose()?,
        filter: args.filter.clone(),
        cluster,
    }))
}

#[cfg(feature = "distributed")]
fn cluster(args: &SplitArgs) -> Option<String> {
    args.cluster.clone()
}

#[cfg(not(feature = "distributed"))]
fn cluster(_: &SplitArgs) -> Option<String> {
    None
}

fn is_local_parquet(place: &Path) -> bool {
    let named = place
        .extension()
        .is_none_or(|extension| extension == "parquet");
    Store::url_of(place).is_none() && (named || place.is_dir())
}

/// The files of a table: a manifest's, a folder's, those that a glob or range means, or urls.
fn files(place: &Path) -> Result<Vec<String>, Failure> {
    let text = place.to_string_lossy().into_owned();
    if Store::url_of(place).is_some() {
        return expand_braces(&text).map_err(Failure::wrong_input);
    }
    let manifest = manifest_file(place);
    let found = if manifest.is_file() {
        vec![manifest]
    } else {
        let pattern = match place.is_dir() {
            true => place.join("*.parquet").to_string_lossy().into_owned(),
            false => text,
        };
        matching_files(Path::new(""), &[pattern]).map_err(Failure::wrong_input)?
    };
    let path = |file: PathBuf| file.to_string_lossy().into_owned();
    Ok(found.into_iter().map(path).collect())
}

/// Adds all that decides what the engine answers. Where it runs does not; what is in a store is known by its name.
pub(super) fn with_query(mut origin: Origin, query: &SplitQuery) -> Result<Origin, Failure> {
    if let Some(filter) = &query.filter {
        origin = origin.with_parameter("where", filter.clone());
    }
    origin = origin.with_parameter("uid-column", query.manifest.uid.clone());
    for (name, table) in [
        ("manifest", Some(&query.manifest)),
        ("timestamps", query.dates.as_ref()),
    ] {
        let Some(table) = table else { continue };
        if let Some(column) = &table.timestamp {
            origin = origin.with_parameter("timestamp-column", column.clone());
        }
        for (number, file) in table.files.iter().enumerate() {
            let key = format!("{name}-{number}");
            origin = if Store::url_of(Path::new(file)).is_some() {
                origin.with_parameter(&key, file.clone())
            } else {
                origin
                    .with_large_input(&key, Path::new(file))
                    .map_err(Failure::wrong_input)?
            };
        }
    }
    Ok(origin)
}
