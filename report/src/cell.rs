//! Cells of tables: what is read, and what a script sorts by.

use super::escape::{isolated, text};
use super::number::count;

/// The name that a row begins with, and a small word behind it.
pub(super) fn name_cell(name: &str, below: Option<&str>) -> String {
    let below = below.map_or(String::new(), |below| {
        format!(" <small>{}</small>", text(below))
    });
    format!(
        "<th scope=\"row\" data-value=\"{}\">{}{below}</th>",
        text(name),
        isolated(name)
    )
}

/// A number as `show` words it. What is missing or no number is a dash, and sorts last.
pub(super) fn number_cell(value: Option<f64>, show: impl Fn(f64) -> String) -> String {
    match value.filter(|value| value.is_finite()) {
        Some(value) => format!(
            "<td class=\"num\" data-value=\"{value}\">{}</td>",
            text(&show(value))
        ),
        None => "<td class=\"num\" data-value=\"\">–</td>".to_owned(),
    }
}

/// A whole number.
pub(super) fn count_cell(n: u64) -> String {
    format!("<td class=\"num\" data-value=\"{n}\">{}</td>", count(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_a_dash_without_a_value() {
        for missing in [None, Some(f64::NAN), Some(f64::INFINITY)] {
            assert_eq!(
                number_cell(missing, |value| value.to_string()),
                "<td class=\"num\" data-value=\"\">–</td>"
            );
        }
        assert_eq!(
            number_cell(Some(0.0001), |_| "<0.001".to_owned()),
            "<td class=\"num\" data-value=\"0.0001\">&lt;0.001</td>"
        );
        assert_eq!(
            count_cell(1200),
            "<td class=\"num\" data-value=\"1200\">1,200</td>"
        );
    }
}
