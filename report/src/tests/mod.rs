//! The page as a whole, on made-up content.

#[path = "../../examples/made_up/comparison.rs"]
mod comparison;
#[path = "../../examples/made_up/content.rs"]
pub(crate) mod content;
mod finding;
pub(crate) mod made_up;
#[path = "../../examples/made_up/picture.rs"]
mod picture;
#[path = "../../examples/made_up/random.rs"]
mod random;
#[path = "../../examples/made_up/shift.rs"]
mod shift;

use std::collections::BTreeSet;

use super::{Content, Drop, Score, Step, StrategyScores, TaskScores, render};
use made_up::{HOSTILE, hostile, plausible, with_holes};

/// Elements that have no end tag.
const VOID: [&str; 4] = ["meta", "img", "br", "!DOCTYPE"];

/// Tags of the page outside `<style>` and scripts, without their angle brackets.
///
/// A hostile text that got through as markup shows up here as a tag we do not write, or out of balance.
fn tags(page: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = tag_end(rest);
        tags.push(&rest[..end]);
        rest = &rest[end..];
        for raw in ["style", "script"] {
            if tags
                .last()
                .is_some_and(|tag| tag.split(' ').next() == Some(raw))
            {
                rest = &rest[rest
                    .find(&format!("</{raw}"))
                    .expect("raw text elements end")..];
            }
        }
    }
    tags
}

/// Where the tag ends: at the first `>` outside quotes.
fn tag_end(rest: &str) -> usize {
    let mut quoted = false;
    for (at, c) in rest.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return at,
            _ => {}
        }
    }
    panic!("a tag does not end: {}", &rest[..rest.len().min(80)]);
}

fn assert_well_formed(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut ids = BTreeSet::new();
    for tag in tags(page) {
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "end tag out of order");
            continue;
        }
        let name = tag
            .split([' ', '\n'])
            .next()
            .expect("split yields at least one part");
        if let Some(id) = tag
            .split(" id=\"")
            .nth(1)
            .and_then(|id| id.split('"').next())
        {
            assert!(ids.insert(id), "id {id} twice");
        }
        if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    for tag in tags(page) {
        for reference in ["aria-labelledby=\"", "href=\"#"] {
            let named = tag
                .split(reference)
                .nth(1)
                .and_then(|names| names.split('"').next())
                .unwrap_or_default();
            assert!(
                named.split(' ').all(|id| id.is_empty() || ids.contains(id)),
                "{tag} names an id that is not there"
            );
        }
    }
}

#[test]
fn plausible_page_is_well_formed() {
    assert_well_formed(&render(&plausible()));
    assert_well_formed(&render(&content::made_up(6)));
}

