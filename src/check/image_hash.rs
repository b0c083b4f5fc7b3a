//! Image hash: 128 bits that say where an image becomes lighter, nearly the same for nearly the same images.
//!
//! A difference hash in both directions. The grey image is averaged over 9 × 8 cells; a bit for each cell and its right
//! neighbour says whether that is lighter (64 bits). Averaged over 8 × 9 cells, the lower neighbour is asked (64 bits).
//! Lighter means by more than [`MARGIN`], so that areas of one colour have no bits for the noise of compression to turn.

use super::grey::{CELLS, Grey};
use crate::preprocess::ImageError;

/// By so many 256ths of a grey level a cell must be lighter than its neighbour.
const MARGIN: u32 = 2 * 256;
/// An image with fewer differences among the 128 pairs of cells is plain: hashes of plain images are near each other whatever
/// they show.
const FEWEST_DIFFERENCES: u32 = 32;
/// The name under which the hash is cited.
pub(super) const HASH_NAME: &str = "dhash-128";

/// The hash of an image that is not plain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ImageHash(pub(super) u128);

impl ImageHash {
    /// The hash of an image file; `None` where the image is plain.
    ///
    /// # Errors
    /// When the image cannot be decoded.
    pub(super) fn of(bytes: &[u8], grey: &mut Grey) -> Result<Option<Self>, ImageError> {
        let cells = grey.cells(bytes)?;
        let (mut bits, mut differences) = (0_u128, 0);
        let mut compare = |before: u32, after: u32| {
            bits = bits << 1 | u128::from(after > before + MARGIN);
            differences += u32::from(after.abs_diff(before) > MARGIN);
        };
        for [across, down] in [[9, 8], [8, 9]] {
            let means = coarser(&cells, across, down);
            let at = |row: usize, column: usize| means[row * across + column];
            for row in 0..8 {
                for column in 0..8 {
                    let next = (row + down - 8, column + across - 8);
                    compare(at(row, column), at(next.0, next.1));
                }
            }
        }
        Ok((differences >= FEWEST_DIFFERENCES).then_some(Self(bits)))
    }

    /// In how many bits two hashes differ.
    pub(super) fn distance(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}

/// Means of blocks of cells, row by row.
fn coarser(cells: &[[u32; CELLS]], across: usize, down: usize) -> Vec<u32> {
    let (width, height) = (CELLS / across, CELLS / down);
    let mut means = Vec::with_capacity(across * down);
    for rows in cells.chunks_exact(height) {
        for column in (0..CELLS).step_by(width) {
            let block = rows.iter().flat_map(|row| &row[column..column + width]);
            means.push(block.sum::<u32>() / (width * height) as u32);
        }
    }
    means
}

#[cfg(test)]
mod tests;
