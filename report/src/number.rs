//! Numbers as people read them.

/// A score in percent without its sign, as tables print it.
pub(super) fn hundredths(score: f64) -> String {
    if !score.is_finite() {
        return "–".to_owned();
    }
    let shown = format!("{:.1}", 100.0 * score);
    match shown.as_str() {
        "100.0" => "100".to_owned(),
        "-0.0" => "0.0".to_owned(),
        _ => shown,
    }
}

/// A score in percent.
pub(super) fn percent(score: f64) -> String {
    if score.is_finite() {
        format!("{}%", hundredths(score))
    } else {
        "–".to_owned()
    }
}

/// A ratio in whole percent.
pub(super) fn whole_percent(ratio: f64) -> String {
    format!("{}%", fixed(100.0 * ratio, 0))
}

/// A difference of scores in percentage points.
pub(super) fn points(difference: f64) -> String {
    format!("{} points", fixed(100.0 * difference.abs(), 1))
}

/// A difference of scores in points with its sign, as tables print it.
pub(super) fn signed(difference: f64) -> String {
    if !difference.is_finite() {
        return "–".to_owned();
    }
    let shown = format!("{:.1}", 100.0 * difference.abs());
    let sign = match shown.as_str() {
        "0.0" => "",
        _ if difference < 0.0 => "−",
        _ => "+",
    };
    format!("{sign}{shown}")
}

/// A probability as papers print it.
pub(super) fn probability(p: f64) -> String {
    if !p.is_finite() {
        "–".to_owned()
    } else if p < 0.001 {
        "<0.001".to_owned()
    } else {
        format!("{p:.3}")
    }
}

/// How many times one number is another.
pub(super) fn times(ratio: f64) -> String {
    if ratio >= 99.5 {
        format!("{ratio:.0}×")
    } else {
        format!("{ratio:.1}×")
    }
}

/// A whole number with its thousands set apart.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A noun with its count, such as `1 step` and `7 steps`.
pub(super) fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A large quantity such as compute, as `2.7×10¹⁹`.
pub(super) fn scientific(quantity: f64) -> String {
    if !quantity.is_finite() {
        return "–".to_owned();
    }
    if quantity.abs() < 10_000.0 {
        return trimmed(quantity);
    }
    let shown = format!("{quantity:.1e}");
    let (mantissa, exponent) = shown
        .split_once('e')
        .expect("the `e` format always writes an exponent");
    let exponent: String = exponent.chars().map(superscript).collect();
    format!("{mantissa}×10{exponent}")
}

/// A round large quantity on an axis, as `5×10¹³`.
pub(super) fn scientific_tick(quantity: f64) -> String {
    scientific(quantity).replace(".0×", "×")
}

/// A number with a fixed count of decimals.
pub(super) fn fixed(quantity: f64, decimals: usize) -> String {
    if quantity.is_finite() {
        format!("{quantity:.decimals$}")
    } else {
        "–".to_owned()
    }
}

/// A large count on an axis, as `500k`.
pub(super) fn compact(quantity: f64) -> String {
    for (unit, name) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] {
        if quantity >= unit {
            return format!("{}{name}", trimmed(quantity / unit));
        }
    }
    trimmed(quantity)
}

/// A number with at most three decimals and no trailing zeros.
pub(super) fn trimmed(quantity: f64) -> String {
    if !quantity.is_finite() {
        return "–".to_owned();
    }
    let shown = format!("{quantity:.3}");
    let shown = shown.trim_end_matches('0').trim_end_matches('.');
    if shown == "-0" {
        "0".to_owned()
    } else {
        shown.to_owned()
    }
}

fn superscript(digit: char) -> char {
    match digit {
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '-' => '⁻',
        digit => digit
            .to_digit(10)
            .and_then(|value| char::from_u32(0x2070 + value))
            .expect("an exponent has digits and a sign only"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_in_the_paper() {
        assert_eq!(scientific(2.7e19), "2.7×10¹⁹");
        assert_eq!(scientific(1.0e20), "1.0×10²⁰");
        assert_eq!(scientific_tick(1.0e20), "1×10²⁰");
        assert_eq!(compact(1_500_000.0), "1.5M");
        assert_eq!(compact(900.0), "900");
        assert_eq!(scientific(800.0), "800");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(999), "999");
        assert_eq!(percent(0.2413), "24.1%");
        assert_eq!(percent(1.0), "100%");
        assert_eq!(whole_percent(1.047), "105%");
        assert_eq!(times(3.04), "3.0×");
        assert_eq!(signed(-0.0412), "−4.1");
        assert_eq!(signed(0.008), "+0.8");
        assert_eq!(fixed(14.25, 1), "14.2");
        assert_eq!(fixed(f64::NAN, 1), "–");
        assert_eq!(signed(f64::NAN), "–");
        assert_eq!(percent(f64::INFINITY), "–");
        assert_eq!(signed(-0.0001), "0.0");
        assert_eq!(probability(0.0004), "<0.001");
        assert_eq!(probability(0.0412), "0.041");
    }
}