#[test]
fn hostile_page_has_the_same_tags_and_nothing_else() {
    let harmless = content::made_up(6);
    let page = render(&hostile(&harmless));
    assert_well_formed(&page);
    assert!(!page.contains(HOSTILE));
    assert!(!page.contains("<img src=x") && !page.contains("<!--"));
    assert!(!page.contains("href=\"javascript:"));
    assert!(!page.contains('\u{0}'));
    let names = |page: &str| -> BTreeSet<String> {
        tags(page)
            .iter()
            .map(|tag| tag.split([' ', '\n']).next().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(names(&page), names(&render(&harmless)));
    for tag in tags(&page) {
        assert!(
            !tag.split('"')
                .step_by(2)
                .any(|outside| outside.contains("onerror")),
            "{tag}"
        );
    }
}

#[test]
fn data_in_the_page_reads_back() {
    let content = hostile(&content::made_up(2));
    let page = render(&content);
    let json = page
        .split("id=\"content\">")
        .nth(1)
        .and_then(|rest| rest.split("</script>").next());
    let back: Content =
        serde_json::from_str(json.expect("the page carries its data")).expect("it is JSON");
    assert_eq!(back.steps[0].name, content.steps[0].name);
    for (read, written) in back.strategies.iter().zip(&content.strategies) {
        assert!(read.name == written.name && read.description == written.description);
        assert!(
            read.tasks[0].title == written.tasks[0].title && read.tasks[1].n == written.tasks[1].n
        );
    }
    assert!(back.statics == content.statics && back.shift == content.shift);
    assert!(back.comparisons[0].groups == content.comparisons[0].groups);
}

#[test]
fn page_loads_nothing_from_elsewhere() {
    let page = render(&plausible());
    for tag in tags(&page) {
        let outside = tag.contains("src=\"") && !tag.contains("src=\"data:image/png;base64,");
        assert!(!outside && !tag.starts_with("link"), "{tag}");
    }
    assert!(!page.contains("@import") && !page.contains("url(http"));
}

#[test]
fn same_content_gives_the_same_bytes() {
    assert_eq!(render(&plausible()), render(&plausible()));
}

#[test]
fn sections_without_data_do_not_appear() {
    let headings = |page: &str| page.matches("<section ").count();
    let page = render(&plausible());
    for absent in [
        "robustness",
        "rankings",
        "drops",
        "samples",
        "shift",
        "tasks",
    ] {
        assert!(
            !page.contains(&format!("<section id=\"{absent}\"")),
            "{absent}"
        );
        assert!(!page.contains(&format!("href=\"#{absent}\"")), "{absent}");
    }
    assert_eq!(headings(&page), 11);
    assert_eq!(headings(&render(&content::made_up(2))), 17);
    assert_eq!(headings(&render(&Content::default())), 0);
}

#[test]
fn tasks_beyond_the_first_wait_in_templates() {
    let page = render(&content::made_up(6));
    let on_page = page
        .matches("<div class=\"of-task\" data-task=\"3\">")
        .count();
    let waiting = page
        .matches("<template class=\"of-task\" data-task=\"5\">")
        .count();
    assert!(on_page == waiting && on_page >= 4, "{on_page} {waiting}");
}

#[test]
fn figures_carry_the_command_that_made_them() {
    let page = render(&content::made_up(1));
    let figures: Vec<&str> = page.split("<details class=\"data\">").skip(1).collect();
    assert!(figures.len() > 12);
    for figure in figures {
        let figure = figure.split("</details>").next().unwrap_or_default();
        assert!(
            figure.contains("<pre class=\"commands\" tabindex=\"0\">ticclip "),
            "{:.200}",
            figure
        );
    }
}

#[test]
fn table_data_of_a_figure_cannot_leave_its_script() {
    let page = render(&hostile(&content::made_up(1)));
    let tables: Vec<&str> = page.split("class=\"csv\">").skip(1).collect();
    for table in &tables {
        let json = table.split("</script>").next().unwrap_or_default();
        let csv: String = serde_json::from_str(json).expect("one JSON string");
        assert!(
            csv.lines().count() > 1 && csv.contains("</script>"),
            "{csv:.200}"
        );
    }
    assert!(tables.len() > 12);
}

#[test]
fn empty_content_still_makes_a_page() {
    let page = render(&Content::default());
    assert_well_formed(&page);
    assert!(page.contains("Nothing has been evaluated yet"));
}

#[test]
fn holes_and_broken_numbers_are_shown_as_missing() {
    let content = with_holes();
    let page = render(&content);
    assert_well_formed(&page);
    let visible = page
        .split("<script type=\"application/json\" id=")
        .next()
        .expect("split yields at least one part");
    assert!(!visible.contains("NaN") && !visible.contains("inf\"") && !visible.contains(">inf"));
    assert!(visible.contains("class=\"missing\""));
}

#[test]
fn what_is_no_number_is_a_dash_in_every_section() {
    let mut content = content::made_up(1);
    let nan = f64::NAN;
    let comparison = &mut content.comparisons[0];
    let broken = Drop {
        n: 0,
        a: nan,
        b: nan,
        drop: nan,
        low: nan,
        high: nan,
        p: Some(nan),
    };
    comparison.overall = broken;
    comparison.steps[0].drop = broken;
    comparison.groups[0].drop = broken;
    comparison.groups[0].p_adjusted = Some(nan);
    comparison.classes[0].a = nan;
    let model = &mut content.robustness[0].families[0].models[0];
    (model.base, model.residual, model.interval) = (nan, Some(nan), Some([nan, nan]));
    content.rankings[0].models[0].left.value = nan;
    content.statics[0].scores[7].score.value = nan;
    content.statics[1].chance = Some(nan);
    let shift = content.shift.as_mut().expect("made up");
    let term = &mut shift.words[0].terms[0];
    (term.z, term.log_odds, term.shares[0]) = (nan, nan, nan);
    (shift.looks[0].white, shift.looks[0].width.median) = (nan, nan);
    (shift.moves[0].z, shift.moves[0].distance, shift.moves[0].p) = (nan, nan, nan);
    let page = render(&content);
    assert_well_formed(&page);
    let broken: Vec<&str> = tags(&page)
        .into_iter()
        .filter(|tag| tag.contains("NaN"))
        .collect();
    assert_eq!(broken, Vec::<&str>::new());
    assert!(!page.contains(">NaN") && !page.contains(" NaN"));
}

#[test]
fn one_step_and_many_steps_both_fit() {
    for steps in [1, 110] {
        let task = TaskScores {
            name: "retrieval".to_owned(),
            cells: vec![
                vec![
                    Some(Score {
                        value: 0.5,
                        interval: None
                    });
                    steps
                ];
                steps
            ],
            in_domain: Some(0.5),
            ..TaskScores::default()
        };
        let content = Content {
            steps: (0..steps)
                .map(|i| Step {
                    name: format!("{i}"),
                    ..Step::default()
                })
                .collect(),
            strategies: vec![StrategyScores {
                tasks: vec![task],
                ..StrategyScores::default()
            }],
            ..Content::default()
        };
        assert_well_formed(&render(&content));
    }
}

#[test]
fn small_page_looks_as_agreed() {
    let score = |value| {
        Some(Score {
            value,
            interval: Some([value - 0.05, value + 0.05]),
        })
    };
    let task = TaskScores {
        name: "retrieval".to_owned(),
        title: "Retrieval".to_owned(),
        metric: "mean_recall@1".to_owned(),
        chance: vec![Some(0.02), Some(0.025)],
        n: vec![Some(50), Some(40)],
        cells: vec![vec![score(0.5), score(0.125)], vec![None, score(0.6)]],
        in_domain: Some(0.55),
        backward: None,
        forward: Some(0.125),
    };
    let step = |name: &str, train| Step {
        name: name.to_owned(),
        train,
        held_out: 50,
        ..Step::default()
    };
    let content = Content {
        title: "Small".to_owned(),
        steps: vec![step("2018", 400), step("2019-2020", 300)],
        strategies: vec![StrategyScores {
            name: "sequential".to_owned(),
            description: "New pairs only.".to_owned(),
            tasks: vec![task],
            ..StrategyScores::default()
        }],
        ..Content::default()
    };
    let page = render(&content);
    let header = page
        .split("<header>")
        .nth(1)
        .and_then(|rest| rest.split("<script type=\"application/json\" id=").next());
    insta::assert_snapshot!(header.expect("the page has a header"));
}
