//! Eight by eight bytes with rows and columns exchanged.

/// Byte `n` of line `m` goes to byte `m` of line `n`; bytes are counted from the lowest.
#[inline(always)]
pub(super) fn eight_by_eight(mut lines: [u64; 8]) -> [u64; 8] {
    exchange::<4, 0x0000_0000_FFFF_FFFF>(&mut lines);
    exchange::<2, 0x0000_FFFF_0000_FFFF>(&mut lines);
    exchange::<1, 0x00FF_00FF_00FF_00FF>(&mut lines);
    lines
}

/// Exchanges the upper part of each group of bytes with the lower part of the one `APART` lines
/// further.
#[inline(always)]
fn exchange<const APART: usize, const LOWER: u64>(lines: &mut [u64; 8]) {
    for line in 0..8 {
        if line & APART == 0 {
            let (upper, lower) = (lines[line], lines[line + APART]);
            let different = ((upper >> (8 * APART)) ^ lower) & LOWER;
            lines[line + APART] ^= different;
            lines[line] ^= different << (8 * APART);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns() {
        let lines = std::array::from_fn(|row| {
            u64::from_le_bytes(std::array::from_fn(|column| (row * 8 + column) as u8))
        });
        for (row, line) in eight_by_eight(lines).into_iter().enumerate() {
            for (column, byte) in line.to_le_bytes().into_iter().enumerate() {
                assert_eq!(usize::from(byte), column * 8 + row);
            }
        }
    }
}
