//! A page in a browser: opened, looked at, clicked and typed into.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use headless_chrome::protocol::cdp::types::Method;
use headless_chrome::{Browser, LaunchOptions, Tab};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ticclip_report::{Content, render};

/// What a browser is asked, by its name in the protocol. Replies are plain JSON: typed ones refuse
/// whatever a newer browser has added.
macro_rules! question {
    ($question:ident, $name:literal) => {
        #[derive(Debug, Serialize)]
        struct $question(Value);

        impl Method for $question {
            const NAME: &'static str = $name;
            type ReturnObject = Value;
        }
    };
}

question!(Metrics, "Emulation.setDeviceMetricsOverride");
question!(Media, "Emulation.setEmulatedMedia");
question!(BeforeLoad, "Page.addScriptToEvaluateOnNewDocument");
question!(Navigate, "Page.navigate");
question!(Evaluate, "Runtime.evaluate");
question!(Key, "Input.dispatchKeyEvent");
question!(Insert, "Input.insertText");
question!(Mouse, "Input.dispatchMouseEvent");
question!(Screenshot, "Page.captureScreenshot");
question!(Scrollbars, "Emulation.setScrollbarsHidden");
question!(Scripts, "Emulation.setScriptExecutionDisabled");
question!(Print, "Page.printToPDF");
question!(AccessibilityTree, "Accessibility.getFullAXTree");

/// Collects what a browser's console would show, before any of the page's own scripts run.
const COMPLAINTS: &str = r#"
window.complaints = [];
const complain = (words) => window.complaints.push(String(words));
addEventListener("error", (event) => complain(event.message ?? `cannot load ${event.target?.src}`), true);
addEventListener("unhandledrejection", (event) => complain(event.reason));
document.addEventListener("securitypolicyviolation", (event) => complain(`${event.violatedDirective} ${event.blockedURI}`));
for (const level of ["error", "warn"]) {
  const usual = console[level];
  console[level] = (...words) => { complain(words.join(" ")); usual(...words); };
}
"#;

/// A page that is open in a browser of its own.
pub(crate) struct Page {
    tab: Arc<Tab>,
    // The browser ends when this drops.
    _browser: Browser,
    file: tempfile::NamedTempFile,
    loads: RefCell<u32>,
}

/// Chromium, if it is installed under one of its names.
fn chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let folders = std::env::var_os("PATH")?;
    let mut all =
        std::env::split_paths(&folders).flat_map(|folder| names.map(|name| folder.join(name)));
    all.find(|path| path.is_file())
}

/// A browser, or nothing and a word about it where none is needed.
fn browser() -> Option<Browser> {
    let Some(path) = chromium() else {
        assert!(
            std::env::var_os("TICCLIP_REQUIRE_BROWSER").is_none_or(|value| value != "1"),
            "TICCLIP_REQUIRE_BROWSER=1, and there is no Chromium"
        );
        eprintln!("no Chromium here: the page was not looked at");
        return None;
    };
    let options = LaunchOptions::default_builder()
        .path(Some(path))
        // Root, as in containers, has no sandbox; the page is our own.
        .sandbox(false)
        .idle_browser_timeout(Duration::from_secs(120))
        .build()
        .expect("the options are whole");
    Some(Browser::new(options).expect("Chromium starts"))
}

impl Page {
    /// Opens a page as wide as a desk; nothing without a browser.
    pub(crate) fn open(content: &Content) -> Option<Self> {
        Self::open_at(content, 1440, "")
    }

    /// Opens a page of HTML.
    pub(crate) fn open_html(html: &str) -> Option<Self> {
        let browser = browser()?;
        let tab = browser.new_tab().expect("a tab opens");
        let file = tempfile::Builder::new()
            .suffix(".html")
            .tempfile()
            .expect("a file");
        std::fs::write(file.path(), html).expect("written");
        let page = Self {
            tab,
            _browser: browser,
            file,
            loads: RefCell::new(0),
        };
        page.ask(BeforeLoad(json!({"source": COMPLAINTS})));
        Some(page)
    }

    /// Opens a page of this width at an address behind `#`.
    pub(crate) fn open_at(content: &Content, width: u32, hash: &str) -> Option<Self> {
        let page = Self::open_html(&render(content))?;
        page.resize(width);
        page.go(hash);
        Some(page)
    }

    fn ask<Q: Method<ReturnObject = Value> + Serialize + std::fmt::Debug>(
        &self,
        question: Q,
    ) -> Value {
        self.tab.call_method(question).expect("Chromium answers")
    }

    /// Loads the page afresh, at an address behind `#`.
    pub(crate) fn go(&self, hash: &str) {
        *self.loads.borrow_mut() += 1;
        let path = self.file.path().display();
        // The number makes it another address, so that the browser does not only scroll.
        let url = format!("file://{path}?{}#{hash}", self.loads.borrow());
        self.ask(Navigate(json!({"url": url})));
        self.wait_for("document.readyState === 'complete'");
    }

