//! A dated claim: one source's word on when a pair was published, and which of several words wins.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::rejection::Reason;
use crate::source::SourceName;

words! {
    /// How finely a claim is dated. `at` is the first instant of the second, day, month or year.
    pub enum Precision {
        /// To the second.
        Second = "second",
        /// A calendar day in UTC.
        Day = "day",
        /// A calendar month in UTC.
        Month = "month",
        /// A calendar year in UTC.
        Year = "year",
    }
}

words! {
    /// What happened at the claimed instant.
    pub enum Kind {
        /// The picture was made.
        Created = "created",
        /// The pair was put online.
        Posted = "posted",
        /// A crawler saw it: it existed no later than that.
        Captured = "captured",
        /// The file was last changed: it existed no later than that.
        Modified = "modified",
    }
}

impl Kind {
    /// `created` and `posted` date the pair itself; `captured` and `modified` only bound it from above.
    pub const fn is_exact(self) -> bool {
        matches!(self, Self::Created | Self::Posted)
    }
}

/// One source's answer, with the evidence that lets a reader check it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Claim {
    /// The instant, or the first instant of the day, month or year.
    pub at: DateTime<Utc>,
    /// How finely `at` is known.
    pub precision: Precision,
    /// What happened at `at`.
    pub kind: Kind,
    /// Who says so.
    pub source: SourceName,
    /// The url, cell or header that says so, as it was found.
    pub evidence: String,
}

impl Claim {
    /// Nothing on the web is older; what claims to be is a default or a mistake.
    const FIRST_YEAR: i32 = 1990;

    /// The half-open interval that the claim's precision leaves open.
    fn span(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let end = match self.precision {
            Precision::Second => self.at.checked_add_signed(TimeDelta::seconds(1)),
            Precision::Day => self.at.checked_add_days(Days::new(1)),
            Precision::Month => self.at.checked_add_months(Months::new(1)),
            Precision::Year => self.at.checked_add_months(Months::new(12)),
        };
        (self.at, end.unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    /// Refuses dates that are defaults or mistakes rather than answers.
    ///
    /// # Errors
    /// The [`Reason`] why the date must not be used; `not_after` is usually the time of the run.
    pub fn check(&self, not_after: DateTime<Utc>) -> Result<(), Reason> {
        let wall = self.at.naive_utc();
        if is_unix_epoch(wall) {
            return Err(Reason::UnixEpoch);
        }
        if self.source == SourceName::Exif && is_camera_default(wall) {
            return Err(Reason::CameraDefault);
        }
        if self.at.year() < Self::FIRST_YEAR {
            return Err(Reason::Before1990);
        }
        if self.at > not_after {
            return Err(Reason::InTheFuture);
        }
        Ok(())
    }
}

/// Midnight of the first day of 2000 is what a camera shows whose clock was never set.
pub(crate) fn is_camera_default(wall: NaiveDateTime) -> bool {
    NaiveDate::from_ymd_opt(2000, 1, 1).and_then(|day| day.and_hms_opt(0, 0, 0)) == Some(wall)
}

/// The whole first day of Unix time: a zero that was formatted as a date, in any time zone east of Greenwich.
pub(crate) fn is_unix_epoch(wall: NaiveDateTime) -> bool {
    NaiveDate::from_ymd_opt(1970, 1, 1) == Some(wall.date())
}

words! {
    /// Which of several claims dates a pair. What ties is settled by the sources' order, then by the claims' own order, so
    /// that the choice never depends on who answered first. A source that is not in the order comes last.
    pub enum Rule {
        /// An exact claim beats a bound. Among exact claims the source that stands first wins; among bounds the earliest,
        /// because each says "no later than". Of one source's exact claims the posting wins over the picture's making: a
        /// pair is a picture with its caption, and that is as old as the post.
        ExactFirst = "exact-first",
        /// The source that stands first wins, whatever its kind of claim; of one source's claims the exact one, the posting
        /// before the picture's making, then the earliest.
        SourceOrder = "source-order",
        /// The earliest claim wins, whatever its kind: for pairs of which the first sighting counts.
        Earliest = "earliest",
    }
}

#[expect(
    clippy::derivable_impls,
    reason = "the macro of words derives no default"
)]
impl Default for Rule {
    fn default() -> Self {
        Self::ExactFirst
    }
}

/// Picks the claim that dates the pair by the given [`Rule`]: its position among `claims`.
pub fn choose(claims: &[Claim], order: &[SourceName], rule: Rule) -> Option<usize> {
    let rank = |claim: &Claim| {
        order
            .iter()
            .position(|&name| name == claim.source)
            .unwrap_or(order.len())
    };
    let all = || claims.iter().enumerate();
    let earliest = || all().min_by_key(|(_, claim)| (claim.at, rank(claim)));
    let chosen = match rule {
        Rule::ExactFirst => all()
            .filter(|(_, claim)| claim.kind.is_exact())
            .min_by_key(|(_, claim)| (rank(claim), claim.kind != Kind::Posted, claim.at))
            .or_else(earliest),
        Rule::SourceOrder => all().min_by_key(|(_, claim)| {
            let kind = (!claim.kind.is_exact(), claim.kind != Kind::Posted);
            (rank(claim), kind, claim.at)
        }),
        Rule::Earliest => earliest(),
    };
    chosen.map(|(position, _)| position)
}

