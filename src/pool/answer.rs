//! An answer: a server's reply to the request for an image, made into what is stored and an outcome.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use ticclip_fetchers::claim::Claim;
use ticclip_fetchers::client::ClientError;
use ticclip_fetchers::source::exif::Exif;
use ticclip_fetchers::source::http_headers::{HttpHeaders, HttpHeadersConfig};
use ticclip_fetchers::source::url_path::UrlPath;
use ticclip_fetchers::source::{Answer, Cells, Pair, Question, Reply, Server, TimestampSource};

use super::outcome::{Outcome, State, Stored};
use super::rows::PoolRow;
use crate::artefact::hex;
use crate::download::Processor;

/// The words in `X-Robots-Tag` by which a site says that an image is not to be learnt from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptOut(BTreeSet<String>);

impl Default for OptOut {
    fn default() -> Self {
        Self::new(["noai", "noimageai", "noindex", "noimageindex"])
    }
}

impl OptOut {
    /// These words; none at all keeps every image.
    pub fn new<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Self {
        Self(
            words
                .into_iter()
                .map(|word| word.into().to_lowercase())
                .collect(),
        )
    }

    /// The words in order.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The first of the words that the reply's headers say to everybody, or to this program.
    fn found(&self, reply: &Reply) -> Option<String> {
        reply
            .headers
            .iter()
            .filter(|(name, _)| name == "x-robots-tag")
            .flat_map(|(_, value)| directives(value))
            .find(|word| self.0.contains(word))
    }
}

/// The directives of one header: `noai, noindex`, or `ticclip: noai` for one robot.
fn directives(value: &str) -> Vec<String> {
    let value = value.to_lowercase();
    let (agent, words) = value.split_once(':').unwrap_or(("*", &value));
    let agent = agent.trim();
    if agent.contains(',') {
        // The colon belongs to a later directive, such as `unavailable_after: date`.
        return value
            .split(',')
            .map(|word| word.trim().to_owned())
            .collect();
    }
    if !matches!(agent, "*" | "ticclip") {
        return Vec::new();
    }
    words
        .split(',')
        .map(|word| word.trim().to_owned())
        .collect()
}

/// A row and what was answered about it.
pub(super) struct Answered<'a> {
    pub(super) number: u32,
    pub(super) row: &'a PoolRow,
    pub(super) reply: Result<Reply, ClientError>,
}

impl Answered<'_> {
    /// What became of the row, and the bytes to store.
    pub(super) fn settle(self, opt_out: &OptOut, processor: &mut Processor) -> (Outcome, Vec<u8>) {
        let row = self.number;
        let (state, image, reply) = match &self.reply {
            Ok(reply) => {
                let (state, image) = self.take(reply, opt_out, processor);
                (state, image, Some(reply))
            }
            Err(error) => {
                let (reason, detail) = (error.word().to_owned(), error.to_string());
                let state = match error.lasting() {
                    Some(_) => State::Rejected { reason, detail },
                    None => State::Failed { reason, detail },
                };
                (state, Vec::new(), None)
            }
        };
        let moved = reply.filter(|reply| !reply.hops.is_empty());
        let outcome = Outcome {
            row,
            state,
            http_status: reply.map(|reply| reply.status),
            final_url: moved.map(|reply| reply.url.to_string()),
            claims: reply.map_or_else(Vec::new, claims),
        };
        (outcome, image)
    }

    fn take(&self, reply: &Reply, opt_out: &OptOut, processor: &mut Processor) -> (State, Vec<u8>) {
        let rejected = |reason: &str, detail: String| {
            let reason = reason.to_owned();
            (State::Rejected { reason, detail }, Vec::new())
        };
        if !(200..300).contains(&reply.status) {
            return rejected("refused-by-server", format!("status {}", reply.status));
        }
        if let Some(word) = opt_out.found(reply) {
            return rejected("opted-out", format!("x-robots-tag: {word}"));
        }
        if reply.cut {
            let detail = "the file is longer than --max-file-mib allows";
            return rejected("too-many-bytes", detail.to_owned());
        }
        let sha256 = hex(&Sha256::digest(&reply.body));
        if let Some(expected) = &self.row.sha256
            && !expected.trim().eq_ignore_ascii_case(&sha256)
        {
            return rejected(
                "sha256-mismatch",
                format!("{sha256}, not {}", expected.trim()),
            );
        }
        let boxes = match self
            .row
            .boxes
            .as_deref()
            .map(serde_json::from_str)
            .transpose()
        {
            Ok(boxes) => boxes.unwrap_or_default(),
            Err(error) => return rejected("malformed-boxes", error.to_string()),
        };
        let boxes: Vec<[f32; 4]> = boxes;
        match processor.process(&reply.body, &boxes) {
            Err(refusal) => rejected(refusal.reason.word(), refusal.detail),
            Ok(image) => {
                let stored = Stored {
                    extension: image.format.extension().to_owned(),
                    width: image.width,
                    height: image.height,
                    original_width: image.original_width,
                    original_height: image.original_height,
                    sha256,
                };
                (State::Downloaded(stored), image.bytes)
            }
        }
    }
}

/// A row without columns: the sources that read replies need none.
struct NoCells;

impl Cells for NoCells {
    fn cell(&self, _column: &str) -> Option<&str> {
        None
    }
}

/// The dates that come with an image: in its server's headers, in its bytes, and in the path of a url that it moved to.
fn claims(reply: &Reply) -> Vec<Claim> {
    if !(200..300).contains(&reply.status) {
        return Vec::new();
    }
    let url = reply.url.to_string();
    let pair = |image_bytes| Pair {
        uid: 0,
        cells: &NoCells,
        image: &url,
        image_bytes,
    };
    let mut claims = Vec::new();
    let mut take = |answer| {
        if let Ok(Answer::Dated(found)) = answer {
            claims.extend(found);
        }
    };
    take(Exif.date(&pair(Some(&reply.body))));
    // As if the headers alone had been asked for, with `GET`.
    let question = Question::about(url.clone()).next();
    if let Ok(headers) = HttpHeaders::new(HttpHeadersConfig::default()) {
        headers
            .read(&[&question], reply)
            .into_iter()
            .for_each(&mut take);
    }
    if !reply.hops.is_empty() {
        take(UrlPath.date(&pair(None)));
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opted_out(values: &[&str]) -> Option<String> {
        let reply = Reply {
            url: "http://example.org/a.jpg".parse().expect("a url"),
            hops: Vec::new(),
            status: 200,
            headers: values
                .iter()
                .map(|value| ("x-robots-tag".to_owned(), (*value).to_owned()))
                .collect(),
            body: Vec::new(),
            cut: false,
        };
        OptOut::default().found(&reply)
    }

    #[test]
    fn opting_out_is_heard_in_every_form_and_for_others_not() {
        assert_eq!(opted_out(&["all", "NoAI"]).as_deref(), Some("noai"));
        assert_eq!(
            opted_out(&["nofollow, noimageindex"]).as_deref(),
            Some("noimageindex")
        );
        assert_eq!(opted_out(&["ticclip: noai"]).as_deref(), Some("noai"));
        assert_eq!(opted_out(&["otherbot: noai"]), None);
        assert_eq!(
            opted_out(&["noindex, unavailable_after: 25 Jun 2010"]).as_deref(),
            Some("noindex")
        );
        assert_eq!(opted_out(&["unavailable_after: noai"]), None);
        assert_eq!(opted_out(&[]), None);
    }
}
