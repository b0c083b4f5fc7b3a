//! Exact draws without replacement: how many of the drawn rows are marked.

use crate::interval::{Stream, ln_binomial};

/// `drawn` of `rows` rows, of which `marked` are marked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hypergeometric {
    rows: u64,
    marked: u64,
    drawn: u64,
    mode: u64,
    at_mode: f64,
}

impl Hypergeometric {
    pub(super) fn new(rows: u64, marked: u64, drawn: u64) -> Self {
        let mode = (u128::from(drawn + 1) * u128::from(marked + 1) / u128::from(rows + 2)) as u64;
        let at_mode = ln_binomial(marked, mode) + ln_binomial(rows - marked, drawn - mode)
            - ln_binomial(rows, drawn);
        Self {
            rows,
            marked,
            drawn,
            mode,
            at_mode: at_mode.exp(),
        }
    }

    /// Marked rows among the drawn, by inversion from the mode outwards: a uniform number is used
    /// up by the probabilities of the mode and its neighbours in turn.
    pub(super) fn draw(&self, stream: &mut Stream) -> u64 {
        let least = (self.drawn + self.marked).saturating_sub(self.rows);
        let most = self.drawn.min(self.marked);
        let mut left = stream.unit() - self.at_mode;
        let (mut below, mut above) = (self.mode, self.mode);
        let (mut p_below, mut p_above) = (self.at_mode, self.at_mode);
        while left >= 0.0 && (below > least || above < most) {
            if above < most {
                p_above *= self.step(above);
                above += 1;
                left -= p_above;
                if left < 0.0 {
                    return above;
                }
            }
            if below > least {
                below -= 1;
                p_below /= self.step(below);
                left -= p_below;
                if left < 0.0 {
                    return below;
                }
            }
        }
        self.mode
    }

    /// How much likelier k + 1 marked rows are than k.
    fn step(&self, k: u64) -> f64 {
        let more = (self.marked - k) as f64 * (self.drawn - k) as f64;
        let fewer = (k + 1) as f64 * (self.rows + k + 1 - self.marked - self.drawn) as f64;
        more / fewer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{Discrete, Hypergeometric as Law};

    #[test]
    fn draws_follow_the_hypergeometric_distribution() {
        const DRAWS: usize = 40_000;
        for (rows, marked, drawn) in [
            (10, 4, 5),
            (10, 8, 7),
            (50_000, 3000, 150),
            (50_000, 3000, 20_000),
            (50_000, 2, 40_000),
        ] {
            let draws = Hypergeometric::new(rows, marked, drawn);
            let mut stream = Stream::new(11, marked as usize);
            let mut counts = vec![0_u32; drawn.min(marked) as usize + 1];
            for _ in 0..DRAWS {
                counts[draws.draw(&mut stream) as usize] += 1;
            }
            let law = Law::new(rows, marked, drawn).expect("a part of the rows");
            let (mut chi, mut cells) = (0.0, 0_u32);
            let (mut seen, mut expected) = (0.0, 0.0);
            for (k, count) in counts.iter().enumerate() {
                seen += f64::from(*count);
                expected += DRAWS as f64 * law.pmf(k as u64);
                if expected >= 200.0 {
                    chi += (seen - expected) * (seen - expected) / expected;
                    cells += 1;
                    (seen, expected) = (0.0, 0.0);
                }
            }
            let free = f64::from(cells.max(2) - 1);
            assert!(
                chi < free + 4.0 * (2.0 * free).sqrt() + 4.0,
                "{marked} of {rows}, {drawn} drawn: χ² {chi} of {free}"
            );
        }
    }

    #[test]
    fn sure_draws_are_sure() {
        let mut stream = Stream::new(0, 0);
        assert_eq!(Hypergeometric::new(9, 9, 4).draw(&mut stream), 4);
        assert_eq!(Hypergeometric::new(9, 3, 9).draw(&mut stream), 3);
        assert_eq!(Hypergeometric::new(9, 0, 4).draw(&mut stream), 0);
        assert_eq!(Hypergeometric::new(9, 4, 0).draw(&mut stream), 0);
    }
}