/// Whether a claim that `source` might still make could win over the chosen one: then the choice has to wait for it.
pub(crate) fn might_win(
    source: SourceName,
    chosen: &Claim,
    order: &[SourceName],
    rule: Rule,
) -> bool {
    let rank = |name: SourceName| order.iter().position(|&other| other == name);
    match rule {
        Rule::ExactFirst if chosen.kind.is_exact() => {
            source.may_be_exact() && rank(source) < rank(chosen.source)
        }
        Rule::ExactFirst | Rule::Earliest => true,
        Rule::SourceOrder => rank(source) < rank(chosen.source),
    }
}

/// Two sources that cannot both be right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Disagreement {
    /// The source whose claim was chosen.
    pub chosen: SourceName,
    /// The source that contradicts it most.
    pub against: SourceName,
    /// Seconds between the two claims' intervals.
    pub gap_seconds: i64,
}

/// The widest contradiction to the chosen claim, if it is wider than `tolerance`.
///
/// Another exact claim contradicts it by the time between the two intervals that their precisions leave
/// open: a month agrees with each of its days. A bound contradicts an exact claim only by ending before it
/// begins, as nothing is captured before it exists. Two bounds never contradict each other.
pub fn disagreement(
    chosen: &Claim,
    claims: &[Claim],
    tolerance: TimeDelta,
) -> Option<Disagreement> {
    let widest = claims
        .iter()
        .map(|other| (gap(chosen, other), other))
        .max_by_key(|&(gap, _)| gap);
    let (gap, other) = widest?;
    (gap > tolerance).then(|| Disagreement {
        chosen: chosen.source,
        against: other.source,
        gap_seconds: gap.num_seconds(),
    })
}

