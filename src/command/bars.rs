//! Progress bars on stderr, on a terminal only.

use std::fmt::Write;
use std::time::Duration;

use indicatif::{
    HumanCount, HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState,
    ProgressStyle,
};

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
        let wide = wide();
        let template = format!(
            "{{prefix:24}} {{bar:{wide}}} {{human_pos}}/{{human_len}} {unit}{{rate}}{{left}}  {{wide_msg}}"
        );
        self.add(name, ProgressBar::new(total), &template)
    }

    /// A clock, for what nobody can say how far it is.
    pub(super) fn clock(&self, name: &str) -> ProgressBar {
        let bar = self.add(name, ProgressBar::no_length(), "{prefix:24} {elapsed}");
        bar.enable_steady_tick(Duration::from_secs(1));
        bar
    }

    fn add(&self, name: &str, bar: ProgressBar, template: &str) -> ProgressBar {
        let style = ProgressStyle::with_template(template)
            .expect("the template is constant")
            .with_key("rate", |state: &ProgressState, to: &mut dyn Write| {
                let _ = to.write_str(&rate(state.pos(), state.per_sec()));
            })
            .with_key("left", |state: &ProgressState, to: &mut dyn Write| {
                if state.pos() > 0 && state.eta() > Duration::ZERO {
                    let _ = write!(to, "  {:#} left", HumanDuration(state.eta()));
                }
            });
        let bar = self.all.add(bar.with_style(style));
        bar.set_prefix(name.to_owned());
        bar
    }

    /// A count of what nobody knows the total of.
    pub(super) fn counter(&self, name: &str, unit: &str) -> ProgressBar {
        let template = format!("{{prefix:24}} {{human_pos}} {unit}{{rate}}  {{elapsed}}");
        self.add(name, ProgressBar::no_length(), &template)
    }

    /// A bar over bytes whose total grows as it becomes known.
    pub(super) fn bytes(&self, name: &str) -> ProgressBar {
        let wide = wide();
        let template = format!(
            "{{prefix:24}} {{bar:{wide}}} {{binary_bytes}}/{{binary_total_bytes}}  {{binary_bytes_per_sec}}  {{wide_msg}}"
        );
        self.add(name, ProgressBar::new(0), &template)
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

/// Places of a bar: a line holds its figures, too.
fn wide() -> u16 {
    match terminal_size::terminal_size_of(std::io::stderr()) {
        Some((width, _)) if width.0 < 110 => 10,
        _ => 30,
    }
}

/// "  1,244/s"; nothing before there is anything to count.
fn rate(done: u64, a_second: f64) -> String {
    match (done, a_second) {
        (0, _) => String::new(),
        (_, few) if few < 10.0 => format!("  {few:.1}/s"),
        (_, many) => format!("  {}/s", HumanCount(many.round() as u64)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_as_many_digits_as_say_something() {
        assert_eq!(rate(0, 0.0), "");
        assert_eq!(rate(3, 0.25), "  0.2/s");
        assert_eq!(rate(3, 7.31), "  7.3/s");
        assert_eq!(rate(9, 714_153.747), "  714,154/s");
    }
}
