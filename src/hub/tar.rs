//! Tar: one tar of a set, fetched in as many requests as it takes and read to its end.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ticclip_fetchers::client::Stream;
use ticclip_fetchers::source::Request;
use url::Url;

use super::note::{Note, linked_size, range};
use super::partial_file::PartialFile;
use super::{Hub, HubError, Progress};
use crate::artefact::sha256_of_file;
use crate::shard::{Samples, ShardReadError};

/// A request that brings so many bytes has been of use, and its failure does not count.
const OF_USE_BYTES: u64 = 1 << 20;
/// The wait after a first failure; it doubles from one to the next.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Doublings after which waits stay as they are.
const DOUBLINGS: u32 = 6;

/// A tar to be fetched.
pub(super) struct Tar<'a> {
    pub(super) hub: &'a Hub,
    pub(super) url: Url,
    /// Where it is to be.
    pub(super) path: PathBuf,
    pub(super) progress: &'a dyn Progress,
    /// Set when the others of its set have failed.
    pub(super) stopped: &'a AtomicBool,
    /// Bytes that have come in.
    pub(super) received: &'a AtomicU64,
}

/// How a request for a tar ended.
enum Pulled {
    /// The server has no more.
    Whole,
    /// Before its end, for a reason that may pass.
    Cut(HubError),
    /// The tar is not wanted any more.
    Stopped,
}

