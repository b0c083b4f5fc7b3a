//! What the headline says, and does not say, for different outcomes.

use super::super::content::{
    Content, OverBudget, Score, Step, StepCost, StrategyScores, TaskScores,
};
use super::super::finding::finding;
use super::super::transfer::Part;

/// Three steps; every cell of a part has the part's score, with intervals of ± `half`.
fn strategy(name: &str, macs: f64, parts: [f64; 3], half: Option<f64>) -> StrategyScores {
    let [in_domain, backward, forward] = parts;
    let cell = |i: usize, j: usize| {
        let value = parts[Part::of(i, j) as usize];
        Some(Score {
            value,
            interval: half.map(|half| [value - half, value + half]),
        })
    };
    let task = TaskScores {
        name: "retrieval".to_owned(),
        chance: vec![Some(0.02); 3],
        cells: (0..3)
            .map(|i| (0..3).map(|j| cell(i, j)).collect())
            .collect(),
        in_domain: Some(in_domain),
        backward: Some(backward),
        forward: Some(forward),
        ..TaskScores::default()
    };
    StrategyScores {
        name: name.to_owned(),
        cost: vec![
            StepCost {
                macs: macs / 3.0,
                samples: 1
            };
            3
        ],
        tasks: vec![task],
        ..StrategyScores::default()
    }
}

fn headline(strategies: Vec<StrategyScores>) -> String {
    finding(&content(strategies)).headline
}

fn content(strategies: Vec<StrategyScores>) -> Content {
    Content {
        steps: vec![Step::default(); 3],
        strategies,
        ..Content::default()
    }
}

#[test]
fn clear_gain_at_the_same_compute_is_named_with_its_ratio() {
    let found = finding(&content(vec![
        strategy("sequential", 9.0, [0.31, 0.08, 0.06], Some(0.03)),
        strategy("cumulative-equal", 9.0, [0.25, 0.241, 0.06], Some(0.03)),
        strategy("oracle", 36.0, [0.40, 0.41, 0.06], Some(0.03)),
    ]));
    assert_eq!(
        found.headline,
        "Cumulative-equal keeps what sequential training forgets: backward retrieval 24.1% against 8.0% (3.0×), \
         at the same compute"
    );
    assert_eq!(found.support.len(), 3);
}

#[test]
fn partial_memory_is_not_called_whole() {
    let said = headline(vec![
        strategy("sequential", 9.0, [0.4, 0.1, 0.1], Some(0.01)),
        strategy("cumulative-all", 9.0, [0.4, 0.2, 0.1], Some(0.01)),
    ]);
    assert!(
        said.starts_with("Cumulative-all keeps more of what"),
        "{said}"
    );
}

#[test]
fn nothing_is_forgotten_where_the_diagonal_is_no_better() {
    let said = headline(vec![
        strategy("sequential", 9.0, [0.2, 0.2, 0.1], Some(0.01)),
        strategy("cumulative-all", 9.0, [0.3, 0.3, 0.1], Some(0.01)),
    ]);
    assert!(
        said.starts_with("Cumulative-all does better on past steps"),
        "{said}"
    );
}

#[test]
fn gain_for_more_compute_names_the_price() {
    let said = headline(vec![
        strategy("sequential", 9.0, [0.4, 0.1, 0.1], Some(0.01)),
        strategy("oracle", 36.0, [0.4, 0.4, 0.1], Some(0.01)),
    ]);
    assert!(said.ends_with("for 4.0× the compute"), "{said}");
}

#[test]
fn overlapping_intervals_claim_no_gain() {
    let said = headline(vec![
        strategy("sequential", 9.0, [0.20, 0.18, 0.1], Some(0.6)),
        strategy("cumulative-all", 9.0, [0.30, 0.24, 0.1], Some(0.6)),
    ]);
    assert_eq!(
        said,
        "No model is clearly better than guessing at in-domain retrieval: the best reaches 30.0%, and guessing gives 2.0%"
    );
    let said = headline(vec![
        strategy("sequential", 9.0, [0.20, 0.18, 0.1], Some(0.05)),
        strategy("cumulative-all", 9.0, [0.30, 0.20, 0.1], Some(0.05)),
    ]);
    assert_eq!(
        said,
        "Backward retrieval ranges from 18.0% (sequential) to 20.0% (cumulative-all), no clear difference"
    );
}

#[test]
fn forgetting_without_a_cure_is_said_so() {
    let said = headline(vec![
        strategy("sequential", 9.0, [0.5, 0.1, 0.1], Some(0.02)),
        strategy("cumulative-all", 9.0, [0.5, 0.11, 0.1], Some(0.02)),
    ]);
    assert!(
        said.starts_with("Sequential training forgets 40.0 points"),
        "{said}"
    );
}

