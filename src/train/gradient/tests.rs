//! A batch's gradient is the same in parts, with blocks computed again, and at once.

use std::collections::BTreeMap;

use burn::module::{ModuleVisitor, Param};
use burn::tensor::TensorData;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::super::exchange::{Exchange, threads};
use super::*;
use crate::model::{ClipConfig, NamedTensor, TextPooling};
use crate::scattered::scattered;
use crate::strategy;

const PAIRS: usize = 6;

fn config(sigmoid: bool) -> ClipConfig {
    let mut config = Recipe::find("debug").expect("it ships").model;
    (config.vision_cfg.layers, config.text_cfg.layers) = (2, 2);
    config.text_cfg.vocab_size = 64;
    config.init_logit_bias = sigmoid.then_some(-2.0);
    config
}

fn texts() -> TokenBatch {
    let captions: Vec<Vec<u32>> = (0..PAIRS as u32)
        .map(|pair| {
            let mut caption: Vec<u32> = (0..=pair % 4).map(|at| 5 + 7 * pair + at).collect();
            caption.push(63);
            caption.resize(16, 0);
            caption
        })
        .collect();
    TokenBatch::new(&captions, TextPooling::Argmax)
}

fn pairs(own: Range<usize>, dropout: f64, device: &Device) -> Pairs<'static> {
    let image = 3 * 32 * 32;
    let pixels = &scattered(PAIRS * image, 3)[own.start * image..own.end * image];
    let data = TensorData::new(pixels.to_vec(), [own.len(), 3, 32, 32]);
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    Pairs {
        images: Tensor::from_data(data, device),
        texts: Cow::Owned(texts().slice(own.clone())),
        kept: (dropout > 0.0).then(|| KeptPatches::draw(PAIRS, 4, dropout, &mut rng).of(own)),
    }
}

/// Gradients by name.
fn named(model: &Clip, gradients: GradientsParams) -> BTreeMap<String, Vec<f32>> {
    struct Named {
        path: Vec<String>,
        gradients: GradientsParams,
        found: BTreeMap<String, Vec<f32>>,
    }
    impl ModuleVisitor for Named {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.pop();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.gradients.remove::<D>(param.id) {
                let values = gradient.into_data().try_into_vec::<f32>().expect("f32");
                self.found.insert(self.path.join("."), values);
            }
        }
    }
    let mut named = Named {
        path: Vec::new(),
        gradients,
        found: BTreeMap::new(),
    };
    model.visit(&mut named);
    named.found
}

struct Found {
    loss: f32,
    accuracy: f64,
    gradients: BTreeMap<String, Vec<f32>>,
}

fn found(objective: &Objective, dropout: f64, penalty: Option<&dyn Penalty>) -> Found {
    let (plain, device) = (Device::flex(), Device::flex().autodiff());
    let model = Clip::new(&config(objective.loss == Loss::Sigmoid), 1, &plain);
    let model = model.train().set_require_grad(true);
    let computed = compute(
        &model,
        pairs(0..PAIRS, dropout, &plain),
        &Place::whole(PAIRS),
        objective,
        penalty,
        &device,
    );
    Found {
        loss: computed.loss,
        accuracy: computed.accuracy,
        gradients: named(&model, computed.gradients),
    }
}

fn assert_same(one: &Found, other: &Found, what: &str) {
    assert!(
        (one.loss - other.loss).abs() < 1e-5,
        "{what}: {} {}",
        one.loss,
        other.loss
    );
    assert_eq!(one.accuracy, other.accuracy, "{what}");
    let names = |found: &Found| found.gradients.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(one), names(other), "{what}");
    for (name, values) in &one.gradients {
        let largest = values
            .iter()
            .fold(0.0_f32, |most, value| most.max(value.abs()));
        for (a, b) in values.iter().zip(&other.gradients[name]) {
            assert!(
                (a - b).abs() <= 1e-5 * largest + 1e-8,
                "{what}: {name}: {a} {b}"
            );
        }
    }
}

fn objectives(base: &Objective) -> Vec<(&'static str, Objective)> {
    let with = |micro_batch_pairs, checkpoint_blocks| Objective {
        micro_batch_pairs,
        checkpoint_blocks,
        ..base.clone()
    };
    vec![
        ("parts of 4 and 2", with(Some(4), false)),
        ("parts of 1", with(Some(1), false)),
        ("blocks again", with(None, true)),
        ("both", with(Some(2), true)),
    ]
}

#[test]
fn parts_and_checkpoints_change_nothing() {
    for loss in [Loss::Softmax, Loss::Sigmoid] {
        for freeze in [
            vec![],
            vec![Freeze::Image],
            vec![Freeze::Text, Freeze::LogitScale],
        ] {
            for dropout in [0.0, 0.5] {
                let base = Objective {
                    loss,
                    freeze: freeze.clone(),
                    ..Objective::default()
                };
                let whole = found(&base, dropout, None);
                for (what, objective) in objectives(&base) {
                    let parts = found(&objective, dropout, None);
                    assert_same(
                        &whole,
                        &parts,
                        &format!("{loss:?} {freeze:?} {dropout} {what}"),
                    );
                }
            }
        }
    }
}

#[test]
fn what_is_frozen_has_no_gradient() {
    let frozen = |part: Freeze| Objective {
        freeze: vec![part],
        ..Objective::default()
    };
    let of = |part| found(&frozen(part), 0.0, None).gradients;
    assert!(
        of(Freeze::Image)
            .keys()
            .all(|name| !name.starts_with("visual."))
    );
    assert!(
        of(Freeze::Text)
            .keys()
            .all(|name| { name.starts_with("visual.") || name == "logit_scale" })
    );
    assert!(!of(Freeze::LogitScale).contains_key("logit_scale"));
    assert!(of(Freeze::LogitScale).contains_key("visual.proj"));
}

