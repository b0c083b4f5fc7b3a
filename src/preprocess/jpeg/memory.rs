//! Files with several scans: coefficients are gathered first, samples are made at the end.

use super::bits::Bits;
use super::entropy::{self, Part};
use super::header::{Frame, Header, Next, Scan};
use super::huffman::Table;
use super::idct::{self, Extent};
use super::planes::{Extract, Plane};
use super::restart::Restarts;
use super::stream::{ac_table, dc_table, steps};
use super::{JpegError, Output, Sink};

/// The most scans of a file; each may go over the whole image in a few bytes.
const MOST_SCANS: usize = 500;

/// The coefficients of one component.
struct Coefficients {
    blocks: Vec<[i16; 64]>,
    /// Blocks in a row, with those beyond the image that interleaved scans have.
    stride: usize,
    /// Blocks that have samples of the image.
    across: usize,
    down: usize,
    /// The table of the first scan of this component, as the standard has it.
    steps: Option<[i16; 64]>,
}

/// Decodes all scans, then the image.
///
/// # Errors
/// When the file is damaged in a way that libjpeg does not accept.
pub(super) fn decode<S: Sink>(
    bytes: &[u8],
    mut header: Header<'_>,
    mut scan: Scan,
    output: &mut Output<'_, S>,
) -> Result<(), JpegError> {
    let mut planes: Vec<Coefficients> = room(&output.frame);
    for _ in 0..MOST_SCANS {
        for &[at, ..] in &scan.parts {
            if planes[at].steps.is_none() {
                let index = output.frame.components[at].quantisation;
                planes[at].steps = Some(steps(&header, index)?);
            }
        }
        let mut pass = Pass::new(&header, &scan)?;
        let mut restarts = Restarts::new(bytes, header.position());
        let interval = &mut output.buffers.interval;
        pass.run(&mut restarts, interval, &output.frame, &mut planes)?;
        let (at, marker) = restarts.finish()?;
        match header.resume(at, Some(marker))? {
            Next::Scan(next) => scan = next,
            Next::End => {
                show(&planes, output);
                return Ok(());
            }
        }
    }
    Err(JpegError::Damaged("too many scans"))
}

fn room(frame: &Frame) -> Vec<Coefficients> {
    let components = frame.components.iter();
    let rooms = components.map(|component| {
        let stride = frame.units_across() * component.across;
        Coefficients {
            blocks: vec![[0; 64]; stride * frame.units_down() * component.down],
            stride,
            across: component.width.div_ceil(8),
            down: component.height.div_ceil(8),
            steps: None,
        }
    });
    rooms.collect()
}

/// How a scan codes its coefficients.
enum Coding {
    Whole,
    FirstDc,
    RefineDc,
    FirstAc,
    RefineAc,
}

/// One scan.
struct Pass {
    coding: Coding,
    part: Part,
    components: Vec<usize>,
    dc: Vec<Option<Box<Table>>>,
    ac: Vec<Option<Box<Table>>>,
    restart: usize,
    /// First coefficients of the last blocks.
    last: [i16; 4],
    /// Blocks to come without coefficients.
    empty: u32,
}

impl Pass {
    fn new(header: &Header<'_>, scan: &Scan) -> Result<Self, JpegError> {
        let (coding, part) = coding(header.frame(), scan)?;
        let (dc, ac) = match coding {
            Coding::Whole => (true, true),
            Coding::FirstDc => (true, false),
            Coding::RefineDc => (false, false),
            Coding::FirstAc | Coding::RefineAc => (false, true),
        };
        let dc = scan
            .parts
            .iter()
            .map(|part| dc.then(|| dc_table(header, part[1])));
        let ac_of = |part: &[usize; 3]| ac.then(|| ac_table(header, part[2]));
        let ac = scan.parts.iter().map(ac_of);
        Ok(Self {
            coding,
            part,
            components: scan.parts.iter().map(|part| part[0]).collect(),
            dc: dc.map(Option::transpose).collect::<Result<_, _>>()?,
            ac: ac.map(Option::transpose).collect::<Result<_, _>>()?,
            restart: header.restart,
            last: [0; 4],
            empty: 0,
        })
    }

    /// Reads the scan's part of all blocks.
    fn run(
        &mut self,
        restarts: &mut Restarts<'_>,
        interval: &mut Vec<u8>,
        frame: &Frame,
        planes: &mut [Coefficients],
    ) -> Result<(), JpegError> {
        let (across, down) = match self.components.as_slice() {
            [only] => (planes[*only].across, planes[*only].down),
            _ => (frame.units_across(), frame.units_down()),
        };
        let total = across * down;
        let every = if self.restart == 0 {
            total
        } else {
            self.restart
        };
        let (mut unit, mut present) = (0, true);
        while unit < total {
            let length = restarts.read(interval);
            let mut bits = Bits::new(interval, length);
            (self.last, self.empty) = ([0; 4], 0);
            for unit in unit..(unit + every).min(total) {
                if !present {
                    break;
                }
                self.unit(&mut bits, frame, planes, unit % across, unit / across);
                present = !bits.exhausted();
            }
            unit += every;
            if unit < total {
                present |= restarts.find()?;
            }
        }
        Ok(())
    }

