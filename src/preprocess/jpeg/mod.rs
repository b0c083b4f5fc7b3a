//! JPEG files to pixels: the same ones as libjpeg-turbo's, bit for bit, and faster.
//!
//! The image is made in bands of sixteen rows. Only the blocks that a window of the image needs
//! are transformed; what lies below the window is not even read, but for the end of the file.

mod bits;
mod colour;
mod entropy;
mod header;
mod huffman;
mod idct;
mod memory;
mod planes;
mod restart;
mod stream;

use thiserror::Error;

pub(crate) use colour::Colour;
use header::{Colours, Frame, Header, Next, Scan};
use idct::LANES;
use planes::{Extract, Plane, Work};

/// Rows in a band.
pub(crate) const BAND: usize = LANES;

/// Why a JPEG file has no pixels.
#[derive(Debug, Error)]
pub enum JpegError {
    /// The file contradicts the standard.
    #[error("damaged JPEG: {0}")]
    Damaged(&'static str),
    /// The file ends before its image does.
    #[error("truncated JPEG")]
    Truncated,
    /// The file uses a part of the standard that is not implemented.
    #[error("unsupported JPEG: {0}")]
    Unsupported(&'static str),
    /// The image has too many pixels.
    #[error("image too large")]
    TooLarge,
}

/// The pixels of an image that are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) columns: [usize; 2],
    pub(crate) rows: [usize; 2],
}

/// What takes an image band by band.
pub(crate) trait Sink {
    /// How it wants its values.
    type Value: Copy + From<u8>;

    /// Whether it takes the components' samples instead of pixels.
    const SAMPLES: bool = false;

    /// Takes a band whose first row is `row` and whose first column is `column`. Bands come from
    /// top to bottom; they hold at least the window, and at their edges anything.
    fn band(&mut self, row: usize, column: usize, rgb: [&[Colour<Self::Value>]; 3]);

    /// Takes the samples of one component in a band; only if it asks for them.
    fn samples(&mut self, _component: usize, _samples: Samples<'_>) {}
}

/// A component's samples in a band: rows of the component, not of the image.
#[derive(Clone, Copy)]
pub(crate) struct Samples<'a> {
    /// Number of the first row and of the first column.
    pub(crate) row: usize,
    pub(crate) column: usize,
    /// Columns of samples, of which `rows` from lane `lane` on are these rows.
    pub(crate) columns: &'a [[u8; LANES]],
    pub(crate) lane: usize,
    pub(crate) rows: usize,
}

/// How a component's samples lie over the pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sampling {
    /// Columns and rows of samples.
    pub(crate) size: [usize; 2],
    /// Columns and rows of pixels for each.
    pub(crate) ratio: [usize; 2],
    /// Whether what lies between samples is interpolated, with three parts of the nearer sample
    /// and one of the other; else samples are repeated.
    pub(crate) smooth: bool,
}

/// Memory that decoding needs, kept from one image to the next.
#[derive(Default)]
pub(crate) struct Buffers<V> {
    interval: Vec<u8>,
    bands: [Vec<Plane>; 2],
    work: Work,
    full: [Vec<[u8; LANES]>; 4],
    rgb: [Vec<Colour<V>>; 3],
}

/// A file whose header was read.
pub(crate) struct Jpeg<'a> {
    bytes: &'a [u8],
    header: Header<'a>,
    scan: Scan,
}

/// Reads a file up to its first scan.
///
/// # Errors
/// When the file is damaged so that Pillow refuses it as well, or of a kind that is not in use.
pub(crate) fn open(bytes: &[u8]) -> Result<Jpeg<'_>, JpegError> {
    let mut header = Header::new(bytes)?;
    match header.next()? {
        Next::Scan(scan) => Ok(Jpeg {
            bytes,
            header,
            scan,
        }),
        Next::End => Err(JpegError::Damaged("no image")),
    }
}

impl Jpeg<'_> {
    /// Width and height in pixels.
    pub(crate) fn size(&self) -> [usize; 2] {
        let frame = self.header.frame();
        [frame.width, frame.height]
    }

    /// Whether the samples are one plane of luma, or one of luma and two of colour.
    pub(crate) fn is_luma_first(&self) -> bool {
        matches!(self.header.colours(), Colours::Grey | Colours::YCbCr)
    }

    /// Whether the image is grey.
    pub(crate) fn is_grey(&self) -> bool {
        self.header.colours() == Colours::Grey
    }

    /// How the samples of each component lie over the pixels.
    pub(crate) fn sampling(&self) -> Vec<Sampling> {
        let frame = self.header.frame();
        let of = |component: &header::Component| {
            let ratio = [frame.across / component.across, frame.down / component.down];
            Sampling {
                size: [component.width, component.height],
                ratio,
                smooth: ratio[0] == 1 || (ratio[0] == 2 && component.width > 2),
            }
        };
        frame.components.iter().map(of).collect()
    }

    /// Decodes a window of the image, which must not be empty, into `sink`.
    ///
    /// # Errors
    /// As [`open`].
    pub(crate) fn decode<S: Sink>(
        self,
        window: Window,
        buffers: &mut Buffers<S::Value>,
        sink: &mut S,
    ) -> Result<(), JpegError> {
        let frame = self.header.frame().clone();
        let streams = !frame.progressive && self.scan.parts.len() == frame.components.len();
        let mut output = Output::new(&frame, self.header.colours(), window, buffers, sink);
        if streams {
            stream::decode(self.bytes, self.header, &self.scan, &mut output)
        } else {
            memory::decode(self.bytes, self.header, self.scan, &mut output)
        }
    }
}

