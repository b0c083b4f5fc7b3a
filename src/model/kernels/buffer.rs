//! Memory that operations write their results to, handed on from tensors that are gone to tensors to come.
//!
//! An update, or a batch encoded, asks for the same sizes as the one before. Memory fresh from the system is cleared by
//! it page by page, a third of the time of an update of ViT-B-32 with 8 pairs; what is handed on is not cleared at all.

use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use burn::tensor::{Bytes, DType, Shape};
use burn_flex::{FlexTensor, Layout};
use burn_std::{AccessError, AccessPolicy, AllocationController, AllocationProperty};

/// Values below which memory is not worth keeping.
const SMALLEST: usize = 4096;

/// Memory for a number of values, which are unspecified until they are written.
#[derive(Debug)]
pub(super) struct Buffer {
    /// As long as its size class.
    memory: Vec<f32>,
    length: usize,
}

/// Memory nobody uses, by length.
#[derive(Default)]
struct Pool {
    free: HashMap<usize, Vec<Vec<f32>>>,
    /// Values in `free`.
    idle: usize,
    /// Values in use now, and the most there ever were.
    used: usize,
    most: usize,
}

static POOL: LazyLock<Mutex<Pool>> = LazyLock::new(Mutex::default);

fn pool() -> MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lengths are rounded up so that similar ones share memory: by an eighth at most.
fn size_class(length: usize) -> usize {
    let step = (length / 8 + 1).next_power_of_two();
    length.next_multiple_of(step)
}

impl Pool {
    fn take(&mut self, class: usize) -> Option<Vec<f32>> {
        self.used += class;
        self.most = self.most.max(self.used);
        let memory = self.free.get_mut(&class)?.pop()?;
        self.idle -= class;
        Some(memory)
    }

    /// Keeps memory as long as all of it together is not much more than what was needed at some time.
    fn give(&mut self, memory: Vec<f32>) {
        self.used -= memory.len();
        self.idle += memory.len();
        self.free.entry(memory.len()).or_default().push(memory);
        if self.used + self.idle > self.most + self.most / 2 {
            self.free.clear();
            self.idle = 0;
        }
    }
}

impl Buffer {
    pub(super) fn new(length: usize) -> Self {
        if length < SMALLEST {
            let memory = vec![0.0; length];
            return Self { memory, length };
        }
        let class = size_class(length);
        let kept = pool().take(class);
        let memory = kept.unwrap_or_else(|| vec![0.0; class]);
        Self { memory, length }
    }

    /// A contiguous tensor of these values.
    pub(super) fn into_tensor(self, shape: Shape) -> FlexTensor {
        let bytes = self.length * size_of::<f32>();
        #[expect(unsafe_code, reason = "the constructor trusts the length")]
        // SAFETY: `memory` and `memory_mut` show `bytes` bytes, all of them those of initialised numbers.
        let bytes = unsafe { Bytes::from_controller(Box::new(self), bytes) };
        FlexTensor::new(bytes, Layout::contiguous(shape), DType::F32)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.memory.len() >= SMALLEST {
            pool().give(std::mem::take(&mut self.memory));
        }
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.memory[..self.length]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.memory[..self.length]
    }
}

impl AllocationController for Buffer {
    fn alloc_align(&self) -> usize {
        align_of::<f32>()
    }

    fn property(&self) -> AllocationProperty {
        AllocationProperty::Other
    }

    #[expect(unsafe_code, reason = "the trait's method is unsafe to call")]
    unsafe fn memory_mut(
        &mut self,
        _: AccessPolicy,
    ) -> Result<&mut [MaybeUninit<u8>], AccessError> {
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(self);
        // SAFETY: both types have one size and alignment, and the caller promises to write initialised bytes only.
        Ok(unsafe { &mut *(std::ptr::from_mut(bytes) as *mut [MaybeUninit<u8>]) })
    }

    fn memory(&self, _: AccessPolicy) -> Result<&[MaybeUninit<u8>], AccessError> {
        let bytes: &[u8] = bytemuck::cast_slice(self);
        #[expect(
            unsafe_code,
            reason = "what is initialised may be seen as what need not be"
        )]
        // SAFETY: both types have one size and alignment, and the slice is read only.
        Ok(unsafe { &*(std::ptr::from_ref(bytes) as *const [MaybeUninit<u8>]) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_grow_by_an_eighth_at_most() {
        for length in [
            SMALLEST,
            5000,
            8191,
            8192,
            8193,
            1 << 20,
            (1 << 20) + 1,
            77_777_777,
        ] {
            let class = size_class(length);
            assert!(
                class >= length && class - length <= length / 4,
                "{length}: {class}"
            );
        }
        assert_eq!(size_class(100_000), size_class(98_400));
    }

    #[test]
    fn memory_comes_back_and_is_bounded() {
        let mut pool = Pool::default();
        assert!(pool.take(10).is_none());
        pool.give(vec![1.0; 10]);
        assert_eq!(pool.take(10), Some(vec![1.0; 10]));
        assert_eq!((pool.used, pool.idle, pool.most), (10, 0, 10));
        // Other sizes on top of what is idle are more than was ever needed.
        pool.give(vec![1.0; 10]);
        assert!(pool.take(5).is_none());
        assert!(pool.take(4).is_none());
        pool.give(vec![0.0; 5]);
        assert_eq!((pool.used, pool.idle), (4, 0));
    }

    #[test]
    fn a_tensor_shows_and_changes_its_values() {
        let mut buffer = Buffer::new(6000);
        for (at, value) in buffer.iter_mut().enumerate() {
            *value = at as f32;
        }
        let mut tensor = buffer.into_tensor([2, 3000].into());
        let copy = tensor.clone();
        tensor.storage_mut::<f32>()[5999] = -1.0;
        assert_eq!(
            tensor.as_slice::<f32>().expect("contiguous")[5998..],
            [5998.0, -1.0]
        );
        assert_eq!(copy.as_slice::<f32>().expect("contiguous")[5999], 5999.0);
        let values = copy.into_data().try_into_vec::<f32>().expect("f32");
        assert_eq!(values.len(), 6000);
    }
}
