//! Number array: the few numbers of one sample in a `.npy` file.

/// Longer headers are not NumPy's.
const MOST_HEADER_BYTES: usize = 64 << 10;

/// The numbers of a `.npy` file (format 1, 2 or 3) in the order they are stored: booleans as 0 and 1, integers of up to 8
/// bytes, floats of 4 or 8. One number without a dimension is a row of one.
///
/// # Errors
/// What is wrong, in words that follow "a .npy ".
pub(super) fn numbers(bytes: &[u8]) -> Result<Vec<f64>, String> {
    let (header, data) = parts(bytes)?;
    let descr = quoted(header, "'descr':").ok_or("whose header has no descr")?;
    let width = width(descr).ok_or_else(|| format!("of {descr}, which is no number"))?;
    let shape = shape(header).ok_or("whose header has no shape")?;
    let count = shape
        .iter()
        .try_fold(1_usize, |count, &side| count.checked_mul(side))
        .filter(|count| count.checked_mul(width) == Some(data.len()))
        .ok_or_else(|| format!("of shape {shape:?} with {} bytes of numbers", data.len()))?;
    if shape.iter().filter(|&&side| side > 1).count() > 1 {
        return Err(format!("of shape {shape:?}, which is no row"));
    }
    let mut numbers = Vec::with_capacity(count);
    for value in data.chunks_exact(width) {
        let number = number(descr, value).ok_or_else(|| format!("of {descr}"))?;
        if !number.is_finite() {
            return Err(format!("with {number} at place {}", numbers.len()));
        }
        numbers.push(number);
    }
    Ok(numbers)
}

/// Header and data.
fn parts(bytes: &[u8]) -> Result<(&str, &[u8]), String> {
    let rest = bytes
        .strip_prefix(b"\x93NUMPY".as_slice())
        .ok_or("that is not NumPy's")?;
    let (length_bytes, rest) = match rest {
        [1, _, rest @ ..] => (2, rest),
        [2 | 3, _, rest @ ..] => (4, rest),
        _ => return Err("of an unknown format".to_owned()),
    };
    let cut = || "that is cut off in its header".to_owned();
    let (length, rest) = rest.split_at_checked(length_bytes).ok_or_else(cut)?;
    let length = length
        .iter()
        .rev()
        .fold(0, |length, &byte| length << 8 | usize::from(byte));
    let (header, data) = rest
        .split_at_checked(length)
        .filter(|_| length <= MOST_HEADER_BYTES)
        .ok_or_else(cut)?;
    let header = std::str::from_utf8(header).map_err(|_| "whose header is no text")?;
    Ok((header, data))
}

/// The text between the quotes after `key`.
fn quoted<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let rest = header.split_once(key)?.1.trim_start().strip_prefix('\'')?;
    Some(rest.split_once('\'')?.0)
}

fn shape(header: &str) -> Option<Vec<usize>> {
    let rest = header
        .split_once("'shape':")?
        .1
        .trim_start()
        .strip_prefix('(')?;
    let sides = rest.split_once(')')?.0.split(',').map(str::trim);
    sides
        .filter(|side| !side.is_empty())
        .map(|side| side.parse().ok())
        .collect()
}

fn width(descr: &str) -> Option<usize> {
    match descr.get(1..)? {
        "b1" | "i1" | "u1" => Some(1),
        "i2" | "u2" => Some(2),
        "i4" | "u4" | "f4" => Some(4),
        "i8" | "u8" | "f8" => Some(8),
        _ => None,
    }
}

/// One number, of either order of bytes.
fn number(descr: &str, value: &[u8]) -> Option<f64> {
    let mut bytes = [0; 8];
    let kind = descr.as_bytes().get(1)?;
    let width = value.len();
    bytes[..width].copy_from_slice(value);
    if descr.starts_with('>') {
        bytes[..width].reverse();
    }
    let unsigned = u64::from_le_bytes(bytes);
    Some(match (kind, width) {
        (b'b' | b'u', _) => unsigned as f64,
        (b'i', _) => {
            let unused = 64 - 8 * width as u32;
            ((unsigned << unused) as i64 >> unused) as f64
        }
        (b'f', 4) => f64::from(f32::from_bits(unsigned as u32)),
        (b'f', 8) => f64::from_bits(unsigned),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn numbers_of_every_width_and_order_are_read() {
        assert_eq!(
            numbers(&npy("|b1", "(3,)", &[1, 0, 1])),
            Ok(vec![1.0, 0.0, 1.0])
        );
        assert_eq!(
            numbers(&npy("|i1", "(2,)", &[255, 127])),
            Ok(vec![-1.0, 127.0])
        );
        assert_eq!(numbers(&npy(">i2", "(1,)", &[255, 254])), Ok(vec![-2.0]));
        let long = (-5_i64).to_le_bytes();
        assert_eq!(numbers(&npy("<i8", "()", &long)), Ok(vec![-5.0]));
        let floats = [1.5_f32.to_be_bytes(), (-0.25_f32).to_be_bytes()].concat();
        assert_eq!(
            numbers(&npy(">f4", "(1, 2)", &floats)),
            Ok(vec![1.5, -0.25])
        );
    }

    #[test]
    fn what_is_no_row_of_numbers_is_refused() {
        for (bytes, part) in [
            (npy("|O", "(1,)", &[0]), "|O, which is no number"),
            (npy("<f4", "(2,)", &[0; 4]), "shape [2] with 4 bytes"),
            (npy("|u1", "(2, 2)", &[0; 4]), "no row"),
            (
                npy("<f4", "(1,)", &f32::NAN.to_le_bytes()),
                "NaN at place 0",
            ),
            (npy("<f8", "(99999999999, 99999999999)", &[]), "shape"),
            (b"\x93NUMPY\x01\x00\xff\xff".to_vec(), "cut off"),
            (b"[0, 1]".to_vec(), "not NumPy's"),
        ] {
            let message = numbers(&bytes).expect_err(part);
            assert!(message.contains(part), "{message}");
        }
    }
}
