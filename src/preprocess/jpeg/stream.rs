//! Files with one scan of everything: samples are made as soon as their coefficients are read.

use super::bits::Bits;
use super::header::{Header, Next, Scan};
use super::huffman::Table;
use super::idct::{self, Extent};
use super::planes::{Extract, Plane};
use super::restart::Restarts;
use super::{JpegError, Output, Sink, entropy};

/// Decodes the scan and, for its end, the rest of the file.
///
/// # Errors
/// When the file is damaged in a way that libjpeg does not accept.
pub(super) fn decode<S: Sink>(
    bytes: &[u8],
    mut header: Header<'_>,
    scan: &Scan,
    output: &mut Output<'_, S>,
) -> Result<(), JpegError> {
    let tables = Tables::new(&header, scan)?;
    let mut interval = std::mem::take(&mut output.buffers.interval);
    let mut restarts = Restarts::new(bytes, header.position());
    let result = units(
        &tables,
        &mut restarts,
        &mut interval,
        header.restart,
        output,
    );
    output.buffers.interval = interval;
    result?;
    let (at, marker) = restarts.finish()?;
    match header.resume(at, Some(marker))? {
        Next::End => Ok(()),
        Next::Scan(_) => Err(JpegError::Damaged("a scan too many")),
    }
}

/// What decoding a unit needs: for each component of the scan its tables and blocks.
struct Tables {
    parts: Vec<Part>,
}

/// One component of an interleaved scan.
struct Part {
    component: usize,
    across: usize,
    down: usize,
    dc: Box<Table>,
    ac: Box<Table>,
    steps: [i16; 64],
}

impl Tables {
    fn new(header: &Header<'_>, scan: &Scan) -> Result<Self, JpegError> {
        let components = &header.frame().components;
        let part = |&[at, dc, ac]: &[usize; 3]| {
            let component = &components[at];
            Ok(Part {
                component: at,
                across: component.across,
                down: component.down,
                dc: dc_table(header, dc)?,
                ac: ac_table(header, ac)?,
                steps: steps(header, component.quantisation)?,
            })
        };
        let parts = scan.parts.iter().map(part);
        let parts = parts.collect::<Result<Vec<_>, JpegError>>()?;
        if parts
            .iter()
            .map(|part| part.across * part.down)
            .sum::<usize>()
            > 10
        {
            return Err(JpegError::Damaged("too many blocks in a unit"));
        }
        Ok(Self { parts })
    }
}

/// The DC table of that number, ready for use.
pub(super) fn dc_table(header: &Header<'_>, index: usize) -> Result<Box<Table>, JpegError> {
    match &header.dc[index] {
        Some(definition) if Table::fits_dc(definition) => Table::new(definition),
        _ => Err(JpegError::Damaged("no such Huffman table")),
    }
}

/// The AC table of that number, ready for use.
pub(super) fn ac_table(header: &Header<'_>, index: usize) -> Result<Box<Table>, JpegError> {
    let definition = header.ac[index].as_ref();
    Table::new(definition.ok_or(JpegError::Damaged("no such Huffman table"))?)
}

/// The quantisation table of that number.
pub(super) fn steps(header: &Header<'_>, index: usize) -> Result<[i16; 64], JpegError> {
    header.quantisation[index].ok_or(JpegError::Damaged("no such quantisation table"))
}

/// Decodes all units down to the end of the window.
fn units<S: Sink>(
    tables: &Tables,
    restarts: &mut Restarts<'_>,
    interval: &mut Vec<u8>,
    restart: usize,
    output: &mut Output<'_, S>,
) -> Result<(), JpegError> {
    let (across, down) = (output.frame.units_across(), output.frame.units_down());
    let extract = output.extract;
    let rows_of_band = 2 / output.frame.down;
    let wanted = (extract.bands[1] * rows_of_band).min(down);
    let every = if restart == 0 { across * down } else { restart };
    let (mut unit, mut present) = (0, true);
    while unit < wanted * across {
        let length = restarts.read(interval);
        let mut bits = Bits::new(interval, length);
        let mut last = [0; 4];
        let end = (unit + every).min(wanted * across);
        while unit < end {
            let row = unit / across;
            let band = row / rows_of_band;
            let stop = end.min((row + 1) * across);
            let job = Row {
                tables,
                bits: &mut bits,
                present: &mut present,
                last: &mut last,
                units: [unit - row * across, stop - row * across],
                extract,
                wanted: band >= extract.bands[0],
                row: row % rows_of_band,
                planes: output.planes(band),
            };
            super::super::vectorised(
                #[inline(always)]
                move || job.run(),
            );
            unit = stop;
            let whole = (row + 1) % rows_of_band == 0 || row + 1 == down;
            if unit == (row + 1) * across && whole && band >= extract.bands[0] {
                output.filled(band);
            }
        }
        if unit < wanted * across {
            present |= restarts.find()?;
        }
    }
    Ok(())
}

/// Units of one row, up to the next restart.
struct Row<'a, 'b> {
    tables: &'a Tables,
    bits: &'a mut Bits<'b>,
    /// Whether there are still bits to read.
    present: &'a mut bool,
    last: &'a mut [i16; 4],
    units: [usize; 2],
    extract: Extract,
    wanted: bool,
    /// Which row of units in the band this is.
    row: usize,
    planes: &'a mut [Plane],
}

impl Row<'_, '_> {
    #[inline(always)]
    fn run(self) {
        let mut block = [0_i16; 64];
        for unit in self.units[0]..self.units[1] {
            let column = unit.wrapping_sub(self.extract.first_unit);
            let wanted = self.wanted && column < self.extract.units;
            for index in 0..self.tables.parts.len() {
                let part = &self.tables.parts[index];
                let plane = &mut self.planes[part.component];
                for at in 0..part.across * part.down {
                    let (down, across) = (at / part.across, at % part.across);
                    let mut extent = Extent(0);
                    if *self.present {
                        let last = &mut self.last[index];
                        extent = entropy::whole(self.bits, &part.dc, &part.ac, last, &mut block);
                    }
                    if wanted {
                        let row = self.row * part.down + down;
                        let (out, lane) = plane.block(column * part.across + across, row);
                        idct::inverse(&block, &part.steps, extent, out, lane);
                    }
                    if extent.0 > 0 {
                        block = [0; 64];
                    }
                    block[0] = 0;
                }
            }
            // Behind the end everything stays grey.
            *self.present &= !self.bits.exhausted();
        }
    }
}
