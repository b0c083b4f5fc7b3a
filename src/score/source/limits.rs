//! Limits: how large a member of a sample may be before the sample counts as broken.

use super::Answer;

/// Bytes of the largest encoded image.
pub(super) const IMAGE_BYTES: u64 = 64 << 20;
/// Bytes of the largest text, label or row of numbers.
pub(super) const TEXT_BYTES: u64 = 1 << 20;
/// Bytes of the largest file of class names, prompts or questions.
pub(super) const LIST_BYTES: u64 = 256 << 20;

/// Says so when something is larger than allowed.
pub(super) fn check(what: &str, bytes: u64, most: u64) -> Answer<()> {
    if bytes > most {
        return Err(format!(
            "has {what} of {bytes} bytes, at most {most} are allowed"
        ));
    }
    Ok(())
}
