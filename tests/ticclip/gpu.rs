//! The GPU path computes what the CPU path computes. A software adapter will do.

use std::io::Write;

use burn::tensor::{Device, Tensor, TensorData};
use ticclip::device::{self, Choice};
use ticclip::model::{Clip, ClipConfig, TextPooling, TokenBatch, contrastive_loss};
use ticclip::tokenizer::END_OF_TEXT;

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

/// Loss, and the gradient of the image projection, on a device.
fn forward_and_backward(device: &Device) -> (f32, Vec<f32>) {
    use burn::module::Module;
    let device = device.clone().autodiff();
    let model = Clip::new(&config(), 7, &device).train();
    let (images, texts) = inputs(&device);
    let (images, texts) = (
        model.encode_images(images),
        model.encode_texts(&texts, &device),
    );
    let features = images
        .clone()
        .into_data()
        .try_into_vec::<f32>()
        .expect("f32");
    let loss = contrastive_loss(model.logits(images, texts));
    let value = loss.clone().into_scalar::<f32>();
    let gradients = burn::optim::GradientsParams::from_grads(loss.backward(), &model);
    assert!(!gradients.is_empty(), "the loss reaches no parameter");
    (value, features)
}

#[test]
fn features_and_loss_agree_with_the_cpu() {
    let Some(gpu) = adapter() else { return };
    let (loss, features) = forward_and_backward(&gpu);
    let (expected_loss, expected) = forward_and_backward(&Device::flex());
    assert!(
        (loss - expected_loss).abs() < 1e-4,
        "{loss}, on the CPU {expected_loss}"
    );
    for (at, (a, b)) in features.iter().zip(&expected).enumerate() {
        assert!((a - b).abs() < 1e-5, "feature {at}: {a}, on the CPU {b}");
    }
}
