//! Ranks under `mpirun` come to what one process comes to, also after one of them was killed.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ticclip::model::{load, parameters};
use ticclip::train::{UpdateRecord, read_metrics};

use super::call::{Called, call, called};
use super::photos::{RECIPE, shards_of_photos};

/// Set where `mpirun` must be there.
const REQUIRED: &str = "TICCLIP_REQUIRE_MPI";
/// f32 adds up in another order.
const TOLERANCE: f64 = 1e-5;

/// Whether there is a launcher; without one the test is skipped, which is said past the capture of output.
fn can_launch() -> bool {
    let found = Command::new("mpirun").arg("--version").output().is_ok();
    if !found {
        assert!(
            std::env::var_os(REQUIRED).is_none(),
            "{REQUIRED} is set, but there is no mpirun"
        );
        writeln!(
            std::io::stderr(),
            "SKIPPED: a test of ranks, there is no mpirun"
        )
        .expect("stderr");
    }
    found
}

/// `mpirun` in `folder`, with so many processes for each line of words.
fn mpirun(folder: &Path, ranks: usize, lines: &[&str]) -> Command {
    let mut command = Command::new("mpirun");
    command.current_dir(folder);
    // On processors that have other work a rank that waits gives way.
    command.args([
        "--allow-run-as-root",
        "--oversubscribe",
        "--bind-to",
        "none",
    ]);
    command.args(["--mca", "mpi_yield_when_idle", "1"]);
    for (at, line) in lines.iter().enumerate() {
        command.args([":"].iter().take(at));
        command.args(["-n", &ranks.to_string(), env!("CARGO_BIN_EXE_ticclip")]);
        command.args(line.split_whitespace());
    }
    command
}

fn on_ranks(folder: &Path, ranks: usize, line: &str) -> Called {
    let output = mpirun(folder, ranks, &[line]).output();
    called(&output.expect("mpirun starts"))
}

/// Three years of photographs as shards in `d`, and recipes.
fn three_years() -> tempfile::TempDir {
    let folder = shards_of_photos(90, 3, 0.3);
    // With several candidates, a rounding may decide which of two that are almost equal comes first.
    let last = "\n[strategy.sequential]\ncandidates = 1\n";
    let with = |keys: &str| RECIPE.replacen("[model]", &format!("{keys}\n[model]"), 1) + last;
    let sigmoid = with("loss = \"sigmoid\"\nmicro-batch-pairs = 3\n").replacen(
        "embed_dim = 16",
        "embed_dim = 16\ninit_logit_bias = -10\ninit_logit_scale = 2.3",
        1,
    );
    for (name, recipe) in [
        ("softmax.toml", with("grad-clip-norm = 0.5")),
        ("sigmoid.toml", sigmoid),
    ] {
        std::fs::write(folder.path().join(name), recipe).expect("written");
    }
    folder
}

/// How far two runs of a strategy are apart that did the same updates: losses, relative norms of gradients, and weights.
fn differences(one: &Path, other: &Path) -> [f64; 3] {
    let log = |run: &Path| read_metrics(&run.join("metrics.jsonl")).expect("a log");
    let (one_log, other_log) = (log(one), log(other));
    let updates = |log: &[UpdateRecord]| {
        let updates = log.iter().map(|line| (line.step.clone(), line.update));
        updates.collect::<Vec<_>>()
    };
    assert!(!one_log.is_empty());
    assert_eq!(updates(&one_log), updates(&other_log));
    let most = |apart: &dyn Fn(&UpdateRecord, &UpdateRecord) -> f64| {
        let lines = one_log.iter().zip(&other_log);
        lines.map(|(a, b)| apart(a, b)).fold(0.0, f64::max)
    };
    let loss = most(&|a, b| f64::from((a.loss - b.loss).abs()));
    let norm = most(&|a, b| {
        let norms = a.gradient_norm.zip(b.gradient_norm);
        norms.map_or(0.0, |(a, b)| (a - b).abs() / a)
    });
    let mut weight = 0.0;
    for step in ["2016", "2017", "2018"] {
        let other = weights(&other.join(step));
        for (name, values) in weights(&one.join(step)) {
            let pairs = values.iter().zip(&other[&name]);
            let squares = pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
            weight = f64::max(weight, (squares / values.len() as f64).sqrt());
        }
    }
    [loss, norm, weight]
}

