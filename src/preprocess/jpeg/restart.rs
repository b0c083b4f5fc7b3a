//! Restart markers: where a scan goes on after damage.

use super::JpegError;
use super::bits::{self, Intervals};

/// Follows the restarts of a scan.
///
/// Damage is met as libjpeg meets it: where bits are missing the first unit is made of zeros, the
/// others stay grey, and which of the later markers is believed depends on its number.
pub(super) struct Restarts<'a> {
    intervals: Intervals<'a>,
    expected: u8,
    /// Whether the next interval is there.
    live: bool,
}

impl<'a> Restarts<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self {
            intervals: Intervals::new(bytes, at),
            expected: 0,
            live: true,
        }
    }

    /// Reads the next interval, which is empty if it got lost. Returns its length.
    pub(super) fn read(&mut self, interval: &mut Vec<u8>) -> usize {
        if self.live {
            return self.intervals.next_into(interval);
        }
        bits::empty(interval);
        0
    }

    /// After an interval's units: whether the next interval begins at the marker found, or got
    /// lost.
    ///
    /// # Errors
    /// When the file ends.
    pub(super) fn find(&mut self) -> Result<bool, JpegError> {
        self.live = self.found()?;
        Ok(self.live)
    }

    fn found(&mut self) -> Result<bool, JpegError> {
        let expected = self.expected;
        self.expected = (expected + 1) % 8;
        loop {
            let marker = self.intervals.marker.ok_or(JpegError::Truncated)?;
            let ahead = match marker {
                0xD0..=0xD7 => (marker - 0xD0 + 8 - expected) % 8,
                0x00..0xC0 => 7,
                _ => return Ok(false),
            };
            match ahead {
                // One of the next two: this one got lost.
                1 | 2 => return Ok(false),
                // One of the last two came twice.
                6 | 7 => self.intervals.skip(),
                _ => return Ok(true),
            }
        }
    }

    /// Goes to the end of the scan: to a marker that is no restart.
    ///
    /// # Errors
    /// When the file ends first.
    pub(super) fn finish(&mut self) -> Result<(usize, u8), JpegError> {
        loop {
            match self.intervals.marker {
                Some(marker @ 0xC0..) if !(0xD0..0xD8).contains(&marker) => {
                    return Ok((self.intervals.position(), marker));
                }
                Some(_) => self.intervals.skip(),
                None => return Err(JpegError::Truncated),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(markers: &[u8]) -> (bool, usize) {
        let bytes: Vec<u8> = markers.iter().flat_map(|&m| [7, 0xFF, m]).collect();
        let mut restarts = Restarts::new(&bytes, 0);
        restarts.intervals.skip();
        let found = restarts.found().expect("the file goes on");
        (found, restarts.intervals.position() / 3)
    }

    #[test]
    fn the_expected_marker_goes_on() {
        assert_eq!(found(&[0xD0, 0xD9]), (true, 1));
    }

    #[test]
    fn a_marker_that_is_one_too_far_waits() {
        assert_eq!(found(&[0xD1, 0xD9]), (false, 1));
    }

    #[test]
    fn a_marker_from_before_is_skipped() {
        assert_eq!(found(&[0xD7, 0xD0, 0xD9]), (true, 2));
    }

    #[test]
    fn a_marker_of_something_else_ends_the_scan() {
        assert_eq!(found(&[0xD9, 0xD0]), (false, 1));
    }
}
