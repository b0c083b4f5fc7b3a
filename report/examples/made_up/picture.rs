//! Small pictures of nothing in particular, as PNG files of about six kilobytes.

use super::random::Random;

const WIDTH: usize = 96;
const HEIGHT: usize = 64;

/// A picture: a landscape with a thing in it.
pub(crate) fn picture(random: &mut Random) -> Vec<u8> {
    let hue = random.share();
    let palette: Vec<u8> = (0..64).flat_map(|place| colour(hue, place)).collect();
    let horizon = 24.0 + 20.0 * random.share();
    let (x, y, size) = (
        20.0 + 56.0 * random.share(),
        18.0 + 28.0 * random.share(),
        8.0 + 12.0 * random.share(),
    );
    let round = random.share() < 0.5;
    let mut rows = Vec::with_capacity(HEIGHT * (WIDTH + 1));
    for row in 0..HEIGHT {
        rows.push(0);
        for column in 0..WIDTH {
            let (dx, dy) = ((column as f64 - x).abs(), (row as f64 - y).abs());
            let inside = if round {
                dx.hypot(dy) < size
            } else {
                dx.max(dy) < size
            };
            let shade = if inside {
                48.0 + 15.0 * (1.0 - dy / size)
            } else if (row as f64) < horizon {
                16.0 * row as f64 / horizon
            } else {
                20.0 + 20.0 * (row as f64 - horizon) / (HEIGHT as f64 - horizon)
            };
            rows.push((shade + 2.0 * random.share()).clamp(0.0, 63.0) as u8);
        }
    }
    png(&palette, &rows)
}

fn colour(hue: f64, place: usize) -> [u8; 3] {
    let (turn, light) = match place {
        0..=19 => (hue, 0.95 - 0.008 * place as f64),
        20..=43 => (hue + 0.33, 0.72 - 0.012 * (place - 20) as f64),
        _ => (hue + 0.6, 0.35 + 0.015 * (place - 44) as f64),
    };
    [0.0, 1.0, 2.0].map(|channel| {
        let wave = (std::f64::consts::TAU * (turn + channel / 3.0)).cos();
        (255.0 * (light + 0.18 * wave).clamp(0.0, 1.0)) as u8
    })
}

fn png(palette: &[u8], rows: &[u8]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend((WIDTH as u32).to_be_bytes());
    header.extend((HEIGHT as u32).to_be_bytes());
    header.extend([8, 3, 0, 0, 0]);
    chunk(&mut file, *b"IHDR", &header);
    chunk(&mut file, *b"PLTE", palette);
    // One stored block: the rows are shorter than 65,536 bytes.
    let length = rows.len() as u16;
    let mut data = vec![0x78, 0x01, 0x01];
    data.extend(length.to_le_bytes());
    data.extend((!length).to_le_bytes());
    data.extend(rows);
    data.extend(adler(rows).to_be_bytes());
    chunk(&mut file, *b"IDAT", &data);
    chunk(&mut file, *b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    file.extend((data.len() as u32).to_be_bytes());
    let start = file.len();
    file.extend(kind);
    file.extend(data);
    let sum = crc(&file[start..]);
    file.extend(sum.to_be_bytes());
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 * (sum & 1))
        })
    })
}

fn adler(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    (b << 16) | a
}
