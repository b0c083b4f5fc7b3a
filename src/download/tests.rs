//! Golden values from img2dataset, and what no file may do.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine as _;
use image::RgbImage;
use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Golden {
    side: u32,
    sizes: Vec<Size>,
    images: Vec<Image>,
    kept: BTreeMap<String, BTreeMap<String, bool>>,
    refused: Vec<String>,
}

#[derive(Deserialize)]
struct Size {
    image: [u32; 2],
    mode: ResizeMode,
    only_if_bigger: bool,
    size: [u32; 2],
}

#[derive(Deserialize)]
struct Image {
    file: String,
    results: Vec<Resized>,
}

#[derive(Deserialize)]
struct Resized {
    mode: ResizeMode,
    upscale: Interpolation,
    downscale: Interpolation,
    #[serde(default)]
    boxes: Vec<[f32; 4]>,
    size: [u32; 2],
    original: [u32; 2],
    grey: bool,
    pixels: String,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn golden() -> Golden {
    let text = std::fs::read_to_string(folder().join("download.json")).expect("it is committed");
    serde_json::from_str(&text).expect("the script writes JSON")
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join("download").join(name)).expect("it is committed")
}

fn options(side: u32, wanted: &Resized) -> ImageOptions {
    ImageOptions {
        image_size: side,
        resize_mode: wanted.mode,
        upscale_interpolation: wanted.upscale,
        downscale_interpolation: wanted.downscale,
        encode_format: EncodeFormat::Png,
        ..ImageOptions::default()
    }
}

fn difference(found: &RgbImage, wanted: &[u8]) -> f64 {
    assert_eq!(found.as_raw().len(), wanted.len());
    let pairs = found.as_raw().iter().zip(wanted);
    let sum: u64 = pairs.map(|(&a, &b)| u64::from(a.abs_diff(b))).sum();
    sum as f64 / wanted.len() as f64
}

#[test]
fn sizes_are_those_of_img2dataset() {
    let golden = golden();
    for case in golden.sizes {
        let options = ImageOptions {
            image_size: golden.side,
            resize_mode: case.mode,
            resize_only_if_bigger: case.only_if_bigger,
            ..ImageOptions::default()
        };
        let [width, height] = case.image;
        let mut png = std::io::Cursor::new(Vec::new());
        RgbImage::new(width, height)
            .write_to(&mut png, image::ImageFormat::Png)
            .expect("memory takes everything");
        let processed = Processor::new(options).process(png.get_ref(), &[]);
        let processed = processed.expect("a whole file");
        let file = image::load_from_memory(&processed.bytes).expect("a whole file");
        let size = [processed.width, processed.height].map(|side| side.expect("it is known"));
        let name = format!("{:?} {:?} {}", case.image, case.mode, case.only_if_bigger);
        assert_eq!(size, case.size, "{name}");
        assert_eq!([file.width(), file.height()], case.size, "{name}");
    }
}

#[test]
fn pixels_are_those_of_img2dataset_but_for_rounding() {
    let golden = golden();
    for image in golden.images {
        for wanted in &image.results {
            let name = format!(
                "{} {} {} {} {:?}",
                image.file, wanted.mode, wanted.upscale, wanted.downscale, wanted.boxes
            );
            let mut processor = Processor::new(options(golden.side, wanted));
            let processed = processor
                .process(&bytes(&image.file), &wanted.boxes)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let sizes = [
                [processed.width, processed.height],
                [processed.original_width, processed.original_height],
            ];
            let wanted_sizes = [wanted.size, wanted.original].map(|size| size.map(Some));
            assert_eq!(sizes, wanted_sizes, "{name}");
            let found = image::load_from_memory(&processed.bytes).expect("a whole file");
            assert_eq!(!found.color().has_color(), wanted.grey, "{name}");
            let pixels = base64::engine::general_purpose::STANDARD.decode(&wanted.pixels);
            let pixels = pixels.expect("the script writes base64");
            let difference = difference(&found.into_rgb8(), &pixels);
            assert!(difference <= limit(&image.file), "{name}: {difference}");
        }
    }
}

/// How far pixels may be apart. OpenCV's conversion from CMYK rounds down, ours like Pillow's.
fn limit(file: &str) -> f64 {
    if file.contains("cmyk") { 1.5 } else { 1.0 }
}

