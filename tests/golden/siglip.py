"""Loss, gradients and parameters of open_clip's SigLIP.

    python siglip.py > siglip.json        (open_clip_torch 3.3.0, torch 2.15.0)

Features are f32's unit vectors, arithmetic is double. `logit_scale` is the parameter, the logarithm of the factor.
"""

import json
import math

import numpy
import open_clip.loss
import open_clip.model
import torch

# (pairs, logit_scale, logit_bias): before training, in training, after it, and with nothing to choose from.
CASES = [(5, math.log(10.0), -10.0), (7, 3.5, -12.5), (6, 4.76, -16.5), (4, 0.0, 2.0), (1, math.log(10.0), -10.0)]
DIM = 4
CONFIG = {
    "embed_dim": 8,
    "init_logit_scale": math.log(10.0),
    "init_logit_bias": -10.0,
    "vision_cfg": {"image_size": 8, "patch_size": 4, "width": 8, "layers": 1, "head_width": 4},
    "text_cfg": {"context_length": 6, "vocab_size": 40, "width": 8, "heads": 2, "layers": 1},
}


def unit(rows):
    rows = rows / numpy.linalg.norm(rows, axis=1, keepdims=True)
    return torch.from_numpy(rows.astype(numpy.float32)).double().requires_grad_()


def measured(images, texts, logit_scale, logit_bias):
    scale, bias = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (logit_scale, logit_bias))
    loss = open_clip.loss.SigLipLoss()(images, texts, scale.exp(), bias)
    loss.backward()
    return {
        "pairs": len(images),
        "logit_scale": logit_scale,
        "logit_bias": logit_bias,
        "images": images.flatten().tolist(),
        "texts": texts.flatten().tolist(),
        "loss": loss.item(),
        "gradients": {
            "images": images.grad.flatten().tolist(),
            "texts": texts.grad.flatten().tolist(),
            "logit_scale": [scale.grad.item()],
            "logit_bias": [bias.grad.item()],
        },
    }


def losses():
    random = numpy.random.default_rng(0)
    for pairs, logit_scale, logit_bias in CASES:
        images = random.normal(size=(pairs, DIM))
        texts = images + 0.4 * random.normal(size=(pairs, DIM))
        yield measured(unit(images), unit(texts), logit_scale, logit_bias)
    # Every logit is exactly 0, where the two halves of a stable logarithm of σ meet.
    axes = numpy.eye(DIM)
    yield measured(unit(axes[:2]), unit(axes[2:]), 1.0, 0.0)


def parameters():
    model = open_clip.model.CLIP(**CONFIG)
    return {
        "config": CONFIG,
        "shapes": {name: list(value.shape) for name, value in model.state_dict().items()},
        "logit_scale": model.logit_scale.item(),
        "logit_bias": model.logit_bias.item(),
    }


if __name__ == "__main__":
    print(json.dumps({"losses": list(losses()), "model": parameters()}))
