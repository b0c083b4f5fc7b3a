//! The walk of a page: its blocks written and run in their order, as a reader would, in a folder of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::super::call::called;
use super::given::{self, Given};
use super::page::{Block, Page, Part};

/// Why commands are not run.
const WHY: [&str; 5] = ["build", "cluster", "gpu", "minutes", "network"];

/// What a walk came to.
pub(super) struct Walk {
    pub(super) folder: TempDir,
    pub(super) ran: usize,
    /// Blocks that were not run, by why.
    pub(super) skipped: BTreeMap<String, usize>,
    /// Kept to its end: servers that have images.
    given: Vec<Given>,
}

/// Runs a page.
pub(super) fn walk(page: &Page) -> Walk {
    let bin = tempfile::tempdir().expect("a folder");
    write_program(bin.path());
    let mut walk = Walk {
        folder: tempfile::tempdir().expect("a folder"),
        ran: 0,
        skipped: BTreeMap::new(),
        given: Vec::new(),
    };
    for part in &page.parts {
        match part {
            Part::Given(what) => walk.given.push(given::lay(walk.folder.path(), what)),
            Part::Block(block) => walk.take(page, block, bin.path()),
            Part::Table(_) => {}
        }
    }
    walk
}

impl Walk {
    fn take(&mut self, page: &Page, block: &Block, bin: &Path) {
        let place = format!("{}:{}", page.name, block.line);
        if let Some(path) = block.told("file") {
            let path = self.folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, &block.text).expect("written");
        }
        if block.is_run() {
            run(&place, block, self.folder.path(), bin);
            self.ran += 1;
        } else if block.language == "sh" {
            assert!(
                WHY.contains(&&*block.why),
                "{place}: {:?} is no reason, which are {WHY:?}",
                block.why
            );
            *self.skipped.entry(block.why.clone()).or_default() += 1;
        }
    }
}

/// Puts a `ticclip` into a folder of programs. Images of the pages' data are on a server of this machine, which is a private
/// address; and a GPU is not what a page is about.
fn write_program(bin: &Path) {
    let script = format!(
        "#!/bin/sh\nprogram='{}'\ncase \"$1\" in\n    download) exec \"$program\" \"$@\" --allow-private ;;\n    \
         demo|train|eval|encode|net|shift) exec \"$program\" \"$@\" --device cpu ;;\n    *) exec \"$program\" \"$@\" ;;\nesac\n",
        env!("CARGO_BIN_EXE_ticclip")
    );
    let path = bin.join("ticclip");
    std::fs::write(&path, script).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
            .expect("made executable");
    }
}

fn run(place: &str, block: &Block, folder: &Path, bin: &Path) {
    let mut path = vec![PathBuf::from(bin)];
    path.extend(std::env::split_paths(
        &std::env::var_os("PATH").expect("a path of programs"),
    ));
    let output = Command::new("sh")
        .arg("-ec")
        .arg(&block.text)
        .current_dir(folder)
        .env(
            "PATH",
            std::env::join_paths(path).expect("no colon in temporary names"),
        )
        .env("TICCLIP", env!("CARGO_MANIFEST_DIR"))
        .env_remove("TICCLIP_HUB")
        .output()
        .expect("a shell");
    let called = called(&output);
    let expected = block
        .told("status")
        .map_or(0, |status| status.parse().expect("a number"));
    assert_eq!(
        called.status, expected,
        "{place}:\n{}\n{called:?}",
        block.text
    );
}
