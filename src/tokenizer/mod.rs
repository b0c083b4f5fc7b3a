//! Tokenizers: CLIP's own byte-level BPE over lower-cased text, 49408 tokens, or one that the user names.

mod byte_pairs;
mod file;
mod hugging_face;
mod merge_table;
pub(crate) mod repair;
#[cfg(test)]
mod tests;
mod vocabulary;
mod words;

use std::fmt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::artefact::hex;
use byte_pairs::BytePairs;
use file::Content;
use hugging_face::HuggingFace;
pub use hugging_face::HuggingFaceError;
pub use merge_table::MergeError;

/// Number of tokens of CLIP's own vocabulary.
pub const VOCABULARY: usize = 49408;
/// The token every caption starts with in CLIP's own vocabulary.
pub const START_OF_TEXT: u32 = 49406;
/// The token every caption ends with in CLIP's own vocabulary, and where the text tower is read off.
pub const END_OF_TEXT: u32 = 49407;

/// The tokenizer's file in a model folder.
pub(crate) const TOKENIZER: &str = "tokenizer.json";

/// Files that can be named as a tokenizer, for messages.
const ALLOWED: &str = "allowed are a Hugging Face tokenizer.json and a merge table, plain or gzip, of at most 64 MB unpacked";

/// Why a tokenizer cannot be built or used.
#[derive(Debug, Error)]
pub enum TokenizerError {
    /// The vocabulary does not have the structure of a byte-pair encoding.
    #[error("token {id} of the vocabulary is no pair of earlier tokens")]
    Vocabulary {
        /// The token.
        id: u32,
    },
    /// The tokenizer library refused.
    #[error("tokenizer: {0}")]
    Library(#[from] tokenizers::Error),
    /// A file cannot be read or unpacked.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is too large, or what it unpacks to.
    #[error("{path} is too large for a tokenizer; {ALLOWED}")]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A file without content.
    #[error("{path} is empty; {ALLOWED}")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A file that is neither JSON nor text.
    #[error("{path} is no tokenizer; {ALLOWED}")]
    Unknown {
        /// The file.
        path: PathBuf,
    },
    /// A file of lines that are no merges.
    #[error("{path} is no merge table: {source}; {ALLOWED}")]
    Merges {
        /// The file.
        path: PathBuf,
        /// The line and what is wrong with it.
        source: MergeError,
    },
    /// A JSON file that is no tokenizer.
    #[error("{path} is no Hugging Face tokenizer.json that can be used: {source}")]
    HuggingFace {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: HuggingFaceError,
    },
    /// A file beside the tokenizer's is damaged.
    #[error("{path}: {source}")]
    Beside {
        /// The file.
        path: PathBuf,
        /// Line, column and what was expected.
        source: serde_json::Error,
    },
    /// No room for a caption's special tokens.
    #[error(
        "a context of {context} tokens has no room for the {around} that the tokenizer puts around a caption"
    )]
    Context {
        /// The model's context.
        context: usize,
        /// Special tokens of a caption.
        around: usize,
    },
    /// The model has fewer tokens than the tokenizer, or others than CLIP's.
    #[error("the model's vocab_size is {model}, but {tokenizer} has {tokens} tokens{}", hint(*.named))]
    Size {
        /// The model's vocabulary.
        model: usize,
        /// The tokenizer.
        tokenizer: String,
        /// Its vocabulary.
        tokens: usize,
        /// Whether the user named it.
        named: bool,
    },
    /// A tokenizer that open_clip would not find beside a model.
    #[error("{tokenizer} cannot go with a model that is trained here: {problem}")]
    NotPortable {
        /// The tokenizer.
        tokenizer: String,
        /// Why not, and what is allowed.
        problem: &'static str,
    },
}

const fn hint(named: bool) -> &'static str {
    if named {
        ""
    } else {
        "; name the model's own tokenizer with --tokenizer"
    }
}

/// Text to token numbers.
pub struct Tokenizer {
    kind: Kind,
    /// Where it is from; none for CLIP's own vocabulary.
    named: Option<Named>,
}

enum Kind {
    BytePairs(Box<BytePairs>),
    HuggingFace(Box<HuggingFace>),
}

/// A file that holds a tokenizer.
struct Named {
    path: PathBuf,
    checksum: String,
    /// What goes beside a model's weights, if it can.
    json: Vec<u8>,
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Tokenizer")
            .field(&self.name())
            .finish()
    }
}

impl Tokenizer {
    /// CLIP's own vocabulary.
    ///
    /// # Errors
    /// [`TokenizerError`] when the embedded vocabulary is not a byte-pair encoding.
    pub fn clip() -> Result<Self, TokenizerError> {
        let (vocabulary, merges) = vocabulary::clip()?;
        Ok(Self {
            kind: Kind::BytePairs(Box::new(BytePairs::new(vocabulary, merges, START_OF_TEXT)?)),
            named: None,
        })
    }

