//! The shipped tasks against DataComp's own list of them and open_clip's table of scores.

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::suite::Suite;
use crate::task::{ClassList, Kind, Task};

/// Rows by column name.
fn table(text: &str) -> Vec<BTreeMap<&str, &str>> {
    let mut lines = text.lines().map(|line| line.split(','));
    let header: Vec<&str> = lines.next().expect("a header").collect();
    lines
        .map(|line| header.iter().copied().zip(line).collect())
        .collect()
}

fn datacomp() -> Vec<BTreeMap<&'static str, &'static str>> {
    table(include_str!("../../../tests/golden/datacomp_tasks.csv"))
}

fn suite() -> Suite {
    Suite::shipped().expect("valid files")
}

fn names<'a>(tasks: impl IntoIterator<Item = &'a Task>) -> Vec<&'a str> {
    tasks.into_iter().map(|task| task.name.as_str()).collect()
}

fn members(suite: &Suite, group: &str) -> Vec<String> {
    let members = suite.members(group).expect("a group");
    names(members).into_iter().map(str::to_owned).collect()
}

#[test]
fn every_file_of_the_folder_is_shipped() {
    let mut found = Vec::new();
    for folder in ["tasks/static", "tasks/dynamic"] {
        let path = format!("{}/../{folder}", env!("CARGO_MANIFEST_DIR"));
        for entry in fs::read_dir(path).expect("a folder") {
            let name = entry.expect("an entry").file_name();
            found.push(format!("{folder}/{}", name.to_string_lossy()));
        }
    }
    found.sort();
    let mut shipped: Vec<&str> = TASKS.iter().map(|(file, _)| *file).collect();
    shipped.sort_unstable();
    assert_eq!(shipped, found);
}

#[test]
fn a_task_has_the_name_of_its_file() {
    for (file, text) in TASKS {
        let task = Task::parse(file, text).expect("a task");
        assert!(file.ends_with(&format!("/{}.toml", task.name)), "{file}");
        assert!(task.title.is_some() && !task.groups.is_empty(), "{file}");
    }
}

#[test]
fn datacomp38_is_what_datacomp_scores() {
    let suite = suite();
    let facts = datacomp();
    assert_eq!(facts.len(), 38);
    let tasks: Vec<&str> = facts
        .iter()
        .map(|fact| suite.task(fact["key"]).expect("a task").name.as_str())
        .collect();
    assert_eq!(members(&suite, "datacomp38"), tasks);
    for fact in &facts {
        let task = suite.task(fact["key"]).expect("a task");
        assert_eq!(task.metric, fact["metric"], "{}", task.name);
        assert_eq!(task.classes, fact["classes"].parse().ok(), "{}", task.name);
        assert_eq!(task.size, fact["size"].parse().ok(), "{}", task.name);
        assert_eq!(task.chance, fact["chance"].parse().ok(), "{}", task.name);
    }
}

#[test]
fn groups_are_datacomps() {
    let suite = suite();
    for (group, theirs, size) in [
        ("imagenet-shift", "ImageNet dist. shifts", 6),
        ("vtab", "VTAB", 13),
        ("static-retrieval", "Retrieval", 3),
    ] {
        let facts = datacomp();
        let facts = facts.iter().filter(|fact| fact["group"] == theirs);
        let tasks: Vec<&str> = facts
            .map(|fact| suite.task(fact["key"]).expect("a task").name.as_str())
            .collect();
        assert_eq!(tasks.len(), size);
        assert_eq!(members(&suite, group), tasks);
    }
    assert_eq!(members(&suite, "wilds"), ["iwildcam", "camelyon17", "fmow"]);
    assert_eq!(members(&suite, "fairness"), ["dollar_street", "geode"]);
    assert_eq!(members(&suite, "dynamic"), ["retrieval", "classification"]);
}

#[test]
fn static28_has_25_settled_places_and_3_that_are_not() {
    let suite = suite();
    assert_eq!(members(&suite, "static28").len(), 28);
    let unsettled = suite.unsettled("static28").expect("a group");
    assert_eq!(names(unsettled), ["caltech101", "cifar10", "cifar100"]);
    for group in suite.groups().filter(|group| group.name != "static28") {
        assert!(group.members.iter().all(|member| member.settled));
    }
}

#[test]
fn the_list_of_static28_is_what_its_tasks_say() {
    let suite = suite();
    let mut listed = suite.group("static28").expect("a group").members.clone();
    let mut said = Vec::new();
    for task in suite.tasks() {
        for place in task.groups.iter().filter(|place| place.name == "static28") {
            said.push((task.name.clone(), place.settled));
        }
    }
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    said.sort();
    let listed: Vec<_> = listed
        .into_iter()
        .map(|member| (member.name, member.settled))
        .collect();
    assert_eq!(listed, said);
}

#[test]
fn every_shipped_group_has_a_title() {
    let suite = suite();
    for group in suite.groups() {
        assert!(group.title.is_some(), "{}", group.name);
    }
}

