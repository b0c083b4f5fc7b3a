//! How fast lemmas are found in captions, on one thread: `lemma_speed [CAPTIONS]` (release build).
//!
//! Captions are made of the same words in every run: those of the web and, one in twelve, of WordNet.

use std::time::{Duration, Instant};

use ticclip_net::matcher::{LemmaMatcher, Outcome};
use ticclip_net::synsets::Synsets;

/// So many captions are made before they are measured, so that making them does not count.
const BATCH: usize = 8192;

const COMMON: &str = "a the of in and with on for to from by at is new best free how your my this photo image picture \
    vintage black white red blue green gold silver old young small large big little home house kitchen living room \
    garden summer winter spring Christmas birthday party wedding day night city street beach mountain river lake \
    woman women man men girl boy kids baby family people dress shirt shoes style fashion design art print poster \
    vector stock illustration background pattern texture logo icon set collection pack inch cm size XL 2019 2020 \
    Amazon.com: eBay Etsy Pinterest - | & product review price sale shop buy online leather wood metal plastic \
    handmade custom personalized gift idea ideas modern classic luxury portable digital water fire air light sun \
    recipe chicken chocolate cake coffee tea fresh organic healthy food drink London Paris New York California \
    Texas Japan Italian French American German, professional, beautiful, cute, happy, isolated view close-up \
    café décor naïve – ’s it's don't world's";

/// Counts the processor's time where the system tells it, so that other work does not count.
struct Watch {
    wall: Instant,
    busy: Option<u64>,
}

impl Watch {
    fn busy() -> Option<u64> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse().ok()
    }

    fn start() -> Self {
        Self {
            wall: Instant::now(),
            busy: Self::busy(),
        }
    }

    fn elapsed(&self) -> Duration {
        match (self.busy, Self::busy()) {
            (Some(from), Some(to)) => Duration::from_nanos(to - from),
            _ => self.wall.elapsed(),
        }
    }
}

/// A generator of numbers (SplitMix64, Steele et al. 2014) that needs no crate and stays as it is.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }
}

/// Words, of which the common ones make most of a caption.
struct Vocabulary {
    common: Vec<String>,
    rare: Vec<String>,
}

impl Vocabulary {
    fn new(synsets: &Synsets) -> Self {
        let lemmas = synsets.all().iter().flat_map(|synset| &synset.lemmas);
        Self {
            common: COMMON.split_whitespace().map(str::to_owned).collect(),
            rare: lemmas.map(|lemma| lemma.replace('_', " ")).collect(),
        }
    }

    fn write(&self, numbers: &mut Numbers, caption: &mut String) {
        caption.clear();
        for _ in 0..8 + numbers.below(11) {
            let words = if numbers.below(12) == 0 {
                &self.rare
            } else {
                &self.common
            };
            caption.push_str(&words[numbers.below(words.len())]);
            caption.push(' ');
        }
    }
}

#[expect(
    clippy::print_stdout,
    reason = "the figures are what the program is for"
)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let captions = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 10_000_000,
    };
    let synsets = Synsets::embedded();
    let start = Watch::start();
    let matcher = LemmaMatcher::new(&synsets)?;
    println!("the matcher is ready after {:.0?}", start.elapsed());

    let (vocabulary, mut numbers) = (Vocabulary::new(&synsets), Numbers(0));
    let mut batch = vec![String::new(); BATCH.min(captions)];
    let mut counts = [0_usize; 4];
    let (mut left, mut bytes, mut time) = (captions, 0, Duration::ZERO);
    while left > 0 {
        batch.truncate(left);
        left -= batch.len();
        for caption in &mut batch {
            vocabulary.write(&mut numbers, caption);
            bytes += caption.len();
        }
        let start = Watch::start();
        for caption in &batch {
            let outcome = match matcher.find(caption) {
                Outcome::None => 0,
                Outcome::One(_) => 1,
                Outcome::Several => 2,
                Outcome::Ambiguous => 3,
            };
            counts[outcome] += 1;
        }
        time += start.elapsed();
    }
    let [none, one, several, ambiguous] = counts;
    println!("{none} without a class, {one} of one, {several} of several, {ambiguous} ambiguous");
    println!(
        "{captions} captions of {:.0} bytes in {time:.2?}: {:.0} captions/s, {:.0} MB/s",
        bytes as f64 / captions as f64,
        captions as f64 / time.as_secs_f64(),
        bytes as f64 / 1e6 / time.as_secs_f64(),
    );
    Ok(())
}
