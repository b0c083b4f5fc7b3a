"""JPEG files to features: the whole command against open_clip's transform and model; prints times and their ratio.

    python -m venv peer && peer/bin/pip install open_clip_torch==3.3.0
    cargo build --release
    peer/bin/python benches/encode_files.py target/release/ticclip photographs/ [--images 256] [--rounds 5]

The weights of ViT-B-32 are random, drawn by open_clip; `photographs/` is a folder of JPEG files, repeated up to the
number of images. Our time is that of the command, from its start to the written features, weights read from a file
included. open_clip's starts when everything is imported and the model is in memory: a DataLoader with two workers and the
model on two threads, in f32. Rounds take turns; the time is the median. Features are compared: with bf16 too, by their
cosine to ours in f32.
"""

import argparse
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

import open_clip
import torch
from PIL import Image
from safetensors import safe_open
from torch.utils.data import DataLoader, Dataset


class Files(Dataset):
    def __init__(self, files, transform):
        self.files, self.transform = files, transform

    def __len__(self):
        return len(self.files)

    def __getitem__(self, at):
        return self.transform(Image.open(self.files[at]))


def ours(program, model, images, out, precision):
    words = ["--model", model, "--architecture", "ViT-B-32", "--images", images, "--out", out, "--device", "cpu"]
    began = time.perf_counter()
    subprocess.run(
        [program, "encode", *words, "--precision", precision, "--threads", "2", "--overwrite"],
        check=True, capture_output=True,
    )
    seconds = time.perf_counter() - began
    with safe_open(out, "pt") as file:
        return seconds, file.get_tensor("features")


def theirs(model, transform, files):
    began = time.perf_counter()
    rows = []
    with torch.inference_mode():
        for batch in DataLoader(Files(files, transform), batch_size=32, num_workers=2):
            rows.append(model.encode_image(batch, normalize=True))
    return time.perf_counter() - began, torch.cat(rows)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("program")
    options.add_argument("photographs", type=pathlib.Path)
    options.add_argument("--images", type=int, default=256)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--precisions", default="f32,bf16")
    options = options.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(0)
    model, _, transform = open_clip.create_model_and_transforms("ViT-B-32")
    model.eval()
    sources = sorted(path for path in options.photographs.iterdir() if path.suffix == ".jpg")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        weights, images, out = folder / "weights.pt", folder / "images", folder / "features.safetensors"
        torch.save(model.state_dict(), weights)
        images.mkdir()
        for at in range(options.images):
            shutil.copy(sources[at % len(sources)], images / f"{at:05}.jpg")
        files = sorted(images.iterdir())
        plain = None
        for precision in options.precisions.split(","):
            times = ([], [])
            for _ in range(options.rounds):
                seconds, features = ours(options.program, weights, images, out, precision)
                times[0].append(seconds)
                seconds, wanted = theirs(model, transform, files)
                times[1].append(seconds)
            left, right = map(statistics.median, times)
            plain = features if plain is None else plain
            print(
                f"{len(files)} JPEG files, {precision:4}: ours {left:6.2f} s, open_clip in f32 {right:6.2f} s, ratio "
                f"{left / right:.2f}; largest difference to open_clip {(features - wanted).abs().max():.1e}, "
                f"smallest cosine to ours in f32 {(features * plain).sum(1).min():.6f}",
                flush=True,
            )


main()
