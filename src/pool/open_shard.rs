//! A shard whose rows are being asked for: what is known of them, in memory without and in a journal with their images.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ticclip_fetchers::journal::{Journal, Place};

use super::PoolError;
use super::outcome::Outcome;
use super::rows::ShardRows;

/// Where a stored image's bytes are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Image {
    /// In the journal's record, behind so many bytes.
    Journal(Place, usize),
    /// In the tar of an earlier run.
    EarlierTar,
    /// Nowhere: there is none.
    None,
}

pub(super) struct OpenShard {
    pub(super) index: u64,
    pub(super) rows: ShardRows,
    state: Mutex<Known>,
}

pub(super) struct Known {
    pub(super) outcomes: BTreeMap<u32, (Outcome, Image)>,
    pub(super) journal: Journal,
    /// Rows that nobody has answered for yet.
    open: usize,
}

impl OpenShard {
    /// Takes up what earlier runs know: `earlier` of a finished shard of which rows failed, and the journal.
    pub(super) fn open(
        rows: ShardRows,
        journal_path: &Path,
        earlier: Vec<Outcome>,
    ) -> Result<Self, PoolError> {
        let mut outcomes: BTreeMap<u32, (Outcome, Image)> = earlier
            .into_iter()
            .filter(|outcome| !outcome.is_failed())
            .map(|outcome| (outcome.row, (outcome, Image::EarlierTar)))
            .collect();
        let journal = Journal::open(journal_path, |place, record| {
            if let Some((outcome, image_at)) = unpack(record) {
                outcomes.insert(outcome.row, (outcome, Image::Journal(place, image_at)));
            }
        })?;
        let open = rows.rows.len() - outcomes.len();
        Ok(Self {
            index: rows.index,
            rows,
            state: Mutex::new(Known {
                outcomes,
                journal,
                open,
            }),
        })
    }

    /// The rows that are still to be asked for.
    pub(super) fn open_rows(&self) -> Vec<u32> {
        let known = self.known();
        (0..self.rows.rows.len() as u32)
            .filter(|row| !known.outcomes.contains_key(row))
            .collect()
    }

    /// Notes what became of a row; true when it was the last that was open. A failure is not written down: the next run
    /// asks again.
    pub(super) fn note(&self, outcome: Outcome, image: &[u8]) -> Result<bool, PoolError> {
        let mut known = self.known();
        let image = if outcome.is_failed() {
            Image::None
        } else {
            let (record, image_at) = pack(&outcome, image)?;
            Image::Journal(known.journal.append(&record)?, image_at)
        };
        known.outcomes.insert(outcome.row, (outcome, image));
        known.open -= 1;
        Ok(known.open == 0)
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        // Whoever died while holding it takes the whole command along.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// The bytes of an image in the journal.
    pub(super) fn image(&mut self, place: Place, image_at: usize) -> Result<Vec<u8>, PoolError> {
        let mut record = self.journal.read(place)?;
        Ok(record.split_off(image_at.min(record.len())))
    }
}

/// The outcome's length, the outcome, and the image.
fn pack(outcome: &Outcome, image: &[u8]) -> Result<(Vec<u8>, usize), PoolError> {
    let json = serde_json::to_vec(outcome).map_err(|error| PoolError::Damaged {
        path: PathBuf::from("journal"),
        message: error.to_string(),
    })?;
    let mut record = Vec::with_capacity(4 + json.len() + image.len());
    record.extend((json.len() as u32).to_le_bytes());
    record.extend(json);
    let image_at = record.len();
    record.extend(image);
    Ok((record, image_at))
}

/// A record that cannot be understood is as good as none: its row is asked for again.
fn unpack(record: &[u8]) -> Option<(Outcome, usize)> {
    let (length, rest) = record.split_first_chunk()?;
    let length = u32::from_le_bytes(*length) as usize;
    Some((
        serde_json::from_slice(rest.get(..length)?).ok()?,
        4 + length,
    ))
}
