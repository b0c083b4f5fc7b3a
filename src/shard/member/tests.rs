//! Tests of reading tars, whole and hostile.

use proptest::prelude::*;

use super::*;
use crate::shard::{Sample, Samples, ShardIndex};

fn header(name: &str, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_path(name).expect("a name");
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_cksum();
    header
}

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = header("x", EntryType::Regular, bytes.len() as u64);
        // Writes a GNU long name where it must.
        tar.append_data(&mut header, name, *bytes).expect("added");
    }
    tar.into_inner().expect("finished")
}

/// Reads a tar both ways, which must agree.
fn read(bytes: &[u8]) -> Result<Vec<Sample>, String> {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("7.tar");
    std::fs::write(&path, bytes).expect("written");
    let streamed = Samples::open(&path)
        .expect("opened")
        .collect::<Result<Vec<_>, _>>();
    let streamed = streamed.map_err(|error| error.to_string());
    let indexed = ShardIndex::open(vec![path])
        .map_err(|error| error.to_string())
        .map(|index| {
            (0..index.len())
                .map(|sample| index.sample(sample).expect("read"))
                .collect::<Vec<_>>()
        });
    assert_eq!(streamed, indexed);
    streamed
}

fn refused(bytes: &[u8]) -> String {
    let error = read(bytes).expect_err("refused");
    assert!(error.contains("7.tar: at byte"), "{error}");
    error
}

#[test]
fn members_of_one_key_are_one_sample() {
    let long = format!("{}/b.txt", "a".repeat(200));
    let samples = read(&tar_of(&[
        ("a-0.PNG", b"image"),
        ("a-0.txt", b"one"),
        ("__meta__.json", b"{}"),
        ("README", b"no sample"),
        ("a-1.txt", b""),
        (&long, &[b'x'; 1000]),
    ]));
    let samples = samples.expect("samples");
    let keys: Vec<_> = samples.iter().map(|sample| sample.key.as_str()).collect();
    assert_eq!(keys, ["a-0", "a-1", &long[..long.len() - 4]]);
    assert_eq!(samples[0].image(), Ok(b"image".as_slice()));
    assert_eq!(samples[0].captions(), Ok(vec!["one"]));
    assert_eq!(samples[1].member("txt"), Some(b"".as_slice()));
    assert_eq!(samples[2].member("txt").map(<[u8]>::len), Some(1000));
}

#[test]
fn pax_names_and_folders_are_understood() {
    let mut tar = tar::Builder::new(Vec::new());
    tar.append(&header("folder/", EntryType::Directory, 0), &[][..])
        .expect("added");
    tar.append_pax_extensions([("path", b"caf\xc3\xa9-0.txt".as_slice())])
        .expect("added");
    tar.append(&header("x.txt", EntryType::Regular, 2), &b"hi"[..])
        .expect("added");
    let samples = read(&tar.into_inner().expect("finished")).expect("samples");
    assert_eq!((samples.len(), samples[0].key.as_str()), (1, "café-0"));
}

#[test]
fn a_tar_cut_off_anywhere_is_refused() {
    let whole = tar_of(&[("a.txt", &[1; 700]), ("b.txt", b"x")]);
    for kept in [0, 100, 512, 600, 1024, 1536, 2000, 2048, 2560] {
        assert!(refused(&whole[..kept]).contains("cut off"), "{kept}");
    }
    // The second of the two empty blocks at the end may be missing.
    assert!(read(&whole[..3072]).is_ok());
}

#[test]
fn a_hostile_size_is_refused_before_memory_is_taken() {
    let huge = |kind, size| header("a.png", kind, size).as_bytes().to_vec();
    assert!(
        refused(&huge(EntryType::Regular, 1 << 40))
            .contains("a member of 1099511627776 bytes, but only 0 follow")
    );
    assert!(refused(&huge(EntryType::Regular, u64::MAX)).contains("cut off"));
    assert!(refused(&huge(EntryType::GNULongName, 1 << 40)).contains("cut off"));
    assert!(refused(&huge(EntryType::Directory, 1 << 40)).contains("cut off"));
    assert!(refused(&huge(EntryType::GNUSparse, 0)).contains("sparse"));
    let mut tar = tar::Builder::new(Vec::new());
    tar.append_pax_extensions([("size", b"18446744073709551615".as_slice())])
        .expect("added");
    tar.append(&header("x.txt", EntryType::Regular, 2), &b"hi"[..])
        .expect("added");
    assert!(
        refused(&tar.into_inner().expect("finished"))
            .contains("a member of 18446744073709551615 bytes")
    );
    let name = [
        huge(EntryType::GNULongName, MAX_EXTENSION_BYTES + 1),
        vec![b'x'; (MAX_EXTENSION_BYTES + 1024) as usize],
    ];
    assert!(refused(&name.concat()).contains("a name or attributes of"));
}

#[test]
fn what_is_no_tar_or_no_sample_is_refused() {
    assert!(refused(&[b'x'; 2048]).contains("not a tar header"));
    let twice = refused(&tar_of(&[("a.txt", b"one"), ("a.TXT", b"two")]));
    assert!(twice.contains("sample `a` has a second .txt"), "{twice}");
    let names: Vec<_> = (0..100).map(|n| format!("a.{n}")).collect();
    let files: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), b"".as_slice()))
        .collect();
    assert!(refused(&tar_of(&files)).contains("too many files"));
}

proptest! {
    #[test]
    fn a_damaged_tar_is_an_error_or_samples_but_never_a_panic(at in 0_usize..3000, to: u8) {
        let mut bytes = tar_of(&[("a.txt", &[1; 700]), ("b.txt", b"x")]);
        let at = at % bytes.len();
        bytes[at] = to;
        let _ = read(&bytes);
    }
}
