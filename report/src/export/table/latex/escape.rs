//! Words in LaTeX: no character of a name is a command, and no name needs a package.

/// Letters with an accent, the letter without it, and the command that sets the accent.
const ACCENTED: [(&str, &str, &str); 8] = [
    ("ÀÈÌÒÙàèìòùǸǹ", "AEIOUaeiouNn", "`"),
    ("ÁÉÍÓÚÝáéíóúýĆćŃńŚśŹź", "AEIOUYaeiouyCcNnSsZz", "'"),
    ("ÂÊÎÔÛâêîôûĈĉĜĝŜŝŴŵŶŷ", "AEIOUaeiouCcGgSsWwYy", "^"),
    ("ÃÑÕãñõĨĩŨũ", "ANOanoIiUu", "~"),
    ("ÄËÏÖÜäëïöüÿŸ", "AEIOUaeiouyY", "\""),
    ("ĀāĒēĪīŌōŪū", "AaEeIiOoUu", "="),
    ("ČčĎĚěŇňŘřŠšŤŽž", "CcDEeNnRrSsTZz", "v "),
    ("ŐőŰű", "OoUu", "H "),
];

/// `words` in one line, in ASCII.
pub(super) fn escaped(words: &str) -> String {
    let mut text = String::new();
    let mut last = ' ';
    for c in words
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
    {
        // Two of these in a row would melt into a dash or a quotation mark.
        if c == last && ['-', '\'', ','].contains(&c) {
            text += "{}";
        }
        text += &escaped_character(c);
        last = c;
    }
    text
}

fn escaped_character(c: char) -> String {
    if let Some(known) = known(c) {
        return known.to_owned();
    }
    match c {
        '&' | '%' | '$' | '#' | '_' | '{' | '}' => format!("\\{c}"),
        // A row that begins with one of these would be an option of the line before.
        '[' | ']' | '*' => format!("{{{c}}}"),
        ' '..='~' => c.to_string(),
        c => accented(c).unwrap_or_else(|| {
            let number = u32::from(if c.is_control() { '\u{fffd}' } else { c });
            format!("\\unicodechar{{{number}}}{{{number:04X}}}")
        }),
    }
}

fn known(c: char) -> Option<&'static str> {
    Some(match c {
        '\\' => "\\textbackslash{}",
        '~' => "\\textasciitilde{}",
        '^' => "\\textasciicircum{}",
        '<' => "\\textless{}",
        '>' => "\\textgreater{}",
        '|' => "\\textbar{}",
        '`' => "\\textasciigrave{}",
        // Some languages make the plain one a command.
        '"' => "\\char34{}",
        '±' => "$\\pm$",
        '×' => "$\\times$",
        '−' => "$-$",
        '→' => "$\\to$",
        '·' => "$\\cdot$",
        '°' => "$^\\circ$",
        '–' => "\\textendash{}",
        '—' => "\\textemdash{}",
        '…' => "\\dots{}",
        '‘' => "\\textquoteleft{}",
        '’' => "\\textquoteright{}",
        '“' => "\\textquotedblleft{}",
        '”' => "\\textquotedblright{}",
        'ß' => "\\ss{}",
        'æ' => "\\ae{}",
        'Æ' => "\\AE{}",
        'ø' => "\\o{}",
        'Ø' => "\\O{}",
        'å' => "\\aa{}",
        'Å' => "\\AA{}",
        'œ' => "\\oe{}",
        'Œ' => "\\OE{}",
        'ł' => "\\l{}",
        'Ł' => "\\L{}",
        'ç' => "\\c{c}",
        'Ç' => "\\c{C}",
        'ş' => "\\c{s}",
        'Ş' => "\\c{S}",
        'ı' => "\\i{}",
        _ => return None,
    })
}

