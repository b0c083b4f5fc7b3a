//! The length of an evidence: enough to find the record again, never enough to fill a disk.

/// No evidence is longer, in bytes.
pub(super) const MAX_EVIDENCE_BYTES: usize = 1024;

/// Cuts an evidence at the last character that fits.
pub(super) fn capped(mut text: String) -> String {
    if text.len() > MAX_EVIDENCE_BYTES {
        text.truncate(text.floor_char_boundary(MAX_EVIDENCE_BYTES));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_evidence_is_cut_between_characters() {
        assert_eq!(capped("a".repeat(1024)).len(), 1024);
        assert_eq!(capped(format!("a{}", "é".repeat(600))).len(), 1023);
    }
}