/// A model's weights, without the biases of attention's keys: the loss does not depend on them, and AdamW makes steps of
/// what rounding leaves as their gradient. Of other weights a few are as near to that, so that tensors are compared by
/// the root of their mean square difference.
fn weights(folder: &Path) -> BTreeMap<String, Vec<f32>> {
    let (model, _) = load(folder, &burn::tensor::Device::flex()).expect("a model");
    let all = parameters(&model).into_iter().map(|(name, tensor)| {
        let mut values = tensor.values;
        if name.ends_with("in_proj_bias") {
            let width = values.len() / 3;
            values[width..2 * width].fill(0.0);
        }
        (name, values)
    });
    all.collect()
}

/// Checks that runs do not differ by more than rounding, and says by what they do.
fn assert_near(folder: &Path, one: &str, other: &str) {
    let [loss, norm, weight] = differences(&folder.join(one), &folder.join(other));
    let told = format!("{other}: losses {loss:.1e}, norms {norm:.1e}, weights {weight:.1e} apart");
    writeln!(std::io::stdout(), "{told}").expect("stdout");
    assert!(loss < TOLERANCE && weight < TOLERANCE, "{told}");
    assert!(norm < 10.0 * TOLERANCE, "{told}");
}

#[test]
fn two_ranks_train_the_model_of_one_process() {
    if !can_launch() {
        return;
    }
    let folder = three_years();
    let folder = folder.path();
    for (recipe, strategies) in [
        ("softmax.toml", "sequential,lwf,ewc"),
        ("sigmoid.toml", "cumulative-all"),
    ] {
        let line = format!(
            "train {recipe} --samples-per-step 160 --data d --strategy {strategies} --device cpu --json --out"
        );
        let one = call(folder, &format!("{line} one")).ok().json();
        let two = on_ranks(folder, 2, &format!("{line} two")).ok();
        assert_eq!(two.stdout.lines().count(), 1, "one rank speaks: {two:?}");
        assert!(!two.stderr.contains("WARN"), "{two:?}");
        assert_eq!(two.json()["strategies"], one["strategies"]);
        for strategy in strategies.split(',') {
            assert_near(
                folder,
                &format!("one/{strategy}"),
                &format!("two/{strategy}"),
            );
        }
        // What is there is not trained again, and other numbers of ranks are the same run.
        let again = on_ranks(folder, 3, &format!("{line} two")).ok();
        assert_eq!(again.json()["costs"], two.json()["costs"]);
    }
}

#[test]
fn ranks_leave_what_one_process_leaves() {
    if !can_launch() {
        return;
    }
    let folder = three_years();
    let folder = folder.path();
    let recipe = std::fs::read_to_string(folder.join("micro.toml")).expect("there");
    let more = "schedule = \"const-cosine\"\nema-decay = 0.9\npatch-dropout = 0.25\ncheckpoint-blocks = true\n\n[model]";
    std::fs::write(folder.join("all.toml"), recipe.replacen("[model]", more, 1)).expect("written");
    for recipe in ["micro.toml", "all.toml"] {
        let line = format!(
            "train {recipe} --data d --strategy sequential,patching --evaluate dynamic --curves csv --device cpu --json --out"
        );
        let (one, two) = (format!("one-{recipe}"), format!("two-{recipe}"));
        call(folder, &format!("{line} {one}")).ok();
        let told = on_ranks(folder, 2, &format!("{line} {two}")).ok().json();
        assert!(told["strategies"]["patching"]["retrieval"]["matrix"].is_array());
        assert_eq!(entries(&folder.join(one)), entries(&folder.join(two)));
    }
}

