//! Keys of TOML files: examples are read by the real parsers, and tables of keys are what these know.
//!
//! A parser tells all of its keys when it meets one that it does not know, so a key is put into an example's table that nobody
//! has, and what the parser says is held against the page.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;
use ticclip::manifest::Dataset;
use ticclip::net::NetConfig;
use ticclip::timeline::read_timeline;
use ticclip::train::Recipe;
use ticclip_eval::suite::Suite;
use ticclip_eval::task::Task;
use ticclip_fetchers::config::Timestamps;
use toml::{Table as Keys, Value};

use super::page::{Page, Table};

/// A key that nothing has.
const UNKNOWN: &str = "zz-unknown";
/// A dataset that a fragment is put into.
const DATASET: &str = "name = \"x\"\n[pairs]\ntable = \"x.csv\"\nuid = { hash = [\"x\"] }\nimage = { column = \"x\" }\ncaption = { column = \"x\" }\n";
/// Keys that stand in a parser and in no example, as they are refused where the example is.
const NOT_IN_EXAMPLES: [&str; 1] = ["hf_tokenizer_name"];

/// What the real parser says to a text of this kind of file.
pub(super) fn parse(kind: &str, text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.toml");
    std::fs::write(&file, text).expect("written");
    let table = || text.parse::<Keys>().map_err(|error| error.to_string());
    match kind {
        "dataset" => dataset(&file),
        "pairs" => {
            let mut whole: Keys = DATASET.parse().expect("TOML");
            let pairs = whole["pairs"].as_table_mut().expect("a table");
            pairs.extend(table()?);
            std::fs::write(&file, text_of(&whole)).expect("written");
            dataset(&file)
        }
        "timestamps" => timestamps(table()?["timestamps"].clone()),
        "sources" => text
            .lines()
            .filter(|line| !line.is_empty())
            .try_for_each(source),
        "timeline" => read_timeline(&file)
            .map(drop)
            .map_err(|error| error.to_string()),
        "net" => {
            read_timeline(&file).map_err(|error| error.to_string())?;
            NetConfig::read(&file)
                .map(drop)
                .map_err(|error| error.to_string())
        }
        "recipe" => Recipe::parse(text, Path::new("x.toml"))
            .map(drop)
            .map_err(|error| chain(&error)),
        "task" => Task::parse("x.toml", text)
            .map(drop)
            .map_err(|error| error.to_string()),
        "groups" => {
            let suite = Suite::shipped().expect("it ships");
            suite
                .with_groups("x.toml", text)
                .map(drop)
                .map_err(|error| chain(&error))
        }
        other => Err(format!("{other:?} is no kind of TOML file")),
    }
}

fn text_of(keys: &Keys) -> String {
    toml::to_string(keys).expect("it was TOML")
}

fn dataset(file: &Path) -> Result<(), String> {
    let dataset = Dataset::read(file).map_err(|error| error.to_string())?;
    let sources = dataset.timestamps.map(|timestamps| timestamps.sources());
    sources
        .transpose()
        .map(drop)
        .map_err(|error| error.to_string())
}

fn timestamps(table: Value) -> Result<(), String> {
    let timestamps: Timestamps = table
        .try_into()
        .map_err(|error: toml::de::Error| error.to_string())?;
    timestamps
        .sources()
        .map(drop)
        .map_err(|error| error.to_string())
}

/// One line with the settings of one source.
fn source(line: &str) -> Result<(), String> {
    let mut table: Keys = line
        .parse()
        .map_err(|error: toml::de::Error| error.to_string())?;
    let name = table.keys().next().cloned().ok_or("no source")?;
    table.insert("order".to_owned(), Value::Array(vec![name.into()]));
    timestamps(table.into())
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Many a message holds its cause already.
        let told = error.to_string();
        if !text.contains(&told) {
            text += &format!(": {told}");
        }
        cause = error.source();
    }
    text
}

