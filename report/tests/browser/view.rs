//! The view: what an address keeps, and the theme, which it does not.

use super::content::made_up;
use super::page::Page;

#[test]
fn link_restores_the_view() {
    let Some(page) = Page::open(&made_up(6)) else {
        return;
    };
    page.choose("#choose-task", "Classification, subset 5");
    page.choose("#choose-strategy", "oracle");
    page.click("#scores thead tr:last-child th:nth-child(3) button");
    page.click("#drops-0 input[type=search]");
    page.type_text("vehicle");
    page.click("#drops-0 tbody tr:nth-child(2) button.name");
    page.choose("#samples-0 select[data-choice=outcome]", "only B");
    let view = "({
        open: document.querySelector('#drops-0 button[aria-expanded=true]').textContent,
        groups: [...document.querySelectorAll('#drops-0 tbody tr')].map((row) => row.textContent),
        query: document.querySelector('#drops-0 input').value,
        scores: [...document.querySelectorAll('#scores tbody tr')].map((row) => row.textContent),
        sorted: document.querySelector('#scores th[aria-sort]').textContent,
        samples: [...document.querySelectorAll('#samples-0 li')].map((one) => one.textContent),
        task: document.getElementById('choose-task').value,
        strategy: document.getElementById('choose-strategy').value,
        forward: document.querySelectorAll('.forward').length > 0,
        tasks: [...document.querySelectorAll('div.of-task')].filter((one) => !one.hidden).map((one) => one.dataset.task),
    })";
    let before: serde_json::Value = page.get(view);
    let hash: String = page.get("location.hash.slice(1)");
    assert!(
        hash.contains("task=subset-5")
            && hash.contains("strategy=oracle")
            && hash.contains("drops-0.open=n"),
        "{hash}"
    );
    page.go(&hash);
    assert_eq!(page.get::<serde_json::Value>(view), before);
    assert_eq!(before["query"], "vehicle");
    assert_eq!(before["forward"], true);
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn link_keeps_how_much_is_shown_and_which_data_is_open() {
    let Some(page) = Page::open(&made_up(2)) else {
        return;
    };
    page.click("#drops-0 > .button");
    page.click("#compute details.data summary");
    page.wait_for("location.hash.includes('data=')");
    let view = "[document.querySelectorAll('#drops-0 tbody tr').length, \
                [...document.querySelectorAll('details.data[open]')].map((one) => one.closest('section').id).join()]";
    let before: (usize, String) = page.get(view);
    assert_eq!(before, (112, "compute".to_owned()));
    let hash: String = page.get("location.hash.slice(1)");
    page.go(&hash);
    assert_eq!(page.get::<(usize, String)>(view), before);
    page.wait_for("document.querySelector('#compute details.data .table')");
    // A new search begins with few rows again.
    page.click("#drops-0 input[type=search]");
    page.type_text("e");
    assert_eq!(
        page.get::<usize>("document.querySelectorAll('#drops-0 tbody tr').length"),
        12
    );
    assert!(!page.get::<String>("location.hash").contains("rows="));
}

#[test]
fn notes_are_a_click_from_the_claim_they_limit_and_the_view_stays() {
    let Some(page) = Page::open_at(&made_up(2), 1440, "strategy=oracle") else {
        return;
    };
    page.click("#summary .lead a");
    page.wait_for("document.activeElement.id === 'notes'");
    assert_eq!(
        page.get::<String>("location.hash"),
        "#at=notes&strategy=oracle"
    );
}

#[test]
fn link_that_could_not_be_copied_is_not_called_copied() {
    let Some(page) = Page::open(&made_up(1)) else {
        return;
    };
    page.run(
        "Object.defineProperty(navigator, 'clipboard', {value: undefined}); document.execCommand = () => false",
    );
    page.click("#link");
    page.wait_for("document.getElementById('link').textContent === 'Not allowed'");
}

#[test]
fn another_address_in_the_open_page_is_another_view() {
    let Some(page) = Page::open_at(&made_up(3), 1440, "drops-0.q=vehicle&task=retrieval") else {
        return;
    };
    page.run("location.hash = '#at=drops&task=subset-2'");
    page.wait_for("document.getElementById('choose-task').value === '2'");
    assert_eq!(
        page.get::<String>("document.querySelector('#drops-0 input').value"),
        ""
    );
    assert_eq!(
        page.get::<usize>("document.querySelectorAll('#drops-0 tbody tr').length"),
        12
    );
    page.wait_for("Math.abs(document.getElementById('drops').getBoundingClientRect().top) < 120");
}

#[test]
fn contents_lead_to_their_section_and_stay_in_the_address() {
    let Some(page) = Page::open(&made_up(1)) else {
        return;
    };
    page.click("nav a[href='#shift']");
    page.wait_for("Math.abs(document.getElementById('shift').getBoundingClientRect().top) < 120");
    assert_eq!(page.get::<String>("location.hash"), "#at=shift");
    assert_eq!(page.get::<String>("document.activeElement.id"), "shift");
}

#[test]
fn theme_follows_the_system_until_chosen_and_is_remembered() {
    let Some(page) = Page::open(&made_up(1)) else {
        return;
    };
    let paper = "getComputedStyle(document.body).backgroundColor";
    page.system_theme("light");
    let light: String = page.get(paper);
    page.system_theme("dark");
    page.wait_for("matchMedia('(prefers-color-scheme: dark)').matches");
    let dark: String = page.get(paper);
    assert_ne!(light, dark);
    assert_eq!(
        page.get::<String>("document.getElementById('theme').textContent"),
        "Light theme"
    );
    page.click("#theme");
    assert_eq!(page.get::<String>(paper), light);
    assert_eq!(page.get::<String>("location.hash"), "");
    page.go("");
    assert_eq!(page.get::<String>(paper), light);
}
