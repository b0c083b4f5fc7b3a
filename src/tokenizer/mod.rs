//! CLIP's tokenizer: byte-level BPE over lower-cased text, 49408 tokens.

mod repair;
mod vocabulary;
mod words;

use thiserror::Error;
use tokenizers::Model;
use tokenizers::models::bpe::BPE;

/// Number of tokens.
pub const VOCABULARY: usize = 49408;
/// The token every caption starts with.
pub const START_OF_TEXT: u32 = 49406;
/// The token every caption ends with, and where the text tower is read off.
pub const END_OF_TEXT: u32 = 49407;

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
    /// The model counts on other tokens than this tokenizer has.
    #[error("the model has {model} tokens, CLIP's tokenizer has {VOCABULARY}")]
    Size {
        /// The model's vocabulary.
        model: usize,
    },
}

/// Text to token numbers.
#[derive(Debug)]
pub struct Tokenizer {
    pairs: BPE,
    /// The letter that stands for each byte in the vocabulary.
    letters: [char; 256],
}

impl Tokenizer {
    /// CLIP's own vocabulary.
    ///
    /// # Errors
    /// [`TokenizerError`] when the embedded vocabulary is not a byte-pair encoding.
    pub fn clip() -> Result<Self, TokenizerError> {
        let (vocabulary, merges) = vocabulary::clip()?;
        let pairs = BPE::builder()
            .vocab_and_merges(vocabulary, merges)
            .end_of_word_suffix("</w>".to_owned())
            .build()?;
        let letters = vocabulary::letters();
        Ok(Self { pairs, letters })
    }

    /// The caption as its tokens are taken from it: repaired, unescaped, its white space collapsed, in lower case.
    #[must_use]
    pub fn clean(text: &str) -> String {
        repair::plain(text)
    }

    /// The caption's tokens between start and end, cut to `context` with the end kept, padded with
    /// zeros.
    ///
    /// # Errors
    /// [`TokenizerError::Library`] when the library cannot tokenize the text.
    pub fn encode(&self, text: &str, context: usize) -> Result<Vec<u32>, TokenizerError> {
        let clean = Self::clean(text);
        let room = context.saturating_sub(2);
        let mut ids = Vec::with_capacity(context);
        ids.push(START_OF_TEXT);
        for word in words::words(&clean) {
            if ids.len() > room {
                break;
            }
            self.push_word(&mut ids, word)?;
        }
        ids.truncate(room + 1);
        ids.push(END_OF_TEXT);
        ids.resize(context, 0);
        Ok(ids)
    }

    fn push_word(&self, ids: &mut Vec<u32>, word: &str) -> Result<(), TokenizerError> {
        match words::SPECIAL.iter().position(|special| *special == word) {
            Some(0) => ids.push(START_OF_TEXT),
            Some(_) => ids.push(END_OF_TEXT),
            None => {
                let bytes = word.bytes().map(|byte| self.letters[usize::from(byte)]);
                let tokens = self.pairs.tokenize(&bytes.collect::<String>())?;
                ids.extend(tokens.iter().map(|token| token.id));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<u32> {
        let tokenizer = Tokenizer::clip().expect("the embedded vocabulary");
        let ids = tokenizer.encode(text, 77).expect("plain text");
        let end = ids
            .iter()
            .rposition(|&id| id == END_OF_TEXT)
            .expect("an end");
        ids[1..end].to_vec()
    }

    #[test]
    fn known_captions_have_open_clips_tokens() {
        // Golden values from open_clip's tokenizer, tests/golden/tokenizer.py.
        let golden: Vec<(String, Vec<u32>)> =
            serde_json::from_str(include_str!("../../tests/golden/tokenizer.json"))
                .expect("golden file");
        assert!(golden.len() > 20);
        for (text, expected) in golden {
            assert_eq!(tokens(&text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_caption_is_cut_and_still_ends() {
        let tokenizer = Tokenizer::clip().expect("the embedded vocabulary");
        let ids = tokenizer
            .encode(&"word ".repeat(50), 8)
            .expect("plain text");
        assert_eq!(ids.len(), 8);
        assert_eq!((ids[0], ids[7]), (START_OF_TEXT, END_OF_TEXT));
    }

    #[test]
    fn an_empty_caption_is_start_and_end() {
        let tokenizer = Tokenizer::clip().expect("the embedded vocabulary");
        let ids = tokenizer.encode(" \n", 4).expect("plain text");
        assert_eq!(ids, [START_OF_TEXT, END_OF_TEXT, 0, 0]);
    }
}
