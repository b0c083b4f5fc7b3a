//! What computes packed products: panels of operands in, a block of results out.
//!
//! A tile of operands holds 16 × 16 pairs of bf16. In a tile of the left operand a row is a row of
//! the matrix and a pair two neighbours along the inner dimension; a tile of the right operand is
//! the transpose of that.

/// Rows of a tile.
pub(super) const SIDE: usize = 16;
/// Values along the inner dimension that a tile of operands holds.
pub(super) const DEPTH: usize = 32;
/// Rows and columns of a block of results: two tiles each way.
pub(super) const BLOCK: usize = 2 * SIDE;

/// Operands as the unit loads them. Aligned, or each row would touch two cache lines.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Tile(pub(super) [[u32; SIDE]; SIDE]);

impl Tile {
    pub(super) const ZERO: Self = Self([[0; SIDE]; SIDE]);
}

/// A block of results, row-major.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Block(pub(super) [[f32; BLOCK]; BLOCK]);

impl Block {
    pub(super) const ZERO: Self = Self([[0.0; BLOCK]; BLOCK]);
}

/// The instructions of one kind of processor, ready for use on the calling thread.
pub(super) trait Unit: Sized {
    /// Parts of bf16 that an operand is packed in.
    const PARTS: usize;

    /// # Panics
    /// When the processor has no such unit.
    fn configure() -> Self;

    /// `block ← rows · columns`: the sums over all steps of two packed panels.
    ///
    /// # Panics
    /// When the panels differ in length or hold no whole step.
    fn multiply(&self, rows: &[Tile], columns: &[Tile], block: &mut Block);
}
