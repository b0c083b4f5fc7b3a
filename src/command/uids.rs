//! `uids`: lists of uids looked at, converted, joined and checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::failure::Failure;
use super::{Summary, shown};
use crate::cli::{UidsArgs, UidsCombineArgs, UidsCommand, UidsConvertArgs, UidsListArgs};
use crate::noun::number_of;
use crate::uid::{
    AnyUids, Operation, Sorter, Uid, UidFileError, UidFileFormat, UidFileWriter, UidListError,
    combine,
};

/// Uids that are sorted in memory at once.
const SORT_BYTES: u64 = 1 << 30;

pub(super) fn run(args: &UidsArgs) -> Result<Summary, Failure> {
    match &args.command {
        UidsCommand::Info(args) => info(args),
        UidsCommand::Check(args) => check(args),
        UidsCommand::Convert(args) => convert(args),
        UidsCommand::Union(args) => combined(args, Operation::Union),
        UidsCommand::Intersect(args) => combined(args, Operation::Intersect),
        UidsCommand::Subtract(args) => combined(args, Operation::Subtract),
    }
}

fn failure(error: UidFileError) -> Failure {
    match error {
        UidFileError::Artefact(error) | UidFileError::List(UidListError::Artefact(error)) => {
            error.into()
        }
        UidFileError::Parquet(_) => Failure::failed(error),
        _ => Failure::wrong_input(error),
    }
}

/// What a list is like.
#[derive(Default)]
struct Description {
    rows: u64,
    range: Option<(Uid, Uid)>,
    /// Rows that are smaller than the one before, and rows that equal it; the first of each, counted from 1.
    smaller: (u64, Option<u64>),
    repeated: (u64, Option<u64>),
    before: Option<Uid>,
}

impl Description {
    fn add(&mut self, uid: Uid) {
        self.rows += 1;
        let (low, high) = self.range.unwrap_or((uid, uid));
        self.range = Some((low.min(uid), high.max(uid)));
        let wrong = match self.before {
            Some(before) if uid < before => Some(&mut self.smaller),
            Some(before) if uid == before => Some(&mut self.repeated),
            _ => None,
        };
        if let Some((count, first)) = wrong {
            *count += 1;
            first.get_or_insert(self.rows);
        }
        self.before = Some(uid);
    }

    /// What is wrong with it as a list.
    fn problems(&self) -> Vec<String> {
        let problem = |(count, first): (u64, Option<u64>), what| {
            first.map(|row| format!("{count} rows {what} the row before, the first is row {row}"))
        };
        let problems = [
            problem(self.smaller, "are smaller than"),
            problem(self.repeated, "equal"),
        ];
        problems.into_iter().flatten().collect()
    }
}

/// Lists by name: a file is one, a pickle has one for each of its keys.
fn describe(file: &Path) -> Result<BTreeMap<String, Description>, UidFileError> {
    let name = file.display().to_string();
    let mut found: BTreeMap<String, Description> = BTreeMap::new();
    if UidFileFormat::of(file)? == UidFileFormat::Pickle {
        AnyUids::pickled(file, |key, uid| {
            let name = key.map_or_else(|| name.clone(), |key| format!("{name}: {key}"));
            found.entry(name).or_default().add(uid);
            Ok(())
        })?;
    } else {
        let mut description = Description::default();
        for uid in AnyUids::open(file)? {
            description.add(uid?);
        }
        found.insert(name, description);
    }
    Ok(found)
}

fn info(args: &UidsListArgs) -> Result<Summary, Failure> {
    let (mut text, mut lists) = (String::new(), Vec::new());
    for file in &args.files {
        for (name, list) in describe(file).map_err(failure)? {
            let sorted = list.smaller.0 == 0;
            // In a list that is not sorted equal uids may stand apart.
            let unique = if sorted && list.repeated.0 == 0 {
                "unique"
            } else {
                "perhaps not unique"
            };
            let range = list.range.map_or_else(
                || "empty".to_owned(),
                |(first, last)| format!("{first} to {last}"),
            );
            text.push_str(&format!(
                "{name}: {}, {}, {unique}, {range}\n",
                number_of(list.rows, "uid"),
                if sorted { "sorted" } else { "not sorted" },
            ));
            lists.push(json!({
                "list": name,
                "uids": list.rows,
                "sorted": sorted,
                "unique": sorted && list.repeated.0 == 0,
                "first": list.range.map(|range| range.0.to_string()),
                "last": list.range.map(|range| range.1.to_string()),
            }));
        }
    }
    Ok(Summary::new(text, json!({ "lists": lists })))
}

