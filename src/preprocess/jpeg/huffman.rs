//! Huffman tables: from the bits of a code to its symbol, and for short codes to the coefficient.

use super::JpegError;
use super::bits::{Bits, extend};

/// Bits that are looked up at once; longer codes are searched for.
const LOOK: u32 = 10;
/// Marks an entry of [`Table::values`] that holds a coefficient.
const HAS_VALUE: u32 = 1 << 6;

/// A table as the file defines it: how many codes of each length there are, and their symbols.
#[derive(Clone)]
pub(super) struct Definition {
    pub(super) counts: [u8; 16],
    pub(super) symbols: Vec<u8>,
}

/// A table made ready for decoding.
pub(super) struct Table {
    /// For each beginning: length of its code (0 when longer than [`LOOK`]) and its symbol.
    codes: [[u8; 2]; 1 << LOOK],
    /// For each beginning that holds a code and its coefficient: both lengths together with
    /// [`HAS_VALUE`], the run of zeros from bit 8, the coefficient from bit 16.
    values: [u32; 1 << LOOK],
    /// The largest code of each length, −1 without one.
    largest: [i32; 17],
    /// What turns a code of a length into the index of its symbol.
    offsets: [i32; 17],
    symbols: [u8; 256],
}

/// What the next bits stand for.
pub(super) enum Coded {
    /// A run of zeros, then a coefficient.
    Value(usize, i16),
    /// No coefficient: only the symbol.
    Symbol(u8),
}

impl Table {
    /// # Errors
    /// When there are more codes of a length than fit.
    pub(super) fn new(definition: &Definition) -> Result<Box<Self>, JpegError> {
        let mut table = Box::new(Self {
            codes: [[0; 2]; 1 << LOOK],
            values: [0; 1 << LOOK],
            largest: [-1; 17],
            offsets: [0; 17],
            symbols: [0; 256],
        });
        table.symbols[..definition.symbols.len()].copy_from_slice(&definition.symbols);
        let (mut code, mut index) = (0_i32, 0_usize);
        for length in 1..=16_u32 {
            let count = usize::from(definition.counts[length as usize - 1]);
            table.offsets[length as usize] = index as i32 - code;
            if code + count as i32 > 1 << length {
                return Err(JpegError::Damaged("a Huffman table with too many codes"));
            }
            for _ in 0..count {
                if length <= LOOK {
                    table.enter(code as usize, length, definition.symbols[index]);
                }
                code += 1;
                index += 1;
            }
            if count > 0 {
                table.largest[length as usize] = code - 1;
            }
            code <<= 1;
        }
        Ok(table)
    }

    /// Fills in everything that begins with `code`.
    fn enter(&mut self, code: usize, length: u32, symbol: u8) {
        let free = LOOK - length;
        let size = u32::from(symbol & 15);
        for rest in 0..1_usize << free {
            let at = (code << free) | rest;
            self.codes[at] = [length as u8, symbol];
            if size > 0 && size <= free {
                let value = extend((rest >> (free - size)) as i32, size);
                self.values[at] = (value as u32) << 16
                    | u32::from(symbol >> 4) << 8
                    | HAS_VALUE
                    | (length + size);
            }
        }
    }

    /// Takes one code. What no code begins with counts as symbol 0, as libjpeg has it.
    #[inline(always)]
    pub(super) fn symbol(&self, bits: &mut Bits) -> u8 {
        bits.refill();
        let [length, symbol] = self.codes[bits.peek(LOOK) as usize];
        if length > 0 {
            bits.drop(u32::from(length));
            return symbol;
        }
        self.long_symbol(bits)
    }

    #[cold]
    fn long_symbol(&self, bits: &mut Bits) -> u8 {
        for length in LOOK + 1..=16 {
            let code = bits.peek(length) as i32;
            if code <= self.largest[length as usize] {
                bits.drop(length);
                let index = code + self.offsets[length as usize];
                return self.symbols[(index & 255) as usize];
            }
        }
        bits.drop(17);
        0
    }

    /// Takes one code and, if it announces one, the coefficient behind it.
    #[inline(always)]
    pub(super) fn coefficient(&self, bits: &mut Bits) -> Coded {
        bits.refill();
        let entry = self.values[bits.peek(LOOK) as usize];
        if entry & HAS_VALUE != 0 {
            bits.drop(entry & (HAS_VALUE - 1));
            return Coded::Value((entry >> 8 & 15) as usize, (entry >> 16) as i16);
        }
        let symbol = self.symbol(bits);
        match symbol & 15 {
            0 => Coded::Symbol(symbol),
            size => {
                let value = bits.signed(u32::from(size));
                Coded::Value(usize::from(symbol >> 4), value as i16)
            }
        }
    }

    /// Whether every symbol is a size that a DC difference may have.
    pub(super) fn fits_dc(definition: &Definition) -> bool {
        definition.symbols.iter().all(|&symbol| symbol <= 15)
    }
}

#[cfg(test)]
mod tests {
    use super::super::bits::Intervals;
    use super::*;

    fn decode(definition: &Definition, bytes: &[u8], count: usize) -> Vec<u8> {
        let mut interval = Vec::new();
        let length = Intervals::new(bytes, 0).next_into(&mut interval);
        let table = Table::new(definition).expect("a valid table");
        let mut bits = Bits::new(&interval, length);
        (0..count).map(|_| table.symbol(&mut bits)).collect()
    }

    #[test]
    fn short_and_long_codes_are_told_apart() {
        let mut counts = [0; 16];
        (counts[0], counts[11]) = (1, 2);
        let definition = Definition {
            counts,
            symbols: vec![7, 8, 9],
        };
        // 0 | 100000000000 | 100000000001 | 0
        let bytes = [0b0100_0000, 0b0000_0100, 0b0000_0000, 0b1000_0000];
        assert_eq!(decode(&definition, &bytes, 4), [7, 8, 9, 7]);
    }

    #[test]
    fn too_many_codes_of_a_length_are_refused() {
        let mut counts = [0; 16];
        counts[0] = 3;
        let symbols = vec![1, 2, 3];
        assert!(Table::new(&Definition { counts, symbols }).is_err());
    }
}
