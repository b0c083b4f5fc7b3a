//! Markers: everything in a JPEG file that is not entropy-coded.

use super::JpegError;
use super::huffman::Definition;

/// Pixels of the largest image that is decoded, as in Pillow.
const MOST_PIXELS: u64 = 178_956_970;

/// From the order in which coefficients are coded to row · 8 + column; runs past the end of a
/// damaged block stay in its last place.
pub(super) const ZIGZAG: [u8; 128] = zigzag();

const fn zigzag() -> [u8; 128] {
    let mut order = [63; 128];
    let (mut row, mut column, mut at) = (0_u8, 0_u8, 0);
    while at < 64 {
        order[at] = row * 8 + column;
        let up = (row + column) % 2 == 0;
        match (up, row, column) {
            (true, _, 7) | (false, 0..=6, 0) => row += 1,
            (true, 0, _) | (false, 7, _) => column += 1,
            (true, ..) => (row, column) = (row - 1, column + 1),
            (false, ..) => (row, column) = (row + 1, column - 1),
        }
        at += 1;
    }
    order
}

/// One plane of a frame: how its samples lie over the image's pixels.
#[derive(Clone, Debug)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Blocks in one unit of an interleaved scan.
    pub(super) across: usize,
    pub(super) down: usize,
    pub(super) quantisation: usize,
    /// Size in samples.
    pub(super) width: usize,
    pub(super) height: usize,
}

/// What the frame header says.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) progressive: bool,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) components: Vec<Component>,
    /// The largest `across` and `down`.
    pub(super) across: usize,
    pub(super) down: usize,
}

impl Frame {
    /// Interleaved units in a row of the image.
    pub(super) fn units_across(&self) -> usize {
        self.width.div_ceil(8 * self.across)
    }

    /// Rows of interleaved units.
    pub(super) fn units_down(&self) -> usize {
        self.height.div_ceil(8 * self.down)
    }
}

/// What a scan header says.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    /// Index of each component, of its DC table and of its AC table.
    pub(super) parts: Vec<[usize; 3]>,
    /// First and last coefficient.
    pub(super) band: [usize; 2],
    /// Bits that earlier scans gave already, and bits that later scans will give.
    pub(super) bits: [u32; 2],
}

/// How the components are to be read as colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colours {
    Grey,
    Rgb,
    YCbCr,
    /// Inverted, as Adobe writes it.
    Cmyk,
    /// [`Colours::Cmyk`] behind the transform of YCbCr.
    Ycck,
}

/// What follows in the file.
pub(super) enum Next {
    Scan(Scan),
    End,
}

/// The state that markers build up.
pub(super) struct Header<'a> {
    bytes: &'a [u8],
    at: usize,
    pub(super) frame: Option<Frame>,
    pub(super) quantisation: [Option<[i16; 64]>; 4],
    pub(super) dc: [Option<Definition>; 4],
    pub(super) ac: [Option<Definition>; 4],
    /// Units between restarts; zero for none.
    pub(super) restart: usize,
    jfif: bool,
    adobe: Option<u8>,
}

