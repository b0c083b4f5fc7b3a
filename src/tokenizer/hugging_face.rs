//! A Hugging Face `tokenizer.json`, used as open_clip's `HFTokenizer` uses it.
//!
//! The text is repaired as for CLIP and keeps its capitals; what happens to them is the file's affair, as are the words,
//! the tokens and what is put around them. Of the files beside it only the padding token and the sides at which captions
//! are cut and padded are taken.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokenizers::normalizers::Precompiled;
use tokenizers::{
    ModelWrapper, PaddingDirection, PostProcessor, PostProcessorWrapper, Tokenizer as Library,
    TruncationDirection,
};

use super::file::read_beside;
use super::{TokenizerError, repair};

/// What else is known about a tokenizer, beside it.
pub(super) const CONFIG: &str = "tokenizer_config.json";
/// Where older versions of `transformers` keep the padding token; it goes first where both have one.
const SPECIAL: &str = "special_tokens_map.json";
/// The class in `transformers` that takes a `tokenizer.json` as it is.
const CLASS: &str = "PreTrainedTokenizerFast";

/// Why a `tokenizer.json` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HuggingFaceError {
    /// The library does not understand it.
    #[error(transparent)]
    Library(#[from] tokenizers::Error),
    /// The padding token is none of its tokens.
    #[error("its padding token {token:?} is none of its tokens")]
    Padding {
        /// The token.
        token: String,
    },
    /// What is put around a caption is not in the file.
    #[error(
        "its post_processor puts {piece:?} around captions, which it does not say the number of"
    )]
    Around {
        /// A special token, or a second text.
        piece: String,
    },
    /// Merges are left out at random.
    #[error("its `dropout` makes tokens a matter of chance; allowed is null")]
    Dropout,
}

/// The beginning or the end of a caption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Side {
    Left,
    #[default]
    Right,
}

/// A token in the files beside: its text alone, or with what else there is to say about it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Named {
    Text(String),
    Described { content: String },
}

impl Named {
    fn text(self) -> String {
        match self {
            Self::Text(text) | Self::Described { content: text } => text,
        }
    }
}

/// The parts of a file that the library takes to be sound.
#[derive(Deserialize)]
struct Trusted {
    #[serde(default)]
    normalizer: Value,
    #[serde(default, rename = "decoder")]
    _decoder: Value,
    #[serde(default)]
    post_processor: Value,
}

/// What the files beside are read for.
#[derive(Default, Deserialize)]
struct Beside {
    #[serde(default)]
    pad_token: Option<Named>,
    #[serde(default)]
    padding_side: Option<Side>,
    #[serde(default)]
    truncation_side: Option<Side>,
}

/// How captions get their length.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fit {
    /// The token they are padded with, where one is named.
    pad_token: Option<String>,
    /// Its number.
    pad: u32,
    pad_at: Side,
    cut_at: Side,
}

/// The library's tokenizer.
#[derive(Debug)]
pub(super) struct HuggingFace {
    /// Text to tokens, without what is put around them.
    library: Library,
    /// Puts special tokens around a caption's.
    ending: Option<PostProcessorWrapper>,
    fit: Fit,
    largest: u32,
}

/// What `transformers` needs to read a `tokenizer.json` as we do.
#[derive(Serialize)]
struct WrittenConfig<'a> {
    tokenizer_class: &'static str,
    pad_token: &'a str,
    padding_side: Side,
    truncation_side: Side,
}

impl HuggingFace {
    /// The tokenizer in these bytes of `path`.
    pub(super) fn new(bytes: &[u8], path: &Path) -> Result<Self, TokenizerError> {
        let unusable = |source: HuggingFaceError| TokenizerError::HuggingFace {
            path: path.to_owned(),
            source,
        };
        Trusted::check(bytes).map_err(unusable)?;
        let mut library = Library::from_bytes(bytes)
            .map_err(|error| unusable(HuggingFaceError::Library(error)))?;
        if matches!(library.get_model(), ModelWrapper::BPE(pairs) if pairs.dropout.is_some()) {
            return Err(unusable(HuggingFaceError::Dropout));
        }
        let beside = Beside::read(path)?;
        let fit = Fit::new(&library, beside).map_err(unusable)?;
        // Captions are cut and padded to the context, which is the model's: `encode` does it, in the library's order.
        let ending = library.get_post_processor().cloned();
        library.with_post_processor(None::<PostProcessorWrapper>);
        library.with_padding(None);
        library
            .with_truncation(None)
            .map_err(|error| unusable(HuggingFaceError::Library(error)))?;
        let mut tokenizer = Self {
            library,
            ending,
            largest: fit.pad,
            fit,
        };
        tokenizer.largest = tokenizer.find_largest()?;
        Ok(tokenizer)
    }

    /// The largest token.
    pub(super) const fn largest(&self) -> u32 {
        self.largest
    }

    /// The caption's tokens, cut to `context` before the special ones come around them, padded.
    pub(super) fn encode(&self, text: &str, context: usize) -> Result<Vec<u32>, TokenizerError> {
        let around = self.around();
        let narrow = || TokenizerError::Context { context, around };
        let room = context.checked_sub(around).ok_or_else(narrow)?;
        let mut tokens = self
            .library
            .encode_fast(repair::with_capitals(text), false)?;
        tokens.truncate(room, 0, self.fit.cut_at.into());
        let mut tokens = match &self.ending {
            Some(ending) => ending.process(tokens, None, true)?,
            None => tokens,
        };
        if tokens.len() > context {
            return Err(narrow());
        }
        let Fit { pad, pad_at, .. } = self.fit;
        tokens.pad(context, pad, 0, "", pad_at.into());
        Ok(tokens.get_ids().to_vec())
    }

