//! How fast a large report opens: three strategies, eight steps, 50 dynamic tasks and 39 static ones,
//! two models on 600 groups and 1000 classes, 200 thumbnails.

use super::content::made_up;
use super::page::Page;

/// Most bytes that a report of that size may have.
const BYTES: usize = 15_000_000;
/// Most milliseconds until it can be used.
const MILLISECONDS: f64 = 2_000.0;

/// Milliseconds until the script has run, the page is parsed, and all is loaded.
fn load(page: &Page) -> [f64; 3] {
    page.go("");
    page.wait_for("performance.getEntriesByType('navigation')[0].loadEventEnd > 0");
    page.get(
        "(({ domContentLoadedEventEnd, loadEventEnd }) => [Number(document.documentElement.dataset.ready), domContentLoadedEventEnd, loadEventEnd])(performance.getEntriesByType('navigation')[0])",
    )
}

#[test]
fn large_report_is_small_enough_and_soon_there() {
    let content = made_up(50);
    let bytes = ticclip_report::render(&content).len();
    assert!(bytes < BYTES, "{bytes} bytes");
    let Some(page) = Page::open(&content) else {
        return;
    };
    // The best of three: what else the machine does is no property of the page.
    let [ready, parsed, loaded] = (0..3)
        .map(|_| load(&page))
        .min_by(|a, b| a[2].total_cmp(&b[2]))
        .expect("three loads");
    let elements: usize = page.get("document.querySelectorAll('*').length");
    page.run(
        "window.took = null; const start = performance.now(); const field = document.querySelector('#drops-0 input'); field.value = 'vehicle'; \
         field.dispatchEvent(new Event('input')); requestAnimationFrame(() => setTimeout(() => { window.took = performance.now() - start; }))",
    );
    page.wait_for("window.took !== null");
    let filtered: f64 = page.get("window.took");
    eprintln!(
        "{:.1} MB, {elements} elements; script ready {ready:.0} ms, parsed {parsed:.0} ms, loaded {loaded:.0} ms; 600 groups filtered in {filtered:.0} ms",
        bytes as f64 / 1e6
    );
    assert!(loaded.max(ready) < MILLISECONDS, "loaded after {loaded} ms");
    assert!(filtered < 1_000.0, "filtered in {filtered} ms");
}