#[test]
fn the_short_way_of_jpeg_files_comes_to_the_same() {
    let golden = golden();
    for image in golden.images {
        for wanted in image.results.iter().filter(|way| way.boxes.is_empty()) {
            let options = ImageOptions {
                encode_format: EncodeFormat::Jpg,
                encode_quality: Some(100),
                ..options(golden.side, wanted)
            };
            let processed = Processor::new(options).process(&bytes(&image.file), &[]);
            let file = processed.expect("a whole file").bytes;
            let found = crate::preprocess::decode(&file).expect("a whole file");
            let pixels = base64::engine::general_purpose::STANDARD.decode(&wanted.pixels);
            let pixels = pixels.expect("the script writes base64");
            // Most of this is what storing colours at half the size costs.
            let through =
                crate::preprocess::decode(&stored(&pixels, wanted)).expect("a whole file");
            let name = format!("{} {} {}", image.file, wanted.mode, wanted.downscale);
            let difference = difference(&found, through.as_raw());
            assert!(difference <= limit(&image.file), "{name}: {difference}");
        }
    }
}

/// Pixels as a JPEG file of quality 100.
fn stored(pixels: &[u8], wanted: &Resized) -> Vec<u8> {
    let [width, height] = wanted.size.map(|side| side as usize);
    let mut planes = planes::Planes::default();
    planes.take_rgb(pixels, width, height, wanted.grey);
    jpeg_encode::JpegEncoder::new(100).encode(&planes)
}

#[test]
fn files_are_kept_where_img2dataset_keeps_them() {
    let golden = golden();
    for (name, formats) in golden.kept {
        for (format, kept) in formats {
            let options = ImageOptions {
                image_size: golden.side,
                resize_mode: ResizeMode::KeepRatio,
                resize_only_if_bigger: true,
                encode_format: format.parse().expect("a known format"),
                skip_reencode: true,
                ..ImageOptions::default()
            };
            let file = bytes(&name);
            let processed = Processor::new(options).process(&file, &[]);
            let processed = processed.expect("a whole file");
            assert_eq!(processed.bytes == file, kept, "{name} {format}");
        }
    }
}

#[test]
fn blurred_files_are_never_kept_as_they_were() {
    let options = ImageOptions {
        resize_mode: ResizeMode::No,
        skip_reencode: true,
        ..ImageOptions::default()
    };
    let file = bytes("wide.jpg");
    let mut processor = Processor::new(options);
    let kept = processor.process(&file, &[]).expect("a whole file");
    assert_eq!(kept.bytes, file);
    let blurred = processor.process(&file, &[[0.1, 0.1, 0.9, 0.9]]);
    assert!(blurred.expect("a whole file").bytes != file);
}

#[test]
fn without_reencoding_everything_is_kept() {
    let options = ImageOptions {
        disable_all_reencoding: true,
        min_image_size: 1000,
        ..ImageOptions::default()
    };
    let mut processor = Processor::new(options);
    let kept = processor
        .process(b"anything", &[])
        .expect("nothing is looked at");
    assert_eq!((&kept.bytes[..], kept.width), (&b"anything"[..], None));
    let kept = processor.process(&bytes("wide.webp"), &[]);
    let kept = kept.expect("nothing is looked at");
    assert_eq!((kept.width, kept.original_height), (Some(75), Some(51)));
}

#[test]
fn what_opencv_does_not_read_is_refused() {
    for name in golden().refused {
        for skip_reencode in [false, true] {
            let options = ImageOptions {
                resize_mode: ResizeMode::No,
                skip_reencode,
                ..ImageOptions::default()
            };
            let refusal = Processor::new(options).process(&bytes(&name), &[]);
            let refusal = refusal.expect_err(&name);
            assert_eq!(refusal.reason.word(), "unreadable-image", "{name}");
        }
    }
}

#[test]
fn a_header_that_promises_too_much_is_refused_as_too_large() {
    let mut jpeg = bytes("wide.jpg");
    let frame = jpeg.windows(2).position(|marker| marker == [0xFF, 0xC0]);
    let size = frame.expect("there is a frame") + 5;
    jpeg[size..size + 4].copy_from_slice(&[0xFF; 4]);
    let mut processor = Processor::new(ImageOptions::default());
    let refusal = processor.process(&jpeg, &[]).expect_err("65535 × 65535");
    assert_eq!(refusal.reason, Reason::ImageTooLarge);
}

