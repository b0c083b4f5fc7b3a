//! Reader: what the samples of a pool's tars are, and the bytes of those that some set wants.

use std::ops::Range;
use std::path::PathBuf;

use super::inspect::{Refusal, check, uid_of};
use super::membership::Membership;
use crate::in_order::Worker;
use crate::shard::samples::{Group, Groups};
use crate::shard::{Sample, ShardError, ShardReadError};
use crate::uid::Uid;

/// Samples travel between threads in blocks of at most about so many bytes.
const BLOCK_BYTES: usize = 4 << 20;

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

/// Reads tars of a pool, block by block. Of one that is damaged come what is before the damage, and a refusal.
pub(super) struct PoolReader<'a> {
    pub(super) membership: &'a Membership,
}

impl Worker<PathBuf> for PoolReader<'_> {
    type Result = Vec<Item>;
    type Error = ShardError;

    fn work(
        &mut self,
        tar: &PathBuf,
        send: &mut dyn FnMut(Vec<Item>) -> bool,
    ) -> Result<(), ShardError> {
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
                send(vec![refused(error)]);
                return Ok(());
            }
        };
        let (mut block, mut bytes) = (Vec::new(), 0);
        while let Some(group) = groups.next() {
            let item = group
                .and_then(|group| item(&mut groups, group, self.membership))
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
                if !send(std::mem::take(&mut block)) {
                    return Ok(());
                }
                bytes = 0;
            }
        }
        send(block);
        Ok(())
    }

    fn end(self) -> Result<(), ShardError> {
        Ok(())
    }
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