    /// How many special tokens come around a caption's.
    fn around(&self) -> usize {
        let ending = self.ending.as_ref();
        ending.map_or(0, |ending| ending.added_tokens(false))
    }

    /// Special tokens around a caption come with numbers of their own, be they in the vocabulary or not.
    fn find_largest(&self) -> Result<u32, TokenizerError> {
        let around = self.encode("", self.around())?;
        let vocabulary = self.library.get_vocab(true).into_values();
        let largest = vocabulary.chain(around).max().unwrap_or(0);
        Ok(largest.max(self.fit.pad))
    }

    /// All that decides tokens beside the bytes of the file.
    pub(super) fn settings(&self) -> String {
        format!("{:?}", self.fit)
    }

    /// What `transformers` needs beside the file to cut and pad as we do; none if no padding token is named, which it
    /// insists on.
    pub(super) fn config(&self) -> Option<String> {
        let config = WrittenConfig {
            tokenizer_class: CLASS,
            pad_token: self.fit.pad_token.as_ref()?,
            padding_side: self.fit.pad_at,
            truncation_side: self.fit.cut_at,
        };
        let text = serde_json::to_string_pretty(&config).expect("a configuration is plain data");
        Some(text + "\n")
    }
}

impl Trusted {
    /// Refuses what the library would panic at.
    fn check(bytes: &[u8]) -> Result<(), HuggingFaceError> {
        let wrong = |error: serde_json::Error| HuggingFaceError::Library(error.into());
        let parts: Self = serde_json::from_slice(bytes).map_err(wrong)?;
        for part in objects(&parts.normalizer) {
            if part.get("type").is_some_and(|kind| kind == "Precompiled") {
                let map = Value::Object(part.clone());
                serde_json::from_value::<Precompiled>(map).map_err(wrong)?;
            }
        }
        let around = objects(&parts.post_processor);
        match around.into_iter().find_map(unknown_piece) {
            None => Ok(()),
            Some(piece) => Err(HuggingFaceError::Around {
                piece: piece.to_owned(),
            }),
        }
    }
}

/// The piece of a template for one text that has no number and is not that text.
fn unknown_piece(processor: &Map<String, Value>) -> Option<&str> {
    let numbered = processor.get("special_tokens");
    let known = |token: &str| numbered.is_some_and(|numbered| numbered.get(token).is_some());
    let pieces = processor.get("single")?.as_array()?;
    pieces.iter().find_map(|piece| {
        let special = named(piece, "SpecialToken").filter(|token| !known(token));
        special.or_else(|| named(piece, "Sequence").filter(|text| *text != "A"))
    })
}

/// The token or text that a piece of a template stands for, if it is of that kind.
fn named<'a>(piece: &'a Value, kind: &str) -> Option<&'a str> {
    piece.get(kind)?.get("id")?.as_str()
}

/// A value's objects, however deep; JSON is read to a limited depth.
fn objects(value: &Value) -> Vec<&Map<String, Value>> {
    match value {
        Value::Array(values) => values.iter().flat_map(objects).collect(),
        Value::Object(map) => std::iter::once(map)
            .chain(map.values().flat_map(objects))
            .collect(),
        _ => Vec::new(),
    }
}

impl Beside {
    fn read(tokenizer: &Path) -> Result<Self, TokenizerError> {
        let config: Self = read_beside(tokenizer, CONFIG)?.unwrap_or_default();
        let special: Self = read_beside(tokenizer, SPECIAL)?.unwrap_or_default();
        Ok(Self {
            pad_token: special.pad_token.or(config.pad_token),
            ..config
        })
    }
}

impl Fit {
    /// What is said beside the file goes before what is said in it, as in `transformers`; where nothing is said of
    /// padding, it is the first token.
    fn new(library: &Library, beside: Beside) -> Result<Self, HuggingFaceError> {
        let (padding, truncation) = (library.get_padding(), library.get_truncation());
        let named = beside.pad_token.map(Named::text);
        let pad_token = named.or_else(|| padding.map(|padding| padding.pad_token.clone()));
        let pad = match &pad_token {
            None => 0,
            Some(token) => {
                let unknown = || HuggingFaceError::Padding {
                    token: token.clone(),
                };
                library.token_to_id(token).ok_or_else(unknown)?
            }
        };
        let pad_at = padding.map(|padding| padding.direction.into());
        let cut_at = truncation.map(|truncation| truncation.direction.into());
        Ok(Self {
            pad_token,
            pad,
            pad_at: beside.padding_side.or(pad_at).unwrap_or_default(),
            cut_at: beside.truncation_side.or(cut_at).unwrap_or_default(),
        })
    }
}

impl From<PaddingDirection> for Side {
    fn from(direction: PaddingDirection) -> Self {
        match direction {
            PaddingDirection::Left => Self::Left,
            PaddingDirection::Right => Self::Right,
        }
    }
}

impl From<TruncationDirection> for Side {
    fn from(direction: TruncationDirection) -> Self {
        match direction {
            TruncationDirection::Left => Self::Left,
            TruncationDirection::Right => Self::Right,
        }
    }
}

impl From<Side> for PaddingDirection {
    fn from(side: Side) -> Self {
        match side {
            Side::Left => Self::Left,
            Side::Right => Self::Right,
        }
    }
}

impl From<Side> for TruncationDirection {
    fn from(side: Side) -> Self {
        match side {
            Side::Left => Self::Left,
            Side::Right => Self::Right,
        }
    }
}
