//! From bits to the coefficients of blocks: the five ways in which scans code them.

use super::bits::Bits;
use super::header::ZIGZAG;
use super::huffman::{Coded, Table};
use super::idct::Extent;

/// A block of a sequential scan. `last` is the first coefficient of the block before.
#[inline(always)]
pub(super) fn whole(
    bits: &mut Bits,
    dc: &Table,
    ac: &Table,
    last: &mut i16,
    block: &mut [i16; 64],
) -> Extent {
    *last = last.wrapping_add(difference(bits, dc));
    block[0] = *last;
    let (mut at, mut extent) = (1, 0);
    while at < 64 {
        match ac.coefficient(bits) {
            Coded::Value(run, value) => {
                let index = usize::from(ZIGZAG[(at + run) & 127] & 63);
                block[index] = value;
                extent |= index;
                at += run + 1;
            }
            Coded::Symbol(0xF0) => at += 16,
            Coded::Symbol(_) => break,
        }
    }
    Extent(extent)
}

#[inline(always)]
fn difference(bits: &mut Bits, dc: &Table) -> i16 {
    match dc.coefficient(bits) {
        Coded::Value(_, value) => value,
        Coded::Symbol(_) => 0,
    }
}

/// What a scan of a progressive file adds: its coefficients, and bits below those it gives.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) shift: u32,
}

/// The first scan of the first coefficient.
pub(super) fn first_dc(
    bits: &mut Bits,
    dc: &Table,
    last: &mut i16,
    shift: u32,
    block: &mut [i16; 64],
) {
    *last = last.wrapping_add(difference(bits, dc));
    block[0] = last.wrapping_shl(shift);
}

/// One more bit of the first coefficient.
pub(super) fn refine_dc(bits: &mut Bits, shift: u32, block: &mut [i16; 64]) {
    if bits.take(1) == 1 {
        block[0] |= 1 << shift;
    }
}

/// The first scan of other coefficients. `empty` counts the blocks to come without any.
pub(super) fn first_ac(
    bits: &mut Bits,
    ac: &Table,
    empty: &mut u32,
    part: Part,
    block: &mut [i16; 64],
) {
    if *empty > 0 {
        *empty -= 1;
        return;
    }
    let mut at = part.first;
    while at <= part.last {
        match ac.coefficient(bits) {
            Coded::Value(run, value) => {
                block[usize::from(ZIGZAG[at + run] & 63)] = value.wrapping_shl(part.shift);
                at += run + 1;
            }
            Coded::Symbol(0xF0) => at += 16,
            Coded::Symbol(symbol) => {
                *empty = run_of_empty(bits, symbol) - 1;
                return;
            }
        }
    }
}

/// How many blocks have no more coefficients, from this one on.
fn run_of_empty(bits: &mut Bits, symbol: u8) -> u32 {
    let size = u32::from(symbol >> 4);
    (1 << size) + bits.take(size)
}

/// One more bit of coefficients that earlier scans began, and new ones among them.
pub(super) fn refine_ac(
    bits: &mut Bits,
    ac: &Table,
    empty: &mut u32,
    part: Part,
    block: &mut [i16; 64],
) {
    let bit = 1_i16 << part.shift;
    let mut at = part.first;
    while *empty == 0 && at <= part.last {
        let symbol = ac.symbol(bits);
        let mut run = symbol >> 4;
        let mut value = 0;
        if symbol & 15 != 0 {
            value = if bits.take(1) == 1 { bit } else { -bit };
        } else if run != 15 {
            *empty = run_of_empty(bits, symbol);
            break;
        }
        while at <= part.last {
            let coefficient = &mut block[usize::from(ZIGZAG[at] & 63)];
            if *coefficient != 0 {
                refine(bits, coefficient, bit);
            } else if run == 0 {
                break;
            } else {
                run -= 1;
            }
            at += 1;
        }
        if value != 0 {
            block[usize::from(ZIGZAG[at] & 63)] = value;
        }
        at += 1;
    }
    if *empty > 0 {
        while at <= part.last {
            let coefficient = &mut block[usize::from(ZIGZAG[at] & 63)];
            if *coefficient != 0 {
                refine(bits, coefficient, bit);
            }
            at += 1;
        }
        *empty -= 1;
    }
}

fn refine(bits: &mut Bits, coefficient: &mut i16, bit: i16) {
    if bits.take(1) == 1 && *coefficient & bit == 0 {
        let step = if *coefficient >= 0 { bit } else { -bit };
        *coefficient = coefficient.wrapping_add(step);
    }
}
