use crate::embeddings::Embeddings;
use crate::shift::random::Random;
use crate::shift::{CentroidError, ClassMoves, class_moves};

const DIM: usize = 16;

/// Vectors scattered around one direction a class; class 0 has another in step 1.
struct Sample {
    vectors: Embeddings,
    classes: Vec<usize>,
    steps: Vec<usize>,
}

fn sample(sizes: &[(usize, usize)], moved: f64) -> Sample {
    let mut random = Random::new(31, 0);
    let (mut data, mut classes, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    for (class, (before, after)) in sizes.iter().enumerate() {
        for at in 0..before + after {
            let step = usize::from(at >= *before);
            let mut vector: Vec<f64> = (0..DIM).map(|_| 0.5 * random.normal()).collect();
            vector[class % DIM] += 1.0;
            if class == 0 && step == 1 {
                vector[1] += moved;
            }
            data.extend(vector.iter().map(|value| *value as f32));
            classes.push(class);
            steps.push(step);
        }
    }
    Sample {
        vectors: Embeddings::normalised(data, DIM).expect("rows"),
        classes,
        steps,
    }
}

fn moves(sample: &Sample, shuffles: usize) -> ClassMoves {
    class_moves(
        &sample.vectors,
        &sample.classes,
        &sample.steps,
        (0, 1),
        shuffles,
    )
    .expect("two steps")
}

#[test]
fn a_class_that_moves_comes_before_small_ones_that_scatter() {
    let sizes = [(60, 60), (3, 3), (2, 40), (60, 60), (100, 1)];
    let found = moves(&sample(&sizes, 0.8), 500);
    let first = found.ranked[0];
    assert_eq!((first.class, first.before, first.after), (0, 60, 60));
    assert!(first.z > 5.0 && first.p < 0.01, "{first:?}");
    // The small classes are as far or farther, by chance.
    let small = found
        .ranked
        .iter()
        .find(|own| own.class == 1)
        .expect("class 1");
    assert!(small.distance > first.distance, "{small:?} {first:?}");
    for own in &found.ranked[1..] {
        assert!(own.z < 3.0 && own.p > 0.01, "{own:?}");
    }
}

#[test]
fn without_a_move_p_is_uniform_for_every_size() {
    let sizes: Vec<(usize, usize)> = (0..400).map(|at| (2 + at % 9, 2 + at % 31)).collect();
    let found = moves(&sample(&sizes, 0.0), 199);
    let n = found.ranked.len() as f64;
    let share = |limit: f64| found.ranked.iter().filter(|own| own.p <= limit).count() as f64 / n;
    assert_eq!(found.ranked.len(), 400);
    assert!((0.42..0.58).contains(&share(0.5)), "{}", share(0.5));
    assert!((0.02..0.09).contains(&share(0.05)), "{}", share(0.05));
    let mean = found.ranked.iter().map(|own| own.z).sum::<f64>() / n;
    assert!(mean.abs() < 0.15, "{mean}");
}

#[test]
fn one_vector_a_step_says_nothing() {
    let found = moves(&sample(&[(1, 1)], 5.0), 99);
    let own = found.ranked[0];
    assert_eq!((own.p, own.z), (1.0, 0.0));
    assert!((own.distance - own.expected).abs() < 1e-9);
}

#[test]
fn classes_of_one_step_are_listed_apart_and_other_steps_left_out() {
    let mut sample = sample(&[(3, 3), (2, 0), (0, 2), (4, 4)], 0.0);
    let found = moves(&sample, 9);
    assert_eq!(found.absent, [1, 2]);
    assert_eq!(found.ranked.len(), 2);
    for (class, step) in sample.classes.iter().zip(&mut sample.steps) {
        if *class == 3 {
            *step += 5;
        }
    }
    assert_eq!(moves(&sample, 9).ranked.len(), 1);
}

#[test]
fn threads_do_not_change_a_move() {
    let sample = sample(&[(20, 20), (9, 5), (30, 31)], 0.1);
    let one = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .expect("a thread");
    assert_eq!(one.install(|| moves(&sample, 50)), moves(&sample, 50));
}

#[test]
fn what_does_not_fit_is_refused() {
    let sample = sample(&[(2, 2)], 0.0);
    let of = |pair, shuffles, classes: &[usize]| {
        class_moves(&sample.vectors, classes, &sample.steps, pair, shuffles)
    };
    assert_eq!(
        of((0, 0), 9, &sample.classes),
        Err(CentroidError::SameStep { step: 0 })
    );
    assert_eq!(of((0, 1), 0, &sample.classes), Err(CentroidError::Shuffles));
    assert!(matches!(
        of((0, 1), 9, &[0]),
        Err(CentroidError::Rows {
            rows: 4,
            classes: 1,
            steps: 4
        })
    ));
}