impl<'a> Header<'a> {
    /// # Errors
    /// When the bytes do not begin as a JPEG file does.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, JpegError> {
        if !bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            return Err(JpegError::Damaged("no JPEG file"));
        }
        Ok(Self {
            bytes,
            at: 2,
            frame: None,
            quantisation: [None; 4],
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            restart: 0,
            jfif: false,
            adobe: None,
        })
    }

    /// Where the next unread byte is.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The frame; there is one when a scan was found.
    pub(super) fn frame(&self) -> &Frame {
        self.frame.as_ref().expect("a scan comes after its frame")
    }

    /// Goes on after entropy-coded data that ended at `at`, by `marker` if that was read.
    ///
    /// # Errors
    /// As [`Header::next`].
    pub(super) fn resume(&mut self, at: usize, marker: Option<u8>) -> Result<Next, JpegError> {
        self.at = at;
        match marker {
            Some(marker) => match self.handle(marker)? {
                Some(next) => Ok(next),
                None => self.next(),
            },
            None => self.next(),
        }
    }

    /// Reads up to the next scan or the end of the image.
    ///
    /// # Errors
    /// When a marker contradicts the standard, or the file ends first.
    pub(super) fn next(&mut self) -> Result<Next, JpegError> {
        loop {
            let marker = self.marker()?;
            if let Some(next) = self.handle(marker)? {
                return Ok(next);
            }
        }
    }

    /// Skips to the next marker.
    fn marker(&mut self) -> Result<u8, JpegError> {
        loop {
            while self.byte()? != 0xFF {}
            let mut code = 0xFF;
            while code == 0xFF {
                code = self.byte()?;
            }
            if code != 0 {
                return Ok(code);
            }
        }
    }

    fn handle(&mut self, marker: u8) -> Result<Option<Next>, JpegError> {
        match marker {
            0xD9 => return Ok(Some(Next::End)),
            // Restarts and the reserved marker 1 have no content.
            0xD0..=0xD7 | 0x01 => return Ok(None),
            0xD8 => return Err(JpegError::Damaged("a second beginning")),
            _ => {}
        }
        let mut content = self.segment()?;
        match marker {
            0xC0..=0xC2 => self.frame = Some(self.frame_header(content, marker == 0xC2)?),
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                return Err(JpegError::Unsupported("a kind of JPEG that is not in use"));
            }
            0xC4 => self.huffman(content)?,
            0xDB => self.quantisation(content)?,
            0xDD => self.restart = usize::from(content.two()?),
            0xDA => return Ok(Some(Next::Scan(self.scan_header(content)?))),
            0xE0 if content.0.len() >= 12 => self.jfif |= content.0.starts_with(b"JFIF\0"),
            0xEE if content.0.len() >= 12 && content.0.starts_with(b"Adobe") => {
                content.take(11)?;
                self.adobe = Some(content.one()?);
            }
            _ => {}
        }
        Ok(None)
    }

    fn byte(&mut self) -> Result<u8, JpegError> {
        let byte = self.bytes.get(self.at).ok_or(JpegError::Truncated)?;
        self.at += 1;
        Ok(*byte)
    }

    /// The content behind a marker, without its length.
    fn segment(&mut self) -> Result<Content<'a>, JpegError> {
        let length = usize::from(u16::from_be_bytes([self.byte()?, self.byte()?]));
        let length = length
            .checked_sub(2)
            .ok_or(JpegError::Damaged("a marker too short"))?;
        let content = self.bytes.get(self.at..self.at + length);
        self.at += length;
        content.map(Content).ok_or(JpegError::Truncated)
    }

    fn frame_header(
        &self,
        mut content: Content<'_>,
        progressive: bool,
    ) -> Result<Frame, JpegError> {
        if self.frame.is_some() {
            return Err(JpegError::Damaged("a second frame"));
        }
        if content.one()? != 8 {
            return Err(JpegError::Unsupported("samples of more than 8 bits"));
        }
        let (height, width) = (content.two()?, content.two()?);
        if height == 0 || width == 0 {
            return Err(JpegError::Damaged("no pixels"));
        }
        if u64::from(width) * u64::from(height) > MOST_PIXELS {
            return Err(JpegError::TooLarge);
        }
        let count = usize::from(content.one()?);
        if content.0.len() != 3 * count || !matches!(count, 1 | 3 | 4) {
            return Err(JpegError::Damaged("a frame of the wrong length"));
        }
        let components = content.0.chunks_exact(3).map(component);
        let components = components.collect::<Result<Vec<_>, _>>()?;
        placed(
            components,
            usize::from(width),
            usize::from(height),
            progressive,
        )
    }

    fn huffman(&mut self, mut content: Content<'_>) -> Result<(), JpegError> {
        while !content.0.is_empty() {
            let index = content.one()?;
            let counts: [u8; 16] = content.take(16)?.try_into().expect("sixteen were taken");
            let total = counts.iter().map(|&count| usize::from(count)).sum();
            if total > 256 || index & 0xEF > 3 {
                return Err(JpegError::Damaged("a Huffman table"));
            }
            let symbols = content.take(total)?.to_vec();
            let tables = if index & 0x10 == 0 {
                &mut self.dc
            } else {
                &mut self.ac
            };
            tables[usize::from(index & 3)] = Some(Definition { counts, symbols });
        }
        Ok(())
    }

    fn quantisation(&mut self, mut content: Content<'_>) -> Result<(), JpegError> {
        while !content.0.is_empty() {
            let index = content.one()?;
            if index & 15 > 3 {
                return Err(JpegError::Damaged("a quantisation table"));
            }
            let mut steps = [0; 64];
            for &at in &ZIGZAG[..64] {
                let step = match index >> 4 {
                    0 => u16::from(content.one()?),
                    _ => content.two()?,
                };
                steps[usize::from(at)] = step as i16;
            }
            self.quantisation[usize::from(index & 15)] = Some(steps);
        }
        Ok(())
    }

    fn scan_header(&self, mut content: Content<'_>) -> Result<Scan, JpegError> {
        let wrong = JpegError::Damaged("a scan header");
        let Some(frame) = &self.frame else {
            return Err(wrong);
        };
        let count = usize::from(content.one()?);
        if !(1..=4).contains(&count) || content.0.len() != 2 * count + 3 {
            return Err(wrong);
        }
        let mut parts: Vec<[usize; 3]> = Vec::with_capacity(count);
        for _ in 0..count {
            let (id, tables) = (content.one()?, content.one()?);
            let mut components = frame.components.iter();
            let at = components.position(|component| component.id == id);
            let at = at.ok_or(JpegError::Damaged("a scan of an unknown component"))?;
            let (dc, ac) = (usize::from(tables >> 4), usize::from(tables & 15));
            if dc > 3 || ac > 3 || parts.iter().any(|part| part[0] == at) {
                return Err(wrong);
            }
            parts.push([at, dc, ac]);
        }
        let (first, last, bits) = (content.one()?, content.one()?, content.one()?);
        Ok(Scan {
            parts,
            band: [usize::from(first), usize::from(last)],
            bits: [u32::from(bits >> 4), u32::from(bits & 15)],
        })
    }

    /// How libjpeg guesses what the components mean.
    pub(super) fn colours(&self) -> Colours {
        let frame = self.frame();
        let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
        match (ids.len(), self.adobe) {
            (1, _) => Colours::Grey,
            (3, _) if self.jfif => Colours::YCbCr,
            (3, Some(0)) => Colours::Rgb,
            (3, None) if ids == *b"RGB" => Colours::Rgb,
            (3, _) => Colours::YCbCr,
            (_, None | Some(0)) => Colours::Cmyk,
            (_, Some(_)) => Colours::Ycck,
        }
    }
}

