//! Tables as agreed, with plain names and with hostile ones.

use super::super::{ExportedFile, Format, files};
use super::{contents, everything, sized};
use crate::tests::made_up::{hostile, plausible};
use crate::{Content, Score, Step, StrategyScores, TaskScores};

fn tables(content: &Content) -> Vec<(String, String)> {
    let text = |file: ExportedFile| {
        let text = String::from_utf8(file.bytes).expect("tables are text");
        (file.name, text)
    };
    let files = files(content, &Format::TABLES).expect("tables can be written");
    files.into_iter().map(text).collect()
}

fn table(content: &Content, name: &str) -> String {
    let found = tables(content).into_iter().find(|(known, _)| known == name);
    found.expect("there is such a table").1
}

/// Two steps, two strategies, one task, with names out of a nightmare.
fn nightmare() -> Content {
    let score = |value: f64| {
        Some(Score {
            value,
            interval: Some([value - 0.01, value + 0.01]),
        })
    };
    let strategy = |name: &str, shift: f64| StrategyScores {
        name: name.to_owned(),
        tasks: vec![TaskScores {
            name: "r".to_owned(),
            title: "R_1 & 50% {~^\\} | *x* é 检".to_owned(),
            metric: "acc1".to_owned(),
            chance: vec![Some(0.5), Some(0.25)],
            n: vec![Some(10), Some(20)],
            cells: vec![
                vec![score(0.5 + shift), score(0.25)],
                vec![score(0.125), score(0.625 + shift)],
            ],
            in_domain: Some(0.5625 + shift),
            backward: Some(0.125),
            forward: Some(0.25),
        }],
        ..StrategyScores::default()
    };
    let step = |name: &str| Step {
        name: name.to_owned(),
        ..Step::default()
    };
    Content {
        dataset: "#1 <data>_set".to_owned(),
        steps: vec![step("=1+1"), step("[2019, \"x\"]")],
        strategies: vec![strategy("@SUM(A1)", 0.0), strategy("**[b|c]** $5", 0.25)],
        ..Content::default()
    }
}

#[test]
fn summary_looks_as_agreed() {
    let content = plausible();
    for ending in ["md", "tex"] {
        insta::assert_snapshot!(
            format!("summary_{ending}"),
            table(&content, &format!("summary.{ending}"))
        );
    }
}

#[test]
fn moves_and_drops_say_of_how_many_and_whether_corrected() {
    let mut content = everything();
    let moves = table(&content, "moves.md");
    assert!(moves.contains("as oracle/2023 sees them") && moves.contains(" → "));
    assert!(moves.contains("p is not corrected (120 comparisons)."));
    assert!(moves.contains("with fewer than 5 images on a side."));
    let name = "drops-imagenet-train-sequential-2023-train-sequential-2014-2016.md";
    let by_group = table(&content, name);
    assert!(by_group.contains("| mean of steps |") && !by_group.contains("*By class*"));
    assert!(by_group.contains("p of steps (McNemar’s exact test) is not corrected"));
    content.comparisons[0].groups.clear();
    let by_class = table(&content, name);
    assert!(by_class.contains("*By class*"), "{by_class}");
    assert!(by_class.contains("Shown are 20 of 1000 classes"));
}

#[test]
fn matrix_and_steps_look_as_agreed() {
    let content = plausible();
    for name in [
        "matrix-retrieval-sequential.md",
        "matrix-retrieval-sequential.tex",
        "steps-retrieval.md",
        "steps-retrieval.tex",
    ] {
        insta::assert_snapshot!(name.replace(['.', '-'], "_"), table(&content, name));
    }
}

#[test]
fn nightmare_looks_as_agreed() {
    let content = nightmare();
    for (name, text) in tables(&content) {
        insta::assert_snapshot!(format!("nightmare_{}", name.replace(['.', '-'], "_")), text);
    }
}

#[test]
fn rows_have_as_many_cells_as_the_table_has_columns() {
    for (content, values) in contents() {
        for (name, text) in tables(&values) {
            if name.ends_with(".md") {
                let rows = text.lines().filter(|line| line.starts_with('|'));
                let cells: Vec<usize> = rows
                    .map(|row| row.replace("\\|", "").matches('|').count())
                    .collect();
                assert!(cells.len() > 2, "{name} of {content}");
                assert!(
                    cells.iter().all(|count| *count == cells[0]),
                    "{name} of {content}"
                );
            }
            if name.ends_with(".csv") {
                let mut reader = csv::Reader::from_reader(text.as_bytes());
                let read = reader.records().map(|row| row.map(|row| row.len()));
                let lengths: Result<Vec<usize>, csv::Error> = read.collect();
                assert!(
                    !lengths.expect("rows are alike").is_empty(),
                    "{name} of {content}"
                );
            }
            if name.ends_with(".tex") {
                assert!(text.is_ascii(), "{name} of {content}");
                for (begin, end) in [("\\begin{", "\\end{"), ("\\toprule", "\\bottomrule")] {
                    assert_eq!(text.matches(begin).count(), text.matches(end).count());
                }
            }
        }
    }
}

