//! Progress: what a download tells whoever draws its bar.

/// Hears how far a set is; called from any thread.
pub trait Progress: Sync {
    /// A set begins that has so many tars.
    fn begin(&self, set: &str, tars: u32);

    /// A tar has so many bytes, of which some may be there from an earlier call.
    fn expect(&self, bytes: u64);

    /// So many bytes more are there.
    fn came(&self, bytes: u64);

    /// So many bytes that were there are of no use.
    fn lost(&self, bytes: u64);
}

/// Nobody listens.
impl Progress for () {
    fn begin(&self, _set: &str, _tars: u32) {}

    fn expect(&self, _bytes: u64) {}

    fn came(&self, _bytes: u64) {}

    fn lost(&self, _bytes: u64) {}
}