    /// The tokenizer in a file, told by its content: a Hugging Face `tokenizer.json`, or a merge table as open_clip ships
    /// CLIP's, plain or gzip.
    ///
    /// # Errors
    /// [`TokenizerError`] naming the file, what is wrong with it and what is allowed.
    pub fn open(path: &Path) -> Result<Self, TokenizerError> {
        match file::read(path)? {
            Content::Json(json) => {
                let library = HuggingFace::new(&json, path)?;
                let settings = library.settings();
                let checksum = checksum(&[&json, settings.as_bytes()]);
                Ok(Self {
                    kind: Kind::HuggingFace(Box::new(library)),
                    named: Some(Named::new(path, checksum, json)),
                })
            }
            Content::Lines(text) => {
                let wrong = |source| TokenizerError::Merges {
                    path: path.to_owned(),
                    source,
                };
                let (vocabulary, merges, start) = merge_table::read(&text).map_err(wrong)?;
                let checksum = checksum(&[text.as_bytes()]);
                Ok(Self {
                    kind: Kind::BytePairs(Box::new(BytePairs::new(vocabulary, merges, start)?)),
                    named: Some(Named::new(path, checksum, Vec::new())),
                })
            }
        }
    }

    /// The caption as CLIP's tokens are taken from it: repaired, unescaped, its white space collapsed, in lower case.
    #[must_use]
    pub fn clean(text: &str) -> String {
        repair::plain(text)
    }

    /// The caption's tokens with those that start and end it, cut to `context` and padded to it.
    ///
    /// # Errors
    /// [`TokenizerError::Library`] when the library cannot tokenize the text, [`TokenizerError::Context`] when the context
    /// is too short for any.
    pub fn encode(&self, text: &str, context: usize) -> Result<Vec<u32>, TokenizerError> {
        match &self.kind {
            Kind::BytePairs(pairs) => pairs.encode(text, context),
            Kind::HuggingFace(library) => library.encode(text, context),
        }
    }

    /// Number of tokens: the largest there is, and one.
    #[must_use]
    pub fn vocabulary_size(&self) -> usize {
        let largest = match &self.kind {
            Kind::BytePairs(pairs) => pairs.largest(),
            Kind::HuggingFace(library) => library.largest(),
        };
        largest as usize + 1
    }

    /// Checksum over all that decides the tokens; none for CLIP's own vocabulary.
    #[must_use]
    pub fn checksum(&self) -> Option<&str> {
        Some(&self.named.as_ref()?.checksum)
    }

    /// Refuses a model that does not know all tokens, or whose captions are too short for any. A model of more tokens than
    /// CLIP's has another tokenizer, which must be named.
    ///
    /// # Errors
    /// [`TokenizerError::Size`] or [`TokenizerError::Context`].
    pub fn check(&self, vocab_size: usize, context: usize) -> Result<(), TokenizerError> {
        let (tokens, named) = (self.vocabulary_size(), self.named.is_some());
        if vocab_size < tokens || (vocab_size > tokens && !named) {
            return Err(TokenizerError::Size {
                model: vocab_size,
                tokenizer: self.name(),
                tokens,
                named,
            });
        }
        self.encode("", context).map(drop)
    }

    /// What open_clip reads beside a model's weights, by file name; nothing for CLIP's own vocabulary, which it has.
    ///
    /// # Errors
    /// [`TokenizerError::NotPortable`] when open_clip would not find this tokenizer beside a model.
    pub fn files(&self) -> Result<Vec<(&'static str, Vec<u8>)>, TokenizerError> {
        let Some(named) = &self.named else {
            return Ok(Vec::new());
        };
        let refuse = |problem| TokenizerError::NotPortable {
            tokenizer: self.name(),
            problem,
        };
        let Kind::HuggingFace(library) = &self.kind else {
            return Err(refuse(
                "open_clip looks for a tokenizer.json beside a model; a merge table is none",
            ));
        };
        let config = library.config().ok_or_else(|| {
            refuse("open_clip asks for a padding token; allowed are `padding` in it and pad_token in tokenizer_config.json")
        })?;
        Ok(vec![
            (TOKENIZER, named.json.clone()),
            (hugging_face::CONFIG, config.into_bytes()),
        ])
    }

    fn name(&self) -> String {
        match &self.named {
            Some(named) => named.path.display().to_string(),
            None => "CLIP's own vocabulary".to_owned(),
        }
    }
}

impl Named {
    fn new(path: &Path, checksum: String, json: Vec<u8>) -> Self {
        Self {
            path: path.to_owned(),
            checksum,
            json,
        }
    }
}

/// SHA-256 over parts, as 64 hex digits.
fn checksum(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}
