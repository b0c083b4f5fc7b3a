//! `language(text)`: the ISO 639-3 code of the language that a text is in.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ScalarUDF;

use super::scalar::Scalar;
use super::text::texts;

pub(super) fn function() -> ScalarUDF {
    Scalar::of_text("language", DataType::Utf8, compute).into()
}

fn compute(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let texts = texts(&columns[0])
        .ok_or_else(|| DataFusionError::Execution("language takes text".to_owned()))?;
    let languages: StringArray = texts.map(|text| language(text?)).collect();
    Ok(Arc::new(languages))
}

fn language(text: &str) -> Option<&'static str> {
    whatlang::detect(text)
        .filter(whatlang::Info::is_reliable)
        .map(|found| found.lang().code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_have_a_language_and_fragments_have_none() {
        let english = "A photograph of two children who are playing with their dog on the beach";
        let german = "Ein Foto von zwei Kindern, die mit ihrem Hund am Strand spielen und lachen";
        assert_eq!(language(english), Some("eng"));
        assert_eq!(language(german), Some("deu"));
        assert_eq!(language("犬と海で遊ぶ子供たちの写真です"), Some("jpn"));
        assert_eq!(language("IMG_2034.jpg"), None);
        assert_eq!(language(""), None);
    }
}