    /// Waits until an expression is true.
    pub(crate) fn wait_for(&self, expression: &str) {
        for _ in 0..400 {
            if self.get::<bool>(&format!("Boolean({expression})")) {
                return;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("never became true: {expression}");
    }

    /// The value of an expression.
    pub(crate) fn get<T: DeserializeOwned>(&self, expression: &str) -> T {
        let whole = format!("JSON.stringify((() => ({expression}))() ?? null)");
        let reply = self.ask(Evaluate(
            json!({"expression": whole, "returnByValue": true}),
        ));
        assert!(
            reply.get("exceptionDetails").is_none(),
            "{expression}: {reply}"
        );
        let text = reply["result"]["value"].as_str().expect("a string");
        serde_json::from_str(text).expect("of the type that is asked for")
    }

    /// Runs statements.
    pub(crate) fn run(&self, statements: &str) {
        self.get::<Value>(&format!("(() => {{ {statements} }})()"));
    }

    /// Sets the width of the window.
    pub(crate) fn resize(&self, width: u32) {
        let phone = width < 600;
        self.ask(Metrics(json!({
            "width": width, "height": if phone { 780 } else { 900 }, "deviceScaleFactor": if phone { 2 } else { 1 }, "mobile": phone,
        })));
    }

    /// Makes the system dark or light.
    pub(crate) fn system_theme(&self, theme: &str) {
        self.ask(Media(
            json!({"features": [{"name": "prefers-color-scheme", "value": theme}]}),
        ));
    }

    /// Lets the next page run no scripts.
    pub(crate) fn disable_scripts(&self) {
        self.ask(Scripts(json!({"value": true})));
    }

    /// Presses and releases a key.
    pub(crate) fn press(&self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "ArrowLeft" => (37, ""),
            "ArrowUp" => (38, ""),
            "ArrowRight" => (39, ""),
            "ArrowDown" => (40, ""),
            "Escape" => (27, ""),
            other => panic!("no code for {other}"),
        };
        let kind = if text.is_empty() {
            "rawKeyDown"
        } else {
            "keyDown"
        };
        self.ask(Key(json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text})));
        self.ask(Key(
            json!({"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": code}),
        ));
    }

    /// Types into what has the focus.
    pub(crate) fn type_text(&self, text: &str) {
        self.ask(Insert(json!({"text": text})));
    }

    /// Brings the first element of a selector into sight and points at its middle.
    pub(crate) fn point_at(&self, selector: &str) {
        let [x, y] = self.middle(selector);
        self.ask(Mouse(json!({"type": "mouseMoved", "x": x, "y": y})));
    }

    /// Clicks the first element of a selector with the mouse.
    pub(crate) fn click(&self, selector: &str) {
        let [x, y] = self.middle(selector);
        for kind in ["mousePressed", "mouseReleased"] {
            self.ask(Mouse(
                json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}),
            ));
        }
    }

    fn middle(&self, selector: &str) -> [f64; 2] {
        self.run(&format!(
            "document.documentElement.style.scrollBehavior = 'auto'; document.querySelector({selector:?}).scrollIntoView({{block: 'center', inline: 'center'}}); \
             window.settled = false; requestAnimationFrame(() => requestAnimationFrame(() => {{ window.settled = true; }}))"
        ));
        self.wait_for("window.settled");
        self.get(&format!(
            "(() => {{ const at = document.querySelector({selector:?}).getBoundingClientRect(); return [at.x + at.width / 2, at.y + at.height / 2]; }})()"
        ))
    }

    /// Chooses an option of a select element by its text.
    pub(crate) fn choose(&self, selector: &str, option: &str) {
        self.run(&format!(
            "const select = document.querySelector({selector:?}); \
             select.value = [...select.options].find((one) => one.textContent === {option:?}).value; \
             select.dispatchEvent(new Event('change', {{bubbles: true}}))"
        ));
    }

    /// What the browser complained about.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.get("window.complaints")
    }

    /// The accessibility tree: nodes as the protocol gives them, without those that are ignored.
    pub(crate) fn accessibility_tree(&self) -> Vec<Value> {
        let reply = self.ask(AccessibilityTree(json!({})));
        let nodes = reply["nodes"].as_array().expect("nodes").clone();
        nodes
            .into_iter()
            .filter(|node| node["ignored"] == json!(false))
            .collect()
    }

    /// Takes scroll bars away: pictures have none, and what they leave room for must not move.
    pub(crate) fn hide_scrollbars(&self) {
        self.ask(Scrollbars(json!({"hidden": true})));
    }

    /// A picture of the first element of a selector, as PNG.
    pub(crate) fn picture(&self, selector: &str) -> Vec<u8> {
        let [x, y, width, height]: [f64; 4] = self.get(&format!(
            "(() => {{ const at = document.querySelector({selector:?}).getBoundingClientRect(); return [at.x + scrollX, at.y + scrollY, at.width, at.height]; }})()"
        ));
        decoded(&self.ask(Screenshot(json!({
            "format": "png", "captureBeyondViewport": true,
            "clip": {"x": x, "y": y, "width": width, "height": height, "scale": 1},
        }))))
    }

    /// A picture of the window, as PNG.
    pub(crate) fn window(&self) -> Vec<u8> {
        decoded(&self.ask(Screenshot(json!({"format": "png"}))))
    }

    /// The page as it prints, as PDF.
    pub(crate) fn print(&self) -> Vec<u8> {
        decoded(&self.ask(Print(
            json!({"printBackground": true, "paperWidth": 8.27, "paperHeight": 11.69}),
        )))
    }
}

fn decoded(reply: &Value) -> Vec<u8> {
    use base64::Engine;
    let data = reply["data"].as_str().expect("data");
    base64::engine::general_purpose::STANDARD
        .decode(data)
        .expect("base64")
}
