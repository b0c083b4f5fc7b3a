//! The dates in image files.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ticclip_fetchers::source::exif::Exif;
use ticclip_fetchers::source::{Answer, Pair, SourceError, TimestampSource};

fn read(bytes: &[u8]) -> Result<Answer, SourceError> {
    let cells = BTreeMap::new();
    Exif.date(&Pair {
        uid: 0,
        cells: &cells,
        image: "a.jpg",
        image_bytes: Some(bytes),
    })
}

fn dates(bytes: &[u8]) -> Vec<String> {
    match read(bytes) {
        Ok(Answer::Dated(claims)) => claims
            .iter()
            .map(|claim| {
                format!(
                    "{} {} {}",
                    claim.at.format("%FT%TZ"),
                    claim.precision,
                    claim.kind
                )
            })
            .collect(),
        other => vec![format!("{other:?}")],
    }
}

fn segment(marker: u8, parts: &[&[u8]]) -> Vec<u8> {
    let data = parts.concat();
    let mut segment = vec![0xff, marker];
    segment.extend(
        u16::try_from(data.len() + 2)
            .expect("the test's segments are short")
            .to_be_bytes(),
    );
    segment.extend(data);
    segment
}

/// A JPEG with two EXIF dates: made, and changed.
fn exif(original: &str, changed: &str) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [
            &tag.to_le_bytes()[..],
            &kind.to_le_bytes(),
            &count.to_le_bytes(),
            &value.to_le_bytes(),
        ]
        .concat()
    };
    tiff.extend([2, 0]);
    tiff.extend(entry(0x0132, 2, 20, 56));
    tiff.extend(entry(0x8769, 4, 1, 38));
    tiff.extend([0; 4]);
    tiff.extend([1, 0]);
    tiff.extend(entry(0x9003, 2, 20, 76));
    tiff.extend([0; 4]);
    tiff.extend(changed.bytes().chain([0]));
    tiff.extend(original.bytes().chain([0]));
    segment(0xe1, &[b"Exif\0\0", &tiff])
}

fn xmp(attributes: &str) -> Vec<u8> {
    let packet = format!("<x:xmpmeta><rdf:Description {attributes}/></x:xmpmeta>");
    segment(
        0xe1,
        &[b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()],
    )
}

fn iptc(day: &[u8; 8]) -> Vec<u8> {
    let block = [&[0x1c, 2, 55, 0, 8][..], day].concat();
    let length = u32::try_from(block.len())
        .expect("the block is short")
        .to_be_bytes();
    segment(
        0xed,
        &[b"Photoshop 3.0\0", b"8BIM\x04\x04\0\0", &length, &block],
    )
}

fn jpeg(segments: &[Vec<u8>]) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8];
    segments.iter().for_each(|segment| file.extend(segment));
    file.extend([0xff, 0xd9]);
    file
}

#[test]
fn all_dates_of_a_file_are_given_and_each_once() {
    let file = jpeg(&[
        exif("2019:05:17 10:11:12", "2020:01:02 03:04:05"),
        xmp(
            "exif:DateTimeOriginal=\"2019-05-17T10:11:12\" xmp:CreateDate=\"2019-05-18T10:11:12+09:00\"",
        ),
        iptc(b"20190517"),
    ]);
    assert_eq!(
        dates(&file),
        [
            "2019-05-17T10:11:12Z second created",
            "2020-01-02T03:04:05Z second modified",
            "2019-05-18T01:11:12Z second created",
            "2019-05-17T00:00:00Z day created",
        ]
    );
}

#[test]
fn xmp_is_found_in_png_and_webp_as_well() {
    let packet = b"<a photoshop:DateCreated='2019-05'/>";
    let length = |bytes: usize| u32::try_from(bytes).expect("the test's chunks are short");
    let text = [&b"XML:com.adobe.xmp\0\0\0\0\0"[..], packet].concat();
    let png = [
        &b"\x89PNG\r\n\x1a\n"[..],
        &length(text.len()).to_be_bytes(),
        b"iTXt",
        &text,
        &[0; 4],
    ]
    .concat();
    let webp = [
        &b"RIFF\0\0\0\0WEBPXMP "[..],
        &length(packet.len()).to_le_bytes(),
        packet,
    ]
    .concat();
    for file in [png, webp] {
        assert_eq!(dates(&file), ["2019-05-01T00:00:00Z month created"]);
    }
}

#[test]
fn camera_defaults_are_rejected_unless_there_is_better() {
    let default = exif("2000:01:01 00:00:00", "0000:00:00 00:00:00");
    let answer = read(&jpeg(std::slice::from_ref(&default)));
    assert!(
        matches!(answer, Ok(Answer::Rejected(rejection)) if rejection.reason.as_str() == "camera-default")
    );
    let answer = read(&jpeg(&[xmp(
        "xmp:CreateDate=\"2000-01-01T00:00:00+09:00\"",
    )]));
    assert!(
        matches!(answer, Ok(Answer::Rejected(rejection)) if rejection.reason.as_str() == "camera-default")
    );
    assert_eq!(
        dates(&jpeg(&[default, iptc(b"20190517")])),
        ["2019-05-17T00:00:00Z day created"]
    );
    assert!(read(&jpeg(&[xmp("xmp:CreateDate=\"yesterday\"")])).is_err());
    assert_eq!(read(&jpeg(&[])), Ok(Answer::Unknown));
}

proptest! {
    #[test]
    fn no_damaged_image_panics(
        start in prop::sample::select(vec![&b"\xff\xd8"[..], b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b""]),
        bytes: Vec<u8>,
        flips in prop::collection::vec((0..200_usize, any::<u8>()), 0..5),
    ) {
        let _ = read(&[start, &bytes].concat());
        let mut file = jpeg(&[exif("2019:05:17 10:11:12", "2020:01:02 03:04:05"), xmp("xmp:CreateDate=\"2019\""), iptc(b"20190517")]);
        for (at, value) in flips {
            file[at] = value;
        }
        let _ = read(&file);
    }
}
