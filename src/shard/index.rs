//! Shard index: where every sample of a list of tars is, so that samples can be read in any order.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use sha2::{Digest, Sha256};

use super::sample::IMAGE_EXTENSIONS;
use super::samples::{Group, Groups};
use super::{Sample, ShardReadError};
use crate::artefact::hex;

/// Where every sample of a list of tars is, in the order of the tars and of the samples in each. About 150 bytes a
/// sample; nothing is kept open, so any number of threads may read.
#[derive(Debug)]
pub struct ShardIndex {
    tars: Vec<PathBuf>,
    samples: Vec<Place>,
}

#[derive(Debug)]
struct Place {
    tar: usize,
    key: Box<str>,
    members: Box<[Part]>,
}

#[derive(Debug)]
struct Part {
    extension: Box<str>,
    offset: u64,
    size: u64,
}

impl ShardIndex {
    /// Reads the headers of all tars.
    ///
    /// # Errors
    /// When one is damaged or cut off; the error names it.
    pub fn open(tars: Vec<PathBuf>) -> Result<Self, ShardReadError> {
        let groups = tars
            .par_iter()
            .map(|tar| Groups::open(tar)?.collect::<Result<Vec<_>, _>>());
        let groups: Vec<Vec<Group>> = groups.collect::<Result<_, _>>()?;
        let samples = groups.into_iter().enumerate().flat_map(|(tar, groups)| {
            groups.into_iter().map(move |group| Place {
                tar,
                key: group.key.into_boxed_str(),
                members: group
                    .members
                    .into_iter()
                    .map(|(extension, member)| Part {
                        extension: extension.into_boxed_str(),
                        offset: member.offset,
                        size: member.size,
                    })
                    .collect(),
            })
        });
        let samples = samples.collect();
        Ok(Self { tars, samples })
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Checksum of which samples there are, in their order: keys, and extensions and sizes of members. In which tar a sample
    /// lies does not count.
    pub fn checksum(&self) -> String {
        let mut sum = Sha256::new();
        for sample in &self.samples {
            sum.update(sample.key.as_bytes());
            for part in &sample.members {
                sum.update([0]);
                sum.update(part.extension.as_bytes());
                sum.update(part.size.to_le_bytes());
            }
            sum.update([1]);
        }
        hex(&sum.finalize())
    }

    /// The key of a sample.
    ///
    /// # Panics
    /// When `sample` is not below [`ShardIndex::len`].
    pub fn key(&self, sample: usize) -> &str {
        &self.samples[sample].key
    }

    /// Reads a whole sample.
    ///
    /// # Errors
    /// When the tar cannot be read any more, or has become shorter.
    ///
    /// # Panics
    /// When `sample` is not below [`ShardIndex::len`].
    pub fn sample(&self, sample: usize) -> Result<Sample, ShardReadError> {
        self.read(sample, |_| true)
    }

    /// Extension and size of every member of a sample.
    ///
    /// # Panics
    /// When `sample` is not below [`ShardIndex::len`].
    pub fn members(&self, sample: usize) -> impl Iterator<Item = (&str, u64)> {
        let members = self.samples[sample].members.iter();
        members.map(|part| (part.extension.as_ref(), part.size))
    }

    /// Reads of a sample the members of some extensions.
    ///
    /// # Errors
    /// As [`ShardIndex::sample`].
    ///
    /// # Panics
    /// As [`ShardIndex::sample`].
    pub fn members_of(
        &self,
        sample: usize,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Sample, ShardReadError> {
        self.read(sample, wanted)
    }

    /// Reads a sample without its images, where only captions or classes are wanted.
    ///
    /// # Errors
    /// As [`ShardIndex::sample`].
    ///
    /// # Panics
    /// As [`ShardIndex::sample`].
    pub fn sample_without_image(&self, sample: usize) -> Result<Sample, ShardReadError> {
        self.read(sample, |extension| !IMAGE_EXTENSIONS.contains(&extension))
    }

    fn read(&self, sample: usize, wanted: impl Fn(&str) -> bool) -> Result<Sample, ShardReadError> {
        let place = &self.samples[sample];
        let path = &self.tars[place.tar];
        let io = |source| ShardReadError::Io {
            path: path.clone(),
            source,
        };
        let mut tar = File::open(path).map_err(io)?;
        let mut members = Vec::with_capacity(place.members.len());
        for part in place.members.iter().filter(|part| wanted(&part.extension)) {
            // Bounded: the index has only sizes that fit into the tar.
            let mut bytes = vec![0; part.size as usize];
            tar.seek(SeekFrom::Start(part.offset))
                .and_then(|_| tar.read_exact(&mut bytes))
                .map_err(io)?;
            members.push((part.extension.to_string(), bytes));
        }
        Ok(Sample {
            key: place.key.to_string(),
            members,
        })
    }
}
