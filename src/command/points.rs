//! Points: differences in percent as people read them.

/// A difference of two shares in points, with its sign; what rounds to nothing has none.
pub(super) fn points(difference: f64) -> String {
    let text = format!("{:+.1}", difference * 100.0);
    match text.as_str() {
        "-0.0" | "+0.0" => "0.0".to_owned(),
        _ => text,
    }
}

/// A share in percent, to a tenth.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_sign() {
        let told = [0.0312, -0.0312, -0.0, 0.0004, -0.0004].map(points);
        assert_eq!(told, ["+3.1", "-3.1", "0.0", "0.0", "0.0"]);
    }
}
