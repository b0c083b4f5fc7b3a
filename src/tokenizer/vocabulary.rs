//! The vocabulary, recovered from the crate that carries it.
//!
//! `instant-clip-tokenizer` embeds CLIP's merge list but hands out only token ↔ text. A token's
//! number is its merge's rank, so the merge of a token is what the merges before it make of its
//! bytes: exactly two tokens.

use std::collections::HashMap;

use instant_clip_tokenizer::{Token, Tokenizer as Carrier};
use tokenizers::models::bpe::{Merges, Vocab};

use super::{END_OF_TEXT, START_OF_TEXT, TokenizerError};

/// Token texts by number, and the pairs that are merged, the most frequent first.
type Vocabulary = (Vec<(String, u32)>, Merges);

/// Tokens that stand for single bytes: once inside a word, once at its end.
pub(super) const BYTES: u32 = 256;

/// What stands for broken characters.
const REPLACEMENT: &str = "\u{FFFD}";

/// Sequences of bytes put before a token that starts in the middle of a character.
const BEFORE: [&[u8]; 7] = [
    &[],
    &[0xC3],
    &[0xE1],
    &[0xE1, 0x80],
    &[0xF1],
    &[0xF1, 0x80],
    &[0xF1, 0x80, 0x80],
];
/// Sequences of bytes put behind a token that ends in the middle of a character.
const BEHIND: [&[u8]; 8] = [
    &[],
    &[0x80],
    &[0x80, 0x80],
    &[0x80, 0x80, 0x80],
    &[0xA0],
    &[0xA0, 0x80],
    &[0x90, 0x80],
    &[0x90, 0x80, 0x80],
];

/// CLIP's vocabulary in the byte-level alphabet.
pub(super) fn clip() -> Result<(Vocab, Merges), TokenizerError> {
    let (texts, merges) = recover(&Carrier::new())?;
    Ok((texts.into_iter().collect(), merges))
}

fn recover(carrier: &Carrier) -> Result<Vocabulary, TokenizerError> {
    let alphabet = alphabet();
    let mut byte_tokens = [0_u32; 256];
    for (id, (byte, _)) in alphabet.iter().enumerate() {
        byte_tokens[usize::from(*byte)] = id as u32;
    }
    let letters: HashMap<u8, char> = alphabet.iter().copied().collect();
    let mut texts: Vec<(String, u32)> = Vec::new();
    for (id, (_, letter)) in alphabet.iter().enumerate() {
        texts.push((letter.to_string(), id as u32));
        texts.push((format!("{letter}</w>"), id as u32 + BYTES));
    }
    let mut ranks: HashMap<(u32, u32), u32> = HashMap::new();
    let mut names: HashMap<u32, String> =
        texts.iter().map(|(text, id)| (*id, text.clone())).collect();
    let mut merges = Vec::new();
    for id in 2 * BYTES..START_OF_TEXT {
        let (bytes, ends_word) =
            bytes_of(carrier, id, &byte_tokens).ok_or(TokenizerError::Vocabulary { id })?;
        let (left, right) = last_merge(&bytes, ends_word, &byte_tokens, &ranks)
            .ok_or(TokenizerError::Vocabulary { id })?;
        ranks.insert((left, right), id);
        merges.push((names[&left].clone(), names[&right].clone()));
        let mut text: String = bytes.iter().map(|byte| letters[byte]).collect();
        if ends_word {
            text.push_str("</w>");
        }
        names.insert(id, text.clone());
        texts.push((text, id));
    }
    texts.push(("<|startoftext|>".to_owned(), START_OF_TEXT));
    texts.push(("<|endoftext|>".to_owned(), END_OF_TEXT));
    Ok((texts, merges))
}

/// The letter that stands for each byte in the texts of tokens.
pub(super) fn letters() -> [char; 256] {
    let mut letters = ['\0'; 256];
    for (byte, letter) in alphabet() {
        letters[usize::from(byte)] = letter;
    }
    letters
}

/// The 256 bytes in the order of their tokens, each with the letter that stands for it in texts:
/// printable ones stand for themselves, the rest for letters from U+0100 on.
pub(super) fn alphabet() -> Vec<(u8, char)> {
    let printable = || (b'!'..=b'~').chain(0xA1..=0xAC).chain(0xAE..=0xFF);
    let rest = (0..=u8::MAX).filter(|byte| !printable().any(|other| other == *byte));
    let from_latin_extended = ('\u{100}'..).take(BYTES as usize);
    printable()
        .map(|byte| (byte, char::from(byte)))
        .chain(rest.zip(from_latin_extended))
        .collect()
}

/// A token's bytes, and whether it ends a word.
///
/// The carrier replaces broken characters, so a token that starts or ends inside one is decoded
/// between bytes that complete it.
fn bytes_of(carrier: &Carrier, id: u32, byte_tokens: &[u32; 256]) -> Option<(Vec<u8>, bool)> {
    let token = |id: u32| Token::from_u16(id as u16, carrier);
    for before in BEFORE {
        for behind in BEHIND {
            let byte_token = |byte: &u8| token(byte_tokens[usize::from(*byte)]);
            let tokens: Option<Vec<Token>> = before
                .iter()
                .map(byte_token)
                .chain([token(id)])
                .chain(behind.iter().map(byte_token))
                .collect();
            let text = carrier.decode(tokens?);
            if text.contains(char::REPLACEMENT_CHARACTER) {
                continue;
            }
            let bytes = text.as_bytes();
            let bytes = &bytes[before.len()..bytes.len() - behind.len()];
            return Some(as_word(bytes));
        }
    }
    // One token is the replacement character itself.
    let text = carrier.decode([token(id)?]);
    (text.trim_end() == REPLACEMENT).then(|| as_word(text.as_bytes()))
}

/// The carrier puts a space where a word ends.
fn as_word(bytes: &[u8]) -> (Vec<u8>, bool) {
    match bytes.strip_suffix(b" ") {
        Some(word) => (word.to_vec(), true),
        None => (bytes.to_vec(), false),
    }
}

/// What known merges make of a token's bytes; none unless that is two tokens.
fn last_merge(
    bytes: &[u8],
    ends_word: bool,
    byte_tokens: &[u32; 256],
    ranks: &HashMap<(u32, u32), u32>,
) -> Option<(u32, u32)> {
    let mut parts: Vec<u32> = bytes
        .iter()
        .map(|byte| byte_tokens[usize::from(*byte)])
        .collect();
    if ends_word {
        *parts.last_mut()? += BYTES;
    }
    while parts.len() > 2 {
        let pairs = parts.windows(2).enumerate();
        let best = pairs
            .filter_map(|(at, pair)| Some((*ranks.get(&(pair[0], pair[1]))?, at)))
            .min();
        let (merged, at) = best?;
        parts[at] = merged;
        parts.remove(at + 1);
    }
    match parts[..] {
        [left, right] => Some((left, right)),
        _ => None,
    }
}
