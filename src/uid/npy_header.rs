//! NumPy header: what stands before the rows of a uid list.

use std::io::{self, Read};

const MAGIC: &[u8; 6] = b"\x93NUMPY";
const DESCR: &str = "'descr':[('f0','<u8'),('f1','<u8')]";
/// NumPy writes 128 bytes for this dtype and any length; room for 20 digits lets us fill the length in last.
const HEADER_BYTES: usize = 128;
/// No header of a uid list needs more; a longer one is a damaged or foreign file.
const MAX_HEADER_BYTES: u32 = 64 * 1024;

/// The header that NumPy itself writes for `rows` rows.
pub(super) fn header(rows: u64) -> Vec<u8> {
    let dict = format!(
        "{{'descr': [('f0', '<u8'), ('f1', '<u8')], 'fortran_order': False, 'shape': ({rows},), }}"
    );
    let mut header = MAGIC.to_vec();
    header.extend([1, 0]);
    header.extend((HEADER_BYTES as u16 - 10).to_le_bytes());
    header.extend(dict.as_bytes());
    header.resize(HEADER_BYTES - 1, b' ');
    header.push(b'\n');
    header
}

/// Reads a header of NumPy's format 1, 2 or 3: the number of rows, or what is wrong.
pub(super) fn read_header(file: &mut impl Read) -> io::Result<Result<u64, String>> {
    let mut start = [0; 8];
    let mut length = [0; 4];
    if let Err(error) = file.read_exact(&mut start) {
        return short(error);
    }
    if &start[..6] != MAGIC {
        return Ok(Err("not a .npy file".to_owned()));
    }
    let length_bytes = if start[6] == 1 { 2 } else { 4 };
    if let Err(error) = file.read_exact(&mut length[..length_bytes]) {
        return short(error);
    }
    let length = u32::from_le_bytes(length);
    if !(1..=3).contains(&start[6]) || length > MAX_HEADER_BYTES {
        return Ok(Err(format!(
            "format version {} with a header of {length} bytes",
            start[6]
        )));
    }
    let mut dict = vec![0; length as usize];
    if let Err(error) = file.read_exact(&mut dict) {
        return short(error);
    }
    Ok(rows_of(&String::from_utf8_lossy(&dict)))
}

fn short<T>(error: io::Error) -> io::Result<Result<T, String>> {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return Ok(Err("cut off in its header".to_owned()));
    }
    Err(error)
}

/// The number of rows in a header's dictionary, whose keys may come in any order and spacing.
fn rows_of(dict: &str) -> Result<u64, String> {
    let wrong = || format!("header {}", dict.trim());
    let compact: String = dict.chars().filter(|c| !c.is_whitespace()).collect();
    let (before, rest) = compact.split_once("'shape':(").ok_or_else(wrong)?;
    let (rows, after) = rest.split_once(",)").ok_or_else(wrong)?;
    let others =
        format!("{before}{after}")
            .replacen(DESCR, "", 1)
            .replacen("'fortran_order':False", "", 1);
    let only_these = compact.contains(DESCR)
        && compact.contains("'fortran_order':False")
        && others.chars().all(|c| "{},".contains(c));
    // A sign would parse, too.
    let digits = !rows.is_empty() && rows.bytes().all(|byte| byte.is_ascii_digit());
    if !only_these || !digits {
        return Err(wrong());
    }
    rows.parse().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_dtype_or_shape_is_refused() {
        for dict in [
            "{'descr': '<u8', 'fortran_order': False, 'shape': (1,), }",
            "{'descr': [('f0', '>u8'), ('f1', '<u8')], 'fortran_order': False, 'shape': (1,), }",
            "{'descr': [('f0', '<u8'), ('f1', '<u8')], 'fortran_order': True, 'shape': (1,), }",
            "{'descr': [('f0', '<u8'), ('f1', '<u8')], 'fortran_order': False, 'shape': (1,2), }",
            "{'descr': [('f0', '<u8'), ('f1', '<u8')], 'fortran_order': False, 'shape': (), }",
            "{'descr': [('f0', '<u8'), ('f1', '<u8')], 'fortran_order': False, 'shape': (+1,), }",
        ] {
            assert!(rows_of(dict).is_err(), "{dict}");
        }
        assert_eq!(
            rows_of("{'shape':(3,),'fortran_order':False,'descr':[('f0','<u8'),('f1','<u8')]}"),
            Ok(3)
        );
    }
}
