//! The plurals of a noun.

/// Nouns, or the last parts of compounds, whose plural no rule gives, with what replaces them. An empty list is a noun
/// that is a plural already, or has none of its own.
const IRREGULAR: &[(&str, &[&str])] = &[
    ("mouse", &["mice"]),
    ("goose", &["geese"]),
    ("wolf", &["wolves"]),
    ("knife", &["knives"]),
    ("loaf", &["loaves"]),
    ("staff", &["staffs", "staves"]),
    ("harvestman", &["harvestmen"]),
    ("ox", &["oxen"]),
    ("fish", &["fishes"]),
    ("sheep", &[]),
    ("bus", &["buses", "busses"]),
    ("fungus", &["fungi", "funguses"]),
    ("hippopotamus", &["hippopotamuses", "hippopotami"]),
    ("platypus", &["platypuses", "platypi"]),
    ("nautilus", &["nautiluses", "nautili"]),
    ("mantis", &["mantises", "mantes"]),
    ("helix", &["helixes", "helices"]),
    ("abacus", &["abacuses", "abaci"]),
    ("planetarium", &["planetariums", "planetaria"]),
    ("plectrum", &["plectrums", "plectra"]),
    ("bandeau", &["bandeaus", "bandeaux"]),
    ("glasses", &[]),
    ("sunglasses", &[]),
    ("binoculars", &[]),
    ("shades", &[]),
    ("balusters", &[]),
    ("bars", &[]),
    ("trunks", &[]),
    ("jammies", &[]),
    ("longlegs", &[]),
    ("pyrenees", &[]),
];

/// Whole words only: a fox is no ox, and a mongoose no goose.
const WHOLE_WORDS: &[&str] = &["ox", "bus", "goose"];

/// The plurals of a noun in small letters, by these rules, of which the first that fits is taken:
///
/// 1. an irregular noun, or a compound that ends in one: `mice`, `timber wolves`, `jellyfishes`;
/// 2. `ch`, `sh`, `s`, `x` and `z` take `es`: `finches`, `foxes`;
/// 3. `y` after a consonant becomes `ies`: `daisies`;
/// 4. `o` after a consonant takes `s` or `es`: `flamingos`, `flamingoes`;
/// 5. all others take `s`.
pub(crate) fn plurals(noun: &str) -> Vec<String> {
    let irregular = IRREGULAR.iter().find_map(|&(ending, plurals)| {
        let start = noun.strip_suffix(ending)?;
        let whole = start.is_empty() || !start.ends_with(|c: char| c.is_ascii_alphanumeric());
        (whole || !WHOLE_WORDS.contains(&ending)).then_some((start, plurals))
    });
    if let Some((start, plurals)) = irregular {
        return plurals
            .iter()
            .map(|plural| format!("{start}{plural}"))
            .collect();
    }
    let sibilant = ["ch", "sh", "s", "x", "z"];
    if sibilant.iter().any(|ending| noun.ends_with(ending)) {
        return vec![format!("{noun}es")];
    }
    match noun.as_bytes() {
        [.., before, b'y'] if is_consonant(*before) => {
            vec![format!("{}ies", &noun[..noun.len() - 1])]
        }
        [.., before, b'o'] if is_consonant(*before) => {
            vec![format!("{noun}s"), format!("{noun}es")]
        }
        _ => vec![format!("{noun}s")],
    }
}

fn is_consonant(letter: u8) -> bool {
    letter.is_ascii_alphabetic() && !b"aeiou".contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_gives_the_plurals_that_english_has() {
        for (noun, expected) in [
            ("mouse", "mice"),
            ("timber wolf", "timber wolves"),
            ("jellyfish", "jellyfishes"),
            ("ox", "oxen"),
            ("water ox", "water oxen"),
            ("red fox", "red foxes"),
            ("squeeze box", "squeeze boxes"),
            ("school bus", "school buses, school busses"),
            ("minibus", "minibuses"),
            ("bighorn sheep", ""),
            ("coral fungus", "coral fungi, coral funguses"),
            ("goldfinch", "goldfinches"),
            ("albatross", "albatrosses"),
            ("lynx", "lynxes"),
            ("daisy", "daisies"),
            ("jay", "jays"),
            ("hankey", "hankeys"),
            ("flamingo", "flamingos, flamingoes"),
            ("radio", "radios"),
            ("sunglasses", ""),
            ("dog", "dogs"),
            ("doberman", "dobermans"),
            ("mongoose", "mongooses"),
        ] {
            assert_eq!(plurals(noun).join(", "), expected, "{noun}");
        }
    }
}