fn gap(chosen: &Claim, other: &Claim) -> TimeDelta {
    if !chosen.kind.is_exact() {
        return TimeDelta::zero();
    }
    let ((start, end), (other_start, other_end)) = (chosen.span(), other.span());
    let before = start - other_end;
    let after = if other.kind.is_exact() {
        other_start - end
    } else {
        TimeDelta::zero()
    };
    before.max(after).max(TimeDelta::zero())
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        reason = "a test that cannot parse its own dates should fail there"
    )]
    use super::*;

    fn claim(at: &str, kind: Kind, source: SourceName) -> Claim {
        Claim {
            at: at.parse().unwrap(),
            precision: Precision::Second,
            kind,
            source,
            evidence: at.to_owned(),
        }
    }

    const ORDER: [SourceName; 4] = [
        SourceName::Column,
        SourceName::Exif,
        SourceName::UrlPath,
        SourceName::HttpHeaders,
    ];

    #[test]
    fn exact_claim_beats_bound() {
        let claims = [
            claim("2011-01-01T00:00:00Z", Kind::Modified, SourceName::Column),
            claim("2019-01-01T00:00:00Z", Kind::Posted, SourceName::UrlPath),
        ];
        assert_eq!(choose(&claims, &ORDER, Rule::ExactFirst), Some(1));
    }

    #[test]
    fn order_decides_among_exact_claims() {
        let claims = [
            claim("2011-01-01T00:00:00Z", Kind::Posted, SourceName::UrlPath),
            claim("2019-01-01T00:00:00Z", Kind::Created, SourceName::Exif),
        ];
        assert_eq!(choose(&claims, &ORDER, Rule::ExactFirst), Some(1));
        let reversed: Vec<_> = ORDER.iter().rev().copied().collect();
        assert_eq!(choose(&claims, &reversed, Rule::ExactFirst), Some(0));
    }

    #[test]
    fn earliest_wins_among_bounds() {
        let claims = [
            claim("2019-01-01T00:00:00Z", Kind::Captured, SourceName::Column),
            claim(
                "2011-01-01T00:00:00Z",
                Kind::Modified,
                SourceName::HttpHeaders,
            ),
        ];
        assert_eq!(choose(&claims, &ORDER, Rule::ExactFirst), Some(1));
    }

    #[test]
    fn a_posting_dates_the_pair_rather_than_its_picture() {
        let claims = [
            claim("2009-12-24T18:01:02Z", Kind::Created, SourceName::Flickr),
            claim("2010-01-01T12:30:45Z", Kind::Posted, SourceName::Flickr),
        ];
        for rule in [Rule::ExactFirst, Rule::SourceOrder] {
            assert_eq!(choose(&claims, &[SourceName::Flickr], rule), Some(1));
        }
        assert_eq!(
            choose(&claims, &[SourceName::Flickr], Rule::Earliest),
            Some(0)
        );
    }

    #[test]
    fn another_rule_chooses_another_claim() {
        let claims = [
            claim("2015-01-01T00:00:00Z", Kind::Posted, SourceName::UrlPath),
            claim("2019-01-01T00:00:00Z", Kind::Captured, SourceName::Column),
            claim(
                "2011-01-01T00:00:00Z",
                Kind::Modified,
                SourceName::HttpHeaders,
            ),
        ];
        let chosen = |rule| claims[choose(&claims, &ORDER, rule).unwrap()].source;
        assert_eq!(chosen(Rule::ExactFirst), SourceName::UrlPath);
        assert_eq!(chosen(Rule::SourceOrder), SourceName::Column);
        assert_eq!(chosen(Rule::Earliest), SourceName::HttpHeaders);
    }

    #[test]
    fn a_choice_waits_only_for_sources_that_could_change_it() {
        let exact = claim("2019-01-01T00:00:00Z", Kind::Created, SourceName::Exif);
        let bound = claim(
            "2019-01-01T00:00:00Z",
            Kind::Modified,
            SourceName::HttpHeaders,
        );
        let waits = |source, chosen, rule| might_win(source, chosen, &ORDER, rule);
        assert!(waits(SourceName::Column, &exact, Rule::ExactFirst));
        assert!(!waits(SourceName::UrlPath, &exact, Rule::ExactFirst));
        assert!(!waits(SourceName::HttpHeaders, &exact, Rule::ExactFirst));
        assert!(waits(SourceName::UrlPath, &bound, Rule::ExactFirst));
        assert!(waits(SourceName::Column, &exact, Rule::SourceOrder));
        assert!(!waits(SourceName::UrlPath, &exact, Rule::SourceOrder));
        assert!(waits(SourceName::HttpHeaders, &exact, Rule::Earliest));
    }

    #[test]
    fn no_claim_is_no_choice() {
        assert_eq!(choose(&[], &ORDER, Rule::ExactFirst), None);
    }

    #[test]
    fn defaults_and_mistakes_are_rejected_by_name() {
        let not_after = "2024-06-01T00:00:00Z".parse().unwrap();
        let reason = |at, source| {
            claim(at, Kind::Created, source)
                .check(not_after)
                .err()
                .map(Reason::as_str)
        };
        assert_eq!(
            reason("1970-01-01T09:00:00Z", SourceName::Column),
            Some("unix-epoch")
        );
        assert_eq!(
            reason("1989-12-31T23:59:59Z", SourceName::Column),
            Some("before-1990")
        );
        assert_eq!(reason("1990-01-01T00:00:00Z", SourceName::Column), None);
        assert_eq!(reason("2024-06-01T00:00:00Z", SourceName::Column), None);
        assert_eq!(
            reason("2024-06-01T00:00:01Z", SourceName::Column),
            Some("in-the-future")
        );
        assert_eq!(
            reason("2000-01-01T00:00:00Z", SourceName::Exif),
            Some("camera-default")
        );
        assert_eq!(reason("2000-01-01T00:00:00Z", SourceName::Column), None);
    }

    #[test]
    fn a_month_agrees_with_its_days() {
        let mut month = claim("2019-05-01T00:00:00Z", Kind::Posted, SourceName::UrlPath);
        month.precision = Precision::Month;
        let inside = claim("2019-05-31T23:00:00Z", Kind::Posted, SourceName::Column);
        let outside = claim("2019-06-03T00:00:00Z", Kind::Posted, SourceName::Column);
        assert_eq!(
            disagreement(&inside, &[inside.clone(), month.clone()], TimeDelta::zero()),
            None
        );
        let found = disagreement(
            &outside,
            &[month.clone(), outside.clone()],
            TimeDelta::days(1),
        )
        .unwrap();
        assert_eq!(
            (found.against, found.gap_seconds),
            (SourceName::UrlPath, 2 * 86_400)
        );
        assert_eq!(disagreement(&outside, &[month], TimeDelta::days(2)), None);
    }

    #[test]
    fn a_bound_contradicts_only_what_comes_after_it() {
        let posted = claim("2015-01-01T00:00:00Z", Kind::Posted, SourceName::Column);
        let later = claim(
            "2020-01-01T00:00:00Z",
            Kind::Modified,
            SourceName::HttpHeaders,
        );
        let earlier = claim(
            "2010-01-01T00:00:00Z",
            Kind::Modified,
            SourceName::HttpHeaders,
        );
        assert_eq!(
            disagreement(
                &posted,
                &[posted.clone(), later.clone()],
                TimeDelta::days(1)
            ),
            None
        );
        assert!(
            disagreement(
                &posted,
                &[posted.clone(), earlier.clone()],
                TimeDelta::days(1)
            )
            .is_some()
        );
        assert_eq!(disagreement(&earlier, &[later], TimeDelta::zero()), None);
    }

    #[test]
    fn every_word_is_spelt_the_same_everywhere() {
        for word in Kind::ALL {
            assert_eq!(serde_json::to_string(word).unwrap(), format!("\"{word}\""));
        }
    }
}
