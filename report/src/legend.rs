//! The legend: which sign is which strategy. With scripts on, its entries bring one strategy forward.

use super::content::Content;
use super::escape::isolated;
use super::palette::Look;

/// Charts with the legend of all strategies above them, which has an entry for guessing where a chart has its line.
pub(super) fn under_legend(content: &Content, charts: &str) -> String {
    legend(content, charts.contains("<path class=\"chance\"")) + charts
}

fn legend(content: &Content, guessing: bool) -> String {
    let mut html = String::from("<ul class=\"legend\" aria-label=\"Legend\">");
    for (place, strategy) in content.strategies.iter().enumerate() {
        html += &format!(
            "<li data-s=\"{place}\">{} {}</li>",
            Look(place).swatch(),
            isolated(&strategy.name)
        );
    }
    if guessing {
        html += "<li><svg class=\"swatch\" viewBox=\"0 0 30 12\" width=\"30\" height=\"12\" aria-hidden=\"true\">\
                 <path class=\"chance\" d=\"M0 6H30\"/></svg> guessing</li>";
    }
    html + "</ul>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_is_explained_only_where_it_is_drawn() {
        let with = under_legend(&Content::default(), "<path class=\"chance\" d=\"M0 0\"/>");
        assert!(with.contains("guessing"));
        assert!(!under_legend(&Content::default(), "<path class=\"line\"/>").contains("guessing"));
    }
}
