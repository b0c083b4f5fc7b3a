//! Contrast of text and what lies behind it, as WCAG 2 computes it, in both themes.

use super::content::made_up;
use super::page::Page;

/// Every visible text below 4.5 to 1, with its ratio.
const FAINT: &str = r#"(() => {
  const parse = (colour) => {
    const numbers = colour.match(/[\d.]+/g).map(Number);
    const [r, g, b, a = 1] = colour.startsWith("color(") ? [...numbers.slice(0, 3).map((n) => 255 * n), numbers[3] ?? 1] : numbers;
    return [r, g, b, a];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const faint = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let looked = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || element.closest("script, style, title, desc, template, .unseen, option, noscript") || !element.checkVisibility({ visibilityProperty: true })) continue;
    looked += 1;
    const style = getComputedStyle(element);
    let opacity = 1;
    for (let at = element; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
    const back = behind(element);
    const own = parse(element.closest("svg") ? style.fill : style.color);
    const front = over([own[0], own[1], own[2], own[3] * opacity], back);
    const [a, b] = [luminance(front), luminance(back)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.set(`${element.tagName} .${element.getAttribute("class")} in .${element.parentElement.getAttribute("class")}`, [ratio.toFixed(2), node.textContent.trim().slice(0, 30)]);
  }
  return [looked, [...faint].map(([what, [ratio, words]]) => `${ratio} ${what}: ${words}`)];
})()"#;

fn faint_in(theme: &str) {
    let Some(page) = Page::open_at(
        &made_up(2),
        1440,
        "drops-0.tree=1&drops-0.open=n02000000&scores.sort=2d",
    ) else {
        return;
    };
    page.system_theme(theme);
    page.run("document.querySelectorAll('details.data').forEach((one) => { one.open = true; })");
    page.wait_for("document.querySelector('details.data .table')");
    let (looked, faint): (usize, Vec<String>) = page.get(FAINT);
    assert!(looked > 1000, "only {looked} texts");
    assert_eq!(faint, Vec::<String>::new());
}

#[test]
fn text_can_be_read_in_light() {
    faint_in("light");
}

#[test]
fn text_can_be_read_in_dark() {
    faint_in("dark");
}

#[test]
fn faint_text_is_found() {
    let html = "<!DOCTYPE html><title>t</title><body><p style=\"color:#999\">faint</p><p style=\"color:#000\">clear</p></body>";
    let Some(page) = Page::open_html(html) else {
        return;
    };
    page.go("");
    let (looked, faint): (usize, Vec<String>) = page.get(FAINT);
    assert_eq!((looked, faint.len()), (2, 1));
}
