//! What a task file may say, and how mistakes are answered.

use super::*;

const HEAD: &str = "name = \"x\"\nkind = \"classification\"\nmetric = \"acc1\"\n";

fn message(text: &str) -> String {
    Task::parse("mine.toml", text)
        .expect_err("a mistake")
        .to_string()
}

fn says(text: &str, parts: &[&str]) {
    let message = message(text);
    for part in ["mine.toml"].iter().chain(parts) {
        assert!(message.contains(part), "{part} in {message}");
    }
}

#[test]
fn name_kind_and_metric_are_enough() {
    let task = Task::parse("mine.toml", HEAD).expect("a task");
    assert_eq!(task.folders()[0], "wds_x_test");
    assert!(task.groups.is_empty() && task.steps.is_empty() && !task.train);
    for line in HEAD.lines() {
        let key = line.split(' ').next().expect("a key");
        let rest = HEAD.replace(&format!("{line}\n"), "");
        says(&rest, &[&format!("missing field `{key}`")]);
    }
}

#[test]
fn a_misspelt_key_is_reported_with_file_line_and_keys() {
    says(
        &HEAD.replace("metric", "metrics"),
        &["mine.toml:3: ", "metrics", "`metric`", "`class-list`"],
    );
    says(
        &format!("{HEAD}class_list = \"imagenet\"\n"),
        &["mine.toml:4: ", "`class-list`"],
    );
}

#[test]
fn an_unknown_kind_is_answered_with_the_kinds_there_are() {
    says(
        &HEAD.replace("\"classification\"", "\"zeroshot\""),
        &["mine.toml:2: ", "`multilabel`", "`winogavil`"],
    );
}

#[test]
fn a_metric_of_another_kind_is_refused() {
    says(
        "name = \"x\"\nkind = \"retrieval\"\nmetric = \"acc1\"\n",
        &["mine.toml:3: ", "\"retrieval\"", "mean_recall@1"],
    );
}

#[test]
fn a_metric_over_groups_needs_groups() {
    let text = HEAD.replace("acc1", "acc_worst_region");
    says(&text, &["mine.toml:3: ", "`grouping`"]);
    let grouped =
        format!("{text}grouping = {{ member = \"npy\", columns = [\"region\"], by = \"region\" }}");
    let task = Task::parse("mine.toml", &grouped).expect("a task");
    assert_eq!(task.grouping.expect("a grouping").by(), "region");
}

#[test]
fn keys_of_another_kind_are_refused() {
    let retrieval = "name = \"x\"\nkind = \"retrieval\"\nmetric = \"mean_recall@1\"\n";
    for key in [
        "classes = 3",
        "class-list = \"imagenet\"",
        "grouping = { member = \"npy\", columns = [\"a\"], by = \"a\" }",
    ] {
        let name = key.split(' ').next().expect("a key");
        says(
            &format!("{retrieval}{key}\n"),
            &["mine.toml:4: ", &format!("`{name}`"), "\"retrieval\""],
        );
    }
}

#[test]
fn names_are_fit_for_files() {
    for name in ["", "a/b", "a b", "..", "ä"] {
        says(
            &HEAD.replace("\"x\"", &format!("{name:?}")),
            &["mine.toml:1: "],
        );
    }
}

#[test]
fn chance_is_a_share() {
    for chance in ["1.5", "-0.1", "nan", "inf"] {
        says(
            &format!("{HEAD}chance = {chance}\n"),
            &["mine.toml:4: ", "[0, 1]"],
        );
    }
    let task = Task::parse("mine.toml", &format!("{HEAD}chance = 1\n"));
    assert_eq!(task.expect("a whole number is a share").chance, Some(1.0));
}

#[test]
fn steps_have_a_place_and_names_of_their_own() {
    says(
        &format!("{HEAD}data = \"eval\"\nsteps = [\"2014\"]\n"),
        &["mine.toml:5: ", "{step}"],
    );
    says(
        &format!("{HEAD}data = \"{{step}}\"\nsteps = [\"2014\", \"2014\"]\n"),
        &["mine.toml:5: ", "2014"],
    );
    says(
        &format!("{HEAD}data = \"{{step}}\"\nsteps = []\n"),
        &["mine.toml:5: "],
    );
}

#[test]
fn a_class_list_is_shipped_or_a_file() {
    says(
        &format!("{HEAD}class-list = \"imagenet1k\"\n"),
        &["mine.toml:4: ", "imagenet, imagenet-a", ".txt"],
    );
    let own = format!("{HEAD}class-list = \"mine.txt\"\n");
    let task = Task::parse("mine.toml", &own).expect("a task");
    assert_eq!(task.class_list.as_deref(), Some("mine.txt"));
}
