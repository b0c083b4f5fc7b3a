//! A page whose every text attacks it, with everything unfolded that scripts unfold.

use serde_json::Value;
use ticclip_report::Content;

use super::content::made_up;
use super::page::Page;

const ATTACK: &str = "\"'><img src=x onerror=\"window.attacked = 1\"><script>window.attacked = 2</script></template></script>";

/// Names that the page looks for; others would hide figures.
const KEPT: [&str; 2] = ["oracle", "rising"];

fn attack(json: &mut Value) {
    match json {
        Value::String(text) if !KEPT.contains(&text.as_str()) => *text = format!("{text}{ATTACK}"),
        Value::Array(all) => all.iter_mut().for_each(attack),
        Value::Object(all) => all.values_mut().for_each(attack),
        _ => {}
    }
}

#[test]
fn nothing_that_scripts_unfold_becomes_markup() {
    let mut json = serde_json::to_value(made_up(6)).expect("content is JSON");
    attack(&mut json);
    let content: Content = serde_json::from_value(json).expect("it is still content");
    let Some(page) = Page::open(&content) else {
        return;
    };
    page.run("document.querySelectorAll('details.data').forEach((one) => { one.open = true; })");
    page.run(
        "const task = document.getElementById('choose-task'); task.selectedIndex = 6; task.dispatchEvent(new Event('change'))",
    );
    page.run("document.querySelectorAll('.long > .button').forEach((one) => one.click())");
    page.run("document.querySelectorAll('#drops-0 button.name')[3].click()");
    page.run("document.querySelector('#drops-0 .tools button').click()");
    page.point_at("#curves .chart .dot");
    page.wait_for(
        "document.querySelector('details.data .table') && document.querySelector('.detail')",
    );
    let hash: String = page.get("location.hash.slice(1)");
    assert!(
        hash.contains("task=") && hash.contains("drops-0.open="),
        "{hash}"
    );
    page.go(&hash);
    let markup: usize = page
        .get("document.querySelectorAll('img[src=x], main script:not(.csv), [onerror]').length");
    assert_eq!(markup, 0);
    assert!(page.get::<bool>("window.attacked === undefined"));
    assert_eq!(page.complaints(), Vec::<String>::new());
    // The attack is there to be read.
    assert!(
        page.get::<bool>("document.querySelector('.detail').textContent.includes('<img src=x')")
    );
}
