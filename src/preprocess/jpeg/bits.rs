//! The entropy-coded bytes of a scan, one restart interval at a time, and the bits in them.

use memchr::memchr;

/// Zero bytes after an interval, so that the reader may load eight bytes anywhere in it.
const PADDING: usize = 16;

/// Walks over the entropy-coded part of a file, which markers cut into intervals.
pub(super) struct Intervals<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The marker that ended the last interval; none when the file ended instead.
    pub(super) marker: Option<u8>,
}

impl<'a> Intervals<'a> {
    /// Starts at `at`, the first byte after the header of a scan.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self {
            bytes,
            at,
            marker: None,
        }
    }

    /// Where the next unread byte is: after the last marker.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Copies what comes before the next marker to `interval`, without the zero that follows
    /// each 0xFF there, and with padding behind. Returns the length without padding.
    pub(super) fn next_into(&mut self, interval: &mut Vec<u8>) -> usize {
        interval.clear();
        self.marker = None;
        while self.marker.is_none() && self.at < self.bytes.len() {
            let rest = &self.bytes[self.at..];
            let plain = memchr(0xFF, rest).unwrap_or(rest.len());
            interval.extend_from_slice(&rest[..plain]);
            let code = rest[plain..].iter().position(|&byte| byte != 0xFF);
            let Some(code) = code.map(|after| plain + after) else {
                self.at = self.bytes.len();
                break;
            };
            self.at += code + 1;
            match rest[code] {
                0 => interval.push(0xFF),
                marker => self.marker = Some(marker),
            }
        }
        let length = interval.len();
        interval.resize(length + PADDING, 0);
        length
    }

    /// Goes on to the next marker without looking at what comes before it.
    pub(super) fn skip(&mut self) {
        self.marker = None;
        while let Some(found) = memchr(0xFF, &self.bytes[self.at..]) {
            let code = self.bytes[self.at + found..]
                .iter()
                .position(|&byte| byte != 0xFF);
            let Some(code) = code else { break };
            self.at += found + code + 1;
            match self.bytes[self.at - 1] {
                0 => {}
                marker => {
                    self.marker = Some(marker);
                    return;
                }
            }
        }
        self.at = self.bytes.len();
    }
}

/// Makes `interval` one without bits.
pub(super) fn empty(interval: &mut Vec<u8>) {
    interval.clear();
    interval.resize(PADDING, 0);
}

/// Reads bits, most significant first; behind the end of the interval all bits are zero.
pub(super) struct Bits<'a> {
    padded: &'a [u8],
    at: usize,
    /// Unread bits, from the highest down.
    held: u64,
    count: u32,
    /// Bits of the interval without its padding.
    total: usize,
}

impl<'a> Bits<'a> {
    /// Over an interval of `length` bytes and its padding.
    pub(super) fn new(padded: &'a [u8], length: usize) -> Self {
        Self {
            padded,
            at: 0,
            held: 0,
            count: 0,
            total: 8 * length,
        }
    }

    /// Whether more bits were taken than the interval has.
    pub(super) fn exhausted(&self) -> bool {
        8 * self.at - self.count as usize > self.total
    }

    /// Makes at least 32 bits available.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        if self.count >= 32 {
            return;
        }
        let eight = self.padded.get(self.at..self.at + 8);
        let more = eight.map_or(0, |eight| {
            u64::from_be_bytes(eight.try_into().expect("eight bytes were sliced"))
        });
        self.held |= more >> self.count;
        self.at += ((63 - self.count) >> 3) as usize;
        self.count |= 56;
    }

    /// The next `count` bits (1 to 32), which stay unread. Needs an earlier [`Bits::refill`].
    #[inline(always)]
    pub(super) fn peek(&self, count: u32) -> u32 {
        (self.held >> (64 - count)) as u32
    }

    /// Takes `count` bits, which were available.
    #[inline(always)]
    pub(super) fn drop(&mut self, count: u32) {
        self.held <<= count;
        self.count -= count;
    }

    /// Takes `count` bits (0 to 16) as a number.
    #[inline(always)]
    pub(super) fn take(&mut self, count: u32) -> u32 {
        if count == 0 {
            return 0;
        }
        self.refill();
        let value = self.peek(count);
        self.drop(count);
        value
    }

    /// Takes a signed number of `size` bits (0 to 15), as the standard codes coefficients.
    #[inline(always)]
    pub(super) fn signed(&mut self, size: u32) -> i32 {
        extend(self.take(size) as i32, size)
    }
}

/// The number that `raw`, of `size` bits, stands for: those that start with a zero are negative.
#[inline(always)]
pub(super) fn extend(raw: i32, size: u32) -> i32 {
    let below = (raw >> size.saturating_sub(1)) - 1;
    raw + (below & (1 - (1 << size)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_ends_at_a_marker_and_loses_its_stuffing() {
        let bytes = [1, 0xFF, 0, 2, 0xFF, 0xFF, 0xD3, 9, 0xFF, 0xD9];
        let mut intervals = Intervals::new(&bytes, 0);
        let mut interval = Vec::new();
        assert_eq!(intervals.next_into(&mut interval), 3);
        assert_eq!(&interval[..3], &[1, 0xFF, 2]);
        assert_eq!(intervals.marker, Some(0xD3));
        assert_eq!(intervals.next_into(&mut interval), 1);
        assert_eq!(intervals.marker, Some(0xD9));
        assert_eq!(intervals.next_into(&mut interval), 0);
        assert_eq!(intervals.marker, None);
    }

    #[test]
    fn bits_behind_the_end_are_zero_and_noticed() {
        let padded = [0b1010_0000; 1].into_iter().chain([0; PADDING]);
        let padded: Vec<u8> = padded.collect();
        let mut bits = Bits::new(&padded, 1);
        assert_eq!(bits.take(3), 0b101);
        assert_eq!(bits.take(5), 0);
        assert!(!bits.exhausted());
        for _ in 0..100 {
            assert_eq!(bits.take(16), 0);
        }
        assert!(bits.exhausted());
    }

    #[test]
    fn numbers_that_start_with_a_zero_are_negative() {
        assert_eq!(extend(0, 0), 0);
        assert_eq!(extend(0, 1), -1);
        assert_eq!(extend(1, 1), 1);
        assert_eq!(extend(0b011, 3), -4);
        assert_eq!(extend(0b100, 3), 4);
    }
}
