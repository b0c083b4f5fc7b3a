//! The bytes of an image as it was downloaded to the bytes that are stored.

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Rgb, RgbImage, imageops};

use super::blur;
use super::decode::{self, Decoded};
use super::encode::Encoder;
use super::options::{EncodeFormat, ImageOptions};
use super::planes::Planes;
use super::refusal::Refusal;
use super::resize::Plan;
use super::shrink::Shrinker;
use crate::preprocess::decode::is_jpeg;
use crate::preprocess::image_bands;
use crate::preprocess::jpeg::{self, Buffers, Colour, Jpeg, Sink, Window};
use crate::preprocess::resample::Resampler;
use crate::preprocess::{ImageError, JpegError};

/// An image to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processed {
    /// The file.
    pub bytes: Vec<u8>,
    /// The format under whose ending it is stored. Files that are kept whatever they are
    /// (`disable_all_reencoding`) may be of another one.
    pub format: EncodeFormat,
    /// Size of the stored image in pixels; none where it was not looked at and cannot be told.
    pub width: Option<u32>,
    /// Likewise.
    pub height: Option<u32>,
    /// Size of the downloaded image in pixels.
    pub original_width: Option<u32>,
    /// Likewise.
    pub original_height: Option<u32>,
}

/// Processes images one after the other, in the same memory. One for each thread.
pub struct Processor {
    options: ImageOptions,
    encoder: Encoder,
    shrinker: Shrinker,
    resampler: Resampler,
    samples: Buffers<u8>,
    pixels: Buffers<i16>,
    bands: [Vec<Colour<i16>>; 3],
    planes: Planes,
}

impl Processor {
    /// For options that [`ImageOptions::check`] accepts.
    #[must_use]
    pub fn new(options: ImageOptions) -> Self {
        Self {
            encoder: Encoder::new(&options),
            options,
            shrinker: Shrinker::default(),
            resampler: Resampler::default(),
            samples: Buffers::default(),
            pixels: Buffers::default(),
            bands: Default::default(),
            planes: Planes::default(),
        }
    }

    /// Makes the file to store of a file as it was downloaded. `boxes` are blurred: `[left, top,
    /// right, bottom]` in fractions of the sides.
    ///
    /// # Errors
    /// [`Refusal`] when the file is no whole image, or one that is not wanted.
    pub fn process(&mut self, bytes: &[u8], boxes: &[[f32; 4]]) -> Result<Processed, Refusal> {
        if self.options.disable_all_reencoding {
            let size = size_of(bytes);
            return Ok(self.stored(bytes.to_vec(), size, size));
        }
        if is_jpeg(bytes) {
            match self.jpeg(bytes, boxes) {
                Err(Problem::Image(ImageError::Jpeg(JpegError::Unsupported(_)))) => {}
                Err(Problem::Image(error)) => return Err(error.into()),
                Err(Problem::Refusal(refusal)) => return Err(refusal),
                Ok(processed) => return Ok(processed),
            }
        }
        self.other(bytes, boxes)
    }

    fn jpeg(&mut self, bytes: &[u8], boxes: &[[f32; 4]]) -> Result<Processed, Problem> {
        let file = jpeg::open(bytes)?;
        let plan = Plan::new(&self.options, file.size())?;
        let jpg = self.options.encode_format == EncodeFormat::Jpg;
        if self.options.skip_reencode && jpg && plan.is_unchanged() && boxes.is_empty() {
            return Ok(self.as_served(bytes, file, &plan)?);
        }
        let short = jpg && boxes.is_empty() && file.is_luma_first();
        if let Some([across, down]) = plan.shrunk().filter(|_| short) {
            let window = self.shrinker.begin(&file, across, down);
            file.decode(window, &mut self.samples, &mut self.shrinker)?;
            self.shrinker.finish(across, down, &mut self.planes);
            let file = self.encoder.planes(&self.planes);
            return Ok(self.done(file, &plan));
        }
        let grey = file.is_grey();
        let (resizing, window) = self.begin(&plan, boxes);
        file.decode(window, &mut self.pixels, &mut self.resampler)?;
        Ok(self.finish(&plan, &resizing, grey, boxes)?)
    }

    /// The file as it is, if it is whole.
    fn as_served(
        &mut self,
        bytes: &[u8],
        file: Jpeg<'_>,
        plan: &Plan,
    ) -> Result<Processed, ImageError> {
        // Whether a file is damaged shows in its markers, which are read to the end.
        let corner = Window {
            columns: [0, 1],
            rows: [0, 1],
        };
        file.decode(corner, &mut self.samples, &mut Nowhere)?;
        Ok(self.done(bytes.to_vec(), plan))
    }