impl Tar<'_> {
    /// Fetches the tar, or what is missing of it; answers how many samples it has, or nothing if it was stopped. A tar that is
    /// not as it should be is fetched once more.
    pub(super) fn fetch(&self) -> Result<Option<u64>, HubError> {
        if let Ok(there) = self.path.metadata() {
            self.progress.expect(there.len());
            self.progress.came(there.len());
            return samples_in(&self.path)
                .map(Some)
                .map_err(|error| self.unreadable(error));
        }
        let mut part = PartialFile::open(&self.path)?;
        if let Some(bytes) = part.note().and_then(|note| note.bytes) {
            self.progress.expect(bytes);
            self.progress.came(part.length());
        }
        let mut again = false;
        loop {
            if !self.receive(&mut part)? {
                return Ok(None);
            }
            let error = match self.check(&part) {
                Ok(samples) => {
                    part.finish()?;
                    return Ok(Some(samples));
                }
                Err(error) => error,
            };
            if error.is_local() {
                return Err(error);
            }
            self.forget(&mut part)?;
            if again {
                return Err(error);
            }
            tracing::warn!("{error}; it is fetched once more");
            again = true;
        }
    }

    /// Makes requests until all bytes are there; answers whether that is so.
    fn receive(&self, part: &mut PartialFile) -> Result<bool, HubError> {
        let (mut failures, mut furthest) = (0, part.length());
        while !part.is_complete() {
            let error = match self.pull(part)? {
                Pulled::Whole => break,
                Pulled::Stopped => return Ok(false),
                Pulled::Cut(error) => error,
            };
            // Further than ever: a server that always begins anew and always breaks off gets nowhere.
            if part.length() >= furthest + OF_USE_BYTES {
                furthest = part.length();
                failures = 0;
            }
            failures += 1;
            if failures > self.hub.config.retries {
                return Err(error);
            }
            tracing::debug!(url = %self.url, bytes = part.length(), "cut off: {error}");
            std::thread::sleep(FIRST_WAIT * (1 << (failures - 1).min(DOUBLINGS)));
        }
        Ok(true)
    }

    /// Makes one request for what is missing.
    fn pull(&self, part: &mut PartialFile) -> Result<Pulled, HubError> {
        let request = self.request(part);
        let mut stream = self.hub.stream(&request)?;
        if let Some(error) = self.place(&stream, part)? {
            return Ok(Pulled::Cut(error));
        }
        let most = self.hub.config.largest_bytes;
        loop {
            if self.stopped.load(Ordering::Relaxed) {
                return Ok(Pulled::Stopped);
            }
            let piece = match self.hub.piece(&self.url, &mut stream) {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(error) if error.may_pass() => return Ok(Pulled::Cut(error)),
                Err(error) => return Err(error),
            };
            let piece = piece.as_ref();
            if part.length() + piece.len() as u64 > most {
                self.forget(part)?;
                return Err(self.too_large());
            }
            part.append(piece)?;
            self.progress.came(piece.len() as u64);
            self.received
                .fetch_add(piece.len() as u64, Ordering::Relaxed);
        }
        let stated = part.note().and_then(|note| note.bytes);
        if stated.is_some_and(|stated| part.length() < stated) {
            return Ok(Pulled::Cut(self.cut("the body ends early")));
        }
        Ok(Pulled::Whole)
    }

    fn request(&self, part: &PartialFile) -> Request {
        let mut request = self.hub.request(&self.url, 0);
        let mut header = |name: &str, value: String| request.headers.push((name.to_owned(), value));
        // Of a compressed body nothing can be asked by place.
        header("accept-encoding", "identity".to_owned());
        if part.length() > 0 {
            header("range", format!("bytes={}-", part.length()));
            let validator = part.note().and_then(|note| note.validator.clone());
            validator
                .into_iter()
                .for_each(|value| header("if-range", value));
        }
        request
    }

    /// Finds the place of a body in the file: behind what is there, or in place of that. An error is one that may pass: the
    /// body is of no use, and the next request asks for the whole.
    fn place(
        &self,
        stream: &Stream<'_>,
        part: &mut PartialFile,
    ) -> Result<Option<HubError>, HubError> {
        let head = stream.head();
        let now = Note::of(stream.hops(), head, &self.url);
        match head.status {
            200 => {
                let linked = linked_size(stream.hops(), head);
                if let (Some(stated), Some(came)) = (linked, now.bytes)
                    && stated != came
                {
                    let url = Box::new(self.url.clone());
                    return Err(HubError::Length { url, stated, came });
                }
                if now
                    .bytes
                    .is_some_and(|bytes| bytes > self.hub.config.largest_bytes)
                {
                    return Err(self.too_large());
                }
                let known = part.note().and_then(|note| note.bytes).unwrap_or(0);
                self.progress.lost(part.length());
                self.progress
                    .expect(now.bytes.unwrap_or(0).saturating_sub(known));
                part.begin(now)?;
                Ok(None)
            }
            206 | 416 if part.length() > 0 => {
                let begins = head.header("content-range").and_then(range);
                let before = part.note().cloned().unwrap_or_default();
                let goes_on = head.status == 206
                    && begins == before.bytes.map(|bytes| (part.length(), bytes))
                    && (now.sha256.is_none() || now.sha256 == before.sha256);
                if goes_on {
                    return Ok(None);
                }
                self.forget(part)?;
                Ok(Some(self.cut(
                    "the server does not go on where the file was cut off",
                )))
            }
            status => Err(HubError::Status {
                url: Box::new(self.url.clone()),
                status,
            }),
        }
    }

    /// Checks what has come in; answers how many samples it has.
    fn check(&self, part: &PartialFile) -> Result<u64, HubError> {
        let note = part.note().cloned().unwrap_or_default();
        if let Some(stated) = note.bytes.filter(|bytes| *bytes != part.length()) {
            let (url, came) = (Box::new(self.url.clone()), part.length());
            return Err(HubError::Length { url, stated, came });
        }
        if let Some(stated) = note.sha256 {
            // From the disk, as that is what is kept.
            let came = sha256_of_file(part.part()).map_err(HubError::io(part.part()))?;
            if came != stated {
                let message = format!("its SHA-256 is {came}, and the server says {stated}");
                return Err(self.damaged(message));
            }
        }
        match samples_in(part.part()).map_err(|error| self.unreadable(error))? {
            0 => Err(self.damaged("a tar without samples".to_owned())),
            samples => Ok(samples),
        }
    }

    fn forget(&self, part: &mut PartialFile) -> Result<(), HubError> {
        self.progress.lost(part.length());
        part.forget()
    }

    fn cut(&self, message: &str) -> HubError {
        HubError::NoReply {
            url: Box::new(self.url.clone()),
            message: message.to_owned(),
            passes: true,
        }
    }

    fn too_large(&self) -> HubError {
        HubError::TooLarge {
            url: Box::new(self.url.clone()),
            most: self.hub.config.largest_bytes,
            raisable: true,
        }
    }

    fn damaged(&self, message: String) -> HubError {
        HubError::Damaged {
            path: self.path.clone(),
            url: Box::new(self.url.clone()),
            message,
        }
    }

    fn unreadable(&self, error: ShardReadError) -> HubError {
        match error {
            ShardReadError::Io { path, source } => HubError::Io { path, source },
            ShardReadError::Damaged {
                offset, message, ..
            } => self.damaged(format!("at byte {offset}: {message}")),
        }
    }
}

/// Reads a tar to its end, all but the images' bytes; answers how many samples it has. On one thread, as whoever waits for
/// this may be the pool's only one.
pub(super) fn samples_in(tar: &Path) -> Result<u64, ShardReadError> {
    let mut samples = 0;
    for sample in Samples::open(tar)?.without_images() {
        sample?;
        samples += 1;
    }
    Ok(samples)
}
