"""Images prepared per second on one thread, turn by turn with Pillow and torchvision: prints both and their ratio.

    python -m venv peer && peer/bin/pip install open_clip_torch==3.3.0
    cargo build --release --bench preprocess
    peer/bin/python benches/preprocess.py target/release/deps/preprocess-* photographs/ [--rounds 15]

`photographs/` holds JPEG files, or folders of them; each folder is a row. With --make, folders of several sizes are
first written there, cut from the photographs given: at sizes up to 1024 × 768 each is resized, above that the
photographs are laid side by side at their own size (so that the pixels are real ones) or enlarged, half and half.

Both sides start from the bytes in memory and end with a normalised tensor of 224 × 224. A row's figures are medians
over the rounds; a round is all files of a folder once, on each side in turn. One value of each tensor is compared.
"""

import argparse
import io
import pathlib
import random
import statistics
import subprocess
import time

import torch
from open_clip.transform import image_transform
from PIL import Image

SIZES = [(500, 375), (640, 480), (1024, 768), (2048, 1536), (4000, 3000)]


def make(sources, folder):
    names = sorted(path for path in sources.iterdir() if path.suffix in (".jpg", ".png"))
    images = [Image.open(path).convert("RGB") for path in names]
    for width, height in SIZES:
        place = folder / f"{width}x{height}"
        place.mkdir(parents=True, exist_ok=True)
        for at, (name, image) in enumerate(zip(names, images)):
            quality, sampling = [75, 85, 92][at % 3], [2, 2, 1, 2, 0][at % 5]
            made = mosaic(images, width, height, at) if width > 1024 and at % 2 == 0 else covered(image, width, height)
            made.save(place / f"{name.stem}.jpg", quality=quality, subsampling=sampling)


def covered(image, width, height):
    scale = max(width / image.width, height / image.height)
    size = (max(width, round(image.width * scale)), max(height, round(image.height * scale)))
    return image.resize(size, Image.LANCZOS).crop((0, 0, width, height))


def mosaic(images, width, height, seed):
    whole, draw = Image.new("RGB", (width, height)), random.Random(seed)
    for top in range(0, height, 300):
        left = 0
        while left < width:
            image = draw.choice(images)
            whole.paste(image.crop((0, 0, image.width, 300)), (left, top))
            left += image.width
    return whole


def peer(transform, files):
    start, total = time.perf_counter(), 0.0
    for file in files:
        values = transform(Image.open(io.BytesIO(file)).convert("RGB")).flatten()
        total += values[len(values) // 2].item()
    return time.perf_counter() - start, total


def main():
    options = argparse.ArgumentParser()
    options.add_argument("program", nargs="+")
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--make", type=pathlib.Path, help="folder of photographs to make the test set from")
    options = options.parse_args()
    torch.set_num_threads(1)
    if options.make:
        make(options.make, options.folder)
    transform = image_transform(224, False)
    program = [path for path in options.program if not path.endswith(".d")][0]
    ours = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    folders = sorted((f for f in options.folder.iterdir() if f.is_dir()), key=lambda f: int(f.name.split("x")[0]))
    for folder in folders or [options.folder]:
        files = [path.read_bytes() for path in sorted(folder.iterdir())]
        times = ([], [])
        for _ in range(options.rounds + 1):
            ours.stdin.write(f"{folder}\n")
            ours.stdin.flush()
            seconds, total = map(float, ours.stdout.readline().split())
            theirs, wanted = peer(transform, files)
            times[0].append(seconds)
            times[1].append(theirs)
            assert abs(total - wanted) < 0.02 * len(files), (folder, total, wanted)
        # The first round warms up.
        left, right = (statistics.median(side[1:]) / len(files) for side in times)
        print(
            f"{folder.name:>10}: {len(files)} files, ours {1 / left:7.1f} images/s ({left * 1e3:6.2f} ms), "
            f"Pillow + torchvision {1 / right:7.1f} images/s ({right * 1e3:6.2f} ms), ratio {right / left:.2f}",
            flush=True,
        )


main()
