//! CLIP: an image tower and a text tower that end in one space.
//!
//! Parameters carry open_clip's names, shapes and layouts, so that a checkpoint is a plain copy.

mod block;
pub(crate) mod checkpoint;
mod clip;
mod composed;
mod config;
mod files;
mod gradients;
mod init;
mod kept_patches;
mod kernels;
mod named;
mod precision;
mod sigmoid;
mod staged;
mod text;
mod vision;
mod weights;

pub use checkpoint::{CheckpointError, load, save};
pub use clip::{Clip, contrastive_loss};
pub use config::{
    ClipConfig, ColourMode, ConfigError, ImagePooling, ModelFile, PreprocessConfig, ResizeMode,
    TextConfig, TextPooling, VisionConfig,
};
pub use files::{Architecture, ModelFiles};
pub use gradients::{add_gradients, scale_gradients, squared_norm};
pub use kept_patches::KeptPatches;
pub use named::{NamedTensor, names_and_shapes, parameters, with_parameters};
pub use precision::{Precision, PrecisionError};
pub use sigmoid::siglip_loss;
pub use staged::{StagedImages, StagedTexts};
pub use text::TokenBatch;

pub(crate) use kernels::on_flex;
