//! The page at every width.

use super::content::made_up;
use super::page::Page;

#[test]
fn nothing_makes_the_page_scroll_sideways() {
    let Some(page) = Page::open_at(&made_up(5), 360, "drops-0.tree=1&drops-0.q=vehicle") else {
        return;
    };
    page.run("document.querySelectorAll('details.data').forEach((one, place) => { one.open = place % 5 === 0; })");
    for width in [360, 768, 1024, 1440, 1920] {
        page.resize(width);
        page.wait_for(&format!("innerWidth === {width}"));
        let [scroll, client]: [u32; 2] = page
            .get("[document.documentElement.scrollWidth, document.documentElement.clientWidth]");
        let widest: String = page.get(
            "[...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.wide, nav ul, pre, svg')).map((one) => one.outerHTML.slice(0, 100)).slice(0, 3).join('\\n')",
        );
        assert!(scroll <= client, "{width}: {scroll} > {client}\n{widest}");
    }
}

#[test]
fn fingers_hit_what_they_aim_at() {
    let Some(page) = Page::open_at(&made_up(2), 360, "") else {
        return;
    };
    // 24 CSS pixels is the least target of WCAG 2.2, AA; links within text are excepted there.
    let small: Vec<String> = page.get(
        "[...document.querySelectorAll('button, select, input, summary, nav a')].filter((one) => { const at = one.getBoundingClientRect(); return at.width > 0 && at.height < 24 && !one.matches('.plain, th button, .legend button, .fold'); }).map((one) => one.outerHTML.slice(0, 80))",
    );
    assert_eq!(small, Vec::<String>::new());
}

#[test]
fn print_has_no_controls_and_is_white() {
    let Some(page) = Page::open(&made_up(2)) else {
        return;
    };
    let pdf = page.print();
    assert!(
        pdf.starts_with(b"%PDF") && pdf.len() > 50_000,
        "{}",
        pdf.len()
    );
}

#[test]
fn printed_tables_have_one_size_of_letters_one_foot_and_their_count() {
    let Some(page) = Page::open(&made_up(2)) else {
        return;
    };
    page.print_styles();
    let style = |selector: &str, property: &str| -> String {
        page.get(&format!(
            "getComputedStyle(document.querySelector({selector:?})).{property}"
        ))
    };
    assert_eq!(
        style("#scores tbody th", "fontSize"),
        style("#scores tbody td", "fontSize")
    );
    // A group of rows stands once, a foot on every page.
    assert_eq!(style("#scores tfoot", "display"), "table-row-group");
    for kept_whole in [".legend", "h3"] {
        assert_eq!(style(kept_whole, "breakInside"), "avoid");
    }
    let [tools, found]: [bool; 2] = page.get(
        "['input', '.found'].map((one) => document.querySelector(`#drops-0 .tools ${one}`).checkVisibility())",
    );
    assert!(!tools && found);
    assert_eq!(
        page.get::<String>("document.querySelector('#drops-0 .found').textContent"),
        "12 of 600"
    );
}

#[test]
fn printed_matrices_stand_three_abreast() {
    let Some(page) = Page::open_at(&made_up(2), 720, "") else {
        return;
    };
    page.print_styles();
    let abreast: usize = page.get(
        "(() => { const tops = [...document.querySelectorAll('#matrices .maps')][0].children; \
         return [...tops].filter((one) => one.offsetTop === tops[0].offsetTop).length; })()",
    );
    assert_eq!(abreast, 3);
}

#[test]
fn interval_and_p_of_a_drop_fit_a_phone() {
    let Some(page) = Page::open_at(&made_up(2), 360, "") else {
        return;
    };
    let widths: Vec<[u32; 2]> = page.get(
        "['#drops-0-steps', '#drops-0', '#classes-0'].map((one) => document.querySelector(`${one} .wide`)).map((one) => [one.scrollWidth, one.clientWidth])",
    );
    for [scroll, client] in widths {
        assert!(scroll <= client, "{scroll} > {client}");
    }
    // Steps of a move stay in one line.
    let wrap: String =
        page.get("getComputedStyle(document.querySelector('#moves tbody td')).whiteSpace");
    assert_eq!(wrap, "nowrap");
}

#[test]
fn commands_are_shown_whole() {
    let Some(page) = Page::open(&made_up(2)) else {
        return;
    };
    let [scroll, client]: [u32; 2] = page.get(
        "(({ scrollHeight, clientHeight }) => [scrollHeight, clientHeight])(document.querySelector('#commands pre'))",
    );
    assert!(scroll <= client, "{scroll} > {client}");
}
