//! The legend: which sign is which strategy. With scripts on, its entries bring one strategy forward.

use super::content::Content;
use super::escape::isolated;
use super::palette::Look;

/// The legend of all strategies.
pub(super) fn legend(content: &Content) -> String {
    let mut html = String::from("<ul class=\"legend\" aria-label=\"Legend\">");
    for (place, strategy) in content.strategies.iter().enumerate() {
        html += &format!(
            "<li data-s=\"{place}\">{} {}</li>",
            Look(place).swatch(),
            isolated(&strategy.name)
        );
    }
    html + "<li><svg class=\"swatch\" viewBox=\"0 0 30 12\" width=\"30\" height=\"12\" aria-hidden=\"true\">\
            <path class=\"chance\" d=\"M0 6H30\"/></svg> guessing</li></ul>\n"
}