/// Golden values: open_clip's own averages of its table.
#[test]
fn means_are_those_of_open_clips_table() {
    let suite = suite();
    let scores = table(include_str!("../../../tests/golden/openclip_scores.csv"));
    assert_eq!(scores.len(), 3);
    for model in &scores {
        let number = |column: &str| -> f64 { model[column].parse().expect("a number") };
        let scores: BTreeMap<String, f64> = datacomp()
            .iter()
            .map(|fact| {
                let task = suite.task(fact["key"]).expect("a task");
                (task.name.clone(), number(fact["name"]))
            })
            .collect();
        let mean = |group: &str| {
            let mean = suite.mean(group, &scores).expect("scores");
            mean.expect("a mean")
        };
        let all = mean("datacomp38");
        assert_eq!((all.tasks, all.missing.len()), (38, 0));
        // Four decimals of the scores, and of the mean.
        assert!((all.value - number("Average perf. on 38 datasets")).abs() < 1e-4);
        assert_eq!(mean("static28").unsettled.len(), 3);
        if model["name"] == "ViT-B-16" {
            assert!((mean("imagenet-shift").value - 0.5590).abs() < 1e-4);
        }
    }
}

#[test]
fn class_lists_have_a_line_a_class() {
    let suite = suite();
    let listed = suite.tasks().filter(|task| task.class_list.is_some());
    let mut tasks = Vec::new();
    for task in listed {
        let list = ClassList::by_name(task.class_list.as_ref().expect("a list"));
        let classes = list.expect("a list").classes().len();
        assert_eq!(Some(classes), task.classes, "{}", task.name);
        tasks.push(task.name.as_str());
    }
    for task in suite.members("imagenet-shift").expect("a group") {
        assert!(tasks.contains(&task.name.as_str()), "{}", task.name);
    }
}

/// Keys by which DataComp and TiC-CLIP read their data, and the folders that they read it from.
#[test]
fn data_lies_where_the_reference_reads_it() {
    let suite = suite();
    for (key, folder) in [
        ("imagenet-a", "wds_imagenet-a_test"),
        ("vtab/eurosat", "wds_vtab-eurosat_test"),
        ("wilds/fmow", "wds_wilds-fmow_test"),
        ("fairness/dollar_street", "wds_dollar_street_test"),
        ("flickr30k", "wds_flickr30k"),
        ("mscoco_captions", "wds_mscoco_captions"),
        ("vtab/cifar10", "wds_vtab-cifar10"),
    ] {
        let folders = suite.task(key).expect("a task").folders();
        assert!(folders.contains(&folder.to_owned()), "{key}: {folders:?}");
    }
    for (name, step, folder) in [
        ("retrieval", "2017", "eval/retrieval/2017"),
        (
            "tic-datacomp-retrieval",
            "2014",
            "tic/datacomp/yearly/eval/retrieval/2014",
        ),
        (
            "tic-datacomp-net",
            "2014",
            "tic/datacomp/yearly/eval/datacompnet/2014",
        ),
        (
            "tic-datacomp-retrieval-monthly",
            "201403",
            "tic/datacomp/monthly/eval/retrieval/201403",
        ),
        (
            "tic-datacomp-net-monthly",
            "201403",
            "tic/datacomp/monthly/eval/datacompnet/201403",
        ),
    ] {
        let task = suite.task(name).expect("a task");
        assert!(task.is_dynamic());
        assert_eq!(task.folders_at(step), [folder]);
        assert!(task.steps.is_empty() || task.steps.iter().any(|known| known == step));
    }
}

#[test]
fn no_two_tasks_are_looked_for_in_one_folder() {
    let suite = suite();
    let mut seen = BTreeMap::new();
    for task in suite.tasks() {
        for folder in task.folders() {
            let other = seen.insert(folder.clone(), &task.name);
            assert_eq!(other, None, "{folder} is {}'s too", task.name);
        }
    }
}

#[test]
fn steps_are_in_order_of_time() {
    let suite = suite();
    let counts: BTreeMap<&str, usize> = suite
        .tasks()
        .filter(|task| !task.steps.is_empty())
        .inspect(|task| assert!(task.steps.is_sorted(), "{}", task.name))
        .map(|task| (task.name.as_str(), task.steps.len()))
        .collect();
    assert_eq!(counts["tic-datacomp-retrieval"], 9);
    assert_eq!(counts["tic-datacomp-net-monthly"], 102);
    assert_eq!(counts["tic-yfcc-retrieval"], 4);
    assert_eq!(counts["tic-redcaps-retrieval"], 4);
}

#[test]
fn groups_of_samples_are_those_datacomp_looks_at() {
    let suite = suite();
    let by = |name: &str| {
        let grouping = suite.task(name).expect("a task").grouping.as_ref();
        grouping.map(|grouping| (grouping.column(), grouping.by().to_owned()))
    };
    assert_eq!(by("fmow"), Some((0, "region".to_owned())));
    assert_eq!(by("camelyon17"), Some((1, "slide".to_owned())));
    assert_eq!(by("dollar_street"), Some((0, "income_ds".to_owned())));
    assert_eq!(by("geode"), Some((0, "region".to_owned())));
    assert_eq!(by("eurosat"), None);
}

#[test]
fn kinds_other_than_classification_are_few() {
    let suite = suite();
    let of = |kind: Kind| names(suite.tasks().filter(|task| task.kind == kind));
    assert_eq!(of(Kind::Multilabel), ["voc2007_multilabel"]);
    assert_eq!(of(Kind::Winogavil), ["winogavil"]);
}
