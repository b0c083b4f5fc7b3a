//! How fast a linear probe is fitted: `probe_speed FOLDER DIM CLASSES (C | sweep)…` (release build).
//!
//! `FOLDER` holds `train.f32`, `train.u32`, `test.f32` and `test.u32`: features, which are scaled to unit
//! rows, and labels, all little-endian. A line of JSON a fit goes to stdout; `benches/probe.py` compares them.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use ticclip_eval::embeddings::Embeddings;
use ticclip_eval::metric::{Accuracy, Answers, Statistic};
use ticclip_eval::probe::{
    ProbeConfig, ProbeSamples, Regularisation, Samples, Solver, evaluate, fit,
};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, dim, classes, tasks @ ..] = arguments.as_slice() else {
        return Err("usage: probe_speed FOLDER DIM CLASSES (C | sweep)…".into());
    };
    let (dim, classes): (usize, usize) = (dim.parse()?, classes.parse()?);
    let (train, train_labels) = read(Path::new(folder), "train", dim)?;
    let (test, test_labels) = read(Path::new(folder), "test", dim)?;
    let train = Samples::new(&train, &train_labels);
    let test = Samples::new(&test, &test_labels);
    let tolerance = std::env::var("TOLERANCE").ok();
    let mut solver = Solver::default();
    if let Some(tolerance) = tolerance {
        solver.tolerance = tolerance.parse()?;
    }
    for task in tasks {
        let line = if task == "sweep" {
            swept(train, test, classes, solver)?
        } else {
            fitted(train, test, classes, task.parse()?, solver)?
        };
        writeln!(std::io::stdout(), "{line}")?;
    }
    Ok(())
}

fn fitted(
    train: Samples<'_>,
    test: Samples<'_>,
    classes: usize,
    c: f64,
    solver: Solver,
) -> Result<serde_json::Value, Failure> {
    let start = Instant::now();
    let fit = fit(train, classes, c, &solver)?;
    let seconds = start.elapsed().as_secs_f64();
    let guesses = fit.probe.guesses(test.features)?;
    let best = guesses.iter().map(|guess| guess.classes.as_slice());
    let answers = Answers::new(best, test.labels, classes)?;
    Ok(serde_json::json!({
        "c": c, "seconds": seconds, "objective": fit.objective, "iterations": fit.iterations,
        "converged": fit.converged, "accuracy": Accuracy::first(&answers).whole(),
    }))
}

fn swept(
    train: Samples<'_>,
    test: Samples<'_>,
    classes: usize,
    solver: Solver,
) -> Result<serde_json::Value, Failure> {
    let samples = ProbeSamples {
        train,
        validation: None,
        test,
    };
    let config = ProbeConfig {
        regularisation: Regularisation::Swept { held_out: 0.2 },
        solver,
        ..ProbeConfig::default()
    };
    let start = Instant::now();
    let found = evaluate(&samples, classes, &config)?;
    let path: Vec<_> = found
        .path
        .iter()
        .map(|tried| {
            (
                tried.c,
                tried.accuracy,
                tried.loss,
                tried.iterations,
                tried.converged,
            )
        })
        .collect();
    Ok(serde_json::json!({
        "c": found.c, "seconds": start.elapsed().as_secs_f64(), "objective": found.fit.objective,
        "iterations": found.fit.iterations, "converged": found.fit.converged,
        "accuracy": found.test_accuracy, "path": path,
    }))
}

fn read(folder: &Path, name: &str, dim: usize) -> Result<(Embeddings, Vec<usize>), Failure> {
    let words = |ending: &str| -> Result<Vec<[u8; 4]>, Failure> {
        let bytes = std::fs::read(folder.join(format!("{name}.{ending}")))?;
        Ok(bytes.as_chunks::<4>().0.to_vec())
    };
    let features = words("f32")?.into_iter().map(f32::from_le_bytes).collect();
    let labels = words("u32")?
        .into_iter()
        .map(|word| u32::from_le_bytes(word) as usize);
    Ok((Embeddings::normalised(features, dim)?, labels.collect()))
}
