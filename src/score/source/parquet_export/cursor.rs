//! Cursor: images decoded from one sample on, kept between two runs so that the second goes on where the first ended.
//!
//! A page of images may have a thousand of them; without the cursor every run would decode all of its pages anew.

use std::sync::{Mutex, PoisonError};

use arrow_array::{Array, ArrayRef};

use super::file::Batches;
use super::image_column::value;
use super::rows::Rows;
use crate::score::source::{Answer, SourceError};

/// Images decoded at once.
const IMAGES_A_BATCH: usize = 16;

/// Images of one file from a sample on.
#[derive(Debug)]
struct Cursor {
    batches: Batches,
    /// What was decoded and not asked for yet.
    rest: Option<ArrayRef>,
    /// The next sample.
    next: usize,
    /// The first sample that is in another file.
    end: usize,
}

/// The place of the cursor that is not in use. A second thread that reads at the same time begins one of its own.
#[derive(Debug, Default)]
pub(super) struct CursorPlace(Mutex<Option<Cursor>>);

impl CursorPlace {
    /// The images of a run of samples.
    pub(super) fn images(
        &self,
        rows: &Rows,
        leaf: usize,
        samples: std::ops::Range<usize>,
    ) -> Result<Vec<Answer<Vec<u8>>>, SourceError> {
        let mut images = Vec::with_capacity(samples.len());
        let mut cursor = self.exchange(None);
        let mut next = samples.start;
        while next < samples.end {
            let mut open = match cursor.take() {
                Some(open) if open.next == next && next < open.end => open,
                _ => Cursor::open(rows, leaf, next)?,
            };
            open.read(samples.end, &mut images)?;
            next = open.next;
            cursor = Some(open);
        }
        self.exchange(cursor);
        Ok(images)
    }

    fn exchange(&self, cursor: Option<Cursor>) -> Option<Cursor> {
        // A cursor is whole or not there, whatever another thread did.
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *place, cursor)
    }
}

impl Cursor {
    fn open(rows: &Rows, leaf: usize, sample: usize) -> Result<Self, SourceError> {
        let (batches, end) = rows.from(sample, &[leaf], IMAGES_A_BATCH)?;
        Ok(Self {
            batches,
            rest: None,
            next: sample,
            end,
        })
    }

    /// Adds the images up to sample `end`, or up to the end of the file.
    fn read(&mut self, end: usize, images: &mut Vec<Answer<Vec<u8>>>) -> Result<(), SourceError> {
        while self.next < end.min(self.end) {
            let array = match self.rest.take() {
                Some(rest) => rest,
                None => match self.batches.next()? {
                    Some(batch) => batch.column(0).clone(),
                    None => break,
                },
            };
            let taken = array.len().min(end - self.next);
            images.extend((0..taken).map(|row| value(&array, row)));
            self.next += taken;
            if taken < array.len() {
                self.rest = Some(array.slice(taken, array.len() - taken));
            }
        }
        Ok(())
    }
}