/// All files under a folder.
fn entries(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let below = path.strip_prefix(folder).expect("below");
                found.push(below.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

/// Starts ranks, and kills the second as soon as `log` has `lines` lines; answers mpirun's exit status.
fn with_a_rank_killed(folder: &Path, ranks: usize, line: &str, log: &str, lines: usize) -> i32 {
    let mut launcher = mpirun(folder, ranks, &[line])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("mpirun starts");
    let began = Instant::now();
    let written =
        || std::fs::read_to_string(folder.join(log)).map_or(0, |text| text.lines().count());
    while written() < lines {
        let ended = launcher.try_wait().expect("a child");
        assert!(ended.is_none(), "the run ended before it could be killed");
        assert!(
            began.elapsed() < Duration::from_secs(240),
            "nothing was written to {log}"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    let kill = Command::new("kill")
        .args(["-9", &second_rank(&launcher)])
        .status();
    assert!(kill.expect("kill starts").success());
    let killed = Instant::now();
    loop {
        if let Some(status) = launcher.try_wait().expect("a child") {
            return status.code().unwrap_or(-1);
        }
        assert!(
            killed.elapsed() < Duration::from_secs(60),
            "the others go on without it"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The process of rank 1.
fn second_rank(launcher: &Child) -> String {
    let mut children = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("Linux") {
        let path = entry.expect("readable").path();
        // Processes may end while they are looked at. What is behind the name: state, parent.
        let stat = std::fs::read_to_string(path.join("stat")).unwrap_or_default();
        let parent = stat
            .rsplit(") ")
            .next()
            .and_then(|rest| rest.split(' ').nth(1));
        let environment = std::fs::read(path.join("environ")).unwrap_or_default();
        let rank = b"OMPI_COMM_WORLD_RANK=1\0";
        if parent == Some(&launcher.id().to_string())
            && environment.windows(rank.len()).any(|part| part == rank)
        {
            children.push(stat.split(' ').next().expect("a number").to_owned());
        }
    }
    assert_eq!(children.len(), 1, "{children:?}");
    children.remove(0)
}

#[test]
fn a_killed_rank_ends_all_and_any_number_of_ranks_goes_on() {
    if !can_launch() {
        return;
    }
    let folder = three_years();
    let folder = folder.path();
    let line = "train softmax.toml --samples-per-step 320 --data d --strategy lwf --device cpu --checkpoint-seconds 0 --out";
    call(folder, &format!("{line} whole")).ok();
    let cut = format!("{line} cut");
    let log = "cut/lwf/metrics.jsonl";
    assert_ne!(with_a_rank_killed(folder, 2, &cut, log, 15), 0);
    assert!(folder.join("cut/lwf/2016.partial").is_dir());
    assert_ne!(with_a_rank_killed(folder, 3, &cut, log, 55), 0);
    assert!(folder.join("cut/lwf/2017.partial").is_dir());
    super::interruption::killed(folder, &cut, log, 95);
    on_ranks(folder, 2, &cut).ok();
    assert_near(folder, "whole/lwf", "cut/lwf");
}

#[test]
fn a_failure_is_told_once_and_ends_all() {
    if !can_launch() {
        return;
    }
    let folder = three_years();
    let folder = folder.path();
    let line =
        |recipe: &str| format!("train {recipe} --data d --strategy restart --device cpu --out t");
    let many = on_ranks(folder, 9, &line("micro.toml"));
    assert_eq!(many.stderr.matches("9 ranks for a batch of 8").count(), 1);
    many.refused(&["batch-pairs"]);
    assert!(!folder.join("t").exists(), "nothing has begun");
    let missing = on_ranks(folder, 3, &line("none.toml"));
    assert_eq!(missing.stderr.matches("none.toml").count(), 1);
    missing.refused(&["no recipe"]);
    // Ranks of two minds, and one that has no recipe: as on a machine where it is not.
    let each = |second: &str| {
        let first = line("micro.toml");
        let output = mpirun(folder, 1, &[&first, &line(second)]).output();
        called(&output.expect("mpirun starts"))
    };
    each("softmax.toml").refused(&["rank 1 has another recipe than rank 0"]);
    each("none.toml").refused(&["rank 1 has failed", "none.toml"]);
}

#[test]
fn a_launched_process_by_itself_is_as_without_a_launcher() {
    if !can_launch() {
        return;
    }
    let folder = three_years();
    let folder = folder.path();
    let line = "train micro.toml --data d --strategy restart --device cpu --out";
    call(folder, &format!("{line} plain")).ok();
    on_ranks(folder, 1, &format!("{line} launched")).ok();
    let bytes = |run: &str| {
        std::fs::read(
            folder
                .join(run)
                .join("restart/2018/open_clip_model.safetensors"),
        )
    };
    assert_eq!(
        bytes("plain").expect("there"),
        bytes("launched").expect("there")
    );
}
