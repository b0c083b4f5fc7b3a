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
