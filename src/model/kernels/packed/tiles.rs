//! The tile registers of recent Intel processors (AMX): `TDPBF16PS` adds the product of two tiles of operands to 16 × 16
//! sums in f32.

use std::arch::asm;
use std::sync::OnceLock;

use super::unit::{Block, Tile, Unit};

/// Whether this processor has the unit, the vectors that packing uses, and the system's permission.
pub(in crate::model) fn available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| {
        // Leaf 7, register EDX: bit 22 is AMX-BF16, bit 24 AMX-TILE.
        let features = std::arch::x86_64::__cpuid_count(7, 0).edx;
        let tiles = features >> 22 & 1 == 1 && features >> 24 & 1 == 1;
        let vectors = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
        tiles && vectors && permitted()
    })
}

/// Asks Linux for the tiles' state, 8 KB a thread, which no process has by default.
#[cfg(target_os = "linux")]
fn permitted() -> bool {
    const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
    const TILE_DATA: libc::c_long = 18;
    #[expect(unsafe_code, reason = "the system call has no safe interface")]
    // SAFETY: this request takes two integers and touches no memory; where it is unknown it fails.
    let answer = unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA) };
    answer == 0
}

/// How other systems permit tiles is not known here.
#[cfg(not(target_os = "linux"))]
fn permitted() -> bool {
    false
}

/// The shapes of the eight tile registers, in the layout of `LDTILECFG`'s operand.
#[repr(C, align(64))]
struct Shapes {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    bytes_per_row: [u16; 16],
    rows: [u8; 16],
}

static SHAPES: Shapes = Shapes {
    palette: 1,
    start_row: 0,
    reserved: [0; 14],
    bytes_per_row: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
    rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
};

/// A thread's configured tile registers; given back when dropped, so that the system need not save them.
#[derive(Debug)]
struct Registers {
    /// The registers belong to the thread that configured them: the unit cannot be sent to another.
    bound: std::marker::PhantomData<*const ()>,
}

impl Registers {
    /// # Panics
    /// When the unit is not [`available`].
    fn configure() -> Self {
        assert!(available(), "the processor has no tiles");
        #[expect(unsafe_code, reason = "tiles have no stable intrinsics")]
        // SAFETY: the instruction exists, as was checked, and reads the 64 bytes of SHAPES, a valid configuration.
        unsafe {
            asm!("ldtilecfg [{0}]", in(reg) &raw const SHAPES, options(nostack, readonly));
        }
        Self {
            bound: std::marker::PhantomData,
        }
    }
}

impl Drop for Registers {
    fn drop(&mut self) {
        #[expect(unsafe_code, reason = "tiles have no stable intrinsics")]
        // SAFETY: the instruction exists, or there would be no unit; it touches no memory.
        unsafe {
            asm!("tilerelease", options(nostack, nomem));
        }
    }
}

/// The four products of two tiles of rows with two tiles of columns.
macro_rules! products {
    () => {
        "tdpbf16ps tmm0, tmm4, tmm6
         tdpbf16ps tmm1, tmm4, tmm7
         tdpbf16ps tmm2, tmm5, tmm6
         tdpbf16ps tmm3, tmm5, tmm7"
    };
}

/// Brings the tile that is `$offset` bytes behind register `$register` to the first-level cache.
macro_rules! prefetch {
    ($register:literal, $offset:literal) => {
        concat!(
            prefetch!(@ $register, $offset, " + 0"), prefetch!(@ $register, $offset, " + 256"),
            prefetch!(@ $register, $offset, " + 512"), prefetch!(@ $register, $offset, " + 768"),
        )
    };
    (@ $register:literal, $offset:literal, $line:literal) => {
        concat!(
            "prefetcht0 [{", $register, "} + ", $offset, $line, "]\n",
            "prefetcht0 [{", $register, "} + ", $offset, $line, " + 64]\n",
            "prefetcht0 [{", $register, "} + ", $offset, $line, " + 128]\n",
            "prefetcht0 [{", $register, "} + ", $offset, $line, " + 192]\n",
        )
    };
}

