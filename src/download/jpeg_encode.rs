//! Planes to a JPEG file: baseline, colours at half the size, the standard's Huffman tables.

use super::cosine;
use super::jpeg_tables::{AC, Codes, DC, STEPS, TURNED_ZIGZAG, ZIGZAG};
use super::planes::{Plane, Planes};
use super::vectorised;

/// The most bytes that one unit of six blocks takes, every one of them stuffed.
const LARGEST_UNIT: usize = 6 * 64 * 4 * 2 + 16;

/// Makes JPEG files of one quality.
pub(super) struct JpegEncoder {
    steps: [[u8; 64]; 2],
    factors: [[f32; 64]; 2],
    dc: [[Code; 16]; 2],
    ac: [[Code; 256]; 2],
}

/// The code of a symbol, with room below it for the bits that the symbol announces.
#[derive(Clone, Copy, Default)]
struct Code {
    bits: u32,
    /// Of the code and what it announces.
    length: u32,
}

impl JpegEncoder {
    /// For a quality from 1 to 100, as libjpeg counts it.
    pub(super) fn new(quality: u8) -> Self {
        let quality = u32::from(quality.clamp(1, 100));
        let scale = if quality < 50 {
            5000 / quality
        } else {
            200 - 2 * quality
        };
        let scaled = |step: u8| ((u32::from(step) * scale + 50) / 100).clamp(1, 255) as u8;
        let steps = STEPS.map(|steps| steps.map(scaled));
        Self {
            steps,
            factors: [cosine::factors(&steps[0]), cosine::factors(&steps[1])],
            dc: [0, 1].map(|at| table(&DC[at])),
            ac: [0, 1].map(|at| table(&AC[at])),
        }
    }

    /// A file of the image, whose sides must be from 1 to 65535.
    pub(super) fn encode(&self, planes: &Planes) -> Vec<u8> {
        let mut bytes = self.header(planes);
        let unit = if planes.grey { 8 } else { 16 };
        let (rows, across) = (planes.luma.height.div_ceil(unit), planes.luma.stride / unit);
        let mut pending = Pending {
            held: 0,
            free: 64,
            at: bytes.len(),
        };
        let mut last = [0; 3];
        for row in 0..rows {
            let room = pending.at + LARGEST_UNIT * (across + 1);
            if bytes.len() < room {
                bytes.resize(room, 0);
            }
            let job = Row {
                encoder: self,
                planes,
                row,
                units: across,
                last: &mut last,
                stream: Stream {
                    bytes: &mut bytes,
                    pending,
                },
            };
            pending = vectorised(
                #[inline(always)]
                move || job.run(),
            );
        }
        let mut stream = Stream {
            bytes: &mut bytes,
            pending,
        };
        stream.finish();
        let end = stream.pending.at;
        bytes.truncate(end);
        bytes.extend_from_slice(&[0xFF, 0xD9]);
        bytes
    }

