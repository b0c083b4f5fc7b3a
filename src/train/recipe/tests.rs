//! Recipes that are read, and refused.

use super::*;

#[test]
fn every_shipped_recipe_is_valid() {
    for (name, _) in SHIPPED {
        let recipe = Recipe::find(name).expect("a shipped recipe");
        assert_eq!(recipe.name, name);
    }
}

#[test]
fn a_misspelt_key_is_reported_with_its_line() {
    let text = include_str!("../recipes/tiny.toml").replace("peak-lr", "peak-rl");
    let message = Recipe::parse(&text, Path::new("my.toml"))
        .expect_err("no such key")
        .to_string();
    assert!(
        message.contains("my.toml:5: ") && message.contains("peak-rl"),
        "{message}"
    );
}

/// The shipped recipe with a model by name.
fn named(model: &str) -> Result<Recipe, RecipeError> {
    let text = include_str!("../recipes/tiny.toml");
    let (before, after) = text.split_once("[model]").expect("a table");
    let (_, augment) = after.split_once("[augment]").expect("a table");
    let text = format!("model = {model:?}\n{before}[augment]{augment}");
    Recipe::parse(&text, Path::new("my.toml"))
}

#[test]
fn a_model_is_named_or_described() {
    let recipe = named("ViT-B-16").expect("an architecture");
    assert_eq!(Some(&recipe.model), ClipConfig::named("ViT-B-16").as_ref());
    let message = named("ViT-B-17")
        .expect_err("no such architecture")
        .to_string();
    assert!(
        message.contains("my.toml") && message.contains("ViT-B-17") && message.contains("ViT-B-16"),
        "{message}"
    );
    let text = include_str!("../recipes/tiny.toml").replace("patch_size", "patch_sise");
    let message = Recipe::parse(&text, Path::new("my.toml"))
        .expect_err("no such key")
        .to_string();
    assert!(message.contains("patch_sise"), "{message}");
}

#[test]
fn a_value_out_of_range_is_named() {
    let text = include_str!("../recipes/tiny.toml").replace("peak-lr = 5e-4", "peak-lr = -1.0");
    let message = Recipe::parse(&text, Path::new("my.toml"))
        .expect_err("negative")
        .to_string();
    assert!(message.contains("peak-lr is -1"), "{message}");
}

/// The shipped recipe with lines put before its first table.
fn with(lines: &str) -> Result<Recipe, RecipeError> {
    let text = include_str!("../recipes/tiny.toml");
    let text = text.replacen("[model]", &format!("{lines}\n[model]"), 1);
    Recipe::parse(&text, Path::new("my.toml"))
}

#[test]
fn values_that_contradict_each_other_are_refused() {
    for (lines, told) in [
        (
            "micro-batch-pairs = 33",
            "micro-batch-pairs is 33, allowed are 1 to batch-pairs (32)",
        ),
        (
            "budget-per-step = [1, 0]",
            "budget-per-step is [1.0, 0.0], allowed are numbers above 0",
        ),
        ("lr-decay-per-step = 1.5", "lr-decay-per-step is 1.5"),
        ("decay-share = 0.5", "for schedule = \"const-cosine\" only"),
        (
            "grad-clip-norm = 0.0",
            "grad-clip-norm is 0, allowed are numbers above 0",
        ),
        ("loss = \"sigmoid\"", "needs a model with init_logit_bias"),
        ("loss = \"hinge\"", "softmax"),
        ("freeze = [\"image\", \"text\"]", "nothing is left to learn"),
        ("freeze = [\"head\"]", "logit-scale"),
        ("patch-dropout = 1.0", "patch-dropout is 1, allowed are 0"),
        ("ema-decay = 1.0", "ema-decay is 1, allowed"),
        ("schedule = \"linear\"", "const-cosine"),
        (
            "[strategy.lfw]\nweight = 1",
            "wise-ft, ema, oracle; did you mean lwf?",
        ),
        (
            "[strategy.lwf]\nwieght = 1",
            "[strategy.lwf] has no key \"wieght\"; it has weight",
        ),
    ] {
        let error = with(lines).expect_err(lines).to_string();
        assert!(error.contains(told), "{lines}: {error}");
    }
}

#[test]
fn budgets_are_one_a_step_or_all_one() {
    let recipe = with("").expect("valid");
    assert_eq!(recipe.budgets(3).expect("all one"), [1.0, 1.0, 1.0]);
    let recipe = with("budget-per-step = [1, 1, 1.5]").expect("valid");
    assert_eq!(recipe.budgets(3).expect("as listed"), [1.0, 1.0, 1.5]);
    let error = recipe.budgets(4).expect_err("one is missing").to_string();
    assert!(
        error.contains("lists 3 budgets, the timeline has 4 steps"),
        "{error}"
    );
}

#[test]
fn a_strategy_has_the_keys_of_the_recipe() {
    let recipe = with("[strategy.cumulative-equal]\nreplay-budget-steps = 3").expect("valid");
    let shares = recipe
        .strategy("cumulative-equal")
        .expect("it exists")
        .mixture(&[1, 1]);
    assert_eq!(shares, [0.75, 0.25]);
    let shares = recipe
        .strategy("cumulative-exp")
        .expect("it exists")
        .mixture(&[1, 1]);
    assert_eq!(shares, [0.5, 0.5]);
}

#[test]
fn the_papers_budgets_are_those_of_its_table() {
    for (name, batch, updates) in [
        ("tic-medium", 4096, 4500),
        ("tic-large", 8192, 22_500),
        ("tic-xlarge", 90_112, 20_500),
    ] {
        let recipe = Recipe::find(name).expect("it ships");
        assert_eq!(
            (recipe.batch_pairs, recipe.updates(1.0)),
            (batch, updates),
            "{name}"
        );
        assert_eq!(
            Some(&recipe.model),
            ClipConfig::named("ViT-B-16").as_ref(),
            "{name}"
        );
    }
}

#[test]
fn every_key_and_strategy_is_documented() {
    let keys = include_str!("../../../docs/reference-recipe.md");
    let strategies = include_str!("../../../docs/training.md");
    let lines = "micro-batch-pairs = 4\nbudget-per-step = [2]\nlr-decay-per-step = 0.5\nrewarm-updates = 3\n\
                 schedule = \"const-cosine\"\ndecay-share = 0.5\ngrad-clip-norm = 1.0\nfreeze = [\"image\"]\n\
                 patch-dropout = 0.5\nema-decay = 0.5\ncheckpoint-blocks = true\n[strategy.lwf]\nweight = 2";
    let mut recipe = with(lines).expect("valid");
    recipe.loss = Loss::Sigmoid;
    let text = toml::to_string(&recipe).expect("a recipe is plain data");
    let table: toml::Table = text.parse().expect("TOML");
    // One for every field.
    assert_eq!(table.len(), 24);
    for key in table.keys() {
        assert!(
            keys.contains(&format!("`{key}`")),
            "{key} is not in docs/reference-recipe.md"
        );
    }
    for strategy in strategy::names() {
        let row = format!("| `{strategy}` |");
        assert!(strategies.contains(&row), "{strategy}");
    }
    for name in shipped() {
        assert!(keys.contains(&format!("`{name}`")), "{name}");
    }
}
