//! Pickle reader: the data in a Python pickle, streamed; nothing in the file is ever called or built.
//!
//! Read are dicts, lists, tuples and sets of texts, numbers, bytes and None, in protocols 0 to 5. Whatever would run code
//! (a global, a reduction, a build, a persistent id) is refused by the name of its opcode and where it stands.
//!
//! A pickle fills its containers before it says where they belong, so the file is read twice: first to learn the place
//! of every container, then to give the values away. Memory holds the containers' places, what one batch puts on the
//! stack (Python writes 1000 values at a time), and the texts that are referred to again; it does not grow with a list.

mod machine;
mod opcode;

use std::io::{Read, Seek};

use self::machine::{Machine, Pass};

/// The most texts and containers that are kept, each.
const MAX_KEPT: usize = 1 << 20;

/// A value that holds no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf<'a> {
    /// A text.
    Text(&'a str),
    /// A whole number.
    Int(i64),
    /// Anything else, by its kind.
    Other(&'static str),
}

/// The key of a dict on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// Anything else, by its kind.
    Other(&'static str),
}

/// A value and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The keys of the dicts around the value's container, outermost first.
    pub path: &'a [Key],
    /// The value's own key, if it is in a dict.
    pub key: Option<Leaf<'a>>,
    /// The value.
    pub value: Leaf<'a>,
}

/// Why a pickle cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PickleError {
    /// The disk refuses, or the receiver of the values does.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The file wants something called or built.
    #[error(
        "byte {offset}: {opcode} would run code; allowed are dicts, lists, tuples, sets, texts, bytes and numbers"
    )]
    Code {
        /// Where the opcode stands.
        offset: u64,
        /// Its name.
        opcode: &'static str,
    },
    /// The file is no pickle, damaged, or not of a kind that is read.
    #[error("byte {offset}: {message}")]
    Format {
        /// Where the trouble is.
        offset: u64,
        /// What it is.
        message: String,
    },
}

/// Gives every value of a pickle to `each`, in the file's order.
///
/// # Errors
/// The file is not a pickle of plain data, or `each` fails. Values may have been given by then.
pub fn read<R: Read + Seek>(
    mut reader: R,
    each: &mut dyn FnMut(Entry<'_>) -> std::io::Result<()>,
) -> Result<(), PickleError> {
    let start = reader.stream_position()?;
    let mut ignore = |_: Entry<'_>| Ok(());
    let learnt = Machine::new(&mut reader, Pass::Learn, &mut ignore).run()?;
    reader.seek(std::io::SeekFrom::Start(start))?;
    Machine::new(&mut reader, Pass::Give(learnt), each).run()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn entries(bytes: &[u8]) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        let mut each = |entry: Entry<'_>| {
            found.push(format!(
                "{:?} {:?} {:?}",
                entry.path, entry.key, entry.value
            ));
            Ok(())
        };
        read(Cursor::new(bytes), &mut each).map_err(|error| error.to_string())?;
        Ok(found)
    }

    #[test]
    fn lists_know_the_keys_above_them() {
        // {2014: ["a"], "x": {"y": ["b", "a"]}} as Python's protocol 4 writes it.
        let bytes = b"\x80\x04}\x94(M\xde\x07]\x94\x8c\x01a\x94a\x8c\x01x\x94}\x94\x8c\x01y\x94]\x94(\x8c\x01b\x94h\x02esu.";
        assert_eq!(
            entries(bytes).expect("the pickle is good"),
            [
                r#"[Int(2014)] None Text("a")"#,
                r#"[Text("x"), Text("y")] None Text("b")"#,
                r#"[Text("x"), Text("y")] None Text("a")"#,
            ]
        );
    }

    #[test]
    fn an_empty_dict_before_a_list_is_not_above_it() {
        // {1: {}, 2: ["a"]}: up to the list this reads like {1: {2: ["a"]}}.
        let bytes = b"\x80\x04}\x94(K\x01}\x94K\x02]\x94\x8c\x01a\x94au.";
        assert_eq!(
            entries(bytes).expect("the pickle is good"),
            [r#"[Int(2)] None Text("a")"#]
        );
    }

    #[test]
    fn what_would_run_code_is_refused_by_name_and_place() {
        let error = entries(b"\x80\x02cos\nsystem\nU\x02lsR.").expect_err("it calls os.system");
        assert!(
            error.starts_with("byte 2: GLOBAL would run code"),
            "{error}"
        );
        let error =
            entries(b"\x80\x04\x8c\x02os\x8c\x06system\x93.").expect_err("it names os.system");
        assert!(error.contains("byte 14: STACK_GLOBAL"), "{error}");
    }

    #[test]
    fn a_container_that_is_in_two_places_is_refused() {
        let error = entries(b"\x80\x04]\x94(]\x94h\x01e.").expect_err("one list is there twice");
        assert!(
            error.contains("byte 7: a container is referred to again"),
            "{error}"
        );
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(
            proptest::prop_oneof![proptest::sample::select(b"\x80\x04}]()\x94\x8c\x01aesutldKMJIS'\n.h\x00q0123\x85\x8f\x90\x91".to_vec()), proptest::num::u8::ANY],
            0..60,
        )) {
            let _ = entries(&bytes);
        }
    }
}
