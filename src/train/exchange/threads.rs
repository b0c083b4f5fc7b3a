//! Ranks as threads of one process, for tests.

use std::sync::{Barrier, Mutex};

use super::Exchange;

/// Where ranks leave what they give.
struct Table {
    given: Mutex<Vec<Vec<u8>>>,
    all_here: Barrier,
}

/// One of the threads.
pub(in crate::train) struct Threads<'a> {
    rank: usize,
    table: &'a Table,
}

/// What `work` comes to on each of so many ranks.
pub(in crate::train) fn run<T: Send>(
    ranks: usize,
    work: impl Fn(&Threads<'_>) -> T + Sync,
) -> Vec<T> {
    let (given, all_here) = (Mutex::new(vec![Vec::new(); ranks]), Barrier::new(ranks));
    let (table, work) = (&Table { given, all_here }, &work);
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..ranks)
            .map(|rank| scope.spawn(move || work(&Threads { rank, table })))
            .collect();
        let ended = started.into_iter().map(|thread| thread.join());
        ended.map(|value| value.expect("no rank panics")).collect()
    })
}

impl Exchange for Threads<'_> {
    fn ranks(&self) -> usize {
        self.table.given.lock().expect("no rank panics").len()
    }

    fn rank(&self) -> usize {
        self.rank
    }

    fn gather(&self, own: &[u8]) -> Vec<Vec<u8>> {
        self.table.given.lock().expect("no rank panics")[self.rank] = own.to_vec();
        self.table.all_here.wait();
        let all = self.table.given.lock().expect("no rank panics").clone();
        self.table.all_here.wait();
        all
    }

    fn sum(&self, values: &mut [f32]) {
        let all = self.gather(bytemuck::cast_slice(values));
        values.fill(0.0);
        for given in all {
            let given: Vec<f32> = bytemuck::pod_collect_to_vec(&given);
            for (sum, value) in values.iter_mut().zip(given) {
                *sum += value;
            }
        }
    }

    fn tell(&self, own: Vec<u8>) -> Vec<u8> {
        self.gather(&own).swap_remove(0)
    }

    fn end(&self, status: u8) -> ! {
        panic!("all end with {status}");
    }
}
