"""Features and loss of open_clip's CLIP on weights and inputs that a formula gives.

    python clip.py > clip.json        (open_clip_torch 3.3.0, torch 2.15.0)

The formula stands in for a file of weights: value i of the parameter `name` is
scale * sin(0.7 * i + phase(name)), evaluated in double precision.
"""

import json
import math

import numpy
import open_clip
import open_clip.loss
import open_clip.model
import open_clip.tokenizer
import torch

VISION = {"image_size": 24, "patch_size": 8, "width": 32, "layers": 2, "head_width": 16}
TEXT = {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2}
CONFIGS = [
    {"embed_dim": 24, "vision_cfg": VISION, "text_cfg": TEXT},
    {"embed_dim": 24, "quick_gelu": True, "vision_cfg": VISION, "text_cfg": TEXT},
    {
        "embed_dim": 24,
        "vision_cfg": VISION | {"pool_type": "avg", "no_ln_pre": True, "mlp_ratio": 2.7},
        "text_cfg": TEXT | {"pool_type": "last", "mlp_ratio": 1.5},
    },
    {"embed_dim": 24, "vision_cfg": VISION | {"pool_type": "avg", "final_ln_after_pool": True}, "text_cfg": TEXT},
]
TEXTS = ["a red tulip", "two dogs on a beach, seen from behind", "Ω"]


def phase(name):
    return sum((at + 1) * byte for at, byte in enumerate(name.encode()))


def formula(name, count, scale):
    index = numpy.arange(count, dtype=numpy.float64)
    return (scale * numpy.sin(0.7 * index + phase(name))).astype(numpy.float32)


def fill(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name == "logit_scale":
                parameter.fill_(math.log(20.0))
                continue
            scale = 0.1 if parameter.ndim > 1 else 0.05
            values = torch.from_numpy(formula(name, parameter.numel(), scale)).reshape(parameter.shape)
            # Gains stay near one, as they are in any trained model.
            gain = name.endswith("weight") and parameter.ndim == 1
            parameter.copy_(values + 1.0 if gain else values)


def golden(config):
    model = open_clip.model.CLIP(**config).eval()
    fill(model)
    # Values as f32 has them, arithmetic in double: some gradients here are small differences of large sums.
    model = model.double()
    model.attn_mask = model.attn_mask.double()
    images = torch.from_numpy(formula("images", 3 * 3 * 24 * 24, 1.0)).reshape(3, 3, 24, 24).double()
    tokens = open_clip.tokenizer.SimpleTokenizer(context_length=16)(TEXTS)
    image_features = model.encode_image(images, normalize=True)
    text_features = model.encode_text(tokens, normalize=True)
    loss = open_clip.loss.ClipLoss()(image_features, text_features, model.logit_scale.exp())
    loss.backward()
    norms = {name: float(parameter.grad.norm()) for name, parameter in model.named_parameters()}
    return {
        "config": config,
        "texts": TEXTS,
        "image_features": image_features.detach().flatten().tolist(),
        "text_features": text_features.detach().flatten().tolist(),
        "loss": loss.item(),
        "gradient_norms": norms,
    }


if __name__ == "__main__":
    print(json.dumps([golden(config) for config in CONFIGS]))