/// A unit that multiplies packed panels of `$tiles` tiles a step, which are `$bytes` bytes.
macro_rules! multiply_panels {
    ($name:ident, $tiles:literal, $bytes:literal, $($step:expr),+ $(,)?) => {
        /// Tiles whose operands are packed in that many parts.
        #[derive(Debug)]
        pub(super) struct $name(Registers);

        impl Unit for $name {
            const PARTS: usize = $tiles / 2;

            fn configure() -> Self {
                Self(Registers::configure())
            }

            fn multiply(&self, rows: &[Tile], columns: &[Tile], block: &mut Block) {
                assert!(!rows.is_empty() && rows.len() == columns.len() && rows.len() % $tiles == 0);
                #[expect(unsafe_code, reason = "tiles have no stable intrinsics")]
                // SAFETY: `self.0` shows that this thread's registers are configured as 16 rows of 64 bytes. Each of the
                // `n` steps reads `$tiles` tiles of both slices, whose lengths were just checked; prefetches may point
                // anywhere. The stores fill the 32 rows of 128 bytes of `block`. All registers written are declared.
                unsafe {
                    asm!(
                        "tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3",
                        "2:",
                        $($step,)+
                        concat!("add {a}, ", $bytes),
                        concat!("add {b}, ", $bytes),
                        "dec {n}",
                        "jnz 2b",
                        "tilestored [{c} + {wide}], tmm0",
                        "tilestored [{c} + {wide} + 64], tmm1",
                        "tilestored [{c} + {wide} + 2048], tmm2",
                        "tilestored [{c} + {wide} + 2112], tmm3",
                        a = inout(reg) rows.as_ptr() => _,
                        b = inout(reg) columns.as_ptr() => _,
                        n = inout(reg) rows.len() / $tiles => _,
                        c = in(reg) block.0.as_mut_ptr(),
                        s = in(reg) 64_usize,
                        wide = in(reg) 128_usize,
                        out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                        out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                        options(nostack)
                    );
                }
            }
        }
    };
}

// One part an operand: plain bf16.
multiply_panels!(
    OnePart,
    2,
    "2048",
    "tileloadd tmm4, [{a} + {s}]",
    "tileloadd tmm6, [{b} + {s}]",
    prefetch!("b", "4096"),
    "tileloadd tmm7, [{b} + {s} + 1024]",
    "tileloadd tmm5, [{a} + {s} + 1024]",
    prefetch!("b", "5120"),
    products!(),
);

// Three parts an operand, high h, middle m, low l: hh + hl + hm + mm + mh + lh. What is left out is
// below 2⁻²³ of the product.
multiply_panels!(
    ThreeParts,
    6,
    "6144",
    "tileloadd tmm4, [{a} + {s}]",
    "tileloadd tmm6, [{b} + {s}]",
    "tileloadd tmm7, [{b} + {s} + 1024]",
    "tileloadd tmm5, [{a} + {s} + 1024]",
    prefetch!("b", "6144"),
    products!(),
    "tileloadd tmm6, [{b} + {s} + 4096]",
    "tileloadd tmm7, [{b} + {s} + 5120]",
    prefetch!("b", "7168"),
    products!(),
    "tileloadd tmm6, [{b} + {s} + 2048]",
    "tileloadd tmm7, [{b} + {s} + 3072]",
    prefetch!("b", "8192"),
    products!(),
    "tileloadd tmm4, [{a} + {s} + 2048]",
    "tileloadd tmm5, [{a} + {s} + 3072]",
    prefetch!("b", "9216"),
    products!(),
    "tileloadd tmm6, [{b} + {s}]",
    "tileloadd tmm7, [{b} + {s} + 1024]",
    prefetch!("b", "10240"),
    products!(),
    "tileloadd tmm4, [{a} + {s} + 4096]",
    "tileloadd tmm5, [{a} + {s} + 5120]",
    prefetch!("b", "11264"),
    products!(),
);