/// Takes samples, hands on pixels.
struct Output<'a, S: Sink> {
    frame: Frame,
    colours: Colours,
    extract: Extract,
    buffers: &'a mut Buffers<S::Value>,
    sink: &'a mut S,
}

impl<'a, S: Sink> Output<'a, S> {
    fn new(
        frame: &Frame,
        colours: Colours,
        window: Window,
        buffers: &'a mut Buffers<S::Value>,
        sink: &'a mut S,
    ) -> Self {
        let extract = extract(frame, window);
        for band in &mut buffers.bands {
            band.resize_with(frame.components.len(), Plane::default);
            for (plane, component) in band.iter_mut().zip(&frame.components) {
                plane.prepare(frame, component, extract);
            }
        }
        Self {
            frame: frame.clone(),
            colours,
            extract,
            buffers,
            sink,
        }
    }

    /// The planes of a band, to be filled.
    fn planes(&mut self, band: usize) -> &mut [Plane] {
        &mut self.buffers.bands[band % 2]
    }

    /// Says that a band is filled. The one before it is handed on, and if it is the last one,
    /// itself.
    fn filled(&mut self, band: usize) {
        if S::SAMPLES {
            for (at, plane) in self.buffers.bands[band % 2].iter().enumerate() {
                let component = &self.frame.components[at];
                let column = self.extract.first_unit * 8 * component.across;
                self.sink.samples(at, plane.samples(band, column));
            }
            return;
        }
        let [even, odd] = &mut self.buffers.bands;
        let (this, before) = if band.is_multiple_of(2) {
            (even, odd)
        } else {
            (odd, even)
        };
        let first = band == self.extract.bands[0];
        let last = band + 1 == self.extract.bands[1];
        for (plane, above) in this.iter_mut().zip(before) {
            if plane.ratio > 1 {
                plane.extend_sideways();
            }
            match (plane.half, first) {
                (true, true) => plane.extend_up(),
                (true, false) => above.join(plane),
                (false, _) => {}
            }
            if plane.half && last {
                plane.extend_down(band);
            }
        }
        if !first {
            self.hand_on(band - 1);
        }
        if last {
            self.hand_on(band);
        }
    }

    fn hand_on(&mut self, band: usize) {
        let buffers = &mut *self.buffers;
        let width = self.extract.units * 8 * self.frame.across;
        let planes = &buffers.bands[band % 2];
        for plane in &mut buffers.rgb {
            plane.resize(width, [S::Value::from(0); LANES]);
        }
        buffers.work.prepare(width + 2);
        for (plane, full) in planes.iter().zip(&mut buffers.full) {
            full.resize(plane.full_columns(), [0; LANES]);
        }
        let job = Conversion {
            planes,
            colours: self.colours,
            work: &mut buffers.work,
            full: &mut buffers.full,
            rgb: &mut buffers.rgb,
        };
        super::vectorised(
            #[inline(always)]
            move || job.run(),
        );
        let column = self.extract.first_unit * 8 * self.frame.across;
        let [red, green, blue] = &buffers.rgb;
        self.sink.band(BAND * band, column, [red, green, blue]);
    }
}

/// From a band's samples to its pixels.
struct Conversion<'a, V> {
    planes: &'a [Plane],
    colours: Colours,
    work: &'a mut Work,
    full: &'a mut [Vec<[u8; LANES]>; 4],
    rgb: &'a mut [Vec<Colour<V>>; 3],
}

impl<V: Copy + From<u8>> Conversion<'_, V> {
    #[inline(always)]
    fn run(self) {
        let mut planes: [&[[u8; LANES]]; 4] = [&[]; 4];
        for (at, full) in self.full.iter_mut().enumerate().take(self.planes.len()) {
            let plane = &self.planes[at];
            planes[at] = if plane.ratio == 1 && !plane.half {
                plane.inner()
            } else {
                plane.enlarge(self.work, full);
                full
            };
        }
        colour::convert(self.colours, planes, self.rgb);
    }
}

/// The units and bands that the window needs, with a neighbour on each side for interpolation.
fn extract(frame: &Frame, window: Window) -> Extract {
    let unit = 8 * frame.across;
    let [left, right] = window.columns;
    let [top, bottom] = window.rows;
    let first_unit = left.saturating_sub(4) / unit;
    let end = (right + 4).div_ceil(unit).min(frame.units_across());
    let bands = frame.height.div_ceil(BAND);
    Extract {
        first_unit,
        units: end - first_unit,
        bands: [
            top.saturating_sub(4) / BAND,
            (bottom + 4).div_ceil(BAND).min(bands),
        ],
    }
}
