//! Energy: what the machine's processors have used since a moment, as they count it themselves.
//!
//! Linux shows the counters of Intel's and AMD's processors (RAPL) as files, mostly to root only. They count whatever runs
//! on the machine, and without memory, disks and GPUs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Where Linux shows the counters.
const POWERCAP: &str = "/sys/class/powercap";
/// A counter's unit.
const MICROJOULES: f64 = 1e-6;

/// What was used since a meter began.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Used {
    /// Of all processors; none where they do not count or do not tell.
    pub joules: Option<f64>,
    /// By the clock.
    pub seconds: f64,
}

/// Counts from when it was made.
#[derive(Debug)]
pub struct EnergyMeter {
    began: Instant,
    processors: Option<Vec<Processor>>,
}

/// One processor's counter.
#[derive(Debug)]
struct Processor {
    counter: PathBuf,
    /// What it counts up to before it begins again at 0.
    largest: u64,
    last: u64,
    used: u64,
}

impl EnergyMeter {
    /// A meter of this machine.
    #[must_use]
    pub fn start() -> Self {
        Self::start_at(Path::new(POWERCAP))
    }

    /// A meter of the counters under `root`.
    fn start_at(root: &Path) -> Self {
        Self {
            began: Instant::now(),
            processors: processors(root).filter(|found| !found.is_empty()),
        }
    }

    /// What was used until now.
    ///
    /// A counter begins again after some 260 kJ, at 200 W after 20 minutes: read more often than that.
    pub fn read(&mut self) -> Used {
        let told = self.processors.as_mut().is_some_and(|processors| {
            let told = processors.iter_mut().map(Processor::read);
            told.fold(Some(()), Option::and).is_some()
        });
        if !told {
            // A gap cannot be made good later.
            self.processors = None;
        }
        let joules = self.processors.as_ref().map(|processors| {
            let used: u64 = processors.iter().map(|processor| processor.used).sum();
            used as f64 * MICROJOULES
        });
        Used {
            joules,
            seconds: self.began.elapsed().as_secs_f64(),
        }
    }
}

/// The counters of whole processors; none when one of them cannot be read.
fn processors(root: &Path) -> Option<Vec<Processor>> {
    let folders = fs::read_dir(root).ok()?.filter_map(Result::ok);
    let zones = folders.map(|entry| entry.path()).filter(|zone| {
        // `intel-rapl:0:1` is a part of `intel-rapl:0`, and `intel-rapl-mmio:0` is the same once more.
        let name = zone.file_name().and_then(|name| name.to_str());
        let number = name.and_then(|name| name.strip_prefix("intel-rapl:"));
        let top = number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        // Beside processors there is `psys`, which holds them.
        top && fs::read_to_string(zone.join("name")).is_ok_and(|name| name.starts_with("package-"))
    });
    zones
        .map(|zone| {
            let counter = zone.join("energy_uj");
            Some(Processor {
                largest: number(&zone.join("max_energy_range_uj"))?,
                last: number(&counter)?,
                used: 0,
                counter,
            })
        })
        .collect()
}

fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

impl Processor {
    fn read(&mut self) -> Option<()> {
        let now = number(&self.counter)?;
        self.used += match now.checked_sub(self.last) {
            Some(more) => more,
            None => self.largest.saturating_sub(self.last) + now,
        };
        self.last = now;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(root: &Path, zone: &str, name: &str, microjoules: u64) {
        let zone = root.join(zone);
        fs::create_dir_all(&zone).expect("a folder");
        fs::write(zone.join("name"), format!("{name}\n")).expect("written");
        fs::write(zone.join("max_energy_range_uj"), "262143328850\n").expect("written");
        fs::write(zone.join("energy_uj"), format!("{microjoules}\n")).expect("written");
    }

    #[test]
    fn processors_are_counted_once_and_through_a_new_beginning() {
        let root = tempfile::tempdir().expect("a folder");
        let root = root.path();
        fs::create_dir(root.join("intel-rapl")).expect("a folder");
        let zones = [
            ("intel-rapl:0", "package-0"),
            ("intel-rapl:0:0", "core"),
            ("intel-rapl:0:1", "dram"),
            ("intel-rapl:1", "package-1"),
            ("intel-rapl:2", "psys"),
            ("intel-rapl-mmio:0", "package-0"),
        ];
        for (zone, name) in zones {
            set(root, zone, name, 262_143_000_000);
        }
        let mut meter = EnergyMeter::start_at(root);
        assert_eq!(meter.read().joules, Some(0.0));
        for (zone, name) in zones {
            set(root, zone, name, 262_143_300_000);
        }
        assert_eq!(meter.read().joules, Some(0.6));
        set(root, "intel-rapl:1", "package-1", 971_150);
        let used = meter.read();
        // 0.3 J each, then 0.02885 J up to the largest and 0.97115 J beyond.
        assert!((used.joules.expect("told") - 1.6).abs() < 1e-9, "{used:?}");
        assert!(used.seconds >= 0.0);
    }

    #[test]
    fn a_machine_that_does_not_tell_uses_time_only() {
        let root = tempfile::tempdir().expect("a folder");
        let mut meter = EnergyMeter::start_at(&root.path().join("none"));
        assert_eq!(meter.read().joules, None);
        let mut meter = EnergyMeter::start_at(root.path());
        assert_eq!(meter.read().joules, None);
        set(root.path(), "intel-rapl:0", "package-0", 5);
        let mut meter = EnergyMeter::start_at(root.path());
        assert_eq!(meter.read().joules, Some(0.0));
        fs::remove_file(root.path().join("intel-rapl:0/energy_uj")).expect("it was there");
        assert_eq!(meter.read().joules, None);
        set(root.path(), "intel-rapl:0", "package-0", 7);
        assert_eq!(meter.read().joules, None);
    }
}