#[test]
fn baseline_may_win() {
    let said = headline(vec![
        strategy("sequential", 9.0, [0.5, 0.5, 0.1], Some(0.02)),
        strategy("restart", 9.0, [0.5, 0.2, 0.1], Some(0.02)),
    ]);
    assert!(
        said.starts_with("Nothing beats sequential training"),
        "{said}"
    );
}

#[test]
fn without_intervals_nothing_is_claimed() {
    let said = headline(vec![
        strategy("sequential", 9.0, [0.5, 0.1, 0.1], None),
        strategy("cumulative-all", 9.0, [0.5, 0.4, 0.1], None),
    ]);
    assert_eq!(
        said,
        "Backward retrieval ranges from 10.0% (sequential) to 40.0% (cumulative-all)"
    );
}

#[test]
fn one_strategy_states_its_own_numbers() {
    let said = headline(vec![strategy("oracle", 9.0, [0.5, 0.4, 0.1], None)]);
    assert_eq!(
        said,
        "Oracle in retrieval: 50.0% in-domain, 40.0% backward, 10.0% forward"
    );
}

#[test]
fn empty_content_says_so() {
    assert_eq!(headline(Vec::new()), "Nothing has been evaluated yet");
    let mut unfinished = strategy("sequential", 1.0, [0.0; 3], None);
    unfinished.tasks.clear();
    assert_eq!(headline(vec![unfinished]), "Nothing has been evaluated yet");
}

#[test]
fn sure_gain_counts_even_beside_a_larger_unsure_one() {
    let said = headline(vec![
        strategy("sequential", 9.0, [0.4, 0.1, 0.1], Some(0.01)),
        strategy("restart", 9.0, [0.4, 0.25, 0.1], Some(0.4)),
        strategy("cumulative-all", 9.1, [0.4, 0.2, 0.1], Some(0.01)),
    ]);
    assert!(said.starts_with("Cumulative-all keeps more"), "{said}");
    assert!(said.ends_with("at about the same compute"), "{said}");
}

/// A strategy whose cost is not known and that leaves the budget.
fn beyond_budget(name: &str, parts: [f64; 3]) -> StrategyScores {
    StrategyScores {
        cost: Vec::new(),
        over_budget: Some(OverBudget {
            stars: 2,
            reason: "trains anew on everything".to_owned(),
        }),
        ..strategy(name, 9.0, parts, Some(0.01))
    }
}

#[test]
fn price_is_told_where_the_cost_is_not_known() {
    let sequential = || StrategyScores {
        cost: Vec::new(),
        ..strategy("sequential", 9.0, [0.4, 0.1, 0.1], Some(0.01))
    };
    let said = headline(vec![sequential(), beyond_budget("oracle", [0.4, 0.4, 0.1])]);
    assert!(
        said.ends_with("against 10.0% (4.0×), beyond the budget of the others"),
        "{said}"
    );
    let replay = StrategyScores {
        cost: Vec::new(),
        ..strategy("cumulative-all", 9.0, [0.4, 0.3, 0.1], Some(0.01))
    };
    let said = headline(vec![
        sequential(),
        beyond_budget("oracle", [0.4, 0.4, 0.1]),
        replay,
    ]);
    assert!(
        said.starts_with("Cumulative-all keeps more") && said.ends_with("against 10.0% (3.0×)"),
        "{said}"
    );
}

#[test]
fn ageing_tells_both_scores_and_how_sure_their_difference_is() {
    let found = finding(&content(vec![strategy(
        "oracle",
        9.0,
        [0.316, 0.3, 0.072],
        Some(0.01),
    )]));
    let said = found.support.join(" ");
    assert!(
        said.contains("models of oracle reach 7.2% in retrieval, against 31.6% of the models trained up to those steps"),
        "{said}"
    );
    assert!(
        said.contains("(−24.4 ± 1.5 points)") && said.contains("not all of it need be age"),
        "{said}"
    );
}

#[test]
fn one_strategy_that_learned_nothing_is_not_compared() {
    let found = finding(&content(vec![strategy(
        "sequential",
        9.0,
        [0.025, 0.02, 0.02],
        Some(0.05),
    )]));
    assert_eq!(
        found.headline,
        "Sequential is not clearly better than guessing at in-domain retrieval: it reaches 2.5%, and guessing gives 2.0%"
    );
    assert_eq!(found.support, Vec::<String>::new());
}
