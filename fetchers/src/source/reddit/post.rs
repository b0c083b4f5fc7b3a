//! A post: its id, and the instant at which it was made.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// The id in base 36, without the `t3_` that marks posts; `None` if the text is no id.
pub(super) fn id(text: &str) -> Option<&str> {
    let id = text.trim();
    let id = id.strip_prefix("t3_").unwrap_or(id);
    let base36 = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
    ((1..=13).contains(&id.len()) && id.bytes().all(base36)).then_some(id)
}

/// Seconds since 1970, whole or with a fraction that is cut off.
pub(super) fn created(value: &Value) -> Option<DateTime<Utc>> {
    let whole = value.as_i64().or_else(|| {
        let seconds = value.as_f64()?.floor();
        // Beyond this the year has more than four digits.
        (seconds.abs() < 253_402_300_800.0).then_some(seconds as i64)
    })?;
    DateTime::from_timestamp(whole, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_base_36_with_or_without_its_kind() {
        assert_eq!(id(" t3_bpx8yk "), Some("bpx8yk"));
        assert_eq!(id("bpx8yk"), Some("bpx8yk"));
        for text in [
            "",
            "t3_",
            "t1_bpx8yk",
            "BPX8YK",
            "bpx8yk,abc",
            "bpx8ykbpx8ykbpx8yk",
        ] {
            assert_eq!(id(text), None, "{text}");
        }
    }
}
