//! Scales: where a value lies along an axis, and which values get a tick.

/// Shares that may get a tick on a logit axis.
const ROUND_SHARES: [f64; 19] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98,
    0.99, 0.999,
];

/// An axis from `domain` to pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    domain: (f64, f64),
    pixels: (f64, f64),
    kind: Kind,
}

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Linear,
    Logarithmic,
    Logit,
}

impl Kind {
    fn along(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Logarithmic => value.log10(),
            Self::Logit => (value / (1.0 - value)).ln(),
        }
    }
}

impl Scale {
    /// Even steps. An empty domain is widened, so that every value has a place.
    pub(super) fn linear(domain: (f64, f64), pixels: (f64, f64)) -> Self {
        let (low, high) = domain;
        let high = if high > low { high } else { low + 1.0 };
        Self {
            domain: (low, high),
            pixels,
            kind: Kind::Linear,
        }
    }

    /// Even ratios, for positive domains.
    pub(super) fn logarithmic(domain: (f64, f64), pixels: (f64, f64)) -> Self {
        Self {
            domain,
            pixels,
            kind: Kind::Logarithmic,
        }
    }

    /// Even steps of ln(p / (1 − p)), for domains of shares strictly between 0 and 1.
    pub(super) fn logit(domain: (f64, f64), pixels: (f64, f64)) -> Self {
        Self {
            domain,
            pixels,
            kind: Kind::Logit,
        }
    }

    /// The pixel of `value`.
    pub(super) fn at(&self, value: f64) -> f64 {
        let along = |v: f64| self.kind.along(v);
        let (low, high) = (along(self.domain.0), along(self.domain.1));
        let share = (along(value) - low) / (high - low);
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }

    /// How long the axis is, in pixels.
    pub(super) fn length(&self) -> f64 {
        (self.pixels.1 - self.pixels.0).abs()
    }

    /// Round values inside the domain, about `wanted` of them.
    pub(super) fn ticks(&self, wanted: usize) -> Vec<f64> {
        match self.kind {
            Kind::Linear => self.even_ticks(wanted),
            Kind::Logarithmic => self.decade_ticks(wanted),
            Kind::Logit => self.share_ticks(wanted),
        }
    }

    fn even_ticks(&self, wanted: usize) -> Vec<f64> {
        let (low, high) = self.domain;
        let step = round_step((high - low) / wanted.max(1) as f64);
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        (first..=last).map(|i| i as f64 * step).collect()
    }

    /// Round shares that are about evenly far apart, at least two.
    fn share_ticks(&self, wanted: usize) -> Vec<f64> {
        let (low, high) = self.domain;
        let inside: Vec<f64> = ROUND_SHARES
            .into_iter()
            .filter(|share| (low..=high).contains(share))
            .collect();
        if inside.len() < 2 {
            return vec![low, high];
        }
        let gap = (self.at(high) - self.at(low)).abs() / (wanted + 1) as f64;
        let mut kept: Vec<f64> = Vec::new();
        for share in inside {
            if kept
                .last()
                .is_none_or(|last| (self.at(share) - self.at(*last)).abs() >= gap)
            {
                kept.push(share);
            }
        }
        kept
    }

    /// 1, 2 and 5 times every power of ten, thinned to powers alone where those are too many.
    fn decade_ticks(&self, wanted: usize) -> Vec<f64> {
        let (low, high) = self.domain;
        let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
        let with = |multiples: &[f64]| -> Vec<f64> {
            decades
                .clone()
                .flat_map(|decade| {
                    multiples
                        .iter()
                        .map(move |multiple| multiple * 10f64.powi(decade))
                })
                .filter(|tick| (low * 0.999_999..=high * 1.000_001).contains(tick))
                .collect()
        };
        let fine = with(&[1.0, 2.0, 5.0]);
        if fine.len() <= wanted + 1 {
            fine
        } else {
            with(&[1.0])
        }
    }
}

/// The domain from zero to a round number above `values`; zero is left out where it would flatten everything.
pub(super) fn score_domain(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let high = values.clone().fold(0.0, f64::max);
    let low = values.fold(high, f64::min);
    if high <= 0.0 {
        return (low.min(0.0), 1.0);
    }
    let low = if low > 0.0 && low < 0.6 * high {
        0.0
    } else {
        low
    };
    let step = round_step((high - low).max(high * 0.02) / 5.0);
    (
        (low / step + 1e-9).floor() * step,
        (high / step - 1e-9).ceil() * step,
    )
}

/// The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below `step`.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    [1.0, 2.0, 2.5, 5.0]
        .into_iter()
        .map(|multiple| multiple * power)
        .find(|round| *round >= step * 0.999_999)
        .unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_scale_maps_ends_to_ends() {
        let scale = Scale::linear((0.0, 0.5), (200.0, 0.0));
        assert_eq!(scale.at(0.0), 200.0);
        assert_eq!(scale.at(0.5), 0.0);
        assert_eq!(scale.at(0.25), 100.0);
    }

    #[test]
    fn empty_domain_still_has_places() {
        assert!(Scale::linear((3.0, 3.0), (0.0, 10.0)).at(3.0).is_finite());
    }

    #[test]
    fn ticks_are_round_and_inside() {
        let ticks = Scale::linear((0.0, 0.35), (0.0, 1.0)).ticks(4);
        assert_eq!(ticks, [0.0, 0.1, 0.2, 0.300_000_000_000_000_04]);
        let ticks = Scale::logarithmic((1e13, 1e14), (0.0, 1.0)).ticks(4);
        assert_eq!(ticks, [1e13, 2e13, 5e13, 1e14]);
    }

    #[test]
    fn logit_scale_is_even_in_odds_and_its_ticks_do_not_crowd() {
        let scale = Scale::logit((0.1, 0.9), (0.0, 100.0));
        assert!((scale.at(0.5) - 50.0).abs() < 1e-9);
        let ticks = scale.ticks(4);
        assert_eq!(ticks, [0.1, 0.3, 0.6, 0.8]);
        assert_eq!(Scale::logit((0.11, 0.12), (0.0, 1.0)).ticks(4).len(), 2);
    }

    #[test]
    fn score_domain_starts_at_zero_unless_that_flattens() {
        assert_eq!(score_domain([0.08, 0.31].into_iter()), (0.0, 0.4));
        let (low, high) = score_domain([0.60, 0.68].into_iter());
        assert!(
            (low - 0.6).abs() < 1e-9 && (high - 0.68).abs() < 1e-9,
            "{low} {high}"
        );
        assert_eq!(score_domain([0.0].into_iter()), (0.0, 1.0));
        assert_eq!(score_domain([].into_iter()), (0.0, 1.0));
    }
}
