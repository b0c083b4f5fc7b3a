//! Progress bars on stderr, on a terminal only.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Makes bars, or hidden ones where nobody watches.
#[derive(Debug)]
pub(super) struct Bars {
    all: MultiProgress,
}

impl Bars {
    pub(super) fn new(visible: bool) -> Self {
        let target = if visible {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            all: MultiProgress::with_draw_target(target),
        }
    }

    /// A bar over `total` units, with rate and remaining time.
    pub(super) fn bar(&self, name: &str, total: u64, unit: &str) -> ProgressBar {
        let template = format!(
            "{{prefix:24}} {{bar:30}} {{human_pos}}/{{human_len}} {unit}  {{per_sec}}  {{eta}} left  {{msg}}"
        );
        let style = ProgressStyle::with_template(&template).expect("the template is constant");
        let bar = self.all.add(ProgressBar::new(total).with_style(style));
        bar.set_prefix(name.to_owned());
        bar
    }

    /// A count of what nobody knows the total of.
    pub(super) fn counter(&self, name: &str, unit: &str) -> ProgressBar {
        let template = format!("{{prefix:24}} {{human_pos}} {unit}  {{per_sec}}  {{elapsed}}");
        let style = ProgressStyle::with_template(&template).expect("the template is constant");
        let bar = self.all.add(ProgressBar::no_length().with_style(style));
        bar.set_prefix(name.to_owned());
        bar
    }

    /// A bar over bytes whose total grows as it becomes known.
    pub(super) fn bytes(&self, name: &str) -> ProgressBar {
        let template = "{prefix:24} {bar:30} {binary_bytes}/{binary_total_bytes}  {binary_bytes_per_sec}  {msg}";
        let style = ProgressStyle::with_template(template).expect("the template is constant");
        let bar = self.all.add(ProgressBar::new(0).with_style(style));
        bar.set_prefix(name.to_owned());
        bar
    }

    /// A count that goes through several stages.
    pub(super) fn stages(&self, name: &'static str, unit: &str) -> StageBar {
        StageBar {
            name,
            bar: self.counter(name, unit),
        }
    }

    /// A line above the bars.
    pub(super) fn say(&self, line: &str) {
        if self.all.is_hidden() {
            tracing::info!("{line}");
        } else if let Err(error) = self.all.println(line) {
            tracing::debug!(%error, "cannot draw on the terminal");
        }
    }

    pub(super) fn clear(&self) {
        if let Err(error) = self.all.clear() {
            tracing::debug!(%error, "cannot draw on the terminal");
        }
    }
}

/// A count that begins anew with each stage of the work.
pub(super) struct StageBar {
    name: &'static str,
    bar: ProgressBar,
}

impl StageBar {
    pub(super) fn add(&self, n: u64) {
        self.bar.inc(n);
    }

    pub(super) fn stage(&self, stage: &str) {
        self.bar.reset();
        self.bar.set_prefix(format!("{}: {stage}", self.name));
        tracing::debug!(stage, "{}", self.name);
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
