//! Samples: the samples of one tar, read one after the other.

use std::path::Path;

use super::member::{Member, Members};
use super::sample::{IMAGE_EXTENSIONS, key_and_extension};
use super::{Sample, ShardReadError};

/// More members make no pair; the bound keeps a tar whose names are all alike from filling the memory.
const MAX_MEMBERS: usize = 64;

/// Reads the samples of a tar in order; ends after the first error.
#[derive(Debug)]
pub struct Samples {
    groups: Groups,
    images: bool,
}

impl Samples {
    /// Opens a tar.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, ShardReadError> {
        Ok(Self {
            groups: Groups::open(path)?,
            images: true,
        })
    }

    /// Leaves the bytes of images where they are: an image is there, and empty.
    #[must_use]
    pub fn without_images(mut self) -> Self {
        self.images = false;
        self
    }

    fn read(&mut self, group: Group) -> Result<Sample, ShardReadError> {
        let member = |(extension, member): (String, Member)| {
            let wanted = self.images || !IMAGE_EXTENSIONS.contains(&extension.as_str());
            let bytes = if wanted {
                self.groups.bytes(&member)?
            } else {
                Vec::new()
            };
            Ok((extension, bytes))
        };
        Ok(Sample {
            key: group.key,
            members: group
                .members
                .into_iter()
                .map(member)
                .collect::<Result<_, ShardReadError>>()?,
        })
    }
}

impl Iterator for Samples {
    type Item = Result<Sample, ShardReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let group = self.groups.next()?;
        Some(group.and_then(|group| self.read(group)))
    }
}

/// Where the members of one sample are.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) key: String,
    pub(super) members: Vec<(String, Member)>,
}

/// Where the samples of a tar are; ends after the first error.
#[derive(Debug)]
pub(super) struct Groups {
    members: Members,
    pending: Option<Group>,
    done: bool,
}

impl Groups {
    pub(super) fn open(path: &Path) -> Result<Self, ShardReadError> {
        Ok(Self {
            members: Members::open(path)?,
            pending: None,
            done: false,
        })
    }

    /// The bytes of a member of this tar. After an error there are no more groups: the tar cannot be trusted.
    pub(super) fn bytes(&mut self, member: &Member) -> Result<Vec<u8>, ShardReadError> {
        let bytes = self.members.read(member);
        self.done |= bytes.is_err();
        bytes
    }

    fn read(&mut self) -> Result<Option<Group>, ShardReadError> {
        while let Some(member) = self.members.next_member()? {
            let Some((key, extension)) = key_and_extension(&member.name) else {
                continue;
            };
            let key = key.to_owned();
            match &mut self.pending {
                Some(group) if group.key == key => {
                    let repeated = group.members.iter().any(|(there, _)| *there == extension);
                    if repeated || group.members.len() == MAX_MEMBERS {
                        let what = if repeated {
                            format!("a second .{extension}")
                        } else {
                            "too many files".to_owned()
                        };
                        return Err(ShardReadError::Damaged {
                            path: self.members.path().to_owned(),
                            offset: member.offset,
                            message: format!("sample `{key}` has {what}"),
                        });
                    }
                    group.members.push((extension, member));
                }
                pending => {
                    let before = pending.replace(Group {
                        key,
                        members: vec![(extension, member)],
                    });
                    if before.is_some() {
                        return Ok(before);
                    }
                }
            }
        }
        self.done = true;
        Ok(self.pending.take())
    }
}

impl Iterator for Groups {
    type Item = Result<Group, ShardReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let group = self.read();
        self.done |= group.is_err();
        group.transpose()
    }
}