/// Nine bytes of a frame header, three at a time.
fn component(bytes: &[u8]) -> Result<Component, JpegError> {
    let (across, down) = (usize::from(bytes[1] >> 4), usize::from(bytes[1] & 15));
    if !(1..=4).contains(&across) || !(1..=4).contains(&down) || bytes[2] > 3 {
        return Err(JpegError::Damaged("a component"));
    }
    Ok(Component {
        id: bytes[0],
        across,
        down,
        quantisation: usize::from(bytes[2]),
        width: 0,
        height: 0,
    })
}

/// The frame, with the size of each component filled in.
fn placed(
    mut components: Vec<Component>,
    width: usize,
    height: usize,
    progressive: bool,
) -> Result<Frame, JpegError> {
    if let [only] = components.as_mut_slice() {
        // Nothing to interleave with: each block is a unit.
        (only.across, only.down) = (1, 1);
    }
    let across = components.iter().map(|c| c.across).max().unwrap_or(1);
    let down = components.iter().map(|c| c.down).max().unwrap_or(1);
    if down > 2 || components.iter().any(|c| across % c.across != 0) {
        return Err(JpegError::Unsupported("unusual sampling of the colours"));
    }
    for component in &mut components {
        component.width = (width * component.across).div_ceil(across);
        component.height = (height * component.down).div_ceil(down);
    }
    Ok(Frame {
        progressive,
        width,
        height,
        components,
        across,
        down,
    })
}

/// The unread part of a marker's content.
struct Content<'a>(&'a [u8]);

impl<'a> Content<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], JpegError> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(JpegError::Damaged("a marker too short"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn one(&mut self) -> Result<u8, JpegError> {
        Ok(self.take(1)?[0])
    }

    fn two(&mut self) -> Result<u16, JpegError> {
        let two = self.take(2)?;
        Ok(u16::from_be_bytes([two[0], two[1]]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zigzag_visits_every_coefficient_once() {
        let mut visited = ZIGZAG[..64].to_vec();
        assert_eq!(visited[..6], [0, 1, 8, 16, 9, 2]);
        assert_eq!(visited[60..], [47, 55, 62, 63]);
        visited.sort_unstable();
        assert!(visited.into_iter().eq(0..64));
    }

    #[test]
    fn a_file_that_ends_in_its_header_is_truncated() {
        let mut header = Header::new(&[0xFF, 0xD8, 0xFF, 0xDB, 0, 9]).expect("a beginning");
        assert!(matches!(header.next(), Err(JpegError::Truncated)));
    }
}
