//! Tests of reading images.

use super::*;

fn encoded(format: ImageFormat) -> Vec<u8> {
    let image = DynamicImage::ImageRgb8(image::RgbImage::from_fn(64, 48, |x, y| {
        image::Rgb([x as u8, y as u8, (x * y) as u8])
    }));
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).expect("encoded");
    bytes.into_inner()
}

fn root() -> (tempfile::TempDir, ImageRoot) {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(dir.path().join("root")).expect("made");
    let root = ImageRoot::new(&dir.path().join("root")).expect("there");
    (dir, root)
}

fn reason(root: &ImageRoot, path: &str) -> &'static str {
    match root.read(path) {
        Err(ImageError::Refused(refusal)) => refusal.reason,
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn the_extension_is_that_of_the_contents() {
    let (dir, root) = root();
    for (format, extension) in [
        (ImageFormat::Jpeg, "jpg"),
        (ImageFormat::Png, "png"),
        (ImageFormat::WebP, "webp"),
    ] {
        std::fs::write(dir.path().join("root/x.bin"), encoded(format)).expect("written");
        let image = root.read("x.bin").expect("an image");
        assert_eq!((image.extension, image.bytes), (extension, encoded(format)));
    }
}

#[test]
fn an_image_cut_off_anywhere_is_refused() {
    let (dir, root) = root();
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let bytes = encoded(format);
        for kept in [0, 3, 20, bytes.len() / 2, bytes.len() * 9 / 10] {
            std::fs::write(dir.path().join("root/x"), &bytes[..kept]).expect("written");
            let reason = reason(&root, "x");
            assert!(
                ["unreadable-image", "unsupported-image"].contains(&reason),
                "{format:?} {kept}: {reason}"
            );
        }
    }
}

#[test]
fn only_the_end_of_the_picture_itself_ends_a_jpeg() {
    let whole = encoded(ImageFormat::Jpeg);
    let thumbnail = [
        &[0xff, 0xe1],
        &(whole.len() as u16 + 2).to_be_bytes()[..],
        &whole,
    ]
    .concat();
    let with_thumbnail = [&whole[..2], &thumbnail, &whole[2..]].concat();
    assert!(jpeg_ends(&with_thumbnail));
    assert!(!jpeg_ends(&with_thumbnail[..with_thumbnail.len() - 2]));
    assert!(
        jpeg_ends(&[whole.as_slice(), &[0xff, 0xda, 0xff, 0xd8]].concat()),
        "what follows does not matter"
    );
    for kept in 0..whole.len() {
        assert!(!jpeg_ends(&whole[..kept]), "{kept}");
    }
}

#[test]
fn what_is_no_image_we_pass_on_is_refused() {
    let (dir, root) = root();
    let path = dir.path().join("root/x");
    std::fs::write(&path, encoded(ImageFormat::Gif)).expect("written");
    assert_eq!(reason(&root, "x"), "unsupported-image");
    std::fs::write(&path, "<html>not found</html>").expect("written");
    assert_eq!(reason(&root, "x"), "unsupported-image");
    File::create(&path)
        .and_then(|file| file.set_len(MAX_FILE_BYTES + 1))
        .expect("made");
    assert_eq!(reason(&root, "x"), "image-too-large");
    std::fs::create_dir(dir.path().join("root/folder")).expect("made");
    assert_eq!(reason(&root, "folder"), "unreadable-image");
    assert_eq!(reason(&root, "absent.png"), "image-missing");
    assert_eq!(reason(&root, "x/absent.png"), "image-missing");
    assert_eq!(reason(&root, &"x".repeat(5000)), "image-missing");
    assert_eq!(reason(&root, "https://example.org/a.png"), "not-downloaded");
}

#[test]
fn a_png_that_claims_to_be_huge_is_refused_before_it_is_decoded() {
    let (dir, root) = root();
    let mut bytes = encoded(ImageFormat::Png);
    // Width and height in the IHDR chunk, whose checksum over bytes 12..29 follows.
    bytes[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let crc = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    std::fs::write(dir.path().join("root/x.png"), bytes).expect("written");
    match root.read("x.png") {
        Err(ImageError::Refused(refusal)) => assert!(
            refusal.detail.contains("65535 by 65535"),
            "{}",
            refusal.detail
        ),
        other => panic!("{other:?}"),
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(unix)]
#[test]
fn no_path_or_link_leads_out_of_the_root() {
    let (dir, root) = root();
    std::fs::write(dir.path().join("secret.png"), encoded(ImageFormat::Png)).expect("written");
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, dir.path().join("root").join(name)).expect("linked");
    };
    link("../secret.png", "link.png");
    link("..", "up");
    link("loop", "loop");
    std::fs::write(dir.path().join("root/in.png"), encoded(ImageFormat::Png)).expect("written");
    link("in.png", "inside.png");
    assert_eq!(reason(&root, "link.png"), "image-outside-root");
    assert_eq!(reason(&root, "up/secret.png"), "image-outside-root");
    assert_eq!(reason(&root, "../secret.png"), "bad-image-path");
    assert_eq!(
        reason(&root, &dir.path().join("secret.png").to_string_lossy()),
        "bad-image-path"
    );
    assert_eq!(reason(&root, "loop"), "image-missing");
    assert_eq!(reason(&root, "loop/x.png"), "image-missing");
    assert!(root.read("inside.png").is_ok());
}