    fn header(&self, planes: &Planes) -> Vec<u8> {
        let kinds = if planes.grey { 1 } else { 2 };
        let mut bytes = vec![0xFF, 0xD8];
        segment(&mut bytes, 0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
        for (at, steps) in self.steps.iter().enumerate().take(kinds) {
            let mut content = vec![at as u8];
            content.extend(ZIGZAG.map(|index| steps[usize::from(index)]));
            segment(&mut bytes, 0xDB, &content);
        }
        let side = |side: usize| (side as u16).to_be_bytes();
        let ([h1, h2], [w1, w2]) = (side(planes.luma.height), side(planes.luma.width));
        let components: &[u8] = if planes.grey {
            &[1, 1, 0x11, 0]
        } else {
            &[3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]
        };
        segment(
            &mut bytes,
            0xC0,
            &[&[8, h1, h2, w1, w2], components].concat(),
        );
        for (class, tables) in [&DC, &AC].into_iter().enumerate() {
            for (at, codes) in tables.iter().enumerate().take(kinds) {
                let content = [&[(class << 4 | at) as u8], &codes.counts[..], codes.symbols];
                segment(&mut bytes, 0xC4, &content.concat());
            }
        }
        let scan: &[u8] = if planes.grey {
            &[1, 1, 0, 0, 63, 0]
        } else {
            &[3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]
        };
        segment(&mut bytes, 0xDA, scan);
        bytes
    }
}

fn segment(bytes: &mut Vec<u8>, marker: u8, content: &[u8]) {
    bytes.extend_from_slice(&[0xFF, marker]);
    bytes.extend_from_slice(&(content.len() as u16 + 2).to_be_bytes());
    bytes.extend_from_slice(content);
}

/// Codes by their symbols, of which the lower four bits say how many bits follow.
fn table<const N: usize>(codes: &Codes) -> [Code; N] {
    let mut table = [Code::default(); N];
    let (mut code, mut symbols) = (0_u32, codes.symbols.iter());
    for (length, &count) in (1..).zip(&codes.counts) {
        for &symbol in symbols.by_ref().take(usize::from(count)) {
            let size = u32::from(symbol & 15);
            table[usize::from(symbol)] = Code {
                bits: code << size,
                length: length + size,
            };
            code += 1;
        }
        code <<= 1;
    }
    table
}

/// One row of units.
struct Row<'a> {
    encoder: &'a JpegEncoder,
    planes: &'a Planes,
    row: usize,
    units: usize,
    last: &'a mut [i16; 3],
    stream: Stream<'a>,
}

impl Row<'_> {
    /// What is left to be written.
    #[inline(always)]
    fn run(self) -> Pending {
        let mut stream = self.stream;
        let [luma, blue, red] = self.last;
        let Planes {
            grey,
            luma: lumas,
            colour,
        } = self.planes;
        for unit in 0..self.units {
            if *grey {
                self.encoder
                    .block::<0>(&mut stream, lumas, self.row, unit, luma);
                continue;
            }
            for (down, across) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let (row, column) = (2 * self.row + down, 2 * unit + across);
                self.encoder
                    .block::<0>(&mut stream, lumas, row, column, luma);
            }
            let [blues, reds] = colour;
            self.encoder
                .block::<1>(&mut stream, blues, self.row, unit, blue);
            self.encoder
                .block::<1>(&mut stream, reds, self.row, unit, red);
        }
        stream.pending
    }
}

impl JpegEncoder {
    /// Writes one block, with tables of luma (0) or colour (1).
    #[inline(always)]
    fn block<const KIND: usize>(
        &self,
        stream: &mut Stream<'_>,
        plane: &Plane,
        row: usize,
        column: usize,
        last: &mut i16,
    ) {
        let samples = &plane.samples[8 * row * plane.stride + 8 * column..];
        let turned = cosine::forward(samples, plane.stride, &self.factors[KIND]);
        let mut block = [0_i16; 64];
        for at in 0..64 {
            block[at] = turned[usize::from(TURNED_ZIGZAG[at] & 63)];
        }
        stream.value(&self.dc[KIND], 0, block[0] - *last);
        *last = block[0];
        let codes = &self.ac[KIND];
        let (mut left, mut done) = (others_than_zero(&block) & !1, 0);
        while left != 0 {
            let at = left.trailing_zeros();
            left &= left - 1;
            let mut run = at - done - 1;
            while run > 15 {
                stream.put(codes[0xF0]);
                run -= 16;
            }
            stream.value(codes, run, block[at as usize & 63]);
            done = at;
        }
        if done != 63 {
            stream.put(codes[0]);
        }
    }
}

/// A bit for each value that is not zero.
#[inline(always)]
fn others_than_zero(block: &[i16; 64]) -> u64 {
    /// Moves the lowest bit of byte `n` to bit `n` of the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut flags = [0_u8; 64];
    for at in 0..64 {
        flags[at] = u8::from(block[at] != 0);
    }
    let mut bits = 0;
    for (at, &eight) in flags.as_chunks::<8>().0.iter().enumerate() {
        let gathered = u64::from_le_bytes(eight).wrapping_mul(GATHER) >> 56;
        bits |= gathered << (8 * at);
    }
    bits
}

/// Bits that do not fill eight bytes yet, and where these will go.
#[derive(Clone, Copy)]
struct Pending {
    held: u64,
    free: u32,
    at: usize,
}

