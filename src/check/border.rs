//! Border: the pairs that are tested on, to be found by url and by looks among those that are trained on.

use std::sync::atomic::{AtomicU8, Ordering};

use super::image_hash::ImageHash;
use super::near_index::NearIndex;
use crate::uid::Uid;

/// What is kept of a pair that is tested on: some hundred bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EvaluationPair {
    pub(super) uid: Uid,
    /// The number of its tar.
    pub(super) tar: u32,
    /// A hash of its url, as of a uid.
    pub(super) url: Option<Uid>,
    pub(super) image: Option<ImageHash>,
}

/// Of a pair: something that is trained on has its url, or looks like it.
const URL: u8 = 1;
const IMAGE: u8 = 2;

/// All pairs that are tested on.
pub(super) struct Border {
    pairs: Vec<EvaluationPair>,
    marks: Vec<AtomicU8>,
    /// Hashes of urls, sorted, with the pair.
    urls: Vec<(Uid, u32)>,
    index: NearIndex,
    /// The pairs of the index.
    indexed: Vec<u32>,
}

/// How many pairs that are tested on have something alike that is trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Concerned {
    pub(super) urls: u64,
    pub(super) images: u64,
}

/// The hash by which urls are compared.
pub(super) fn hash_of_url(url: &str) -> Uid {
    Uid::from_values([url])
}

impl Border {
    /// A border of these pairs, on which images are alike whose hashes differ in at most `distance` bits.
    pub(super) fn new(mut pairs: Vec<EvaluationPair>, distance: u32) -> Self {
        // A pair is in several sets of one step.
        pairs.sort_by_key(|pair| (pair.uid, pair.tar));
        pairs.dedup_by(|b, a| (a.uid, a.url, a.image) == (b.uid, b.url, b.image));
        pairs.sort_by_key(|pair| (pair.tar, pair.uid));
        let numbered = || pairs.iter().zip(0_u32..);
        let mut urls: Vec<(Uid, u32)> = numbered()
            .filter_map(|(pair, at)| Some((pair.url?, at)))
            .collect();
        urls.sort_unstable();
        let (hashes, indexed) = numbered()
            .filter_map(|(pair, at)| Some((pair.image?, at)))
            .unzip();
        Self {
            marks: pairs.iter().map(|_| AtomicU8::new(0)).collect(),
            index: NearIndex::new(hashes, distance),
            pairs,
            urls,
            indexed,
        }
    }

    fn mark(&self, at: u32, mark: u8) {
        self.marks[at as usize].fetch_or(mark, Ordering::Relaxed);
    }

    /// The first pair of this url that is not `uid` itself.
    pub(super) fn of_url(&self, url: &str, uid: Option<Uid>) -> Option<&EvaluationPair> {
        let hash = hash_of_url(url);
        let first = self.urls.partition_point(|entry| entry.0 < hash);
        let same = self.urls[first..]
            .iter()
            .take_while(|entry| entry.0 == hash);
        let mut found = None;
        for &(_, at) in same {
            let pair = &self.pairs[at as usize];
            if uid != Some(pair.uid) {
                self.mark(at, URL);
                found.get_or_insert(pair);
            }
        }
        found
    }

    /// The nearest pair that looks alike and is not `uid` itself, with the distance.
    pub(super) fn like(
        &self,
        image: ImageHash,
        uid: Option<Uid>,
    ) -> Option<(u32, &EvaluationPair)> {
        let mut nearest: Option<(u32, u32)> = None;
        self.index.within(image, |entry, distance| {
            let at = self.indexed[entry];
            if uid != Some(self.pairs[at as usize].uid) {
                self.mark(at, IMAGE);
                let found = (distance, at);
                nearest = Some(nearest.map_or(found, |nearest| nearest.min(found)));
            }
        });
        nearest.map(|(distance, at)| (distance, &self.pairs[at as usize]))
    }

    pub(super) fn concerned(&self) -> Concerned {
        let count = |mark: u8| {
            let marked = |marks: &&AtomicU8| marks.load(Ordering::Relaxed) & mark != 0;
            self.marks.iter().filter(marked).count() as u64
        };
        Concerned {
            urls: count(URL),
            images: count(IMAGE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(uid: u128, tar: u32, url: &str, image: u128) -> EvaluationPair {
        EvaluationPair {
            uid: Uid(uid),
            tar,
            url: Some(hash_of_url(url)),
            image: Some(ImageHash(image)),
        }
    }

    #[test]
    fn the_nearest_pair_is_told_and_all_near_ones_are_counted_each_once() {
        let border = Border::new(
            vec![
                pair(3, 1, "c", 0b11_0000),
                pair(1, 0, "a", 0b111),
                pair(2, 0, "b", u128::MAX),
                pair(1, 1, "a", 0b111),
            ],
            3,
        );
        assert_eq!(border.pairs.len(), 3, "a pair of two sets is one");
        let like = |image, uid| {
            border
                .like(ImageHash(image), Some(Uid(uid)))
                .map(|(distance, pair)| (distance, pair.uid.0))
        };
        assert_eq!(like(0, 9), Some((2, 3)));
        assert_eq!(like(0, 3), Some((3, 1)), "not the pair itself");
        assert_eq!(like(0xff << 64, 9), None);
        let of_url = |url, uid| border.of_url(url, Some(Uid(uid))).map(|pair| pair.uid.0);
        assert_eq!(of_url("b", 9), Some(2));
        assert_eq!(of_url("b", 2), None);
        assert_eq!(of_url("d", 9), None);
        assert_eq!(border.concerned(), Concerned { urls: 1, images: 2 });
    }
}
