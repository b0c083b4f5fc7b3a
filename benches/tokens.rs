#![expect(clippy::print_stdout, reason = "the tokens are its output")]
//! A caption's tokens, or its cleaned text, for every line read: what `tests/golden/tokenizer_fuzz.py` compares with
//! open_clip. Both sides write JSON.

use std::io::BufRead;

use ticclip::tokenizer::{END_OF_TEXT, Tokenizer};

/// So long that nothing is cut.
const CONTEXT: usize = 20_000;

fn main() {
    let clean = std::env::args().any(|word| word == "text");
    let tokenizer = Tokenizer::clip().expect("the embedded vocabulary");
    for line in std::io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line.expect("a line")).expect("a JSON string");
        if clean {
            println!("{}", serde_json::json!(Tokenizer::clean(&text)));
            continue;
        }
        let ids = tokenizer.encode(&text, CONTEXT).expect("tokens");
        let end = ids.iter().rposition(|&id| id == END_OF_TEXT);
        println!("{:?}", &ids[1..end.expect("every caption ends")]);
    }
}
