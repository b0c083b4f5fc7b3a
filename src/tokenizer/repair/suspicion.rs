//! Whether text looks as if its encoding was mistaken.
//!
//! The heuristic, its classes of characters and its combinations are ftfy 6.3's (`ftfy.badness`): what follows each
//! other here hardly ever does in text that is meant so.

use std::sync::LazyLock;

use regex::Regex;

/// Kinds of characters that UTF-8 turns into when it is read in another encoding.
const KINDS: [(&str, &str); 16] = [
    ("{common}", "\u{a0}\u{ad}´·–-―’…"),
    ("{control}", "\u{80}-\u{9f}"),
    ("{odd}", "¤¦¨ª¬¯¸ºƒˆˇ˘˛˜†‡‰⌐◊\u{fffd}"),
    ("{law}", "§¶"),
    ("{money}", "¢£¥₧€"),
    ("{opening}", "¡©«¿΄΅‘‚“„•‹\u{f8ff}"),
    ("{closing}", "®»˝”›™"),
    ("{numeric}", "±-³µ¹¼-¾×÷⁄№∂∆∏∑√∞∩∫≈≠≡≤≥"),
    ("{face}", "°Ò-ÖÙ-Üò-öø-üŌŐŪŲ"),
    ("{upper}", "À-ÑØÜÝĀĂĄĆČĎĐĒĖĘĚĞĢĪİĶĹĻĽŁŃŅŇŒŘŚŞŠŢŤŮŰŸŹŻŽҐ"),
    ("{lower}", "ß-ñüāăąćčďđēėęěğģīįķĺļľłœŕśşšťźżžґﬁﬂ"),
    ("{capital}", "ÞΆΈ-ΊΌΎΏΑ-ΫЁ-Я"),
    ("{small}", "ά-ωа-џ"),
    ("{box}", "│┌┐┘├┤┬┼═-╬▀▄█▌▐-▓"),
    // Python's `\s` and `\w`.
    ("{space}", r"\s\x1c-\x1f"),
    ("{word}", r"\p{L}\p{N}_"),
];

/// What arouses suspicion, one combination each.
const COMBINATIONS: [&str; 35] = [
    // Controls that nobody writes.
    "[{control}]",
    // Signs next to each other, or next to accented letters, in orders that no language has.
    "[{odd}{lower}{upper}{box}{opening}{closing}{money}{numeric}{law}][{odd}]",
    "[{odd}][{lower}{upper}{box}{opening}{closing}{money}{numeric}{law}]",
    "[a-zA-Z][{small}{capital}][{odd}]",
    "[{lower}{small}{box}{closing}{money}{numeric}][{upper}]",
    "[{box}{closing}{money}{numeric}][{lower}]",
    "[{lower}{box}{closing}][{money}]",
    "[{space}][{upper}][{money}]",
    "[{upper}{box}][{numeric}{law}]",
    "[{lower}{upper}{box}{money}{closing}][{opening}][{numeric}]",
    "[{lower}{upper}{money}{numeric}{box}{law}][{closing}][{opening}]",
    "[{money}{numeric}{box}][{opening}]",
    "[a-z][{upper}][{opening}{money}]",
    "[{box}][{face}]",
    "[{lower}{upper}{money}{numeric}{opening}{closing}{law}][{box}]",
    "[{box}][{closing}]",
    "[{lower}{upper}][{opening}{closing}][{word}]",
    "[Œœ][^A-Za-z]",
    "[{upper}]°",
    // Western letters, then Arabic and South Asian ones, in Windows-1252.
    "[ÂÃÎÐ][€œŠš¢£Ÿž\u{a0}\u{ad}®©°·»{opening}{closing}–—´]",
    "×[²³]",
    "(?:[ØÙ][{common}{money}{odd}{numeric}{opening}ŸŠ®°µ»]){2}",
    "à[²µ¹¼½¾]",
    // The same on old Macintoshes.
    "√[±∂†≠®™´≤≥¥µø]",
    "≈[°¢]",
    "‚Ä[ìîïòôúùû†°¢π]",
    "‚[âó][àä°ê]",
    // Typographic signs and letters in Windows-1251.
    "вЂ",
    "[ВГРС][{control}{odd}{opening}{closing}{money}°µ][ВГРС]",
    "ГўВЂВ.[A-Za-z ]",
    // Letters and hard spaces whose second byte became a space.
    "[a-z][{space}]?[ÃÂ] ",
    r"\A[ÃÂ] ",
    "[a-z.,?!{closing}]Â[ {opening}{closing}]",
    // Typographic signs and letters in Windows-1253.
    "β€[™\u{a0}Ά\u{ad}®°]",
    "[ΒΓΞΟ][{control}{odd}{opening}{closing}{money}°][ΒΓΞΟ]",
];

static SUSPICIOUS: LazyLock<Regex> = LazyLock::new(|| {
    let combinations = COMBINATIONS.join("|");
    let pattern = KINDS.iter().fold(combinations, |pattern, (name, letters)| {
        pattern.replace(name, letters)
    });
    Regex::new(&pattern).expect("a valid pattern")
});

/// Whether the text holds a combination of characters that mistaken encodings make.
pub(super) fn is_raised_by(text: &str) -> bool {
    SUSPICIOUS.is_match(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistaken_encodings_raise_suspicion() {
        for wrong in ["cafÃ©", "â€œ", "вЂ™", "Ã la carte", "a\u{92}s", "ØªÙ…"] {
            assert!(is_raised_by(wrong), "{wrong}");
        }
    }

    #[test]
    fn sound_text_raises_none() {
        for sound in [
            "Ça va où?",
            "Åland",
            "œuvre",
            "«Élysée» 25 €",
            "¯\\_(ツ)_/¯",
            "°˖✧",
        ] {
            assert!(!is_raised_by(sound), "{sound}");
        }
    }
}
