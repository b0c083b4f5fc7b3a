//! Exact draws from a binomial distribution: how many of a resample's rows hold one value.

use super::factorial::ln_factorial;
use super::stream::Stream;

/// Below this many expected hits it is quicker to add up probabilities from zero; the rejection
/// method's hat is proved from it on.
const FEW: f64 = 10.0;

impl Stream {
    /// Hits among `n` trials of probability `p`.
    pub(crate) fn binomial(&mut self, n: u64, p: f64) -> u64 {
        if p > 0.5 {
            return n - self.binomial(n, 1.0 - p);
        }
        if n == 0 || p <= 0.0 {
            0
        } else if n as f64 * p < FEW {
            self.few(n, p)
        } else {
            self.many(n, p)
        }
    }

    /// Inversion: a uniform number is used up by the probabilities of 0, 1, 2 … hits.
    fn few(&mut self, n: u64, p: f64) -> u64 {
        let odds = p / (1.0 - p);
        // Above e⁻¹⁴, as n·p is below 10 and p at most ½.
        let mut probability = (n as f64 * (-p).ln_1p()).exp();
        let mut left = self.unit();
        let mut hits = 0;
        while left >= probability && hits < n {
            left -= probability;
            probability *= odds * (n - hits) as f64 / (hits + 1) as f64;
            hits += 1;
        }
        hits
    }

    /// Transformed rejection with squeeze (Hörmann 1993, algorithm BTRS).
    fn many(&mut self, n: u64, p: f64) -> u64 {
        let count = n as f64;
        let deviation = (count * p * (1.0 - p)).sqrt();
        let b = 1.15 + 2.53 * deviation;
        let a = -0.0873 + 0.0248 * b + 0.01 * p;
        let centre = count * p + 0.5;
        let squeeze = 0.92 - 4.2 / b;
        loop {
            let u = self.unit() - 0.5;
            let v = self.unit();
            let side = 0.5 - u.abs();
            let hits = ((2.0 * a / side + b) * u + centre).floor();
            if hits < 0.0 || hits > count {
                continue;
            }
            if side >= 0.07 && v <= squeeze {
                return hits as u64;
            }
            let hat = (2.83 + 5.1 / b) * deviation / (a / (side * side) + b);
            let mode = ((count + 1.0) * p).floor();
            let of = |hits: f64| ln_factorial(hits as u64) + ln_factorial((count - hits) as u64);
            let density = of(mode) - of(hits) + (hits - mode) * (p / (1.0 - p)).ln();
            if (v * hat).ln() <= density {
                return hits as u64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{Binomial, Discrete};

    #[test]
    fn draws_follow_the_binomial_distribution() {
        const DRAWS: usize = 400_000;
        for (n, p) in [
            (1, 0.3),
            (12, 0.5),
            (50, 0.04),
            (60, 0.93),
            (200, 0.25),
            (1000, 0.011),
            (50_000, 0.06),
            (50_000, 0.5),
        ] {
            let mut stream = Stream::new(3, n as usize);
            let mut counts = vec![0_u32; n as usize + 1];
            for _ in 0..DRAWS {
                counts[stream.binomial(n, p) as usize] += 1;
            }
            let law = Binomial::new(p, n).expect("a share");
            // Cells of at least 200 expected draws, so that χ² has its law.
            let (mut chi, mut cells) = (0.0, 0_u32);
            let (mut seen, mut expected) = (0.0, 0.0);
            for (hits, count) in counts.iter().enumerate() {
                seen += f64::from(*count);
                expected += DRAWS as f64 * law.pmf(hits as u64);
                if expected >= 200.0 {
                    chi += (seen - expected) * (seen - expected) / expected;
                    cells += 1;
                    (seen, expected) = (0.0, 0.0);
                }
            }
            let free = f64::from(cells.max(2) - 1);
            assert!(
                chi < free + 4.0 * (2.0 * free).sqrt() + 4.0,
                "n {n} p {p}: χ² {chi} of {free}"
            );
        }
    }

    #[test]
    fn sure_trials_are_not_drawn() {
        let mut stream = Stream::new(0, 0);
        assert_eq!(stream.binomial(9, 0.0), 0);
        assert_eq!(stream.binomial(9, 1.0), 9);
        assert_eq!(stream.binomial(0, 0.4), 0);
    }
}
