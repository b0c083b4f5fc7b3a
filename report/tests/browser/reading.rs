//! Opening, sorting, filtering, pointing, unfolding.

use serde_json::Value;

use super::content::made_up;
use super::page::Page;

const GROUPS: &str = "document.querySelectorAll('#drops-0 tbody tr:not(.detail)')";

#[test]
fn page_opens_without_a_complaint() {
    let Some(page) = Page::open(&made_up(3)) else {
        return;
    };
    page.run("document.querySelectorAll('details.data').forEach((one) => { one.open = true; })");
    page.wait_for("document.querySelectorAll('details.data .table').length === document.querySelectorAll('details.data').length");
    page.click("#theme");
    assert_eq!(page.complaints(), Vec::<String>::new());
    assert!(page.get::<bool>("!document.querySelector('.choose').hidden"));
}

#[test]
fn policy_stops_foreign_scripts_and_says_so() {
    let hostile = ticclip_report::render(&made_up(1)).replace(
        "</body>",
        "<script>window.broken = 1</script><img src=\"https://example.invalid/x\"></body>",
    );
    let Some(page) = Page::open_html(&hostile) else {
        return;
    };
    page.go("");
    page.wait_for("window.complaints.length >= 2");
    assert!(page.get::<bool>("window.broken === undefined"));
    let complaints = page.complaints().join("\n");
    assert!(
        complaints.contains("script-src") && complaints.contains("img-src"),
        "{complaints}"
    );
}

#[test]
fn summary_sorts_both_ways_and_says_how() {
    let Some(page) = Page::open(&made_up(2)) else {
        return;
    };
    let column = "[...document.querySelectorAll('#scores tbody tr')].map((row) => Number(row.cells[4].dataset.value))";
    page.click("#scores thead tr:last-child th:nth-child(5) button");
    let falling: Vec<f64> = page.get(column);
    assert!(
        falling.is_sorted_by(|a, b| a >= b) && falling.len() == 3,
        "{falling:?}"
    );
    assert_eq!(
        page.get::<Value>("document.querySelector('#scores th[aria-sort]').ariaSort"),
        "descending"
    );
    page.click("#scores thead tr:last-child th:nth-child(5) button");
    let rising: Vec<f64> = page.get(column);
    assert!(rising.is_sorted(), "{rising:?}");
    assert!(
        page.get::<String>("document.querySelector('div.unseen[role=status]').textContent")
            .contains("ascending")
    );
}

#[test]
fn small_probabilities_come_first() {
    let Some(page) = Page::open(&made_up(1)) else {
        return;
    };
    page.click("#drops-0 thead th:last-child button");
    let shown: Vec<f64> = page.get(&format!(
        "[...{GROUPS}].map((row) => Number([...row.cells].pop().dataset.value))"
    ));
    assert!(shown.is_sorted() && shown.len() == 12, "{shown:?}");
}

#[test]
fn groups_filter_and_show_more_from_the_template() {
    let Some(page) = Page::open(&made_up(2)) else {
        return;
    };
    assert_eq!(page.get::<usize>(&format!("{GROUPS}.length")), 12);
    page.click("#drops-0 > .button");
    assert_eq!(page.get::<usize>(&format!("{GROUPS}.length")), 112);
    page.click("#drops-0 input[type=search]");
    page.type_text("vehicle");
    let names: Vec<String> = page.get(&format!(
        "[...{GROUPS}].map((row) => row.textContent.toLowerCase())"
    ));
    assert!(
        !names.is_empty() && names.iter().all(|name| name.contains("vehicle")),
        "{names:?}"
    );
    page.type_text(" nothing is called so");
    assert_eq!(page.get::<usize>(&format!("{GROUPS}.length")), 0);
    let found: String = page.get("document.querySelector('#drops-0 .found').textContent");
    assert!(found.starts_with("0 of 0"), "{found}");
}

#[test]
fn tree_shows_what_holds_a_match_and_a_group_opens() {
    let Some(page) = Page::open(&made_up(2)) else {
        return;
    };
    page.click("#drops-0 .tools button");
    let first: String =
        page.get("document.querySelector('#drops-0 tbody tr').cells[0].dataset.value");
    assert_eq!(first, "entity");
    let (found, rows): (String, usize) = page.get(&format!(
        "[document.querySelector('#drops-0 .found').textContent, {GROUPS}.length]"
    ));
    assert!(rows < 600 && found == format!("{rows} of 600"), "{found}");
    assert!(page.get::<bool>("document.querySelector('#drops-0 > .button').hidden"));
    let deepest: String = page.get(&format!("[...{GROUPS}].pop().cells[0].dataset.value"));
    page.click("#drops-0 input[type=search]");
    page.type_text(&deepest);
    // The match and everything above it, from the root down.
    let levels: Vec<u32> = page.get(&format!(
        "[...{GROUPS}].map((row) => Number(row.dataset.level))"
    ));
    assert!(
        levels[0] == 1 && levels.len() > 1 && levels.windows(2).all(|two| two[1] <= two[0] + 1),
        "{levels:?}"
    );
    page.click("#drops-0 tbody tr:last-child button.name");
    let detail: String = page.get("document.querySelector('#drops-0 .detail').textContent");
    assert!(detail.contains("Within entity"), "{detail}");
}

