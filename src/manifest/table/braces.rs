//! Braces in a glob, as shells expand them: `{a,b}` is either, `{000..127}` each number, with as many digits.

/// More patterns than this are a mistake.
const MAX_PATTERNS: usize = 100_000;
/// Braces within braces.
const DEPTH: usize = 8;

/// The patterns that `pattern` stands for, in their order; itself, if it has no braces to expand.
///
/// # Errors
/// When a brace has no partner, or there would be too many; the message says so.
pub(super) fn expanded(pattern: &str) -> Result<Vec<String>, String> {
    expand(pattern, DEPTH)
}

fn expand(pattern: &str, depth: usize) -> Result<Vec<String>, String> {
    let Some(open) = pattern.find(['{', '}']) else {
        return Ok(vec![pattern.to_owned()]);
    };
    let close = partner(pattern, open).ok_or("a brace has no partner")?;
    let depth = depth.checked_sub(1).ok_or("braces are nested too deep")?;
    let (before, inside) = (&pattern[..open], &pattern[open + 1..close]);
    let rests = expand(&pattern[close + 1..], depth)?;
    let mut patterns = Vec::new();
    for choice in choices(inside, depth)? {
        for rest in &rests {
            patterns.push(format!("{before}{choice}{rest}"));
        }
        if patterns.len() > MAX_PATTERNS {
            return Err(format!("it stands for more than {MAX_PATTERNS} names"));
        }
    }
    Ok(patterns)
}

/// Where the brace at `open` is closed.
fn partner(pattern: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in pattern.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.checked_sub(1)?,
            _ => continue,
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn choices(inside: &str, depth: usize) -> Result<Vec<String>, String> {
    let is_list = inside.contains(['{', ',']);
    if let Some((first, last)) = inside.split_once("..").filter(|_| !is_list) {
        return range(first, last).ok_or_else(|| {
            format!(
                "`{{{inside}}}` is not a range of at most {MAX_PATTERNS} numbers, such as `{{000..127}}`"
            )
        });
    }
    let mut choices = Vec::new();
    let (mut start, mut open) = (0, 0_usize);
    for (at, byte) in inside.bytes().chain([b',']).enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' => open = open.saturating_sub(1),
            b',' if open == 0 => {
                choices.extend(expand(&inside[start..at], depth)?);
                start = at + 1;
            }
            _ => {}
        }
    }
    Ok(choices)
}

/// The numbers from `first` to `last`, which is among them.
fn range(first: &str, last: &str) -> Option<Vec<String>> {
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<usize>().ok()).flatten()
    };
    let (from, to) = (number(first)?, number(last)?);
    if to.checked_sub(from)? >= MAX_PATTERNS {
        return None;
    }
    let padded = [first, last]
        .iter()
        .any(|text| text.starts_with('0') && text.len() > 1);
    let width = if padded {
        first.len().max(last.len())
    } else {
        0
    };
    Some(
        (from..=to)
            .map(|number| format!("{number:0width$}"))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(pattern: &str) -> String {
        expanded(pattern).expect("expanded").join(" ")
    }

    #[test]
    fn braces_stand_for_what_shells_take_them_for() {
        // echo p-{008..011}.csv; echo {a,b{1..2},}x{c,d}
        assert_eq!(
            all("p-{008..011}.csv"),
            "p-008.csv p-009.csv p-010.csv p-011.csv"
        );
        assert_eq!(
            all("{a,b{1..2},}x{c,d}"),
            "axc axd b1xc b1xd b2xc b2xd xc xd"
        );
        assert_eq!(all("{8..11}/{x}"), "8/x 9/x 10/x 11/x");
        assert_eq!(all("plain*.csv"), "plain*.csv");
    }

    #[test]
    fn braces_without_partner_or_end_are_refused() {
        for pattern in [
            "{",
            "}",
            "a{b",
            "a}b",
            "{a,{b}",
            "{1..}",
            "{3..1}",
            "{-1..2}",
            "{a..c}",
            "{0..100000}",
        ] {
            assert!(expanded(pattern).is_err(), "{pattern}");
        }
        assert!(expanded(&"{0..999}".repeat(3)).is_err());
        assert!(expanded(&"{".repeat(100_000)).is_err());
        assert!(expanded(&format!("{}{}", "{".repeat(1000), "}".repeat(1000))).is_err());
    }

    proptest! {
        #[test]
        fn any_text_can_be_expanded(pattern in "[{},.0-9a]{0,16}") {
            if let Ok(patterns) = expanded(&pattern) {
                let is_plain = patterns.iter().all(|pattern| !pattern.contains(['{', '}']));
                prop_assert!(is_plain);
            }
        }
    }
}
