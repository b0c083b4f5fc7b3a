//! Every source against recorded replies and files, good and broken.

mod archives;
mod images;
mod servers;
mod taken;

use std::path::PathBuf;

fn recorded(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/replies")
        .join(path)
}