/// Writes bits, most significant first, with a zero behind each byte of ones.
struct Stream<'a> {
    bytes: &'a mut [u8],
    pending: Pending,
}

impl Stream<'_> {
    /// Writes a code for a run and a value, and the value.
    #[inline(always)]
    fn value<const N: usize>(&mut self, codes: &[Code; N], run: u32, value: i16) {
        let value = i32::from(value);
        let sign = value >> 31;
        let size = 32 - ((value ^ sign) - sign).leading_zeros();
        let code = codes[(run << 4 | size) as usize & (N - 1)];
        let bits = (value + sign) as u32 & ((1 << size) - 1);
        self.put(Code {
            bits: code.bits | bits,
            length: code.length,
        });
    }

    #[inline(always)]
    fn put(&mut self, code: Code) {
        let Pending { held, free, .. } = self.pending;
        let bits = u64::from(code.bits);
        if code.length <= free {
            self.pending.held = held << code.length | bits;
            self.pending.free = free - code.length;
            return;
        }
        let over = code.length - free;
        // No shift by all 64 bits: a code is shorter than that.
        self.eight(held << free | bits >> over);
        self.pending.held = bits;
        self.pending.free = 64 - over;
    }

    #[inline(always)]
    fn eight(&mut self, eight: u64) {
        const HIGH: u64 = 0x8080_8080_8080_8080;
        const LOW: u64 = 0x0101_0101_0101_0101;
        let bytes = eight.to_be_bytes();
        if eight & HIGH & !eight.wrapping_add(LOW) == 0 {
            self.bytes[self.pending.at..self.pending.at + 8].copy_from_slice(&bytes);
            self.pending.at += 8;
        } else {
            self.stuffed(&bytes);
        }
    }

    #[cold]
    fn stuffed(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.bytes[self.pending.at] = byte;
            self.pending.at += 1;
            if byte == 0xFF {
                self.bytes[self.pending.at] = 0;
                self.pending.at += 1;
            }
        }
    }

    /// Fills the last byte up with ones and writes what is left.
    fn finish(&mut self) {
        let used = 64 - self.pending.free;
        let ones = (8 - used % 8) % 8;
        self.put(Code {
            bits: (1 << ones) - 1,
            length: ones,
        });
        let count = (64 - self.pending.free) / 8;
        let left = self.pending.held.to_be_bytes();
        self.stuffed(&left[8 - count as usize..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(pixels: &[u8], width: usize, height: usize, grey: bool, quality: u8) -> Vec<u8> {
        let mut planes = Planes::default();
        planes.take_rgb(pixels, width, height, grey);
        let file = JpegEncoder::new(quality).encode(&planes);
        let image = crate::preprocess::decode(&file).expect("a whole file");
        assert_eq!(image.dimensions(), (width as u32, height as u32));
        image.into_raw()
    }

    fn difference(a: &[u8], b: &[u8]) -> f64 {
        let sum: u64 = a
            .iter()
            .zip(b)
            .map(|(&a, &b)| u64::from(a.abs_diff(b)))
            .sum();
        sum as f64 / a.len() as f64
    }

    #[test]
    fn a_smooth_image_comes_back() {
        let (width, height) = (61, 35);
        let pixels: Vec<u8> = (0..width * height)
            .flat_map(|at| [(at % width * 4) as u8, (at / width * 7) as u8, 90])
            .collect();
        assert!(difference(&pixels, &decoded(&pixels, width, height, false, 100)) < 1.5);
        assert!(difference(&pixels, &decoded(&pixels, width, height, false, 60)) < 4.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn noise_of_any_size_comes_back_in_grey(
            width in 1_usize..40,
            height in 1_usize..40,
            seed: u32,
        ) {
            let mut state = seed;
            let pixels: Vec<u8> = (0..width * height).flat_map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                [(state >> 24) as u8; 3]
            }).collect();
            let found = decoded(&pixels, width, height, true, 100);
            prop_assert!(difference(&pixels, &found) < 1.0);
            // In colour the file is another one, but grey stays grey.
            let found = decoded(&pixels, width, height, false, 100);
            prop_assert!(difference(&pixels, &found) < 1.0);
        }
    }
}
