//! Whole files, held against what Pillow, torchvision and open_clip make of them.

use std::path::{Path, PathBuf};

use base64::Engine;
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::*;
use crate::model::ResizeMode;

/// What `tests/golden/preprocess.py` writes.
#[derive(Deserialize)]
struct Golden {
    side: usize,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    file: String,
    #[serde(default)]
    size: Option<(u32, u32)>,
    #[serde(default)]
    sha256: String,
    #[serde(default)]
    prepared: Vec<Prepared>,
}

#[derive(Deserialize)]
struct Prepared {
    mode: ResizeMode,
    interpolation: Interpolation,
    pixels: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn golden() -> Golden {
    let text = std::fs::read_to_string(folder().join("preprocess.json")).expect("it is committed");
    serde_json::from_str(&text).expect("the script writes JSON")
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join("preprocess").join(name)).expect("it is committed")
}

fn plain(config: PreprocessConfig) -> PreprocessConfig {
    PreprocessConfig {
        mean: [0.0; 3],
        std: [1.0; 3],
        ..config
    }
}

#[test]
fn every_format_has_pillows_pixels_or_is_refused_as_well() {
    for case in golden().cases {
        let image = decode(&bytes(&case.file));
        let Some(size) = case.size else {
            assert!(image.is_err(), "{} is read", case.file);
            continue;
        };
        let image = image.unwrap_or_else(|error| panic!("{}: {error}", case.file));
        assert_eq!(image.dimensions(), size, "{}", case.file);
        let digest = Sha256::digest(image.as_raw());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, case.sha256, "{}", case.file);
    }
}

#[test]
fn prepared_images_are_those_of_open_clip() {
    let golden = golden();
    let mut scratch = Scratch::default();
    for case in golden.cases {
        for wanted in case.prepared {
            let preprocess = Preprocess::new(
                golden.side,
                plain(PreprocessConfig {
                    resize_mode: wanted.mode,
                    interpolation: wanted.interpolation,
                    fill_color: 40,
                    ..PreprocessConfig::default()
                }),
            );
            let mut values = vec![0.0; preprocess.values()];
            preprocess
                .score_bytes(&bytes(&case.file), &mut scratch, &mut values)
                .unwrap_or_else(|error| panic!("{}: {error}", case.file));
            let found: Vec<u8> = values.iter().map(|v| (v * 255.0).round() as u8).collect();
            let pixels = base64::engine::general_purpose::STANDARD.decode(&wanted.pixels);
            let name = format!("{} {:?} {:?}", case.file, wanted.mode, wanted.interpolation);
            assert!(found == pixels.expect("the script writes base64"), "{name}");
        }
    }
}

#[test]
fn the_short_way_from_bytes_gives_the_same_as_decoding_first() {
    let preprocess = Preprocess::new(33, PreprocessConfig::default());
    let (mut scratch, mut short) = (Scratch::default(), vec![0.0; preprocess.values()]);
    let augment = Augment {
        colour: 0.2,
        ..Augment::default()
    };
    for case in golden()
        .cases
        .into_iter()
        .filter(|case| case.size.is_some())
    {
        let file = bytes(&case.file);
        let image = decode(&file).expect("the file is good");
        preprocess
            .score_bytes(&file, &mut scratch, &mut short)
            .expect("the file is good");
        let long = preprocess.for_scoring(&image).expect("it was decoded");
        assert!(long == short, "{}", case.file);

        let rng = || ChaCha8Rng::seed_from_u64(5);
        let long = preprocess.for_training(image, &augment, &mut rng());
        let short = preprocess.train_bytes(&file, &mut scratch, &augment, &mut rng());
        let both = (long.expect("it was decoded"), short.expect("it is good"));
        assert!(both.0 == both.1, "{} for training", case.file);
    }
}

#[test]
fn an_image_of_the_models_size_is_only_normalised() {
    let preprocess = Preprocess::new(24, plain(PreprocessConfig::default()));
    let image = RgbImage::from_fn(24, 24, |x, y| {
        image::Rgb([(x * 3) as u8, (y * 5) as u8, 128])
    });
    let values = preprocess.for_scoring(&image).expect("a valid image");
    assert_eq!(values.len(), 3 * 24 * 24);
    assert_eq!(values[5], 15.0 / 255.0);
    assert_eq!(values[24 * 24 + 24], 5.0 / 255.0);
    assert_eq!(values[2 * 24 * 24], 128.0 / 255.0);
}

#[test]
fn a_header_that_promises_too_much_is_refused_before_memory_is_taken() {
    let mut png = bytes("rgb.png");
    png[16..24].copy_from_slice(&[0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF]);
    assert!(decode(&png).is_err());
    let mut gif = bytes("rgb.gif");
    gif[6..10].copy_from_slice(&[0xFF; 4]);
    assert!(decode(&gif).is_err());
    for name in ["wide-2.jpg", "wide-2-progressive.jpg"] {
        let mut jpeg = bytes(name);
        let frame = jpeg
            .windows(2)
            .position(|m| m == [0xFF, 0xC0] || m == [0xFF, 0xC2]);
        let size = frame.expect("there is a frame") + 5;
        jpeg[size..size + 4].copy_from_slice(&[0xFF; 4]);
        assert!(matches!(
            decode(&jpeg),
            Err(ImageError::Jpeg(JpegError::TooLarge))
        ));
    }
}

#[test]
fn a_damaged_file_is_an_error() {
    assert!(decode(b"\x89PNG\r\n\x1a\nnot really").is_err());
    assert!(decode(b"").is_err());
}

/// Decodes in every way; all that counts is that nothing panics.
fn try_all(bytes: &[u8]) {
    let preprocess = Preprocess::new(9, PreprocessConfig::default());
    let mut values = vec![0.0; preprocess.values()];
    let mut scratch = Scratch::default();
    let scored = preprocess.score_bytes(bytes, &mut scratch, &mut values);
    let decoded = decode(bytes);
    assert_eq!(scored.is_ok(), decoded.is_ok());
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let trained = preprocess.train_bytes(bytes, &mut scratch, &Augment::default(), &mut rng);
    assert_eq!(trained.is_ok(), decoded.is_ok());
}

/// Whether a JPEG file's frame is still small: mutations of the size only cost time.
fn small(bytes: &[u8]) -> bool {
    let small_jpeg = |file: jpeg::Jpeg<'_>| file.size()[0] * file.size()[1] < 1 << 18;
    jpeg::open(bytes).map_or(true, small_jpeg)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn arbitrary_bytes_never_panic(
        start in prop::sample::select(vec![
            &b""[..], b"\xff\xd8\xff", b"\xff\xd8\xff\xda", b"\x89PNG\r\n\x1a\n", b"GIF89a",
            b"RIFF\x40\0\0\0WEBPVP8 ", b"BM", b"II*\0",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        try_all(&[start, &rest].concat());
    }

    #[test]
    fn damaged_files_never_panic(
        which in any::<prop::sample::Index>(),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        shortened in any::<bool>(),
    ) {
        let names: Vec<String> = golden().cases.into_iter().map(|case| case.file).collect();
        let mut file = bytes(&names[which.index(names.len())]);
        for (place, value) in places {
            let at = place.index(file.len());
            file[at] = value;
        }
        if shortened {
            file.truncate(cut.index(file.len()));
        }
        if small(&file) {
            try_all(&file);
        }
    }
}
