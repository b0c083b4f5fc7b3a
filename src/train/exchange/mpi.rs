//! Ranks as processes under MPI, on one machine or several.

use std::time::Duration;

use mpi::Count;
use mpi::Threading;
use mpi::collective::SystemOperation;
use mpi::datatype::PartitionMut;
use mpi::environment::Universe;
use mpi::topology::SimpleCommunicator;
use mpi::traits::*;

use super::Exchange;

const FIRST: i32 = 0;
/// Values or bytes that are handed over in one call: MPI counts them in 32 bits, and the root of a sum copies them.
const AT_ONCE: usize = 1 << 22;
/// How long a rank sleeps, at most, before it looks again whether the first one is ready.
const LONGEST_PAUSE: Duration = Duration::from_millis(5);
/// What a thread that panics ends a program with.
const PANICKED: i32 = 101;

/// This process among all that the launcher has started.
pub(super) struct Mpi {
    world: SimpleCommunicator,
    /// Ends MPI when it goes, which waits for all ranks.
    _universe: Universe,
}

impl Mpi {
    /// None where MPI was started before. From now on only this thread may call it.
    pub(super) fn start() -> Option<Self> {
        let (universe, _) = mpi::initialize_with_threading(Threading::Funneled)?;
        Some(Self {
            world: universe.world(),
            _universe: universe,
        })
    }

    /// Waits for all ranks, asleep: MPI itself waits at full load.
    fn meet(&self) {
        let mut pause = Duration::from_micros(10);
        let mut meeting = self.world.immediate_barrier();
        while let Err(still) = meeting.test() {
            meeting = still;
            std::thread::sleep(pause);
            pause = LONGEST_PAUSE.min(2 * pause);
        }
    }
}

impl Exchange for Mpi {
    fn ranks(&self) -> usize {
        usize::try_from(self.world.size()).expect("MPI counts from 1")
    }

    fn rank(&self) -> usize {
        usize::try_from(self.world.rank()).expect("MPI counts from 0")
    }

    fn gather(&self, own: &[u8]) -> Vec<Vec<u8>> {
        let mut counts = vec![0 as Count; self.ranks()];
        let count = Count::try_from(own.len()).expect("features of a batch are less than 2 GiB");
        self.world.all_gather_into(&count, &mut counts[..]);
        let ends = counts.iter().scan(0, |end: &mut Count, &count| {
            *end = end
                .checked_add(count)
                .expect("features of a batch are less than 2 GiB");
            Some(*end)
        });
        let ends: Vec<Count> = ends.collect();
        let starts: Vec<Count> = ends.iter().zip(&counts).map(|(end, n)| end - n).collect();
        let place = |at: Count| usize::try_from(at).expect("a sum of lengths");
        let mut all = vec![0; ends.last().copied().map_or(0, place)];
        let mut parts = PartitionMut::new(&mut all[..], &counts[..], &starts[..]);
        self.world.all_gather_varcount_into(own, &mut parts);
        let parts = starts.into_iter().zip(ends);
        parts
            .map(|(start, end)| all[place(start)..place(end)].to_vec())
            .collect()
    }

    /// One rank adds up, and the others take its sums: MPI's own sum for all may round otherwise on each.
    fn sum(&self, values: &mut [f32]) {
        let first = self.world.process_at_rank(FIRST);
        for part in values.chunks_mut(AT_ONCE) {
            if self.is_first() {
                let own = part.to_vec();
                first.reduce_into_root(&own[..], part, SystemOperation::sum());
            } else {
                first.reduce_into(&*part, SystemOperation::sum());
            }
            first.broadcast_into(part);
        }
    }

    fn tell(&self, own: Vec<u8>) -> Vec<u8> {
        self.meet();
        let first = self.world.process_at_rank(FIRST);
        let mut length = own.len() as u64;
        first.broadcast_into(&mut length);
        let mut told = own;
        told.resize(length as usize, 0);
        for part in told.chunks_mut(AT_ONCE) {
            first.broadcast_into(part);
        }
        told
    }

    fn end(&self, status: u8) -> ! {
        self.world.abort(status.into())
    }
}

impl Drop for Mpi {
    /// A rank that panics would wait for others that wait for it.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.world.abort(PANICKED);
        }
        self.meet();
    }
}
