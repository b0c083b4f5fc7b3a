//! In order: pieces of work done on several threads, whose results come in the order of the pieces.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// Results of one piece that wait to be taken.
const WAITING: usize = 2;

/// What a thread does with one piece after the other.
pub(crate) trait Worker<T> {
    /// What it tells of a piece, bit by bit.
    type Result: Send;
    /// Why it cannot go on.
    type Error: Send;

    /// Works on a piece and tells `send` what comes of it; false says that nobody listens any more.
    fn work(
        &mut self,
        piece: &T,
        send: &mut dyn FnMut(Self::Result) -> bool,
    ) -> Result<(), Self::Error>;

    /// There are no more pieces.
    fn end(self) -> Result<(), Self::Error>;
}

/// A result, or the word that the piece is done: a thread that is gone says neither.
type Told<T, W> = Result<Option<<W as Worker<T>>::Result>, <W as Worker<T>>::Error>;
/// A piece, and whom to tell.
type Order<'a, T, W> = (&'a T, SyncSender<Told<T, W>>);

/// Gives all `pieces` to workers on `threads` threads, and their results to `each`: those of the first piece, then those of the
/// second; `None` when a piece is done. Results of as many pieces as there are threads wait at most. A worker that panics takes
/// all down, and its piece is not called done.
pub(crate) fn in_order<T: Sync, W: Worker<T>>(
    pieces: &[T],
    threads: usize,
    worker: impl Fn() -> W + Sync,
    mut each: impl FnMut(&T, Option<W::Result>) -> Result<(), W::Error>,
) -> Result<(), W::Error> {
    let (give, take) = sync_channel::<Order<'_, T, W>>(pieces.len().max(1));
    // Owned by the threads alone: when the last one is gone, nobody waits for what it would have done.
    let take = Arc::new(Mutex::new(take));
    let run = |take: Arc<Mutex<Receiver<Order<'_, T, W>>>>| {
        let mut worker = worker();
        loop {
            let next = take.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok((piece, results)) = next else {
                return worker.end();
            };
            let mut send = |result| results.send(Ok(Some(result))).is_ok();
            let done = worker.work(piece, &mut send);
            let failed = done.is_err();
            // Nobody to tell when nobody listens.
            let _ = results.send(done.map(|()| None));
            if failed {
                return Ok(());
            }
        }
    };
    std::thread::scope(|scope| {
        let (run, share) = (&run, || Arc::clone(&take));
        let running: Vec<_> = (0..threads.min(pieces.len()))
            .map(|_| (scope, share()))
            .map(|(scope, take)| scope.spawn(move || run(take)))
            .collect();
        drop(take);
        let mut take_all = || {
            let mut coming = pieces.iter();
            let mut waiting: VecDeque<Receiver<Told<T, W>>> = VecDeque::new();
            for piece in pieces {
                // One more than there are threads, so that none waits for this one.
                while waiting.len() <= threads {
                    let Some(next) = coming.next() else { break };
                    let (send, receive) = sync_channel(WAITING);
                    waiting.push_back(receive);
                    // There is room for every piece; that all threads are gone is noticed below.
                    let _ = give.send((next, send));
                }
                let mut done = false;
                for told in waiting.pop_front().into_iter().flatten() {
                    let result = told?;
                    done = result.is_none();
                    each(piece, result)?;
                }
                if !done {
                    break;
                }
            }
            Ok(())
        };
        let taken = take_all();
        // The threads end when there is nothing more to do, and nobody who listens.
        drop(give);
        for thread in running {
            match thread.join() {
                Ok(done) => done?,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        taken
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Doubling;

    impl Worker<u32> for Doubling {
        type Result = u32;
        type Error = String;

        fn work(&mut self, &piece: &u32, send: &mut dyn FnMut(u32) -> bool) -> Result<(), String> {
            if piece == 1000 {
                return Err("a thousand".to_owned());
            }
            std::thread::sleep(std::time::Duration::from_micros(
                u64::from(piece * 7 % 5) * 50,
            ));
            for part in 0..piece % 7 {
                send(10 * piece + part);
            }
            Ok(())
        }

        fn end(self) -> Result<(), String> {
            Ok(())
        }
    }

    #[test]
    fn results_come_in_order_whatever_the_threads() {
        let pieces: Vec<u32> = (0..200).collect();
        let expected: Vec<u32> = pieces
            .iter()
            .flat_map(|piece| (0..piece % 7).map(move |part| 10 * piece + part))
            .collect();
        for threads in [1, 3, 16] {
            let (mut found, mut ended) = (Vec::new(), 0);
            let done = in_order(
                &pieces,
                threads,
                || Doubling,
                |_, result| {
                    match result {
                        Some(result) => found.push(result),
                        None => ended += 1,
                    }
                    Ok(())
                },
            );
            assert_eq!(done, Ok(()));
            assert_eq!((&found, ended), (&expected, 200));
        }
    }

    #[test]
    fn an_error_on_either_side_ends_the_work() {
        let pieces: Vec<u32> = (0..2000).collect();
        let error = in_order(&pieces, 3, || Doubling, |_, _| Ok(()));
        assert_eq!(error, Err("a thousand".to_owned()));
        let full = |&piece: &u32, _| match piece {
            5 => Err("full".to_owned()),
            _ => Ok(()),
        };
        assert_eq!(
            in_order(&pieces[..900], 3, || Doubling, full),
            Err("full".to_owned())
        );
        assert_eq!(
            in_order(&[1000, 1, 2], 1, || Doubling, |_, _| Ok(())),
            Err("a thousand".to_owned())
        );
        assert_eq!(in_order(&[], 3, || Doubling, |_, _| Ok(())), Ok(()));
    }

    struct Panicking;

    impl Worker<u32> for Panicking {
        type Result = u32;
        type Error = String;

        fn work(&mut self, &piece: &u32, send: &mut dyn FnMut(u32) -> bool) -> Result<(), String> {
            send(piece);
            assert!(piece != 7, "seven");
            Ok(())
        }

        fn end(self) -> Result<(), String> {
            Ok(())
        }
    }

    #[test]
    fn a_piece_whose_worker_panics_is_not_called_done() {
        let pieces: Vec<u32> = (0..40).collect();
        let done = Mutex::new(Vec::new());
        let caught = std::panic::catch_unwind(|| {
            let each = |&piece: &u32, result: Option<u32>| {
                if result.is_none() {
                    done.lock().expect("no panic here").push(piece);
                }
                Ok(())
            };
            in_order(&pieces, 2, || Panicking, each)
        });
        assert!(caught.is_err());
        let done = done.into_inner().expect("no panic here");
        assert_eq!(done, [0, 1, 2, 3, 4, 5, 6]);
    }
}
