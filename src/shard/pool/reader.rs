//! Reader: several tars of a pool read ahead at once, and their samples given in the order of the tars.

use std::collections::VecDeque;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::inspect::{Refusal, check, uid_of};
use super::membership::Membership;
use crate::shard::samples::{Group, Groups};
use crate::shard::{Sample, ShardReadError};
use crate::uid::Uid;

/// Samples travel between threads in blocks of at most about so many bytes.
const BLOCK_BYTES: usize = 4 << 20;
/// Blocks of one tar that wait to be taken.
const BLOCKS_WAITING: usize = 2;

/// What one sample of a pool is.
pub(super) enum Item {
    /// It is in some set.
    Wanted {
        uid: Uid,
        /// Its entries in the membership.
        entries: Range<usize>,
        sample: Sample,
    },
    /// It is in none.
    Unwanted,
    /// It cannot be used.
    Refused {
        key: Option<String>,
        uid: Option<Uid>,
        refusal: Refusal,
    },
}

/// What is told of a pool, tar by tar.
pub(super) enum Event {
    /// A sample of the tar.
    Sample(Item),
    /// The tar has no more.
    End,
}

type Block = Vec<Item>;

/// Tells `each` of all samples of `tars`, in order, with the tar. Reads on `threads` threads; memory holds some blocks a thread. A tar that is damaged gives what is before the damage, and a refusal.
pub(super) fn read<E>(
    tars: &[PathBuf],
    membership: &Membership,
    threads: usize,
    mut each: impl FnMut(&Path, Event) -> Result<(), E>,
) -> Result<(), E> {
    let (give, take) = sync_channel::<(&PathBuf, SyncSender<Block>)>(tars.len().max(1));
    let take = Mutex::new(take);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(tars.len()) {
            scope.spawn(|| {
                loop {
                    let next = take
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner)
                        .recv();
                    let Ok((tar, blocks)) = next else { return };
                    send_items(tar, membership, &blocks);
                }
            });
        }
        let mut take_all = || {
            let mut coming = tars.iter();
            let mut waiting: VecDeque<Receiver<Block>> = VecDeque::new();
            for tar in tars {
                // One more than there are threads, so that none waits for this one.
                while waiting.len() <= threads {
                    let Some(next) = coming.next() else { break };
                    let (send, receive) = sync_channel(BLOCKS_WAITING);
                    waiting.push_back(receive);
                    // Cannot fail: the receiver lives as long as this function, and there is room for every tar.
                    let _ = give.send((next, send));
                }
                let blocks = waiting.pop_front();
                for item in blocks.into_iter().flatten().flatten() {
                    each(tar, Event::Sample(item))?;
                }
                each(tar, Event::End)?;
            }
            Ok(())
        };
        let taken = take_all();
        // The threads end when there is nothing more to read, and nobody who takes it.
        drop(give);
        taken
    })
}

/// Reads a tar to its end, or until nobody takes its blocks.
fn send_items(tar: &Path, membership: &Membership, blocks: &SyncSender<Block>) {
    let (mut block, mut bytes) = (Vec::new(), 0);
    let refused = |error: ShardReadError| Item::Refused {
        key: None,
        uid: None,
        refusal: Refusal {
            reason: "damaged-tar",
            detail: error.to_string(),
        },
    };
    let mut groups = match Groups::open(tar) {
        Ok(groups) => groups,
        Err(error) => {
            // Nobody to tell when nobody takes it.
            let _ = blocks.send(vec![refused(error)]);
            return;
        }
    };
    while let Some(group) = groups.next() {
        let item = group
            .and_then(|group| item(&mut groups, group, membership))
            .unwrap_or_else(refused);
        if let Item::Wanted { sample, .. } = &item {
            bytes += sample
                .members
                .iter()
                .map(|(_, bytes)| bytes.len())
                .sum::<usize>();
        }
        block.push(item);
        bytes += 64;
        if bytes >= BLOCK_BYTES {
            if blocks.send(std::mem::take(&mut block)).is_err() {
                return;
            }
            bytes = 0;
        }
    }
    let _ = blocks.send(block);
}

/// Looks at a sample, and reads its image only if it is wanted.
fn item(
    groups: &mut Groups,
    group: Group,
    membership: &Membership,
) -> Result<Item, ShardReadError> {
    let json = group
        .members
        .iter()
        .find(|(extension, _)| extension == "json");
    let json = json.map(|(_, member)| groups.bytes(member)).transpose()?;
    let uid = match uid_of(&group.key, json.as_deref()) {
        Ok(uid) => uid,
        Err(refusal) => {
            return Ok(Item::Refused {
                key: Some(group.key),
                uid: None,
                refusal,
            });
        }
    };
    let entries = membership.find(uid);
    if entries.is_empty() {
        return Ok(Item::Unwanted);
    }
    if let Err(refusal) = check(group.members.iter().map(|(extension, _)| &**extension)) {
        return Ok(Item::Refused {
            key: Some(group.key),
            uid: Some(uid),
            refusal,
        });
    }
    let mut json = json;
    let members = group.members.into_iter().map(|(extension, member)| {
        let read = json.take_if(|_| extension == "json");
        let bytes = read.map_or_else(|| groups.bytes(&member), Ok)?;
        Ok((extension, bytes))
    });
    let members = members.collect::<Result<_, ShardReadError>>()?;
    let sample = Sample {
        key: group.key,
        members,
    };
    Ok(Item::Wanted {
        uid,
        entries,
        sample,
    })
}
