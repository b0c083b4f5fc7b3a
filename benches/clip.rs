//! The model at work, timed on request: prints one time in seconds for every line it reads.
//!
//! `benches/against_torch.py` drives it, turn by turn with PyTorch.

#![expect(clippy::print_stdout, reason = "the times are its output")]

use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ticclip::model::{Clip, ClipConfig, ModelFile, Precision, TextPooling, TokenBatch};
use ticclip::train::Learner;

/// Captions of random length, as the peer's: the last token of the vocabulary ends each.
fn texts(config: &ClipConfig, pairs: usize, rng: &mut ChaCha8Rng) -> TokenBatch {
    let (context, end) = (
        config.text_cfg.context_length,
        config.text_cfg.vocab_size as u32 - 1,
    );
    let mut captions: Vec<Vec<u32>> = (0..pairs)
        .map(|_| {
            let length = rng.random_range(4..context);
            let mut caption: Vec<u32> = (0..length).map(|_| rng.random_range(1..end)).collect();
            caption.push(end);
            caption.resize(context, 0);
            caption
        })
        .collect();
    // As the loader does.
    captions.sort_by_key(|caption| TokenBatch::end(caption, TextPooling::Argmax));
    TokenBatch::new(&captions, TextPooling::Argmax)
}

/// The program's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    // On a thread of the pool, as every command runs.
    rayon::scope(|_| serve());
}

/// Sets up what the arguments say, then does it once for every line.
fn serve() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let [work, config, pairs, precision] = arguments.as_slice() else {
        eprintln!("usage: clip (update|encode) CONFIG.json PAIRS (f32|bf16)");
        std::process::exit(2);
    };
    let file = ModelFile::read(Path::new(config)).expect("a model configuration");
    let pairs: usize = pairs.parse().expect("a number of pairs");
    let precision: Precision = precision.parse().expect("a precision");
    let device = Device::flex();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let side = file.model_cfg.vision_cfg.image_size;
    let values: Vec<f32> = (0..pairs * 3 * side * side)
        .map(|_| rng.random_range(-2.0..2.0))
        .collect();
    let images: Tensor<4> =
        Tensor::from_data(TensorData::new(values, [pairs, 3, side, side]), &device);
    let texts = texts(&file.model_cfg, pairs, &mut rng);
    let model = Clip::new(&file.model_cfg, 0, &device).with_precision(precision);
    let mut run: Box<dyn FnMut()> = match work.as_str() {
        "update" => {
            let mut learner = Some(Learner::new(model, 0.2, &device));
            Box::new(move || {
                let before = learner.take().expect("put back");
                let (after, loss) = before.update(images.clone(), &texts, 1e-4);
                learner = Some(after);
                assert!(loss.is_finite());
            })
        }
        "encode" => Box::new(move || {
            let features = model.encode_images(images.clone()).into_data();
            assert_eq!(features.shape().to_vec()[0], pairs);
        }),
        other => panic!("{other} is neither update nor encode"),
    };
    for line in std::io::stdin().lock().lines() {
        line.expect("a line");
        let began = Instant::now();
        run();
        println!("{}", began.elapsed().as_secs_f64());
    }
}
