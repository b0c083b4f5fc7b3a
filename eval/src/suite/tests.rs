//! How a suite is put together, added to, and asked.

use super::*;

const A: &str =
    "name = \"a\"\nkey = \"vtab/a\"\nkind = \"retrieval\"\nmetric = \"mean_recall@1\"\n";
const B: &str =
    "name = \"b\"\nkind = \"classification\"\nmetric = \"acc1\"\ngroups = [\"all?\", \"own\"]\n";

fn suite(groups: &str) -> Result<Suite, SuiteError> {
    Suite::new(&[("a.toml", A), ("b.toml", B)], ("groups.toml", groups))
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn selected(suite: &Suite, chosen: &[&str]) -> Vec<String> {
    let tasks = suite.select(&strings(chosen)).expect("they exist");
    tasks.iter().map(|task| task.name.clone()).collect()
}

fn fails(suite: Result<Suite, SuiteError>, parts: &[&str]) {
    let message = suite.expect_err("a mistake").to_string();
    for part in parts {
        assert!(message.contains(part), "{part} in {message}");
    }
}

const ALL: &str = "[[group]]\nname = \"all\"\nmembers = [\"b\", \"vtab/a?\"]\n";

#[test]
fn groups_and_names_select_each_task_once() {
    let suite = suite(ALL).expect("a suite");
    assert_eq!(selected(&suite, &["a", "all"]), ["a", "b"]);
    assert_eq!(selected(&suite, &["all"]), ["b", "a"]);
    assert_eq!(selected(&suite, &["vtab/a", "a"]), ["a"]);
}

#[test]
fn a_list_of_members_replaces_what_tasks_say() {
    let unsettled = |suite: &Suite| {
        let tasks = suite.unsettled("all").expect("a group");
        tasks
            .iter()
            .map(|task| task.name.clone())
            .collect::<Vec<_>>()
    };
    let said = suite("").expect("a suite");
    assert_eq!(
        (selected(&said, &["all"]), unsettled(&said)),
        (strings(&["b"]), strings(&["b"]))
    );
    let listed = said.with_groups("mine.toml", ALL).expect("a suite");
    assert_eq!(selected(&listed, &["all"]), ["b", "a"]);
    assert_eq!(unsettled(&listed), ["a"]);
    let own = listed.group("own").expect("another group stays");
    assert_eq!(own.members.len(), 1);
}

#[test]
fn groups_of_the_file_come_before_those_of_tasks() {
    let suite = suite("[[group]]\nname = \"own\"\ntitle = \"Mine\"\n").expect("a suite");
    let groups: Vec<(&str, Option<&str>)> = suite
        .groups()
        .map(|group| (group.name.as_str(), group.title.as_deref()))
        .collect();
    assert_eq!(groups, [("own", Some("Mine")), ("all", None)]);
}

#[test]
fn a_misspelt_key_of_a_group_is_reported_with_file_line_and_keys() {
    let text = "[[group]]\nname = \"all\"\nmember = [\"a\"]\n";
    fails(suite(text), &["groups.toml:3: ", "`members`"]);
    fails(suite("all = [\"a\"]\n"), &["groups.toml:1: ", "`group`"]);
}

#[test]
fn what_a_group_cannot_be_is_refused() {
    let group = |name: &str, rest: &str| format!("[[group]]\nname = \"{name}\"\n{rest}\n");
    fails(
        suite(&group("more", "members = [\"a\", \"c\"]")),
        &["groups.toml", "\"more\"", "\"c\"", "tasks a, b"],
    );
    fails(
        suite(&group("more", "members = [\"a\", \"vtab/a\"]")),
        &["\"more\"", "\"a\" twice"],
    );
    fails(
        suite(&group("more", "")),
        &["groups.toml", "\"more\"", "`members`"],
    );
    fails(suite(&group("a", "members = [\"b\"]")), &["\"a\"", "task"]);
    fails(
        suite(&(group("own", "") + &group("own", ""))),
        &["\"own\"", "twice"],
    );
}

#[test]
fn two_tasks_of_one_name_are_refused() {
    let suite = Suite::new(&[("a.toml", A), ("other.toml", A)], ("groups.toml", ""));
    fails(suite, &["other.toml", "\"a\""]);
}

#[test]
fn what_is_not_there_is_answered_with_what_is() {
    let suite = Suite::new(
        &[("a", A)],
        ("groups", "[[group]]\nname = \"all\"\nmembers = [\"a\"]"),
    );
    let message = suite
        .expect("a suite")
        .select(&strings(&["qqqq"]))
        .expect_err("a typo")
        .to_string();
    assert!(
        message.contains("groups all") && message.contains("tasks a"),
        "{message}"
    );
}

#[test]
fn near_names_are_offered_first() {
    let suite = Suite::shipped().expect("valid files");
    for (typed, first) in [
        ("eurosta", "did you mean eurosat"),
        ("retreival", "did you mean retrieval"),
        ("Static-28", "did you mean static28"),
        ("flickr", "did you mean flickr8k, flickr30k"),
        ("wds/vtab/dtd", "did you mean vtab/dtd"),
    ] {
        let message = suite
            .select(&strings(&[typed]))
            .expect_err("a typo")
            .to_string();
        assert!(message.contains(first), "{typed}: {message}");
        assert!(
            !message.contains("the tasks"),
            "all of them bury it: {message}"
        );
    }
    let far = suite
        .select(&strings(&["qqqq"]))
        .expect_err("no task")
        .to_string();
    assert!(!far.contains("did you mean"), "{far}");
}

#[test]
fn a_task_file_is_selected_by_its_path_and_by_its_name() {
    let mine = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/own_task/mine.toml");
    let names = strings(&["eurosat", mine, mine]);
    let suite = Suite::shipped().expect("valid files");
    let suite = suite.with_files(&names).expect("a task");
    assert_eq!(
        selected(&suite, &["eurosat", mine, "mine"]),
        ["eurosat", "mine"]
    );
    assert_eq!(selected(&suite, &["my-group"]), ["mine"]);
    assert_eq!(selected(&suite, &["wilds"]).last().expect("tasks"), "mine");
    let list = suite.task("mine").expect("a task").class_list.clone();
    let list = list.expect("a list");
    assert!(list.ends_with("own_task/mine.txt"), "{list}");
    crate::task::ClassList::by_name(&list).expect("it lies beside the task");
}

#[test]
fn a_task_file_that_cannot_be_used_is_named() {
    let with = |name: &str| {
        Suite::shipped()
            .expect("valid files")
            .with_files(&strings(&[name]))
    };
    fails(with("none.toml"), &["none.toml"]);
    let eurosat = concat!(env!("CARGO_MANIFEST_DIR"), "/../tasks/static/eurosat.toml");
    fails(with(eurosat), &[eurosat, "\"eurosat\" already"]);
}

#[test]
fn the_shipped_groups_file_can_be_given_as_a_users_own() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tasks/groups.toml");
    let suite = Suite::shipped().expect("valid files");
    let groups: Vec<Group> = suite.groups().cloned().collect();
    let again = suite.with_groups_file(file).expect("the same groups");
    assert!(again.groups().eq(&groups));
    fails(again.with_groups_file("none.toml"), &["none.toml"]);
}
