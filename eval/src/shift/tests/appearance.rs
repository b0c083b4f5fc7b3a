use crate::interval::of_share;
use crate::shift::random::Random;
use crate::shift::{Appearance, AppearanceError, AppearanceSummary, NEAR_WHITE};

/// Grey inside a border of one value.
fn image(width: u32, height: u32, border: u8) -> Vec<u8> {
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let edge = x == 0 || y == 0 || x == width - 1 || y == height - 1;
            rgb.extend([if edge { border } else { 90 }; 3]);
        }
    }
    rgb
}

#[test]
fn the_border_alone_decides_about_the_background() {
    let white = Appearance::of(&image(7, 5, NEAR_WHITE), 7, 5).expect("an image");
    assert!(white.has_white_background());
    let grey = Appearance::of(&image(7, 5, NEAR_WHITE - 1), 7, 5).expect("an image");
    assert_eq!(grey.white_border, 0.0);
    // One channel of one corner.
    let mut tinted = image(7, 5, 255);
    tinted[7 * 4 * 3 + 2] = 200;
    let tinted = Appearance::of(&tinted, 7, 5).expect("an image");
    assert!(!tinted.has_white_background());
    assert!((tinted.white_border - 19.0 / 20.0).abs() < 1e-12);
    for (width, height) in [(1, 1), (1, 4), (4, 1), (2, 2)] {
        let all = vec![255; (width * height * 3) as usize];
        let own = Appearance::of(&all, width, height).expect("an image");
        assert_eq!(own.white_border, 1.0);
    }
}

#[test]
fn bytes_that_are_no_image_are_refused() {
    for (bytes, width, height) in [(11, 2, 2), (0, 0, 3), (0, 3, 0)] {
        assert_eq!(
            Appearance::of(&vec![0; bytes], width, height),
            Err(AppearanceError::Shape {
                bytes,
                width,
                height
            })
        );
    }
}

#[test]
fn a_step_with_more_white_backgrounds_is_seen_in_any_order() {
    let mut random = Random::new(41, 0);
    let images: Vec<(usize, Appearance)> = (0..4000)
        .map(|at| {
            let step = at % 2;
            let share = [0.2, 0.3][step];
            let image = Appearance {
                width: 200 + random.below(800) as u32,
                height: 200 + random.below(600) as u32,
                white_border: if random.unit() < share { 1.0 } else { 0.99 },
            };
            (step, image)
        })
        .collect();
    let mut whole = AppearanceSummary::new(3);
    let mut parts = AppearanceSummary::new(3);
    for (step, image) in &images {
        whole.add(*step, image).expect("three steps");
    }
    for part in images.rchunks(700) {
        let mut own = AppearanceSummary::new(3);
        for (step, image) in part {
            own.add(*step, image).expect("three steps");
        }
        parts.merge(&own).expect("as many steps");
    }
    assert_eq!(parts, whole);
    let steps = whole.steps();
    assert_eq!(steps[2], None);
    let (first, second) = (steps[0].expect("images"), steps[1].expect("images"));
    let hits = (first.white_background * 2000.0).round() as u64;
    assert_eq!(first.white_interval, of_share(hits, 2000));
    assert!(first.white_interval.1 < second.white_interval.0);
}

#[test]
fn steps_that_are_not_there_are_named() {
    let mut summary = AppearanceSummary::new(1);
    let image = Appearance::of(&[0; 3], 1, 1).expect("an image");
    assert_eq!(
        summary.add(1, &image),
        Err(AppearanceError::NoSuchStep { step: 1, steps: 1 })
    );
    let odd = Appearance {
        white_border: f64::NAN,
        ..image
    };
    assert!(matches!(
        summary.add(0, &odd),
        Err(AppearanceError::Border { .. })
    ));
    assert_eq!(
        summary.merge(&AppearanceSummary::new(2)),
        Err(AppearanceError::Steps { own: 1, theirs: 2 })
    );
}