fn check(args: &UidsListArgs) -> Result<Summary, Failure> {
    let (mut text, mut problems) = (String::new(), Vec::new());
    for file in &args.files {
        for (name, list) in describe(file).map_err(failure)? {
            let found = list.problems();
            if found.is_empty() {
                let uids = number_of(list.rows, "uid");
                text.push_str(&format!("{name}: {uids}, sorted and unique\n"));
            }
            problems.extend(
                found
                    .into_iter()
                    .map(|problem| format!("{name}: {problem}")),
            );
        }
    }
    if problems.is_empty() {
        return Ok(Summary::new(text, json!({ "lists": args.files.len() })));
    }
    Err(Failure::failed(anyhow::anyhow!("{}", problems.join("\n"))))
}

fn convert(args: &UidsConvertArgs) -> Result<Summary, Failure> {
    let has_pickles = args
        .files
        .iter()
        .any(|file| matches!(UidFileFormat::of(file), Ok(UidFileFormat::Pickle)));
    if args.by_key {
        if !has_pickles {
            return Err(Failure::wrong_input(anyhow::anyhow!(
                "--by-key: only pickles have keys, and none is given"
            )));
        }
        return by_key(args);
    }
    let mut sorter = Sorter::new(&args.out, SORT_BYTES).map_err(failure)?;
    let mut rows = 0;
    for file in &args.files {
        each_uid(file, |uid| {
            rows += 1;
            sorter.push(uid)
        })
        .map_err(failure)?;
    }
    let mut out = UidFileWriter::create(&args.out).map_err(failure)?;
    sorter.finish(|uid| out.push(uid)).map_err(failure)?;
    let uids = out.finish().map_err(failure)?;
    Ok(written(&args.out, uids, Some(rows)))
}

/// Gives all uids of a file to `each`, those of a pickle whatever their keys.
fn each_uid(
    file: &Path,
    mut each: impl FnMut(Uid) -> Result<(), UidFileError>,
) -> Result<(), UidFileError> {
    if UidFileFormat::of(file)? == UidFileFormat::Pickle {
        return AnyUids::pickled(file, |_, uid| each(uid));
    }
    AnyUids::open(file)?.try_for_each(|uid| each(uid?))
}

/// Writes a list for each key of the pickles, such as each year.
fn by_key(args: &UidsConvertArgs) -> Result<Summary, Failure> {
    let mut sorters: BTreeMap<String, Sorter> = BTreeMap::new();
    for file in &args.files {
        AnyUids::pickled(file, |key, uid| {
            let key = match key {
                Some(key) => key,
                None => file
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
            };
            if key.contains(['/', '\\']) || key.starts_with('.') {
                return Err(UidFileError::Row {
                    path: file.clone(),
                    row: 0,
                    message: format!("key `{key}` is no name for a file"),
                });
            }
            let sorter = match sorters.entry(key) {
                std::collections::btree_map::Entry::Occupied(there) => there.into_mut(),
                std::collections::btree_map::Entry::Vacant(free) => {
                    let path = args.out.join(format!("{}.npy", free.key()));
                    free.insert(Sorter::new(&path, SORT_BYTES / 16)?)
                }
            };
            sorter.push(uid)
        })
        .map_err(failure)?;
    }
    let (mut text, mut lists) = (String::new(), BTreeMap::new());
    for (key, sorter) in sorters {
        let path = args.out.join(format!("{key}.npy"));
        let mut out = UidFileWriter::create(&path).map_err(failure)?;
        sorter.finish(|uid| out.push(uid)).map_err(failure)?;
        let uids = out.finish().map_err(failure)?;
        let told = number_of(uids, "uid");
        text.push_str(&format!("{}: {told}\n", path.display()));
        lists.insert(path.display().to_string(), uids);
    }
    Ok(Summary::new(text, json!({ "lists": lists })))
}

fn combined(args: &UidsCombineArgs, operation: Operation) -> Result<Summary, Failure> {
    let same = |file: &&PathBuf| {
        let both = file.canonicalize().ok().zip(args.out.canonicalize().ok());
        both.is_some_and(|(file, out)| file == out)
    };
    if let Some(file) = args.files.iter().find(same) {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "--out {} would replace a list that is read; name another file",
            file.display()
        )));
    }
    let mut out = UidFileWriter::create(&args.out).map_err(failure)?;
    combine(operation, &args.files, |uid| out.push(uid)).map_err(failure)?;
    let uids = out.finish().map_err(failure)?;
    Ok(written(&args.out, uids, None))
}

fn written(out: &Path, uids: u64, rows: Option<u64>) -> Summary {
    let repeated = rows
        .map(|rows| rows - uids)
        .filter(|&repeated| repeated > 0);
    let repeated_text = repeated.map_or_else(String::new, |rows| format!(" (repeats: {rows})"));
    Summary::new(
        format!(
            "{}: {}{repeated_text}\n",
            out.display(),
            number_of(uids, "uid")
        ),
        json!({"out": shown(out), "uids": uids, "repeats": repeated}),
    )
}
