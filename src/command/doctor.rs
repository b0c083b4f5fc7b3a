//! `doctor`: what this machine offers, and what would be used.

use serde_json::json;

use super::Summary;
use crate::device::{self, Choice};
use crate::noun::number_of;

pub(super) fn run() -> Summary {
    let adapters = device::adapters();
    let threads = rayon::current_num_threads();
    let features = processor_features();
    let auto = match device::open(Choice::Auto) {
        Ok((_, name)) => name,
        Err(error) => error.to_string(),
    };
    let why = if adapters.iter().any(|adapter| !adapter.software) {
        "the first hardware GPU"
    } else {
        "there is no hardware GPU"
    };
    let mut text = format!(
        "ticclip {}\nprocessor: {}, {}\n",
        env!("CARGO_PKG_VERSION"),
        number_of(threads, "thread"),
        if features.is_empty() {
            "no vector extensions known".to_owned()
        } else {
            features.join(" ")
        },
    );
    for (number, adapter) in adapters.iter().enumerate() {
        text.push_str(&format!("gpu:{number}: {adapter}\n"));
    }
    if adapters.is_empty() {
        text.push_str("no GPU adapter found\n");
    }
    text.push_str(&format!("--device auto: {auto} ({why})\n"));
    let listed: Vec<_> = adapters
        .iter()
        .enumerate()
        .map(|(number, adapter)| json!({"device": format!("gpu:{number}"), "name": adapter.name, "software": adapter.software}))
        .collect();
    let json = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "threads": threads,
        "features": features,
        "adapters": listed,
        "auto": auto,
    });
    Summary::new(text, json)
}

/// Vector extensions that the kernels can make use of, found at run time.
fn processor_features() -> Vec<&'static str> {
    let mut found = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        let known = [
            ("avx2", std::arch::is_x86_feature_detected!("avx2")),
            ("fma", std::arch::is_x86_feature_detected!("fma")),
            ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
        ];
        found.extend(
            known
                .iter()
                .filter(|(_, there)| *there)
                .map(|(name, _)| *name),
        );
    }
    #[cfg(target_arch = "aarch64")]
    if std::arch::is_aarch64_feature_detected!("neon") {
        found.push("neon");
    }
    found
}