/// A step before of one model.
struct Last(Clip);

impl strategy::Before for Last {
    fn model(&self) -> &Clip {
        &self.0
    }

    fn squared_gradients(
        &self,
        _: u64,
    ) -> Result<BTreeMap<String, NamedTensor>, strategy::HookError> {
        Err("not asked for".into())
    }

    fn left(&self, _: &str) -> Result<Option<BTreeMap<String, NamedTensor>>, strategy::HookError> {
        Ok(None)
    }
}

#[test]
fn a_teacher_is_heard_in_parts_as_at_once() {
    let teacher = Clip::new(&config(false), 2, &Device::flex());
    let lwf = strategy::by_name("lwf").expect("it exists");
    let penalty = lwf
        .penalty(&Last(teacher))
        .expect("a model")
        .expect("a penalty");
    let (alone, whole) = (
        found(&Objective::default(), 0.0, None),
        found(&Objective::default(), 0.0, Some(penalty.as_ref())),
    );
    assert!(
        whole.loss > alone.loss + 1e-4,
        "{} {}",
        whole.loss,
        alone.loss
    );
    for (what, objective) in objectives(&Objective::default()) {
        assert_same(
            &whole,
            &found(&objective, 0.0, Some(penalty.as_ref())),
            what,
        );
    }
}

#[test]
fn a_teacher_of_the_same_weights_teaches_nothing() {
    let same = Clip::new(&config(false), 1, &Device::flex());
    let lwf = strategy::by_name("lwf").expect("it exists");
    let penalty = lwf
        .penalty(&Last(same))
        .expect("a model")
        .expect("a penalty");
    let (alone, taught) = (
        found(&Objective::default(), 0.0, None),
        found(&Objective::default(), 0.0, Some(penalty.as_ref())),
    );
    assert!((alone.loss - taught.loss).abs() < 1e-6);
}

#[test]
fn a_partner_that_is_nearest_counts_in_both_directions() {
    let logits = Tensor::<2>::from_floats([[2.0, 0.0], [3.0, 1.0]], &Device::flex());
    // Image 0 and caption 1 find their partners; image 1 and caption 0 do not.
    assert_eq!(accuracy(&logits), 0.5);
}

/// The same on ranks that have so many pairs each.
fn found_on_ranks(
    own: &[usize],
    objective: &Objective,
    dropout: f64,
    penalty: Option<&(dyn Fn() -> Box<dyn Penalty> + Sync)>,
) -> Vec<Found> {
    threads::run(own.len(), |exchange| {
        let (plain, device) = (Device::flex(), Device::flex().autodiff());
        let model = Clip::new(&config(objective.loss == Loss::Sigmoid), 1, &plain);
        let model = model.train().set_require_grad(true);
        let before = own[..exchange.rank()].iter().sum();
        let place = Place {
            exchange,
            own: before..before + own[exchange.rank()],
            all: own.iter().sum(),
            broken: 0,
        };
        let pairs = pairs(place.own.clone(), dropout, &plain);
        let penalty = penalty.map(|penalty| penalty());
        let penalty = penalty.as_deref();
        let computed = compute(&model, pairs, &place, objective, penalty, &device);
        Found {
            loss: computed.loss,
            accuracy: computed.accuracy,
            gradients: named(&model, computed.gradients),
        }
    })
}

/// Every rank has what one process has, and all have the same to the bit.
fn assert_shared(whole: &Found, ranks: &[Found], what: &str) {
    for rank in ranks {
        assert_same(whole, rank, what);
        assert_eq!(rank.loss, ranks[0].loss, "{what}");
        assert_eq!(rank.gradients, ranks[0].gradients, "{what}");
    }
}

#[test]
fn ranks_have_the_gradients_of_one_process() {
    for loss in [Loss::Softmax, Loss::Sigmoid] {
        for freeze in [
            vec![],
            vec![Freeze::Image],
            vec![Freeze::Text, Freeze::LogitScale],
        ] {
            let base = Objective {
                loss,
                freeze: freeze.clone(),
                ..Objective::default()
            };
            let whole = found(&base, 0.5, None);
            let all = objectives(&base).into_iter().chain([("at once", base)]);
            for (what, objective) in all {
                // The last rank of the second could read none of its pairs.
                for own in [&[2, 4][..], &[5, 1, 0]] {
                    let what = format!("{loss:?} {freeze:?} {what} {own:?}");
                    assert_shared(&whole, &found_on_ranks(own, &objective, 0.5, None), &what);
                }
            }
        }
    }
}

#[test]
fn a_teacher_is_heard_on_ranks_as_in_one_process() {
    let penalty = || {
        let teacher = Clip::new(&config(false), 2, &Device::flex());
        let lwf = strategy::by_name("lwf").expect("it exists");
        let penalty = lwf.penalty(&Last(teacher)).expect("a model");
        penalty.expect("a penalty")
    };
    let whole = found(&Objective::default(), 0.0, Some(penalty().as_ref()));
    for objective in [
        Objective::default(),
        Objective {
            micro_batch_pairs: Some(1),
            ..Objective::default()
        },
    ] {
        let ranks = found_on_ranks(&[3, 0, 3], &objective, 0.0, Some(&penalty));
        assert_shared(&whole, &ranks, "lwf");
    }
}
