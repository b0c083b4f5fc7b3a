//! A call of the program.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// What a call came to.
pub(crate) struct Called {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program, to be run in `folder`.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ticclip"));
    command.current_dir(folder);
    command
}

/// Runs the program in `folder` with the words of `line`.
pub(crate) fn call(folder: &Path, line: &str) -> Called {
    let output = program(folder)
        .args(line.split_whitespace())
        .output()
        .expect("the program starts");
    called(&output)
}

/// The same where no file may grow beyond so many blocks of 512 bytes, as on a disk that is full.
#[cfg(unix)]
pub(crate) fn call_with_largest_file(folder: &Path, line: &str, blocks: u32) -> Called {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" {line}");
    let output = Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_ticclip")])
        .current_dir(folder)
        .output()
        .expect("the program starts");
    called(&output)
}

/// What a program has come to.
pub(crate) fn called(output: &Output) -> Called {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let called = Called {
        status: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    };
    assert!(
        !called.stderr.contains("panicked"),
        "a panic reached the user: {}",
        called.stderr
    );
    called
}

impl Called {
    /// The JSON object in the last line.
    pub(crate) fn json(&self) -> Value {
        let last = self.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Checks that all went well.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 0, "{self:?}");
        self
    }

    /// Checks that the call or its input was to blame, and that every word of `said` is in the message.
    pub(crate) fn refused(self, said: &[&str]) {
        assert_eq!(self.status, 2, "{self:?}");
        for word in said {
            assert!(self.stderr.contains(word), "no {word:?} in {self:?}");
        }
    }
}

impl std::fmt::Debug for Called {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            status,
            stdout,
            stderr,
        } = self;
        write!(
            formatter,
            "status {status}\nstdout: {stdout}\nstderr: {stderr}"
        )
    }
}