/// Holds the tables of a page against the parsers; returns how many there are.
pub(super) fn check(page: &Page) -> usize {
    let mut known: BTreeSet<String> = BTreeSet::new();
    for table in page.tables("keys") {
        let place = format!("{}:{}", page.name, table.line);
        let (kind, path) = about(table);
        let documented: BTreeSet<String> =
            table.names().into_iter().map(|(name, _)| name).collect();
        let example = examples(page, kind).find(|example| at(example, &path).is_some());
        let example = example.unwrap_or_else(|| panic!("{place}: no example has {}", table.about));
        assert_eq!(
            documented,
            keys(kind, &example, &path),
            "{place}: {}",
            table.about
        );
        let exampled: BTreeSet<String> = examples(page, kind)
            .flat_map(|example| keys_at(&example, &path))
            .collect();
        for key in documented.difference(&exampled) {
            assert!(
                NOT_IN_EXAMPLES.contains(&&**key),
                "{place}: no example sets {key}"
            );
        }
        known.insert(table.about.clone());
    }
    // Where a page has such tables it has one for each table of its examples.
    let kinds: BTreeSet<String> = page
        .tables("keys")
        .map(|table| about(table).0.to_owned())
        .collect();
    for kind in kinds {
        for example in examples(page, &kind) {
            for path in tables_in(&example, "") {
                let about = format!("{kind} {path}");
                assert!(
                    is_elsewhere(&kind, &path) || known.contains(about.trim()),
                    "{}: no table of keys for {about}",
                    page.name
                );
            }
        }
    }
    known.len()
}

/// Holds the defaults that a page states against the parsers: an example means the same without the key and with it at its
/// default. Returns how many were compared; what is no value, such as "needed", is left.
pub(super) fn check_defaults(page: &Page) -> usize {
    let mut compared = 0;
    for table in page.tables("keys") {
        let (kind, path) = about(table);
        for row in table.rows.iter().filter(|row| row.len() == 4) {
            let (Some(key), Some(default)) = (quoted(&row[0]), value(&row[2])) else {
                continue;
            };
            let with_key =
                |example: &Keys| at(example, &path).is_some_and(|table| table.contains_key(key));
            let Some(mut example) = examples(page, kind).find(with_key) else {
                continue;
            };
            at_mut(&mut example, &path).remove(key);
            let without = meaning(kind, &example, &path);
            at_mut(&mut example, &path).insert(key.to_owned(), default);
            let place = format!("{}:{}: {}: {key}", page.name, table.line, table.about);
            assert_eq!(without, meaning(kind, &example, &path), "{place}");
            compared += 1;
        }
    }
    compared
}

/// The name that a cell begins with in backticks.
fn quoted(cell: &str) -> Option<&str> {
    cell.strip_prefix('`')?.split('`').next()
}

/// The TOML value that a cell is.
fn value(cell: &str) -> Option<Value> {
    let cell = cell.trim_matches('`');
    let table: Keys = format!("x = {cell}").parse().ok()?;
    table.get("x").cloned()
}

/// What an example comes to.
fn meaning(kind: &str, example: &Keys, path: &[&str]) -> String {
    let text = text_of(example);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.toml");
    std::fs::write(&file, &text).expect("written");
    match kind {
        "dataset" => {
            let mut dataset = Dataset::read(&file).expect("a dataset");
            dataset.folder = Path::new(".").to_owned();
            format!("{dataset:?}")
        }
        "recipe" => {
            let mut recipe = Recipe::parse(&text, &file).expect("a recipe");
            let asked = path
                .strip_prefix(&["strategy"])
                .and_then(|path| path.first());
            let strategy = asked.map(|name| recipe.strategy(name).expect("a strategy"));
            let strategy = strategy.map(|one| {
                (
                    one.method(),
                    one.candidates(),
                    one.average(),
                    one.mixture(&[1, 1, 1]),
                )
            });
            recipe.strategy.clear();
            format!("{recipe:?} {strategy:?}")
        }
        "task" => format!("{:?}", Task::parse("x.toml", &text).expect("a task")),
        other => panic!("{other} has no defaults to compare"),
    }
}

/// Tables whose keys are names, or that another page or section has.
fn is_elsewhere(kind: &str, path: &str) -> bool {
    match kind {
        "recipe" => path == "strategy",
        "net" => path.is_empty() || path.starts_with("timeline"),
        "groups" => path.is_empty(),
        _ => false,
    }
}

/// The kind of file, and the path of the table in it.
fn about(table: &Table) -> (&str, Vec<&str>) {
    let (kind, path) = table
        .about
        .split_once(' ')
        .unwrap_or((table.about.as_str(), ""));
    (
        kind,
        path.split('.').filter(|part| !part.is_empty()).collect(),
    )
}

/// The examples of a kind of file; a fragment of a dataset's `[pairs]` is one, too.
fn examples<'a>(page: &'a Page, kind: &'a str) -> impl Iterator<Item = Keys> + 'a {
    page.blocks()
        .filter(|block| block.language == "toml")
        .filter_map(move |block| {
            let keys = || block.text.parse::<Keys>().expect("TOML");
            match block.why.as_str() {
                why if why == kind => Some(keys()),
                "pairs" if kind == "dataset" => {
                    Some(Keys::from_iter([("pairs".to_owned(), keys().into())]))
                }
                _ => None,
            }
        })
}

