"""Features of every shipped architecture, compared with open_clip's on the same weights, images and texts.

    python -m venv peer && peer/bin/pip install open_clip_torch==3.3.0
    peer/bin/python benches/open_clip_features.py target/release/ticclip IMAGES [ARCHITECTURE …]

The weights are random, drawn by open_clip, and go through a PyTorch checkpoint as its training loop writes it. Prints
the largest difference of a value of a unit vector, and the smallest cosine, and fails above 1e-5. IMAGES is a folder of
image files. ViT-L-14 needs 8 GB.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import open_clip
import torch
from PIL import Image
from safetensors import safe_open

ARCHITECTURES = [
    "ViT-S-32", "ViT-S-16", "ViT-B-32", "ViT-B-32-quickgelu", "ViT-B-16", "ViT-B-16-quickgelu", "ViT-L-14",
    "ViT-L-14-336",
]
TEXTS = ["a red tulip in the garden", "", "two dogs on a beach, seen from behind, at dusk", "Ωμέγα ☃ 2014!", "x" * 400]


def encoded(program, *words):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "features.safetensors"
        subprocess.run([program, "encode", *words, "--device", "cpu", "--out", out], check=True, capture_output=True)
        with safe_open(out, "pt") as file:
            return json.loads(file.metadata()["keys"]), file.get_tensor("features")


def compare(program, images, name):
    torch.manual_seed(0)
    # Quick GELU is part of the name here, not of the weights.
    model, _, transform = open_clip.create_model_and_transforms(name)
    model.eval()
    with tempfile.TemporaryDirectory() as folder:
        weights = pathlib.Path(folder) / "epoch_1.pt"
        torch.save({"epoch": 1, "name": name, "state_dict": model.state_dict()}, weights)
        texts = pathlib.Path(folder) / "texts.txt"
        texts.write_text("".join(text + "\n" for text in TEXTS))
        model_words = ["--model", weights, "--architecture", name]
        keys, ours = encoded(program, *model_words, "--images", images)
        _, our_texts = encoded(program, *model_words, "--texts", texts)
    with torch.inference_mode():
        batch = torch.stack([transform(Image.open(pathlib.Path(images) / key)) for key in keys])
        theirs = model.encode_image(batch, normalize=True)
        their_texts = model.encode_text(open_clip.get_tokenizer(name)(TEXTS), normalize=True)
    worst = 0.0
    for what, a, b in [("images", ours, theirs), ("texts", our_texts, their_texts)]:
        difference = (a - b).abs().max().item()
        cosine = (a * b).sum(1).min().item()
        print(f"{name:20} {what:6} {len(a):4} rows  largest difference {difference:.1e}  smallest cosine {cosine:.7f}")
        worst = max(worst, difference)
    return worst


if __name__ == "__main__":
    program, images, *names = sys.argv[1:]
    worst = max(compare(program, images, name) for name in names or ARCHITECTURES)
    sys.exit(worst > 1e-5)
