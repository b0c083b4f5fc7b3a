//! Which processor computes: the CPU, or a GPU that wgpu finds.

use std::fmt;
use std::str::FromStr;

use burn::tensor::{Device, DeviceKind};
use thiserror::Error;

use crate::noun::number_of;

/// The graphics interface that burn's wgpu backend computes through on this system.
const BACKEND: wgpu::Backends = if cfg!(target_vendor = "apple") {
    wgpu::Backends::METAL
} else {
    wgpu::Backends::VULKAN
};

/// What `--device` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Choice {
    /// The first hardware GPU, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The first hardware GPU.
    Gpu,
    /// The adapter of that number in `doctor`'s list, software adapters included.
    Adapter(usize),
}

/// A `--device` value that means nothing.
#[derive(Debug, Error)]
#[error("{0:?} is no device; allowed are auto, cpu, gpu and gpu:N")]
pub struct ParseChoiceError(String);

impl Choice {
    /// What it is called, but for the adapters' numbers.
    pub(crate) fn words() -> Vec<&'static str> {
        vec!["auto", "cpu", "gpu"]
    }
}

impl FromStr for Choice {
    type Err = ParseChoiceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "gpu" => Ok(Self::Gpu),
            _ => text
                .strip_prefix("gpu:")
                .and_then(|number| number.parse().ok())
                .map(Self::Adapter)
                .ok_or_else(|| ParseChoiceError(text.to_owned())),
        }
    }
}

/// A device that was asked for and is not there.
#[derive(Debug, Error)]
#[error("no {wanted} on this machine; there is {there}")]
pub struct NoSuchDevice {
    wanted: String,
    there: String,
}

/// An adapter that wgpu found.
#[derive(Clone, Debug)]
pub struct Adapter {
    /// Its name, driver and interface.
    pub name: String,
    /// Whether it is a program that imitates a GPU.
    pub software: bool,
    kind: DeviceKind,
}

impl fmt::Display for Adapter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.software {
            "software"
        } else {
            "hardware"
        };
        write!(formatter, "{} ({kind})", self.name)
    }
}

/// Every adapter that burn can compute on, numbered as `gpu:N` counts.
#[must_use]
pub fn adapters() -> Vec<Adapter> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = BACKEND;
    let instance = wgpu::Instance::new(descriptor);
    let found = pollster::block_on(instance.enumerate_adapters(BACKEND));
    let mut seen = [0_usize; 3];
    let mut next = |of: usize| {
        seen[of] += 1;
        seen[of] - 1
    };
    found
        .iter()
        .filter_map(|adapter| {
            let info = adapter.get_info();
            let kind = match info.device_type {
                wgpu::DeviceType::DiscreteGpu => DeviceKind::DiscreteGpu(next(0)),
                wgpu::DeviceType::IntegratedGpu => DeviceKind::IntegratedGpu(next(1)),
                wgpu::DeviceType::VirtualGpu => DeviceKind::VirtualGpu(next(2)),
                wgpu::DeviceType::Cpu => DeviceKind::Cpu,
                // burn has no way to ask for an adapter that does not say what it is.
                wgpu::DeviceType::Other => return None,
            };
            let name = format!("{}, {}, {}", info.name, info.driver, info.backend);
            Some(Adapter {
                name,
                software: kind == DeviceKind::Cpu,
                kind,
            })
        })
        .collect()
}

/// The device of that choice, and its name.
///
/// # Errors
/// [`NoSuchDevice`] saying what is there instead.
pub fn open(choice: Choice) -> Result<(Device, String), NoSuchDevice> {
    if choice == Choice::Cpu {
        return Ok(cpu());
    }
    let adapters = adapters();
    let hardware = || adapters.iter().find(|adapter| !adapter.software);
    let (chosen, wanted) = match choice {
        Choice::Cpu => return Ok(cpu()),
        Choice::Auto => match hardware() {
            Some(adapter) => (Some(adapter), String::new()),
            None => return Ok(cpu()),
        },
        Choice::Gpu => (hardware(), "hardware GPU".to_owned()),
        Choice::Adapter(number) => (adapters.get(number), format!("adapter gpu:{number}")),
    };
    match chosen {
        Some(adapter) => Ok((Device::wgpu(adapter.kind.clone()), adapter.to_string())),
        None => Err(NoSuchDevice {
            wanted,
            there: listing(&adapters),
        }),
    }
}

fn cpu() -> (Device, String) {
    (
        Device::flex(),
        format!("CPU, {}", number_of(rayon::current_num_threads(), "thread")),
    )
}

/// "the CPU", and every adapter with its number.
fn listing(adapters: &[Adapter]) -> String {
    let numbered = adapters
        .iter()
        .enumerate()
        .map(|(number, adapter)| format!("gpu:{number} = {adapter}"));
    std::iter::once("the CPU".to_owned())
        .chain(numbered)
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_names_are_read_and_others_refused() {
        assert_eq!("auto".parse::<Choice>().ok(), Some(Choice::Auto));
        assert_eq!("gpu:2".parse::<Choice>().ok(), Some(Choice::Adapter(2)));
        for wrong in ["cuda", "gpu:", "gpu:x", "GPU", ""] {
            let message = wrong
                .parse::<Choice>()
                .expect_err("not a device")
                .to_string();
            assert!(message.contains("gpu:N"), "{message}");
        }
    }

    #[test]
    fn an_adapter_that_is_not_there_is_refused_with_what_is() {
        let message = open(Choice::Adapter(99))
            .expect_err("nobody has a hundred")
            .to_string();
        assert!(
            message.contains("gpu:99") && message.contains("the CPU"),
            "{message}"
        );
    }
}