/// The table at a path; of a list the first.
fn at<'a>(keys: &'a Keys, path: &[&str]) -> Option<&'a Keys> {
    let Some((first, rest)) = path.split_first() else {
        return Some(keys);
    };
    let inner = match keys.get(*first)? {
        Value::Array(list) => list.first()?.as_table()?,
        value => value.as_table()?,
    };
    at(inner, rest)
}

/// The keys of all tables at a path: a list may have many.
fn keys_at(keys: &Keys, path: &[&str]) -> Vec<String> {
    let Some((first, rest)) = path.split_first() else {
        return keys.keys().cloned().collect();
    };
    let inner: Vec<&Keys> = match keys.get(*first) {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_table).collect(),
        value => value.and_then(Value::as_table).into_iter().collect(),
    };
    inner
        .into_iter()
        .flat_map(|inner| keys_at(inner, rest))
        .collect()
}

fn at_mut<'a>(keys: &'a mut Keys, path: &[&str]) -> &'a mut Keys {
    let Some((first, rest)) = path.split_first() else {
        return keys;
    };
    let inner = match keys.get_mut(*first).expect("it is there") {
        Value::Array(list) => list.first_mut().expect("one"),
        value => value,
    };
    at_mut(inner.as_table_mut().expect("a table"), rest)
}

/// Paths of all tables within, the whole one first.
fn tables_in(keys: &Keys, path: &str) -> Vec<String> {
    let mut paths = vec![path.to_owned()];
    for (key, value) in keys {
        let below = format!("{path}.{key}");
        let below = below.trim_start_matches('.');
        match value {
            Value::Table(inner) => paths.extend(tables_in(inner, below)),
            Value::Array(list) => paths.extend(
                list.first()
                    .and_then(Value::as_table)
                    .map(|_| below.to_owned()),
            ),
            _ => {}
        }
    }
    paths
}

/// The keys that the parser knows at this place of an example.
fn keys(kind: &str, example: &Keys, path: &[&str]) -> BTreeSet<String> {
    let told = |alone: bool| {
        let mut keys = example.clone();
        let table = at_mut(&mut keys, path);
        if alone {
            table.clear();
        }
        table.insert(UNKNOWN.to_owned(), Value::Boolean(true));
        let message = parse(kind, &text_of(&keys)).expect_err("nobody has such a key");
        names(&message).ok_or(message)
    };
    // Where one of several keys is chosen, two are no choice.
    told(false)
        .or_else(|_| told(true))
        .unwrap_or_else(|message| panic!("{kind} {path:?}: {message}"))
}

/// The keys that a parser names when it meets an unknown one.
fn names(message: &str) -> Option<BTreeSet<String>> {
    let of_serde =
        Regex::new(&format!("unknown (?:field|variant) `{UNKNOWN}`, (.*)")).expect("a pattern");
    let of_strategy =
        Regex::new(&format!("has no key \"{UNKNOWN}\"; it has (.*)")).expect("a pattern");
    if let Some(found) = of_serde.captures(message) {
        let quoted = found[1].split('`').skip(1).step_by(2);
        return Some(quoted.map(str::to_owned).collect());
    }
    let found = of_strategy.captures(message)?;
    let names = found[1].split(',').map(|name| name.trim().to_owned());
    Some(names.filter(|name| name != "none").collect())
}

/// The keys of a strategy.
pub(super) fn of_strategy(name: &str) -> BTreeSet<String> {
    let mut recipe: Keys = include_str!("../../../src/train/recipes/debug.toml")
        .parse()
        .expect("TOML");
    let table = Keys::from_iter([(UNKNOWN.to_owned(), Value::Boolean(true))]);
    recipe.insert(
        "strategy".to_owned(),
        Keys::from_iter([(name.to_owned(), table.into())]).into(),
    );
    let message = parse("recipe", &text_of(&recipe)).expect_err("nobody has such a key");
    names(&message).unwrap_or_else(|| panic!("{message}"))
}

#[test]
fn a_parser_tells_its_keys() {
    let set = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<BTreeSet<_>>()
    };
    let dataset: Keys = format!("{DATASET}[timestamps]\norder = [\"exif\"]\n")
        .parse()
        .expect("TOML");
    assert_eq!(
        keys("dataset", &dataset, &["pairs", "uid"]),
        set(&["column", "hash"])
    );
    assert!(keys("dataset", &dataset, &["pairs"]).contains("columns"));
    assert_eq!(of_strategy("lwf"), set(&["weight"]));
    assert_eq!(of_strategy("oracle"), set(&[]));
    parse("dataset", "name = 1").expect_err("a number is no name");
    parse("sources", "wayback = { robots = true }").expect_err("it has no such key");
}
