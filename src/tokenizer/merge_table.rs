//! A merge table as open_clip ships it: a line that is skipped, then a line for each pair of tokens that become one.

use tokenizers::models::bpe::{Merges, Vocab};

use super::vocabulary::{BYTES, alphabet};

/// Merges that open_clip reads; CLIP's table has many more.
const MERGES: usize = 49_152 - 256 - 2;

/// A line that is no merge.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct MergeError {
    /// The line, from 1.
    line: usize,
    /// What is wrong, and what is allowed.
    problem: String,
}

/// Tokens by text, their merges in order, and the number behind the last token.
///
/// A line break behind the last merge is a token for open_clip, which no text makes: it takes a number here too.
pub(super) fn read(text: &str) -> Result<(Vocab, Merges, u32), MergeError> {
    let mut vocabulary = single_bytes();
    let mut merges = Merges::new();
    let mut next = 2 * BYTES;
    let mut lines = text.split('\n').zip(1..).skip(1).take(MERGES).peekable();
    while let Some((text, line)) = lines.next() {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words[..] {
            [left, right] => {
                known(&vocabulary, [left, right], line)?;
                vocabulary.insert(format!("{left}{right}"), next);
                merges.push((left.to_owned(), right.to_owned()));
            }
            [] if lines.peek().is_none() => {}
            _ => {
                let problem = format!("{} words, a merge is two tokens", words.len());
                return Err(MergeError { line, problem });
            }
        }
        next += 1;
    }
    if merges.is_empty() {
        let problem = "no merge; the first line is not read as one".to_owned();
        return Err(MergeError { line: 2, problem });
    }
    Ok((vocabulary, merges, next))
}

/// A token for each byte inside a word, and one for each at its end.
fn single_bytes() -> Vocab {
    let letters = alphabet().into_iter().zip(0..);
    letters
        .flat_map(|((_, letter), id)| {
            [
                (letter.to_string(), id),
                (format!("{letter}</w>"), id + BYTES),
            ]
        })
        .collect()
}

fn known(vocabulary: &Vocab, tokens: [&str; 2], line: usize) -> Result<(), MergeError> {
    match tokens
        .iter()
        .find(|token| !vocabulary.contains_key(**token))
    {
        None => Ok(()),
        Some(token) => {
            let problem = format!("{token:?} is neither a byte nor made by an earlier line");
            Err(MergeError { line, problem })
        }
    }
}