fn accented(c: char) -> Option<String> {
    ACCENTED.iter().find_map(|(with, without, accent)| {
        let place = with.chars().position(|letter| letter == c)?;
        let letter = without.chars().nth(place)?;
        // An accent stands on a letter without its dot.
        let letter = if letter == 'i' {
            "\\i".to_owned()
        } else {
            letter.to_string()
        };
        Some(format!("\\{}{{{letter}}}", accent.trim_end()))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What LaTeX would print of text that `escaped` wrote, read by its own rules: groups, commands with their arguments, characters.
    fn printed(text: &str) -> Result<String, String> {
        let (mut shown, mut rest, mut depth) = (String::new(), text, 0);
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                '\\' => {
                    let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
                    let name = &rest[..letters.max(1)];
                    rest = &rest[letters.max(1)..];
                    match name {
                        "&" | "%" | "$" | "#" | "_" | "{" | "}" => shown += name,
                        "unicodechar" => {
                            let (number, behind) = argument(rest)?;
                            let (_, behind) = argument(behind)?;
                            let number: u32 = number.parse().map_err(|_| number.to_owned())?;
                            shown.extend(char::from_u32(number));
                            rest = behind;
                        }
                        "char" => {
                            rest = rest.strip_prefix("34").ok_or(rest)?;
                            shown.push('"');
                        }
                        "textbackslash" => shown.push('\\'),
                        "textasciitilde" => shown.push('~'),
                        "textasciicircum" => shown.push('^'),
                        "textless" => shown.push('<'),
                        "textgreater" => shown.push('>'),
                        "textbar" => shown.push('|'),
                        "textasciigrave" => shown.push('`'),
                        other => return Err(format!("\\{other}")),
                    }
                }
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                '&' | '%' | '$' | '#' | '_' | '}' | '^' | '~' | '"' => {
                    return Err(format!("{c} in {text}"));
                }
                c if c.is_ascii() => shown.push(c),
                c => return Err(format!("{c} in {text}")),
            }
        }
        if depth == 0 {
            Ok(shown)
        } else {
            Err(text.to_owned())
        }
    }

    fn argument(text: &str) -> Result<(&str, &str), String> {
        let inside = text.strip_prefix('{').ok_or(text)?;
        inside.split_once('}').ok_or(text.to_owned())
    }

    #[test]
    fn special_characters_become_harmless() {
        assert_eq!(
            escaped("a&b%c$d#e_f{g}h~i^j\\k"),
            "a\\&b\\%c\\$d\\#e\\_f\\{g\\}h\\textasciitilde{}i\\textasciicircum{}j\\textbackslash{}k"
        );
        assert_eq!(escaped("[x] *y"), "{[}x{]} {*}y");
        assert_eq!(escaped("a--b"), "a-{}-b");
        assert_eq!(escaped("a\n\n b"), "a b");
        assert_eq!(escaped("cumulative-equal"), "cumulative-equal");
    }

    #[test]
    fn letters_of_other_languages_are_ascii() {
        assert_eq!(
            escaped("é ï Š ő ß ç"),
            "\\'{e} \\\"{\\i} \\v{S} \\H{o} \\ss{} \\c{c}"
        );
        assert_eq!(escaped("检"), "\\unicodechar{26816}{68C0}");
        assert_eq!(escaped("2 ± 1 × 3"), "2 $\\pm$ 1 $\\times$ 3");
        for (with, without, _) in ACCENTED {
            assert_eq!(with.chars().count(), without.chars().count(), "{with}");
        }
    }

    proptest! {
        #[test]
        fn every_name_is_read_back(name in "[ -~]{0,24}|[\\\\{}%&_^~\\[\\]*'\",-]{0,12}") {
            let words = name.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert_eq!(printed(&escaped(&name)), Ok(words));
        }

        #[test]
        fn no_character_gets_through(name in ".*") {
            let text = escaped(&name);
            prop_assert!(text.is_ascii() && !text.contains('\n'));
            prop_assert!(!text.bytes().any(|byte| byte.is_ascii_control()));
        }
    }
}
