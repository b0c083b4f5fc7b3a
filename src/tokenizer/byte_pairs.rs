//! Tokens as CLIP makes them: words of lower-cased text, their bytes merged in pairs.

use tokenizers::Model;
use tokenizers::models::bpe::{BPE, Merges, Vocab};

use super::{TokenizerError, repair, vocabulary, words};

/// A byte-pair encoding between two tokens that no text makes.
#[derive(Debug)]
pub(super) struct BytePairs {
    pairs: BPE,
    /// The letter that stands for each byte in the vocabulary.
    letters: [char; 256],
    /// The token every caption starts with.
    start: u32,
    /// The token every caption ends with, the last of all.
    end: u32,
}

impl BytePairs {
    /// `start` is the first number behind the tokens that are merged; the end of a caption comes behind it.
    pub(super) fn new(
        vocabulary: Vocab,
        merges: Merges,
        start: u32,
    ) -> Result<Self, tokenizers::Error> {
        let pairs = BPE::builder()
            .vocab_and_merges(vocabulary, merges)
            .end_of_word_suffix("</w>".to_owned())
            .build()?;
        Ok(Self {
            pairs,
            letters: vocabulary::letters(),
            start,
            end: start + 1,
        })
    }

    /// The largest token.
    pub(super) const fn largest(&self) -> u32 {
        self.end
    }

    /// The caption's tokens between start and end, cut to `context` with the end kept, padded with zeros.
    pub(super) fn encode(&self, text: &str, context: usize) -> Result<Vec<u32>, TokenizerError> {
        let clean = repair::plain(text);
        let room = context.saturating_sub(2);
        let mut ids = Vec::with_capacity(context);
        ids.push(self.start);
        for word in words::words(&clean) {
            if ids.len() > room {
                break;
            }
            self.push_word(&mut ids, word)?;
        }
        ids.truncate(room + 1);
        ids.push(self.end);
        ids.resize(context, 0);
        Ok(ids)
    }

    fn push_word(&self, ids: &mut Vec<u32>, word: &str) -> Result<(), TokenizerError> {
        match words::SPECIAL.iter().position(|special| *special == word) {
            Some(0) => ids.push(self.start),
            Some(_) => ids.push(self.end),
            None => {
                let bytes = word.bytes().map(|byte| self.letters[usize::from(byte)]);
                let tokens = self.pairs.tokenize(&bytes.collect::<String>())?;
                ids.extend(tokens.iter().map(|token| token.id));
            }
        }
        Ok(())
    }
}
