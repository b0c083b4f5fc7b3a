//! The font inside: letters and their widths are the same on every machine, also where none is installed.
//!
//! It is DejaVu Sans, by Bitstream and the DejaVu project. Its licence allows embedding, in programs and in documents.

use std::sync::{Arc, LazyLock};

use resvg::usvg::fontdb::{Database, Source};
use ttf_parser::Face;

/// How a width of text is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

static REGULAR: LazyLock<Face<'static>> = LazyLock::new(|| face(dejavu::sans::regular()));
static BOLD: LazyLock<Face<'static>> = LazyLock::new(|| face(dejavu::sans::bold()));

fn face(data: &'static [u8]) -> Face<'static> {
    Face::parse(data, 0).expect("the font inside is whole")
}

/// The fonts for whoever converts a drawing; `sans-serif` means ours.
pub(super) fn database() -> Arc<Database> {
    static DATABASE: LazyLock<Arc<Database>> = LazyLock::new(|| {
        let mut database = Database::new();
        for data in [dejavu::sans::regular(), dejavu::sans::bold()] {
            database.load_font_source(Source::Binary(Arc::new(data)));
        }
        database.set_sans_serif_family("DejaVu Sans");
        Arc::new(database)
    });
    Arc::clone(&DATABASE)
}

/// Whether the font has a letter for `c`.
pub(super) fn has(c: char) -> bool {
    REGULAR.glyph_index(c).is_some()
}

/// How wide `words` are at `size`, both in points. Kerning is left out, which makes words a little wider than they are.
pub(super) fn width(words: &str, size: f64, weight: Weight) -> f64 {
    let face = match weight {
        Weight::Regular => &REGULAR,
        Weight::Bold => &BOLD,
    };
    let units: f64 = words
        .chars()
        .map(|c| {
            let glyph = face.glyph_index(c).unwrap_or_default();
            face.glyph_hor_advance(glyph).map_or(0.0, f64::from)
        })
        .sum();
    size * units / f64::from(face.units_per_em())
}

/// `words` if they fit into `room` points, else as many of their letters as do, with dots behind.
pub(super) fn fit(words: &str, room: f64, size: f64, weight: Weight) -> String {
    if width(words, size, weight) <= room {
        return words.to_owned();
    }
    let mut shown = String::new();
    let mut left = room - width("…", size, weight);
    for c in words.chars() {
        left -= width(c.encode_utf8(&mut [0; 4]), size, weight);
        if left < 0.0 {
            break;
        }
        shown.push(c);
    }
    shown.truncate(shown.trim_end().len());
    shown + "…"
}

/// `words` in one line, or in two broken at the first hyphen or space, each cut where it does not fit `room`.
pub(super) fn lines(words: &str, room: f64, size: f64) -> Vec<String> {
    if width(words, size, Weight::Regular) <= room {
        return vec![words.to_owned()];
    }
    let broken = words.find(['-', '–', ' ']).and_then(|at| {
        let behind = at + words[at..].chars().next()?.len_utf8();
        Some((words[..behind].trim_end(), words[behind..].trim_start()))
    });
    let parts = match broken {
        Some((first, rest)) if !rest.is_empty() => vec![first, rest],
        _ => vec![words],
    };
    let cut = |part: &str| fit(part, room, size, Weight::Regular);
    parts.into_iter().map(cut).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_as_wide_as_their_letters() {
        let one = width("n", 10.0, Weight::Regular);
        assert!((6.0..7.0).contains(&one), "{one}");
        assert!((width("nnn", 10.0, Weight::Regular) - 3.0 * one).abs() < 1e-9);
        assert!(width("n", 10.0, Weight::Bold) > one);
        assert_eq!(width("", 10.0, Weight::Regular), 0.0);
    }

    #[test]
    fn names_break_at_the_hyphen() {
        assert_eq!(lines("2017", 25.0, 6.5), ["2017"]);
        assert_eq!(lines("2010-2014", 25.0, 6.5), ["2010-", "2014"]);
        assert_eq!(lines("2010-2014", 60.0, 6.5), ["2010-2014"]);
        assert_eq!(lines("antediluvian", 25.0, 6.5), ["ante…"]);
    }

    #[test]
    fn font_has_what_charts_and_most_names_need() {
        for c in "0123456789×±−–…⁰¹²³⁴⁵⁶⁷⁸⁹⁻éñßΔжשע".chars() {
            assert!(has(c), "{c}");
        }
        assert!(!has('检'));
    }

    proptest! {
        #[test]
        fn cut_words_fit(words in ".*", room in 10.0..200.0) {
            let shown = fit(&words, room, 6.5, Weight::Regular);
            prop_assert!(width(&shown, 6.5, Weight::Regular) <= room);
            prop_assert!(lines(&words, room, 6.5).len() <= 2);
        }
    }
}