    fn other(&mut self, bytes: &[u8], boxes: &[[f32; 4]]) -> Result<Processed, Refusal> {
        let Decoded {
            image,
            grey,
            had_alpha,
        } = decode::decode(bytes)?;
        let size = [image.width() as usize, image.height() as usize];
        let plan = Plan::new(&self.options, size)?;
        let same = self.options.skip_reencode && self.is_of_format(bytes);
        if same && !had_alpha && plan.is_unchanged() && boxes.is_empty() {
            return Ok(self.done(bytes.to_vec(), &plan));
        }
        let (resizing, window) = self.begin(&plan, boxes);
        image_bands::feed(&image, window, &mut self.bands, &mut self.resampler);
        self.finish(&plan, &resizing, grey, boxes)
    }

    fn is_of_format(&self, bytes: &[u8]) -> bool {
        let wanted = match self.options.encode_format {
            EncodeFormat::Jpg => ImageFormat::Jpeg,
            EncodeFormat::Png => ImageFormat::Png,
            EncodeFormat::Webp => ImageFormat::WebP,
        };
        image::guess_format(bytes).is_ok_and(|format| format == wanted)
    }

    /// Gets ready to resize. Of an image with boxes everything is kept at first.
    fn begin(&mut self, plan: &Plan, boxes: &[[f32; 4]]) -> (Plan, Window) {
        let resizing = if boxes.is_empty() {
            *plan
        } else {
            plan.keeping_all()
        };
        let window = self.resampler.begin_with(
            |weights| resizing.weigh(0, weights),
            |weights| resizing.weigh(1, weights),
        );
        (resizing, window)
    }

    /// Blurs, cuts, adds borders and encodes what was resized.
    fn finish(
        &mut self,
        plan: &Plan,
        resizing: &Plan,
        grey: bool,
        boxes: &[[f32; 4]],
    ) -> Result<Processed, Refusal> {
        let [width, height] = resizing.kept.map(|[first, end]| (end - first) as u32);
        let row_length = 3 * width as usize;
        let mut raw = vec![0; row_length * height as usize];
        self.resampler.finish(|row, colour, values| {
            let pixels = raw[row * row_length..][..row_length].as_chunks_mut::<3>().0;
            for (pixel, &value) in pixels.iter_mut().zip(values) {
                pixel[colour] = value;
            }
        });
        let image = RgbImage::from_raw(width, height, raw);
        let mut image = image.expect("the pixels were counted");
        if !boxes.is_empty() {
            blur::boxes(&mut image, boxes);
        }
        if resizing.kept != plan.kept {
            let [left, top] = plan.kept.map(|[first, _]| first as u32);
            let [width, height] = plan.kept.map(|[first, end]| (end - first) as u32);
            image = imageops::crop_imm(&image, left, top, width, height).to_image();
        }
        if plan.has_border() {
            image = bordered(&image, plan);
        }
        let file = self.encoder.image(&image, grey, &mut self.planes)?;
        Ok(self.done(file, plan))
    }

    fn done(&self, bytes: Vec<u8>, plan: &Plan) -> Processed {
        let size = |sides: [usize; 2]| Some(sides.map(|side| side as u32));
        self.stored(bytes, size(plan.stored), size(plan.source))
    }

    fn stored(
        &self,
        bytes: Vec<u8>,
        size: Option<[u32; 2]>,
        original: Option<[u32; 2]>,
    ) -> Processed {
        Processed {
            bytes,
            format: self.options.encode_format,
            width: size.map(|size| size[0]),
            height: size.map(|size| size[1]),
            original_width: original.map(|size| size[0]),
            original_height: original.map(|size| size[1]),
        }
    }
}

/// The image in the middle of a white one.
fn bordered(image: &RgbImage, plan: &Plan) -> RgbImage {
    let [width, height] = plan.stored.map(|side| side as u32);
    let mut whole = RgbImage::from_pixel(width, height, Rgb([255; 3]));
    let left = (width - image.width()) / 2;
    let top = (height - image.height()) / 2;
    imageops::replace(&mut whole, image, i64::from(left), i64::from(top));
    whole
}

/// Width and height as the file's header has them.
fn size_of(bytes: &[u8]) -> Option<[u32; 2]> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let (width, height) = reader.ok()?.into_dimensions().ok()?;
    Some([width, height])
}

/// Takes samples nowhere.
struct Nowhere;

impl Sink for Nowhere {
    type Value = u8;
    const SAMPLES: bool = true;

    fn band(&mut self, _: usize, _: usize, _: [&[Colour<u8>]; 3]) {}
}

/// Why a JPEG file was not processed: it may still be read by other means.
enum Problem {
    Image(ImageError),
    Refusal(Refusal),
}

impl From<ImageError> for Problem {
    fn from(error: ImageError) -> Self {
        Self::Image(error)
    }
}

impl From<JpegError> for Problem {
    fn from(error: JpegError) -> Self {
        Self::Image(error.into())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}
