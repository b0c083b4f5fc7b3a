//! Images as they are downloaded to images as they are stored: img2dataset's sizes, borders and
//! blurred boxes, its refusals, and its formats.
//!
//! A JPEG file that becomes a smaller JPEG file goes a short way: its samples of luma and colour
//! are averaged to those of the smaller file, without ever becoming pixels. All steps of the long
//! way (interpolating colours, converting them, averaging, converting back, averaging in pairs)
//! are linear, so that the results differ by rounding, and where a colour lies outside of RGB.
//! Everything else goes the long way.

mod axis;
mod blur;
mod cosine;
mod decode;
mod encode;
mod jpeg_encode;
mod jpeg_tables;
mod options;
mod planes;
mod process;
mod refusal;
mod resize;
mod shrink;
mod transpose;

pub use options::{EncodeFormat, ImageOptions, Interpolation, ResizeMode, UnknownWord};
pub use process::{Processed, Processor};
pub use refusal::{Reason, Refusal};

use crate::preprocess::vectorised;

#[cfg(test)]
mod tests;