/// The tables behind the page's figures.
fn behind_figures(content: &Content) -> Vec<String> {
    let page = crate::render(content);
    let scripts = page.split("class=\"csv\">").skip(1);
    scripts
        .map(|rest| rest.split("</script>").next().unwrap_or_default())
        .map(|json| serde_json::from_str(json).expect("one JSON string"))
        .collect()
}

#[test]
fn every_exported_row_is_behind_a_figure_of_the_page_under_the_same_heads() {
    let content = everything();
    let behind = behind_figures(&content);
    for (name, text) in tables(&content) {
        if !name.ends_with(".csv") {
            continue;
        }
        let (heads, rows) = text.split_once("\r\n").expect("there are heads");
        let mut alike = behind.iter().filter(|table| table.starts_with(heads));
        assert!(alike.any(|table| table.contains(rows)), "{name}: {heads}");
    }
}

#[test]
fn list_of_words_without_a_sure_one_is_for_programs_alone() {
    let mut content = everything();
    let shift = content.shift.as_mut().expect("made up");
    shift.words.truncate(2);
    for (list, z) in shift.words.iter_mut().zip([1.0, 3.0]) {
        list.list = format!("list-{z}");
        list.step = None;
        list.terms.truncate(4);
        for (place, term) in list.terms.iter_mut().enumerate() {
            term.z = z / (1 + place) as f64;
        }
    }
    let tables = tables(&content);
    let names: Vec<&str> = tables
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| name.starts_with("words"))
        .collect();
    assert_eq!(
        names,
        [
            "words-list-1.csv",
            "words-list-3.csv",
            "words-list-3.md",
            "words-list-3.tex"
        ]
    );
    let text = table(&content, "words-list-3.md");
    assert!(text.contains("3 more below z 1.96."), "{text}");
    assert!(table(&content, "words-list-3.csv").lines().count() > 4);
}

#[test]
fn hostile_tables_hold_no_markup() {
    for (name, text) in tables(&hostile(&everything())) {
        if !name.ends_with(".csv") {
            let bare = text.replace("\\<", "").contains('<');
            assert!(!bare && !text.contains("</script>"), "{name}");
        }
    }
}

#[test]
fn numbers_that_are_none_are_missing() {
    for (content, values) in contents() {
        for (name, text) in tables(&values) {
            assert!(
                !text.contains("NaN") && !text.contains("inf,"),
                "{name} of {content}"
            );
        }
    }
}

#[test]
fn table_taller_than_a_page_becomes_several() {
    let text = table(&everything(), "static.tex");
    assert_eq!(text.matches("\\begin{table}").count(), 1);
    let mut content = everything();
    for number in 0..9 {
        let mut strategy = content.strategies[0].clone();
        strategy.name = format!("another-strategy-{number}");
        for task in &mut content.statics {
            let mut scores = task.scores.clone();
            scores.retain(|score| score.strategy == content.strategies[0].name);
            scores
                .iter_mut()
                .for_each(|score| score.strategy.clone_from(&strategy.name));
            task.scores.extend(scores);
        }
        content.strategies.push(strategy);
    }
    let text = table(&content, "static.tex");
    let parts = text.matches("\\begin{table}").count();
    assert!(parts > 1, "{parts}");
    for part in 2..=parts {
        assert_eq!(
            text.matches(&format!("\\label{{tab:static-{part}}}"))
                .count(),
            1
        );
    }
    assert_eq!(text.matches("(Continued.)").count(), parts - 1);
}

#[test]
fn wide_matrix_leaves_its_intervals_to_the_csv_file() {
    let content = sized(9, 1);
    let text = table(&content, "matrix-retrieval-strategy-of-a-long-name-0.tex");
    assert!(!text.contains("scriptsize") && !text.contains("half of the 95"));
    assert_eq!(text.matches("\\begin{tabular}").count(), 1);
    let text = table(
        &sized(20, 1),
        "matrix-retrieval-strategy-of-a-long-name-0.tex",
    );
    assert_eq!(text.matches("\\begin{tabular}").count(), 2);
}
