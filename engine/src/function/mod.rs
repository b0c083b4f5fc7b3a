//! Functions of our own in SQL, the same on every machine that a plan runs on.

mod bucket;
mod language;
mod micros;
mod scalar;
mod text;
mod uid;
mod words;

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

pub(crate) use bucket::bucket;
pub(crate) use micros::{NO_DATE, micros};
pub(crate) use text::is_text;
pub(crate) use uid::uid;

/// All of them.
///
/// | function | is |
/// |---|---|
/// | `words(text)` | how many words there are between white space |
/// | `language(text)` | the ISO 639-3 code of the language, by its script and trigrams; null where that is unsure |
/// | `ticclip_uid(x)` | 16 bytes from 32 hex digits or bytes; null if it is no uid |
/// | `ticclip_micros(x)` | microseconds since 1970; the least integer if it is no date |
/// | `ticclip_bucket(uid, of)` | which of equal ranges of uids this one is in; null is in the first |
///
/// `language` knows 70 languages. It is right for most sentences and paragraphs, and for scripts of one language at any
/// length; a caption of three or four words in Latin or Cyrillic letters is usually too short to be sure of, and then it is
/// null. Filter with `language(caption) IS NULL OR language(caption) = 'eng'` to keep those.
pub fn all() -> Vec<ScalarUDF> {
    vec![
        uid::function(),
        micros::function(),
        bucket::function(),
        words::function(),
        language::function(),
    ]
}

/// One of them as it is called in a plan.
fn call(
    function: ScalarUDF,
    arguments: Vec<datafusion::logical_expr::Expr>,
) -> datafusion::logical_expr::Expr {
    Arc::new(function).call(arguments)
}
