//! A record of a lookup: a key, and a claim made of a date and its evidence.

use std::io::{self, Read, Write};

use chrono::{DateTime, Utc};

use crate::claim::{Claim, Kind, Precision};
use crate::source::{Key, SourceName};

/// Longer evidence is cut.
pub(super) const MAX_EVIDENCE_BYTES: usize = 1024;
/// Key, seconds, precision, kind, length of the evidence.
const HEAD_BYTES: usize = 16 + 8 + 1 + 1 + 2;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Record {
    pub(super) key: Key,
    pub(super) kind: Kind,
    /// Seconds since 1970.
    pub(super) at: i64,
    pub(super) precision: Precision,
    pub(super) evidence: String,
}

impl Record {
    pub(super) fn new(
        key: Key,
        at: DateTime<Utc>,
        precision: Precision,
        kind: Kind,
        evidence: &str,
    ) -> Self {
        let mut end = evidence.len().min(MAX_EVIDENCE_BYTES);
        while !evidence.is_char_boundary(end) {
            end -= 1;
        }
        Self {
            key,
            kind,
            at: at.timestamp(),
            precision,
            evidence: evidence[..end].to_owned(),
        }
    }

    /// How long it is in a file.
    pub(super) fn bytes(&self) -> u64 {
        (HEAD_BYTES + self.evidence.len()) as u64
    }

    pub(super) fn claim(self, source: SourceName) -> Claim {
        Claim {
            // It was an instant when it was written.
            at: DateTime::from_timestamp(self.at, 0).unwrap_or_default(),
            precision: self.precision,
            kind: self.kind,
            source,
            evidence: self.evidence,
        }
    }

    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut head = [0; HEAD_BYTES];
        head[..16].copy_from_slice(&self.key.0.to_be_bytes());
        head[16..24].copy_from_slice(&self.at.to_le_bytes());
        head[24] = position(Precision::ALL, self.precision);
        head[25] = position(Kind::ALL, self.kind);
        // At most a kibibyte.
        head[26..].copy_from_slice(&(self.evidence.len() as u16).to_le_bytes());
        out.write_all(&head)?;
        out.write_all(self.evidence.as_bytes())
    }

    /// The next record; `None` at the end of the file.
    pub(super) fn read(file: &mut impl Read) -> io::Result<Option<Self>> {
        let mut head = [0; HEAD_BYTES];
        if file.read(&mut head[..1])? == 0 {
            return Ok(None);
        }
        file.read_exact(&mut head[1..])?;
        let (mut key, mut at) = ([0; 16], [0; 8]);
        key.copy_from_slice(&head[..16]);
        at.copy_from_slice(&head[16..24]);
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the record is damaged");
        let precision = Precision::ALL
            .get(usize::from(head[24]))
            .ok_or_else(damaged)?;
        let kind = Kind::ALL.get(usize::from(head[25])).ok_or_else(damaged)?;
        let mut evidence = vec![0; usize::from(u16::from_le_bytes([head[26], head[27]]))];
        file.read_exact(&mut evidence)?;
        Ok(Some(Self {
            key: Key(u128::from_be_bytes(key)),
            kind: *kind,
            at: i64::from_le_bytes(at),
            precision: *precision,
            evidence: String::from_utf8(evidence).map_err(|_| damaged())?,
        }))
    }
}

/// Where a word stands in its list; the lists are a handful of words.
fn position<T: PartialEq>(all: &[T], word: T) -> u8 {
    all.iter()
        .position(|other| *other == word)
        .unwrap_or_default() as u8
}
