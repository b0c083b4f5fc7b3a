//! What of a set does not count, told as a warning.

use crate::noun::number_of;
use crate::score::LeftOut;

/// Says what of a set does not count.
pub(super) fn tell(task: &str, tested: &str, left_out: &LeftOut) {
    let place = format!("{task} {tested}");
    let place = place.trim_end();
    if let Some((key, reason)) = &left_out.first {
        let samples = number_of(left_out.samples, "sample");
        tracing::warn!("{place}: left out {samples}, the first is `{key}`: {reason}");
    }
    if !left_out.classes.is_empty() {
        let classes = left_out.classes.iter().take(10);
        let some: Vec<String> = classes.map(ToString::to_string).collect();
        let more = if left_out.classes.len() > 10 {
            ", …"
        } else {
            ""
        };
        tracing::warn!(
            "{place}: no sample of {} ({}{more})",
            number_of(left_out.classes.len(), "class"),
            some.join(", ")
        );
    }
}
