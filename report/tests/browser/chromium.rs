//! Chromium as a process that is asked over a pipe: its DevTools protocol, one JSON a message.
//!
//! A driver crate would be no shorter and would build the workspace's dependencies a second time, with
//! other features. Replies stay plain JSON: typed ones refuse whatever a newer browser has added.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long an answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// A running browser with one open tab.
pub(crate) struct Chromium {
    process: Child,
    questions: Option<ChildStdin>,
    answers: Receiver<Value>,
    asked: u64,
    session: Option<String>,
    // Removed with the browser's profile in it.
    _profile: tempfile::TempDir,
}

/// Chromium, if it is installed under one of its names.
fn installed() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let folders = std::env::var_os("PATH")?;
    let mut all =
        std::env::split_paths(&folders).flat_map(|folder| names.map(|name| folder.join(name)));
    all.find(|path| path.is_file())
        // The pipe is handed over as Unix does it.
        .filter(|_| cfg!(unix))
}

impl Chromium {
    /// Starts a browser; nothing, and a word about it, where there is none and none is required.
    pub(crate) fn start() -> Option<Self> {
        let Some(program) = installed() else {
            assert!(
                std::env::var_os("TICCLIP_REQUIRE_BROWSER").is_none_or(|value| value != "1"),
                "TICCLIP_REQUIRE_BROWSER=1, and there is no Chromium"
            );
            eprintln!("no Chromium here: the page was not looked at");
            return None;
        };
        let profile = tempfile::tempdir().expect("a folder for the profile");
        // The browser reads questions from descriptor 3 and answers on 4.
        let mut process = Command::new("sh")
            .arg("-c")
            .arg("exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1")
            .arg(program)
            // Root, as in containers, has no sandbox and little shared memory; the page is our own.
            .args(["--headless", "--no-sandbox", "--disable-dev-shm-usage"])
            .args(["--disable-gpu", "--force-color-profile=srgb"])
            .args([
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
            ])
            .arg("--remote-debugging-pipe")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let questions = process.stdin.take();
        let mut pipe = BufReader::new(process.stdout.take().expect("a pipe"));
        let (send, answers) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while matches!(pipe.read_until(0, &mut message), Ok(bytes) if bytes > 0) {
                message.pop();
                let Ok(message) = serde_json::from_slice(&std::mem::take(&mut message)) else {
                    break;
                };
                if send.send(message).is_err() {
                    break;
                }
            }
        });
        let mut chromium = Self {
            process,
            questions,
            answers,
            asked: 0,
            session: None,
            _profile: profile,
        };
        let tab = chromium.ask("Target.createTarget", json!({"url": "about:blank"}));
        let attached = chromium.ask(
            "Target.attachToTarget",
            json!({"targetId": tab["targetId"], "flatten": true}),
        );
        chromium.session = attached["sessionId"].as_str().map(str::to_owned);
        chromium.ask("Page.enable", json!({}));
        Some(chromium)
    }

    /// The answer to a question, such as `Page.navigate`.
    pub(crate) fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.asked += 1;
        let mut question = json!({"id": self.asked, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            question["sessionId"] = json!(session);
        }
        let pipe = self
            .questions
            .as_mut()
            .expect("open until the browser ends");
        pipe.write_all(format!("{question}\0").as_bytes())
            .and_then(|()| pipe.flush())
            .expect("Chromium listens");
        loop {
            let answer = self
                .answers
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|error| panic!("{method}: Chromium does not answer: {error}"));
            // Others are news that nobody asked for.
            if answer["id"] == json!(self.asked) {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // A browser whose pipe closes ends by itself, with all of its processes.
        self.questions = None;
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(5) {
            if !matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // It may be gone by now; either way nothing is left to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