#[test]
fn samples_are_chosen_by_who_was_right() {
    let Some(page) = Page::open(&made_up(1)) else {
        return;
    };
    page.choose("#samples-0 select[data-choice=outcome]", "only B");
    let outcomes: Vec<String> = page
        .get("[...document.querySelectorAll('#samples-0 li')].map((one) => one.dataset.outcome)");
    assert!(
        outcomes.len() == 12 && outcomes.iter().all(|one| one == "b"),
        "{outcomes:?}"
    );
    page.point_at("#samples-0 li:first-child img");
    page.wait_for("[...document.querySelectorAll('#samples-0 img')].slice(0, 3).every((one) => one.complete && one.naturalWidth === 96)");
}

#[test]
fn pointing_shows_values() {
    let Some(page) = Page::open(&made_up(1)) else {
        return;
    };
    for (target, words) in [
        (
            "#matrices table.heat tbody tr:nth-child(3) td:nth-child(3)",
            "95% interval",
        ),
        ("#curves .chart .dot", "sequential after"),
        ("#drops-0 td.mark svg", "drop "),
    ] {
        page.point_at(target);
        eprintln!("pointing at {target}");
        page.wait_for("!document.getElementById('tip').hidden");
        let tip: String = page.get("document.getElementById('tip').textContent");
        assert!(tip.contains(words), "{target}: {tip}");
    }
}

#[test]
fn chosen_task_leaves_its_template_and_the_others_go() {
    let Some(page) = Page::open(&made_up(9)) else {
        return;
    };
    let visible = "[...document.querySelectorAll('#matrices div.of-task')].filter((one) => !one.hidden).map((one) => one.dataset.task)";
    assert_eq!(page.get::<Vec<String>>(visible), ["0", "1", "2", "3"]);
    page.choose("#choose-task", "Classification, subset 7");
    assert_eq!(page.get::<Vec<String>>(visible), ["7"]);
    assert!(
        page.get::<bool>(
            "document.querySelector('#curves [data-task=\"7\"] .chart').tabIndex === 0"
        )
    );
    page.choose("#choose-task", "first 4 of 9");
    assert_eq!(page.get::<Vec<String>>(visible), ["0", "1", "2", "3"]);
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn chosen_task_is_alone_in_tables_and_comparisons_too() {
    let mut content = made_up(2);
    let tasks = content.strategies[0].tasks.clone();
    content.comparisons[0].task.clone_from(&tasks[1].title);
    let Some(page) = Page::open(&content) else {
        return;
    };
    let shown = "['#drops-0', '#samples-0', '#drops .none'].map((one) => document.querySelector(one)?.checkVisibility() ?? false)";
    let heads = "['#scores thead tr:last-child th', '#scores tbody tr:first-child > *', '#scores tfoot tr > *', '#ratios th[scope=col]'] \
                 .map((one) => [...document.querySelectorAll(one)].filter((cell) => cell.checkVisibility()).length)";
    let everything: [usize; 4] = page.get(heads);
    assert_eq!(page.get::<[bool; 3]>(shown), [true, true, false]);
    page.choose("#choose-task", &tasks[0].title);
    assert_eq!(page.get::<[bool; 3]>(shown), [false, false, true]);
    assert_eq!(page.get::<[usize; 4]>(heads), everything.map(|all| all - 3));
    page.choose("#choose-task", &tasks[1].title);
    assert_eq!(page.get::<[bool; 3]>(shown), [true, true, false]);
    assert_eq!(page.get::<[usize; 4]>(heads), everything.map(|all| all - 3));
    page.choose("#choose-task", "all");
    assert_eq!(page.get::<[bool; 3]>(shown), [true, true, false]);
    assert_eq!(page.get::<[usize; 4]>(heads), everything);
}

#[test]
fn data_behind_a_figure_is_the_table_that_was_written() {
    let Some(page) = Page::open(&made_up(1)) else {
        return;
    };
    page.click("#drops details.data summary");
    page.wait_for("document.querySelector('#drops details.data .table pre')");
    let text: String =
        page.get("document.querySelector('#drops details.data .table pre').textContent");
    assert!(
        text.starts_with("task,metric,a,b,kind,name,synset,parent,classes,n,score_a,score_b,drop,low,high,p,p_adjusted\n"),
        "{text}"
    );
    // 2 + 8 + 600 + 1000 rows and the heading, of which 300 are shown.
    assert!(
        text.ends_with("… 1311 more lines; copy or save has all"),
        "{text}"
    );
    let command: String =
        page.get("document.querySelector('#drops details.data .commands').textContent");
    assert!(command.starts_with("ticclip compare "), "{command}");
}

#[test]
fn page_is_whole_without_scripts() {
    let Some(page) = Page::open(&made_up(5)) else {
        return;
    };
    page.disable_scripts();
    page.go("");
    assert!(page.get::<bool>("document.documentElement.dataset.ready === undefined"));
    let seen: [usize; 4] = page.get(
        "[document.querySelectorAll('main > section').length, document.querySelectorAll('#drops-0 tbody tr').length,
          [...document.querySelectorAll('.chart')].filter((one) => one.checkVisibility()).length, document.querySelectorAll('table.heat').length]",
    );
    assert!(
        seen[0] == 17 && seen[1] == 12 && seen[2] > 25 && seen[3] == 12,
        "{seen:?}"
    );
    // What does not work is not shown, and what is missing is said.
    assert!(page.get::<bool>("document.querySelector('.choose').checkVisibility() === false"));
    assert_eq!(
        page.get::<String>("document.querySelector('#drops-0 noscript').innerText"),
        "588 more need scripts to be shown."
    );
}
