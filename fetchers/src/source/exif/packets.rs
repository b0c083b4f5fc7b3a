//! The XMP packet and the IPTC block in an image file, where JPEG, PNG and WebP keep them.

use std::io::Read;

use flate2::bufread::ZlibDecoder;

/// No packet is read further than this, in bytes.
pub(super) const MAX_PACKET_BYTES: usize = 1 << 20;
const XMP_SEGMENT: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const PHOTOSHOP_SEGMENT: &[u8] = b"Photoshop 3.0\0";
const XMP_KEYWORD: &[u8] = b"XML:com.adobe.xmp\0";

/// What was found; a file has at most one of each that counts.
#[derive(Debug, Default)]
pub(super) struct Packets {
    pub(super) xmp: Option<Vec<u8>>,
    pub(super) iptc: Option<Vec<u8>>,
}

impl Packets {
    /// Looks for both in the head of a file.
    pub(super) fn find(image: &[u8]) -> Self {
        let mut packets = Self::default();
        if image.starts_with(&[0xff, 0xd8]) {
            packets.jpeg(image);
        } else if image.starts_with(b"\x89PNG\r\n\x1a\n") {
            packets.png(image);
        } else if image.starts_with(b"RIFF") && image.get(8..12) == Some(b"WEBP") {
            packets.webp(image);
        }
        packets
    }

    fn take_xmp(&mut self, packet: &[u8]) {
        let end = packet.len().min(MAX_PACKET_BYTES);
        self.xmp.get_or_insert_with(|| packet[..end].to_vec());
    }

    /// Segments up to the pixels: a marker, and a big-endian length that counts itself.
    fn jpeg(&mut self, image: &[u8]) {
        let mut at = 2;
        while let Some(&[0xff, marker, high, low]) = image.get(at..at + 4) {
            if marker == 0xff {
                at += 1;
                continue;
            }
            let length = usize::from(u16::from_be_bytes([high, low]));
            let Some(segment) = image.get(at + 4..at + 2 + length) else {
                return;
            };
            match marker {
                0xe1 => {
                    if let Some(packet) = segment.strip_prefix(XMP_SEGMENT) {
                        self.take_xmp(packet);
                    }
                }
                0xed => {
                    if let Some(resources) = segment.strip_prefix(PHOTOSHOP_SEGMENT) {
                        self.photoshop(resources);
                    }
                }
                0xd9 | 0xda => return,
                _ => {}
            }
            at += 2 + length;
        }
    }

    /// Resources: `8BIM`, a number, a name and data of even lengths. Number 0x0404 is IPTC.
    fn photoshop(&mut self, mut resources: &[u8]) {
        while let Some(rest) = resources.strip_prefix(b"8BIM") {
            let (Some(&[high, low]), Some(&name)) = (rest.get(..2), rest.get(2)) else {
                return;
            };
            let name_bytes = (usize::from(name) + 2) & !1;
            let Some((length, data)) = rest
                .get(2 + name_bytes..)
                .and_then(<[u8]>::split_first_chunk)
            else {
                return;
            };
            let length = u32::from_be_bytes(*length) as usize;
            let Some(data_bytes) = data.get(..length) else {
                return;
            };
            if [high, low] == [0x04, 0x04] {
                self.iptc.get_or_insert_with(|| data_bytes.to_vec());
            }
            resources = data.get(length + length % 2..).unwrap_or_default();
        }
    }

    /// Chunks: a big-endian length, a type, data, a checksum.
    fn png(&mut self, image: &[u8]) {
        let mut rest = &image[8..];
        while let Some((length, after)) = rest.split_first_chunk() {
            let length = u32::from_be_bytes(*length) as usize;
            let (Some(kind), Some(data)) = (
                after.get(..4),
                after.get(4..).and_then(|data| data.get(..length)),
            ) else {
                return;
            };
            if kind == b"iTXt"
                && let Some(text) = data.strip_prefix(XMP_KEYWORD)
            {
                self.international_text(text);
            }
            rest = after.get(length + 8..).unwrap_or_default();
        }
    }

    /// Whether it is compressed, how, a language and a translated keyword, then the text.
    fn international_text(&mut self, text: &[u8]) {
        let Some((&[compressed, _], rest)) = text.split_first_chunk() else {
            return;
        };
        let Some(packet) = rest.splitn(3, |&byte| byte == 0).nth(2) else {
            return;
        };
        if compressed == 0 {
            self.take_xmp(packet);
        } else {
            let mut plain = Vec::new();
            let read = ZlibDecoder::new(packet)
                .take(MAX_PACKET_BYTES as u64)
                .read_to_end(&mut plain);
            if read.is_ok() {
                self.take_xmp(&plain);
            }
        }
    }

    /// Chunks: a type, a little-endian length, data of even length.
    fn webp(&mut self, image: &[u8]) {
        let mut rest = &image[12..];
        while let Some((&[a, b, c, d, e, f, g, h], after)) = rest.split_first_chunk() {
            let length = u32::from_le_bytes([e, f, g, h]) as usize;
            let Some(data) = after.get(..length) else {
                return;
            };
            if &[a, b, c, d] == b"XMP " {
                self.take_xmp(data);
            }
            rest = after.get(length + length % 2..).unwrap_or_default();
        }
    }
}
