//! The GPU path computes what the CPU path computes. A software adapter will do.

use std::collections::BTreeMap;
use std::io::Write;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use ticclip::device::{self, Choice};
use ticclip::model::{
    Clip, ClipConfig, TextPooling, TokenBatch, contrastive_loss, parameters, with_parameters,
};
use ticclip::tokenizer::END_OF_TEXT;
use ticclip::train::Learner;

use super::call::{call, called, program};
use super::interruption::killed;
use super::photos::shards_of_photos;

/// Set where an adapter must be there.
const REQUIRED: &str = "TICCLIP_REQUIRE_GPU";

/// The first adapter; without one the test is skipped, which is said past the capture of output.
fn adapter() -> Option<Device> {
    match device::open(Choice::Adapter(0)) {
        Ok((device, _)) => Some(device),
        Err(error) => {
            assert!(
                std::env::var_os(REQUIRED).is_none(),
                "{REQUIRED} is set, but there is {error}"
            );
            writeln!(
                std::io::stderr(),
                "SKIPPED: a test of the GPU path, {error}"
            )
            .expect("stderr");
            None
        }
    }
}

fn config() -> ClipConfig {
    let text = super::photos::RECIPE;
    ticclip::train::Recipe::parse(text, "micro.toml".as_ref())
        .expect("a recipe")
        .model
}

fn inputs(device: &Device) -> (Tensor<4>, TokenBatch) {
    let pixels: Vec<f32> = (0..4 * 3 * 16 * 16)
        .map(|i| (i as f32 * 0.37).sin())
        .collect();
    let images = Tensor::from_data(TensorData::new(pixels, [4, 3, 16, 16]), device);
    let texts: Vec<Vec<u32>> = (0..4_u32)
        .map(|i| vec![49406, 320 + i, 1125, END_OF_TEXT, 0, 0])
        .collect();
    (images, TokenBatch::new(&texts, TextPooling::Argmax))
}

/// What a device computes of one batch.
struct Computed {
    loss: f32,
    features: Vec<f32>,
    gradients: BTreeMap<String, Vec<f32>>,
}

/// Gradients by the names of their parameters.
struct Named {
    path: Vec<String>,
    gradients: GradientsParams,
    found: BTreeMap<String, Vec<f32>>,
}

impl ModuleVisitor for Named {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.path.join(".");
        let gradient = self.gradients.remove::<D>(param.id).expect("a gradient");
        self.found.insert(name, host(gradient));
    }
}

fn host<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_into_vec::<f32>().expect("f32")
}

/// The same model on any device.
fn model(device: &Device) -> Clip {
    let weights = parameters(&Clip::new(&config(), 7, &Device::flex()));
    with_parameters(Clip::new(&config(), 7, device), weights)
}

fn forward_and_backward(device: &Device) -> Computed {
    let device = device.clone().autodiff();
    let model = model(&device).train();
    let (images, texts) = inputs(&device);
    let (images, texts) = (
        model.encode_images(images),
        model.encode_texts(&texts, &device),
    );
    let features = [images.clone(), texts.clone()].map(host).concat();
    let loss = contrastive_loss(model.logits(images, texts));
    let value = loss.clone().into_scalar::<f32>();
    let mut named = Named {
        path: Vec::new(),
        gradients: GradientsParams::from_grads(loss.backward(), &model),
        found: BTreeMap::new(),
    };
    model.visit(&mut named);
    Computed {
        loss: value,
        features,
        gradients: named.found,
    }
}

fn assert_close(what: &str, gpu: &[f32], cpu: &[f32], tolerance: f32) {
    assert_eq!(gpu.len(), cpu.len(), "{what}");
    for (at, (a, b)) in gpu.iter().zip(cpu).enumerate() {
        assert!(
            (a - b).abs() < tolerance,
            "{what}[{at}]: {a}, on the CPU {b}"
        );
    }
}

#[test]
fn loss_features_and_gradients_agree_with_the_cpu() {
    let Some(gpu) = adapter() else { return };
    let (gpu, cpu) = (
        forward_and_backward(&gpu),
        forward_and_backward(&Device::flex()),
    );
    assert_close("loss", &[gpu.loss], &[cpu.loss], 1e-4);
    assert_close("features", &gpu.features, &cpu.features, 1e-5);
    assert_eq!(gpu.gradients.len(), cpu.gradients.len());
    assert!(
        cpu.gradients
            .values()
            .flatten()
            .any(|value| value.abs() > 0.1)
    );
    for (name, gradient) in &gpu.gradients {
        assert_close(name, gradient, &cpu.gradients[name], 1e-4);
    }
}

#[test]
fn an_update_agrees_with_the_cpu() {
    let Some(gpu) = adapter() else { return };
    let updated = |device: &Device| {
        let (images, texts) = inputs(device);
        let learner = Learner::new(model(device), 0.2, device);
        let (learner, loss) = learner.update(images, &texts, 1e-3);
        (loss, parameters(learner.model()))
    };
    let ((gpu_loss, gpu), (cpu_loss, cpu)) = (updated(&gpu), updated(&Device::flex()));
    assert_close("loss", &[gpu_loss], &[cpu_loss], 1e-4);
    let before = parameters(&model(&Device::flex()));
    assert_ne!(before, cpu, "the update changes nothing");
    for (name, tensor) in &gpu {
        assert_close(name, &tensor.values, &cpu[name].values, 1e-4);
    }
}

/// Losses of a run's updates.
fn losses(log: &std::path::Path) -> Vec<f64> {
    let text = std::fs::read_to_string(log).expect("there");
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    lines
        .map(|line: serde_json::Value| line["loss"].as_f64().expect("a loss"))
        .collect()
}

#[test]
fn a_killed_training_on_the_gpu_goes_on_as_the_cpu_goes() {
    if adapter().is_none() {
        return;
    }
    let folder = shards_of_photos(48, 1, 0.1);
    let folder = folder.path();
    let line = |device: &str, out: &str| {
        format!(
            "train tiny --samples-per-step 128 --data d --strategy restart --checkpoint-seconds 0 --device {device} --out {out}"
        )
    };
    call(folder, &line("cpu", "cpu")).ok();
    killed(
        folder,
        &line("gpu:0", "gpu"),
        "gpu/restart/metrics.jsonl",
        2,
    );
    assert!(folder.join("gpu/restart/2016.partial").exists());
    call(folder, &line("gpu:0", "gpu")).ok();
    let (cpu, gpu) = ("cpu/restart/metrics.jsonl", "gpu/restart/metrics.jsonl");
    let (cpu, gpu) = (losses(&folder.join(cpu)), losses(&folder.join(gpu)));
    assert_eq!((cpu.len(), gpu.len()), (4, 4));
    for (cpu, gpu) in cpu.iter().zip(&gpu) {
        assert!(
            (cpu - gpu).abs() < 1e-3,
            "{cpu} on the CPU, {gpu} on the GPU"
        );
    }
}

#[test]
fn a_machine_without_a_desktop_is_not_told_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut doctor = program(folder.path());
    doctor.arg("doctor").env_remove("XDG_RUNTIME_DIR");
    let output = doctor.env_remove("WAYLAND_DISPLAY").output();
    let told = called(&output.expect("the program starts")).ok();
    assert!(!told.stderr.contains("XDG_RUNTIME_DIR"), "{told:?}");
}
