//! Tests of timelines.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("in range")
}

fn day(text: &str) -> DateTime<Utc> {
    format!("{text}T00:00:00Z").parse().expect("a date")
}

fn step(name: &str, from: &str, to: &str) -> Step {
    Step {
        name: name.to_owned(),
        from: day(from),
        to: day(to),
    }
}

fn refused(steps: &[Step]) -> String {
    Timeline::new(steps.to_vec())
        .expect_err("refused")
        .to_string()
}

#[test]
fn what_is_no_timeline_is_refused_by_name() {
    let (a, b) = (
        step("a", "2010-01-01", "2012-01-01"),
        step("b", "2011-12-31", "2013-01-01"),
    );
    assert!(refused(&[a.clone(), b.clone()]).contains("step `b` begins at 2011-12-31"));
    assert!(
        refused(&[b, a.clone()])
            .contains("step `a` begins at 2010-01-01 00:00:00 UTC, before step `b`")
    );
    assert!(refused(&[step("x", "2010-01-01", "2010-01-01")]).contains("step `x` is empty"));
    assert!(
        refused(&[a, step("A", "2012-01-01", "2013-01-01")]).contains("two steps are named `A`")
    );
    for name in ["", "..", "a/b", ".x", "é"] {
        assert!(
            refused(&[step(name, "2010-01-01", "2011-01-01")]).contains("is not allowed"),
            "{name}"
        );
    }
    assert!(refused(&[]).contains("no steps"));
    assert!(Step::of_years("far", [2010, 99_999]).is_err());
}

#[test]
fn years_include_both_ends() {
    let timeline = Timeline::new(vec![
        Step::of_years("2010-2014", [2010, 2014]).expect("years"),
    ])
    .expect("one step");
    assert_eq!(timeline.step_of(day("2010-01-01")), Some(0));
    assert_eq!(timeline.step_of(day("2014-12-31")), Some(0));
    assert_eq!(timeline.step_of(day("2015-01-01")), None);
    assert_eq!(
        timeline.step_of(day("2015-01-01") - TimeDelta::microseconds(1)),
        Some(0)
    );
    assert_eq!(timeline.step_of(day("2009-12-31")), None);
}

#[test]
fn yearly_and_monthly_have_the_periods_of_the_data_up_to_not_after() {
    let dates = ["1970-01-01", "2014-05-01", "2016-12-31", "2031-01-01"].map(day);
    let names = |timeline: Timeline| {
        timeline
            .steps()
            .iter()
            .map(|step| step.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(Timeline::yearly(dates, day("2020-06-01")).expect("years")),
        ["2014", "2016"]
    );
    let monthly = Timeline::monthly(dates, day("2016-12-01")).expect("months");
    assert_eq!(
        monthly.steps()[1],
        step("201612", "2016-12-01", "2017-01-01")
    );
    assert_eq!(names(monthly), ["201405", "201612"]);
    assert_eq!(
        Timeline::yearly([day("1970-01-01")], day("2020-01-01")),
        Err(TimelineError::NoSteps)
    );
}

/// Sorted cuts of time; every other gap between them is a step.
fn cuts() -> impl Strategy<Value = Vec<i64>> {
    proptest::collection::btree_set(-1_000_000_i64..1_000_000, 2..20)
        .prop_map(|cuts| cuts.into_iter().collect())
}

fn steps_of(cuts: &[i64], every: usize) -> Vec<Step> {
    let step = |(i, pair): (usize, &[i64])| Step {
        name: format!("s{i}"),
        from: at(pair[0]),
        to: at(pair[1]),
    };
    cuts.windows(2)
        .enumerate()
        .step_by(every)
        .map(step)
        .collect()
}

proptest! {
    #[test]
    fn an_instant_is_in_the_one_step_whose_interval_holds_it(
        cuts in cuts(), every in 1_usize..3, seconds in -1_100_000_i64..1_100_000,
    ) {
        let timeline = Timeline::new(steps_of(&cuts, every)).expect("sorted and disjoint");
        let holds = |step: &Step| step.from <= at(seconds) && at(seconds) < step.to;
        prop_assert_eq!(timeline.step_of(at(seconds)), timeline.steps().iter().position(holds));
        prop_assert!(timeline.steps().iter().filter(|step| holds(step)).count() <= 1);
    }

    #[test]
    fn steps_in_any_other_order_are_refused(cuts in cuts(), swap in 0_usize..20) {
        let mut steps = steps_of(&cuts, 1);
        prop_assume!(steps.len() > 1);
        let swap = swap % (steps.len() - 1);
        steps.swap(swap, swap + 1);
        prop_assert!(Timeline::new(steps).is_err());
    }

    #[test]
    fn a_step_made_one_second_longer_overlaps_the_next(cuts in cuts(), which in 0_usize..20) {
        let mut steps = steps_of(&cuts, 1);
        prop_assume!(steps.len() > 1);
        let which = which % (steps.len() - 1);
        steps[which].to += TimeDelta::seconds(1);
        let overlaps = matches!(Timeline::new(steps), Err(TimelineError::Overlap { .. }));
        prop_assert!(overlaps);
    }
}
