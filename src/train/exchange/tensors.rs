//! Tensors of the first rank, on every rank.

use std::collections::BTreeMap;

use super::{Exchange, of_first};
use crate::model::{Clip, NamedTensor, parameters, with_parameters};

/// The tensors that the first rank makes, on every rank.
pub(in crate::train) fn shared_tensors<E>(
    exchange: &dyn Exchange,
    make: impl FnOnce() -> Result<BTreeMap<String, NamedTensor>, E>,
) -> Result<BTreeMap<String, NamedTensor>, E> {
    let made = exchange.is_first().then(make).transpose()?;
    let shapes = of_first(exchange, || {
        let made = made.iter().flatten();
        let shapes = made.map(|(name, tensor)| (name.clone(), tensor.shape.clone()));
        Ok(shapes.collect::<Vec<_>>())
    })?;
    if let Some(made) = made {
        if exchange.ranks() > 1 {
            for tensor in made.values() {
                exchange.tell(bytemuck::cast_slice(&tensor.values).to_vec());
            }
        }
        return Ok(made);
    }
    let told = shapes.into_iter().map(|(name, shape)| {
        let values = bytemuck::pod_collect_to_vec(&exchange.tell(Vec::new()));
        (name, NamedTensor { shape, values })
    });
    Ok(told.collect())
}

/// `model` with the weights that it has on the first rank.
pub(in crate::train) fn shared_model(exchange: &dyn Exchange, model: Clip) -> Clip {
    if exchange.ranks() == 1 {
        return model;
    }
    let named = shared_tensors(exchange, || {
        Ok::<_, std::convert::Infallible>(parameters(&model))
    });
    let Ok(named) = named;
    with_parameters(model, named)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::super::threads;
    use super::*;
    use crate::train::Recipe;

    #[test]
    fn every_rank_has_the_weights_of_the_first() {
        let weights = threads::run(3, |exchange| {
            let mut config = Recipe::find("debug").expect("it ships").model;
            config.text_cfg.vocab_size = 64;
            let own = Clip::new(&config, exchange.rank() as u64, &Device::flex());
            (
                parameters(&own),
                parameters(&shared_model(exchange, own.clone())),
            )
        });
        let first = &weights[0].0;
        assert_ne!(*first, weights[1].0);
        assert!(weights.iter().all(|(_, shared)| shared == first));
    }
}
