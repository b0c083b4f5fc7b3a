"""Image features of open_clip's CLIP in training with patches dropped, and their gradients.

    python patch_dropout.py > patch_dropout.json        (open_clip_torch 3.3.0, torch 2.15.0)

Weights, images and configurations are clip.py's. Which patches are kept is drawn here, by PatchDropout's own arithmetic,
and written down in ascending order.
"""

import json

import torch
from open_clip.model import CLIP

import clip

SHARES = [0.5, 0.99, 0.0]
IMAGES = 3


class Kept(torch.nn.Module):
    """PatchDropout with a choice that is known."""

    def __init__(self, places):
        super().__init__()
        self.places = places

    def forward(self, x):
        rows = torch.arange(IMAGES)[:, None]
        return torch.cat((x[:, :1], x[:, 1:][rows, self.places]), dim=1)


def measured(config, share):
    model = CLIP(**config).train()
    clip.fill(model)
    model = model.double()
    patches = (clip.VISION["image_size"] // clip.VISION["patch_size"]) ** 2
    kept = max(1, int(patches * (1 - share)))
    order = torch.rand(IMAGES, patches, generator=torch.Generator().manual_seed(7))
    places = order.topk(kept, dim=-1).indices.sort(dim=-1).values
    model.visual.patch_dropout = Kept(places)
    side = clip.VISION["image_size"]
    images = torch.from_numpy(clip.formula("images", IMAGES * 3 * side * side, 1.0)).reshape(IMAGES, 3, side, side).double()
    features = model.encode_image(images, normalize=True)
    weights = torch.from_numpy(clip.formula("weights", features.numel(), 1.0)).reshape(features.shape).double()
    (features * weights).sum().backward()
    gradients = {
        name: float(parameter.grad.norm()) for name, parameter in model.named_parameters() if name.startswith("visual.")
    }
    return {
        "config": config,
        "dropped_share": share,
        "places": places.tolist(),
        "image_features": features.detach().flatten().tolist(),
        "gradient_norms": gradients,
    }


if __name__ == "__main__":
    print(json.dumps([measured(config, share) for config in clip.CONFIGS for share in SHARES]))
