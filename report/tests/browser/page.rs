//! A page in a browser: opened, looked at, clicked and typed into.

use std::cell::RefCell;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ticclip_report::{Content, render};

use super::chromium::Chromium;

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
    browser: RefCell<Chromium>,
    file: tempfile::NamedTempFile,
    loads: RefCell<u32>,
}

impl Page {
    /// Opens a page as wide as a desk; nothing without a browser.
    pub(crate) fn open(content: &Content) -> Option<Self> {
        Self::open_at(content, 1440, "")
    }

    /// Opens a page of HTML.
    pub(crate) fn open_html(html: &str) -> Option<Self> {
        let browser = RefCell::new(Chromium::start()?);
        let file = tempfile::Builder::new()
            .suffix(".html")
            .tempfile()
            .expect("a file");
        std::fs::write(file.path(), html).expect("written");
        let page = Self {
            browser,
            file,
            loads: RefCell::new(0),
        };
        page.ask(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({"source": COMPLAINTS}),
        );
        Some(page)
    }

    /// Opens a page of this width at an address behind `#`.
    pub(crate) fn open_at(content: &Content, width: u32, hash: &str) -> Option<Self> {
        let page = Self::open_html(&render(content))?;
        page.resize(width);
        page.go(hash);
        Some(page)
    }

    fn ask(&self, method: &str, parameters: Value) -> Value {
        self.browser.borrow_mut().ask(method, parameters)
    }

    /// Loads the page afresh, at an address behind `#`.
    pub(crate) fn go(&self, hash: &str) {
        *self.loads.borrow_mut() += 1;
        let path = self.file.path().display();
        // The number makes it another address, so that the browser does not only scroll.
        let url = format!("file://{path}?{}#{hash}", self.loads.borrow());
        self.ask("Page.navigate", json!({"url": url}));
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
        let reply = self.ask(
            "Runtime.evaluate",
            json!({"expression": whole, "returnByValue": true}),
        );
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
        self.ask("Emulation.setDeviceMetricsOverride", json!({
            "width": width, "height": if phone { 780 } else { 900 }, "deviceScaleFactor": if phone { 2 } else { 1 }, "mobile": phone,
        }));
    }

    /// Makes the system dark or light.
    pub(crate) fn system_theme(&self, theme: &str) {
        self.ask(
            "Emulation.setEmulatedMedia",
            json!({"features": [{"name": "prefers-color-scheme", "value": theme}]}),
        );
    }

    /// Styles the page as it is printed, until another theme is asked for.
    pub(crate) fn print_styles(&self) {
        self.ask("Emulation.setEmulatedMedia", json!({"media": "print"}));
    }

    /// Lets the next page run no scripts.
    pub(crate) fn disable_scripts(&self) {
        self.ask(
            "Emulation.setScriptExecutionDisabled",
            json!({"value": true}),
        );
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
        self.ask("Input.dispatchKeyEvent", json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text}));
        self.ask(
            "Input.dispatchKeyEvent",
            json!({"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": code}),
        );
    }

    /// Types into what has the focus.
    pub(crate) fn type_text(&self, text: &str) {
        self.ask("Input.insertText", json!({"text": text}));
    }

    /// Brings the first element of a selector into sight and points at its middle.
    pub(crate) fn point_at(&self, selector: &str) {
        let [x, y] = self.middle(selector);
        self.ask(
            "Input.dispatchMouseEvent",
            json!({"type": "mouseMoved", "x": x, "y": y}),
        );
    }

    /// Clicks the first element of a selector with the mouse.
    pub(crate) fn click(&self, selector: &str) {
        let [x, y] = self.middle(selector);
        for kind in ["mousePressed", "mouseReleased"] {
            self.ask(
                "Input.dispatchMouseEvent",
                json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}),
            );
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
        let reply = self.ask("Accessibility.getFullAXTree", json!({}));
        let nodes = reply["nodes"].as_array().expect("nodes").clone();
        nodes
            .into_iter()
            .filter(|node| node["ignored"] == json!(false))
            .collect()
    }

    /// Takes scroll bars away: pictures have none, and what they leave room for must not move.
    pub(crate) fn hide_scrollbars(&self) {
        self.ask("Emulation.setScrollbarsHidden", json!({"hidden": true}));
    }

    /// A picture of the first element of a selector, as PNG.
    pub(crate) fn picture(&self, selector: &str) -> Vec<u8> {
        let [x, y, width, height]: [f64; 4] = self.get(&format!(
            "(() => {{ const at = document.querySelector({selector:?}).getBoundingClientRect(); return [at.x + scrollX, at.y + scrollY, at.width, at.height]; }})()"
        ));
        decoded(&self.ask(
            "Page.captureScreenshot",
            json!({
                "format": "png", "captureBeyondViewport": true,
                "clip": {"x": x, "y": y, "width": width, "height": height, "scale": 1},
            }),
        ))
    }

    /// A picture of the window, as PNG.
    pub(crate) fn window(&self) -> Vec<u8> {
        decoded(&self.ask("Page.captureScreenshot", json!({"format": "png"})))
    }

    /// The page as it prints, as PDF.
    pub(crate) fn print(&self) -> Vec<u8> {
        decoded(&self.ask(
            "Page.printToPDF",
            json!({"printBackground": true, "paperWidth": 8.27, "paperHeight": 11.69}),
        ))
    }
}

fn decoded(reply: &Value) -> Vec<u8> {
    use base64::Engine;
    let data = reply["data"].as_str().expect("data");
    base64::engine::general_purpose::STANDARD
        .decode(data)
        .expect("base64")
}
