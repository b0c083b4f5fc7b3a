//! Two made-up models on the same samples.

use ticclip_report::{ClassDrop, Comparison, Differing, Drop, GroupDrop, Sample, StepDrop};

use super::content::{KINDS, MANNERS, STEPS, year};
use super::picture::picture;
use super::random::Random;

const GROUPS: usize = 600;
const CLASSES: usize = 1000;
const SAMPLES: usize = 200;

fn drop_of(random: &mut Random, n: u64, level: f64, drop: f64) -> Drop {
    let half = 1.96 * (0.3 / n as f64).sqrt();
    let a = (level + 0.03 * random.normal()).clamp(0.02, 0.98);
    // About the two tails of a normal distribution.
    let z = 1.96 * (drop / half).abs();
    let p = (-0.717 * z - 0.416 * z * z).exp().max(1e-12);
    Drop {
        n,
        a,
        b: (a - drop).clamp(0.0, 1.0),
        drop,
        low: drop - half,
        high: drop + half,
        p: Some(p),
    }
}

fn synset(place: usize) -> String {
    format!("n{:08}", 2_000_000 + 977 * place)
}

pub(crate) fn comparison(random: &mut Random) -> Comparison {
    let groups: Vec<GroupDrop> = (0..GROUPS)
        .map(|place| {
            let parent = (place > 0).then(|| random.below(place.min(1 + place / 3).max(1)));
            let classes = (2 + random.below(60)) as u64;
            let moved = if place % 23 == 7 { 0.06 } else { 0.008 };
            let drop = moved + 0.012 * random.normal();
            let name = if place == 0 {
                "entity".to_owned()
            } else {
                format!("{} {} {}", random.of(&MANNERS), random.of(&KINDS), place)
            };
            let drop = drop_of(random, classes * 100, 0.6, drop);
            GroupDrop {
                name,
                synset: Some(synset(place)),
                parent: parent.map(synset),
                classes,
                p_adjusted: drop.p.map(|p| (p * GROUPS as f64).min(1.0)),
                drop,
            }
        })
        .collect();
    let classes = (0..CLASSES)
        .map(|place| {
            let a = (0.6 + 0.2 * random.normal()).clamp(0.0, 1.0);
            let lost = if place % 97 == 5 { 0.4 } else { 0.01 };
            let b = (a - lost + 0.06 * random.normal()).clamp(0.0, 1.0);
            let name = format!("{} {} no. {place}", random.of(&MANNERS), random.of(&KINDS));
            let group = Some(synset(random.below(GROUPS)));
            let drop = drop_of(random, 50, a, a - b);
            ClassDrop {
                name,
                group,
                n: 50,
                a,
                b,
                interval: Some([drop.low, drop.high]),
                p: drop.p,
                p_adjusted: drop.p.map(|p| (p * CLASSES as f64).min(1.0)),
            }
        })
        .collect();
    let samples = (0..SAMPLES).map(|place| sample(random, place)).collect();
    let steps = (0..STEPS)
        .map(|step| StepDrop {
            step: year(step),
            drop: drop_of(random, 5000, 0.55, 0.002 + 0.006 * step as f64),
        })
        .collect();
    Comparison {
        a: "train/sequential/2023".to_owned(),
        b: "train/sequential/2014-2016".to_owned(),
        task: "ImageNet".to_owned(),
        metric: "acc1".to_owned(),
        overall: drop_of(random, 50_000, 0.62, 0.009),
        mean_of_steps: Some(drop_of(random, 50_000, 0.62, 0.011)),
        test: "McNemar’s exact test".to_owned(),
        steps,
        groups,
        correction: "Holm".to_owned(),
        classes,
        samples,
        differing: Some(Differing {
            only_a: 1_204,
            only_b: 66,
            partly: 0,
        }),
        command: Some(
            "ticclip compare sequential/2023 sequential/2014-2016 --scores scores --tasks imagenet"
                .to_owned(),
        ),
    }
}

fn sample(random: &mut Random, place: usize) -> Sample {
    let class = (*random.of(&KINDS)).to_owned();
    let other = (*random.of(&KINDS)).to_owned();
    let a_right = place % 3 != 2;
    Sample {
        key: format!("{place:08}"),
        step: Some(year(random.below(STEPS))),
        caption: Some(format!("a photo of a {} {class}", random.of(&MANNERS))),
        a_right,
        b_right: !a_right,
        a_answer: if a_right {
            class.clone()
        } else {
            other.clone()
        },
        b_answer: if a_right { other } else { class.clone() },
        class: Some(class),
        thumbnail: picture(random),
    }
}