    /// Reads one unit: a block of the scan's only component, or some of each.
    fn unit(
        &mut self,
        bits: &mut Bits<'_>,
        frame: &Frame,
        planes: &mut [Coefficients],
        column: usize,
        row: usize,
    ) {
        let alone = self.components.len() == 1;
        for at in 0..self.components.len() {
            let component = &frame.components[self.components[at]];
            let (across, down) = match alone {
                true => (1, 1),
                false => (component.across, component.down),
            };
            let plane = &mut planes[self.components[at]];
            for block in 0..across * down {
                let (y, x) = (block / across, block % across);
                let index = (row * down + y) * plane.stride + column * across + x;
                self.block(bits, at, &mut plane.blocks[index]);
            }
        }
    }

    #[inline(always)]
    fn block(&mut self, bits: &mut Bits<'_>, at: usize, block: &mut [i16; 64]) {
        let (last, empty, part) = (&mut self.last[at], &mut self.empty, self.part);
        match (&self.coding, &self.dc[at], &self.ac[at]) {
            (Coding::Whole, Some(dc), Some(ac)) => {
                *block = [0; 64];
                entropy::whole(bits, dc, ac, last, block);
            }
            (Coding::FirstDc, Some(dc), _) => {
                entropy::first_dc(bits, dc, last, part.shift, block);
            }
            (Coding::RefineDc, ..) => entropy::refine_dc(bits, part.shift, block),
            (Coding::FirstAc, _, Some(ac)) => entropy::first_ac(bits, ac, empty, part, block),
            (Coding::RefineAc, _, Some(ac)) => entropy::refine_ac(bits, ac, empty, part, block),
            _ => {}
        }
    }
}

/// What a scan header means, if it makes sense.
fn coding(frame: &Frame, scan: &Scan) -> Result<(Coding, Part), JpegError> {
    let wrong = JpegError::Damaged("a scan of impossible coefficients");
    let [first, last] = scan.band;
    let [before, shift] = scan.bits;
    let part = Part { first, last, shift };
    let in_unit = scan.parts.iter().map(|part| &frame.components[part[0]]);
    let blocks: usize = in_unit.map(|c| c.across * c.down).sum();
    if scan.parts.len() > 1 && blocks > 10 {
        return Err(JpegError::Damaged("too many blocks in a unit"));
    }
    if !frame.progressive {
        return Ok((Coding::Whole, part));
    }
    if shift > 13 || (before > 0 && before != shift + 1) {
        return Err(wrong);
    }
    let coding = match (first, before) {
        (0, _) if last > 0 => return Err(wrong),
        (0, 0) => Coding::FirstDc,
        (0, _) => Coding::RefineDc,
        _ if last < first || last > 63 || scan.parts.len() > 1 => return Err(wrong),
        (_, 0) => Coding::FirstAc,
        (_, _) => Coding::RefineAc,
    };
    Ok((coding, part))
}

/// Makes the samples of the window.
fn show<S: Sink>(planes: &[Coefficients], output: &mut Output<'_, S>) {
    let extract = output.extract;
    for band in extract.bands[0]..extract.bands[1] {
        let components = output.frame.components.clone();
        let down = output.frame.down;
        for (at, component) in components.iter().enumerate() {
            let blocks = 2 * component.down / down;
            for row in 0..blocks {
                let job = BlockRow {
                    coefficients: &planes[at],
                    down: band * blocks + row,
                    row,
                    across: component.across,
                    extract,
                    plane: &mut output.planes(band)[at],
                };
                super::super::vectorised(
                    #[inline(always)]
                    move || job.run(),
                );
            }
        }
        output.filled(band);
    }
}

/// A row of blocks in a band.
struct BlockRow<'a> {
    coefficients: &'a Coefficients,
    /// In the image.
    down: usize,
    /// In the band.
    row: usize,
    across: usize,
    extract: Extract,
    plane: &'a mut Plane,
}

impl BlockRow<'_> {
    #[inline(always)]
    fn run(self) {
        let steps = self.coefficients.steps.unwrap_or([0; 64]);
        let first = self.extract.first_unit * self.across;
        let start = self.down * self.coefficients.stride + first;
        let count = self.extract.units * self.across;
        // The last band may reach beyond the last row.
        let Some(blocks) = self.coefficients.blocks.get(start..start + count) else {
            return;
        };
        for (column, block) in blocks.iter().enumerate() {
            let (out, lane) = self.plane.block(column, self.row);
            idct::inverse(block, &steps, extent(block), out, lane);
        }
    }
}

/// Which of a block's coefficients are not zero, roughly.
#[inline(always)]
fn extent(block: &[i16; 64]) -> Extent {
    let (mut quarter, mut outside) = (0, 0);
    for (at, &value) in block.iter().enumerate().skip(1) {
        if at & !idct::QUARTER == 0 {
            quarter |= value;
        } else {
            outside |= value;
        }
    }
    match (quarter, outside) {
        (0, 0) => Extent(0),
        (_, 0) => Extent(idct::QUARTER),
        _ => Extent(63),
    }
}
