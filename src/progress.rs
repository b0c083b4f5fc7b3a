//! Progress: what a long piece of work tells whoever draws its bar.

/// Hears how far a piece of work is; called from any thread.
pub trait Progress: Sync {
    /// A part named `what` begins that has `rows` rows.
    fn begin(&self, what: &str, rows: u64);

    /// `rows` more rows of the part are done.
    fn advance(&self, rows: u64);
}

/// Nobody listens.
impl Progress for () {
    fn begin(&self, _what: &str, _rows: u64) {}

    fn advance(&self, _rows: u64) {}
}
