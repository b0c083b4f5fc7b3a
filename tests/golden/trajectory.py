"""Fifty updates of open_clip's CLIP on pairs that can be learned, from weights and data that a formula gives.

    python trajectory.py    (open_clip_torch 3.3.0, torch 2.15.0, safetensors; writes trajectory.json and .safetensors)

Values are f32's, arithmetic is double: the losses and weights are what f32 comes close to. What PyTorch itself is off by
in f32 is printed, for comparison.
"""

import json
import math
import pathlib

import numpy
import open_clip.loss
import open_clip.model
import safetensors.torch
import torch

CONFIG = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 16, "patch_size": 8, "width": 16, "layers": 2, "head_width": 8},
    "text_cfg": {"context_length": 8, "vocab_size": 64, "width": 16, "heads": 2, "layers": 2},
}
UPDATES, PAIRS, CONCEPTS, WARMUP, PEAK = 50, 12, 12, 5, 3e-3
START, END, FILLERS = 62, 63, 30


def scattered(count, seed):
    """Values in [-1, 1) without an order, from a linear congruential generator."""
    values, state = [], seed
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append((state >> 8) / 2**23 - 1.0)
    return numpy.array(values, dtype=numpy.float32)


def fill(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name == "logit_scale":
                parameter.fill_(math.log(14.0))
                continue
            seed = sum((at + 1) * byte for at, byte in enumerate(name.encode()))
            values = torch.from_numpy(scattered(parameter.numel(), seed)).reshape(parameter.shape)
            gain = name.endswith("weight") and parameter.ndim == 1
            scale = 0.3 if parameter.ndim > 1 else 0.0625
            parameter.copy_(values * scale + 1.0 if gain else values * scale)


def images(update):
    """A concept is a colour of each patch; noise covers it."""
    side, patch = CONFIG["vision_cfg"]["image_size"], CONFIG["vision_cfg"]["patch_size"]
    grid = side // patch
    colours = scattered(CONCEPTS * 3 * grid * grid, 1).reshape(CONCEPTS, 3, grid, grid)
    patterns = colours.repeat(patch, axis=2).repeat(patch, axis=3)
    noise = scattered(PAIRS * 3 * side * side, 1000 + update).reshape(PAIRS, 3, side, side)
    rows = [patterns[concept(pair, update)] + numpy.float32(0.5) * noise[pair] for pair in range(PAIRS)]
    return torch.from_numpy(numpy.stack(rows))


def concept(pair, update):
    return (7 * pair + 5 * update) % CONCEPTS


def texts(update):
    rows = []
    for pair in range(PAIRS):
        fillers = [FILLERS + (pair * 3 + update + at) % 30 for at in range(1 + (pair + update) % 3)]
        row = [START, 1 + concept(pair, update), *fillers, END]
        rows.append(row + [0] * (CONFIG["text_cfg"]["context_length"] - len(row)))
    return torch.tensor(rows)


def rate(update):
    if update < WARMUP:
        return PEAK * (update + 1) / WARMUP
    return PEAK * 0.5 * (1 + math.cos(math.pi * (update - WARMUP) / (UPDATES - WARMUP)))


def trained(kind):
    model = open_clip.model.CLIP(**CONFIG)
    fill(model)
    model = model.to(kind)
    model.attn_mask = model.attn_mask.to(kind)
    named = list(model.named_parameters())
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for _, p in named if p.ndim < 2], "weight_decay": 0.0},
            {"params": [p for _, p in named if p.ndim >= 2], "weight_decay": 0.2},
        ],
        betas=(0.9, 0.98),
        eps=1e-6,
    )
    losses = []
    for update in range(UPDATES):
        for group in optimizer.param_groups:
            group["lr"] = rate(update)
        pixels = images(update).to(kind)
        features = model.encode_image(pixels, normalize=True), model.encode_text(texts(update), normalize=True)
        loss = open_clip.loss.ClipLoss()(*features, model.logit_scale.exp())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, math.log(100))
        losses.append(loss.item())
    return losses, {name: parameter.detach().float().contiguous() for name, parameter in model.named_parameters()}


if __name__ == "__main__":
    losses, weights = trained(torch.float64)
    here = pathlib.Path(__file__).with_suffix("")
    rates = [rate(update) for update in range(UPDATES)]
    here.with_suffix(".json").write_text(json.dumps({"config": CONFIG, "rates": rates, "losses": losses}) + "\n")
    safetensors.torch.save_file(weights, here.with_suffix(".safetensors"))
    single, single_weights = trained(torch.float32)
    print("losses from", losses[0], "to", losses[-1])
    print("PyTorch in f32 is off by", max(abs(a - b) for a, b in zip(losses, single)), "in loss,",
          max(float((weights[name] - single_weights[name]).abs().max()) for name in weights), "in weights")
