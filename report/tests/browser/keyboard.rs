//! What a keyboard reaches.

use super::content::made_up;
use super::page::Page;

#[test]
fn first_stop_skips_to_the_content() {
    let Some(page) = Page::open(&made_up(1)) else {
        return;
    };
    page.press("Tab");
    assert_eq!(
        page.get::<String>("document.activeElement.textContent"),
        "Skip to content"
    );
    page.press("Enter");
    page.wait_for("document.activeElement.id === 'main'");
}

#[test]
fn arrows_move_in_a_heat_map_and_show_values() {
    let Some(page) = Page::open(&made_up(1)) else {
        return;
    };
    page.run("document.querySelector('table.heat tbody td').focus()");
    page.press("ArrowRight");
    page.press("ArrowDown");
    let place: [usize; 2] = page.get(
        "[document.activeElement.parentNode.sectionRowIndex, document.activeElement.cellIndex]",
    );
    assert_eq!(place, [1, 2]);
    let tip: String = page.get("document.getElementById('tip').textContent");
    assert!(tip.contains("in-domain") && tip.contains("n = "), "{tip}");
    assert_eq!(
        page.get::<String>("document.activeElement.getAttribute('aria-describedby')"),
        "tip"
    );
    assert_eq!(
        page.get::<usize>(
            "document.querySelectorAll('table.heat:first-of-type tbody td[tabindex=\"0\"]').length"
        ),
        3
    );
    page.press("Escape");
    assert!(page.get::<bool>("document.getElementById('tip').hidden"));
}

#[test]
fn arrows_walk_the_points_of_a_chart_and_speak() {
    let Some(page) = Page::open(&made_up(1)) else {
        return;
    };
    page.run("document.querySelector('#curves .chart').focus()");
    page.press("ArrowRight");
    let first: String = page.get("document.getElementById('tip').textContent");
    page.press("ArrowRight");
    let second: String = page.get("document.getElementById('tip').textContent");
    assert!(
        first.starts_with("sequential after 2014-2016")
            && second.starts_with("sequential after 2017"),
        "{first} {second}"
    );
    assert_eq!(
        page.get::<String>("document.querySelector('div.unseen[role=status]').textContent"),
        second
    );
}

#[test]
fn every_stop_can_be_seen_and_none_traps() {
    let Some(page) = Page::open(&made_up(1)) else {
        return;
    };
    let mut stops = 0;
    for _ in 0..400 {
        page.press("Tab");
        let (on_page, width, height, what): (bool, f64, f64, String) = page.get(
            "(() => { const one = document.activeElement; const at = one.getBoundingClientRect(); return [one !== document.body, at.width, at.height, one.outerHTML.slice(0, 120)]; })()",
        );
        if !on_page {
            break;
        }
        stops += 1;
        assert!(width > 4.0 && height > 4.0, "{what}");
    }
    assert!((40..400).contains(&stops), "{stops} stops");
}