/// Ways of processing that between them use everything.
fn processors() -> Vec<Processor> {
    use Interpolation::{Area, Cubic, Lanczos};
    let ways = [
        (ResizeMode::KeepRatio, EncodeFormat::Jpg, Area),
        (ResizeMode::CenterCrop, EncodeFormat::Jpg, Lanczos),
        (ResizeMode::Border, EncodeFormat::Webp, Cubic),
        (ResizeMode::No, EncodeFormat::Png, Area),
    ];
    let processor = |(resize_mode, encode_format, interpolation)| {
        Processor::new(ImageOptions {
            image_size: 20,
            resize_mode,
            encode_format,
            downscale_interpolation: interpolation,
            max_image_area: Some(1 << 16),
            max_aspect_ratio: Some(50.0),
            ..ImageOptions::default()
        })
    };
    ways.into_iter().map(processor).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn arbitrary_bytes_never_panic(
        start in prop::sample::select(vec![
            &b""[..], b"\xff\xd8\xff", b"\xff\xd8\xff\xda", b"\x89PNG\r\n\x1a\n", b"GIF89a",
            b"RIFF\x40\0\0\0WEBPVP8 ", b"BM", b"II*\0",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let bytes = [start, &rest].concat();
        for processor in &mut processors() {
            let _ = processor.process(&bytes, &[]);
        }
    }

    #[test]
    fn damaged_files_never_panic(
        which in any::<prop::sample::Index>(),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        shortened: bool,
        boxes in prop::collection::vec(prop::array::uniform4(-0.5_f32..1.5), 0..3),
    ) {
        let names: Vec<String> = golden().images.into_iter().map(|image| image.file).collect();
        let mut file = bytes(&names[which.index(names.len())]);
        for (place, value) in places {
            let at = place.index(file.len());
            file[at] = value;
        }
        if shortened {
            file.truncate(cut.index(file.len()));
        }
        for processor in &mut processors() {
            let _ = processor.process(&file, &boxes);
        }
    }

    #[test]
    fn jpeg_files_of_any_size_become_their_size(
        width in 1_u32..70,
        height in 1_u32..70,
        grey: bool,
    ) {
        let pixels: Vec<u8> = (0..3 * width * height).map(|at| (at / 3 % 251) as u8).collect();
        let mut planes = planes::Planes::default();
        planes.take_rgb(&pixels, width as usize, height as usize, grey);
        let file = jpeg_encode::JpegEncoder::new(90).encode(&planes);
        for processor in &mut processors() {
            match processor.process(&file, &[]) {
                Ok(stored) => {
                    let image = image::load_from_memory(&stored.bytes).expect("a whole file");
                    let size = [Some(image.width()), Some(image.height())];
                    prop_assert_eq!(size, [stored.width, stored.height]);
                }
                Err(refusal) => prop_assert_eq!(refusal.reason, Reason::AspectRatio),
            }
        }
    }

    #[test]
    fn the_short_way_comes_to_the_same_for_any_size(
        name in prop::sample::select(vec!["wide.jpg", "wide-422.jpg", "wide-444.jpg", "grey.jpg"]),
        mode in prop::sample::select(vec![
            ResizeMode::Border, ResizeMode::CenterCrop, ResizeMode::KeepRatio, ResizeMode::No,
        ]),
        side in 9_u32..45,
    ) {
        let of = |encode_format, quality| ImageOptions {
            image_size: side,
            resize_mode: mode,
            encode_format,
            encode_quality: Some(quality),
            ..ImageOptions::default()
        };
        let file = bytes(name);
        let short = Processor::new(of(EncodeFormat::Jpg, 100)).process(&file, &[]);
        let long = Processor::new(of(EncodeFormat::Png, 1)).process(&file, &[]);
        let long = image::load_from_memory(&long.expect("a whole file").bytes);
        let long = long.expect("a whole file").into_rgb8();
        let mut planes = planes::Planes::default();
        let (width, height) = (long.width() as usize, long.height() as usize);
        planes.take_rgb(long.as_raw(), width, height, name == "grey.jpg");
        let long = jpeg_encode::JpegEncoder::new(100).encode(&planes);
        let decoded = |file: &[u8]| crate::preprocess::decode(file).expect("a whole file");
        let difference = difference(&decoded(&short.expect("a whole file").bytes), decoded(&long).as_raw());
        prop_assert!(difference <= 1.0, "{difference}");
    }
}
