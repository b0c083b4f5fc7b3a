//! Text repair before tokenizing: what ftfy makes of typographic quotes and ligatures.

/// Straight quotes for curled ones, letters for Latin ligatures: ftfy's `uncurl_quotes` and
/// `fix_latin_ligatures`, which open_clip's tokenizer applies.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\u{2bc}' | '\u{2018}'..='\u{201b}' => plain.push('\''),
            '\u{201c}'..='\u{201f}' => plain.push('"'),
            _ => match LIGATURES.iter().find(|(ligature, _)| *ligature == letter) {
                Some((_, letters)) => plain.push_str(letters),
                None => plain.push(letter),
            },
        }
    }
    plain
}

const LIGATURES: [(char, &str); 22] = [
    ('\u{132}', "IJ"),
    ('\u{133}', "ij"),
    ('\u{149}', "'n"),
    ('\u{1c4}', "DŽ"),
    ('\u{1c5}', "Dž"),
    ('\u{1c6}', "dž"),
    ('\u{1c7}', "LJ"),
    ('\u{1c8}', "Lj"),
    ('\u{1c9}', "lj"),
    ('\u{1ca}', "NJ"),
    ('\u{1cb}', "Nj"),
    ('\u{1cc}', "nj"),
    ('\u{1f1}', "DZ"),
    ('\u{1f2}', "Dz"),
    ('\u{1f3}', "dz"),
    ('\u{fb00}', "ff"),
    ('\u{fb01}', "fi"),
    ('\u{fb02}', "fl"),
    ('\u{fb03}', "ffi"),
    ('\u{fb04}', "ffl"),
    ('\u{fb05}', "ſt"),
    ('\u{fb06}', "st"),
];
