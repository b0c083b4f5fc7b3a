"""Image-text pairs that look like those of the web, as the folder that `ticclip train` reads and any WebDataset reader too.

    python benches/photo_pairs.py FOLDER [--pairs 512] [--tars 4] [--steps 1]    (pillow, numpy, scikit-image)

The images are crops of the photographs that scikit-image ships, mirrored, lit and resized, with a little grain, as JPEG files
of quality 80 to 95. Every caption says what its crop is of, and no two are alike. The same call writes the same pairs.
"""

import argparse
import hashlib
import io
import json
import tarfile
from pathlib import Path

import numpy
import skimage
from PIL import Image, ImageEnhance

PHOTOGRAPHS = {
    "astronaut.png": "an astronaut in an orange suit, smiling in front of a flag",
    "brick.png": "an old brick wall",
    "camera.png": "a man with a camera on a tripod in a field",
    "chelsea.png": "a tabby cat that looks into the camera",
    "coffee.png": "a cup of coffee with a spoon on a wooden table",
    "coins.png": "Greek coins from Pompeii",
    "grass.png": "grass after the rain",
    "gravel.png": "grey gravel on a path",
    "hubble_deep_field.jpg": "far galaxies in the night sky, seen by a space telescope",
    "ihc.png": "tissue under a microscope, stained blue and brown",
    "moon.png": "craters on the surface of the moon",
    "motorcycle_left.png": "a red motorcycle in a garage full of tools",
    "motorcycle_right.png": "a motorcycle in a workshop, from a little further right",
    "retina.jpg": "the back of a human eye with its vessels",
    "rocket.jpg": "a rocket on the launch pad at night, lit by floodlights",
}
# Width and height of what photograph sites and thumbnails serve.
WEB_SIZES = [(640, 480), (480, 640), (640, 427), (427, 640), (500, 375), (375, 500), (500, 500), (400, 300), (300, 300)]
SQUARE_SIZES = [(side, side) for side in (300, 336, 400, 448, 500, 512)]
LIGHTS = {"in dim light": 0.7, "in the shade": 0.85, "in daylight": 1.0, "in bright sunshine": 1.2}
FRAMES = ["photo", "photograph", "picture", "snapshot", "close-up", "detail"]


def load_photographs():
    folder = Path(skimage.__file__).parent / "data"
    return [(Image.open(folder / name).convert("RGB"), text) for name, text in PHOTOGRAPHS.items()]


def make_pair(photographs, number, sizes):
    """JPEG bytes and caption of the pair of this number."""
    random = numpy.random.default_rng(number)
    photograph, subject = photographs[number % len(photographs)]
    width, height = sizes[random.integers(len(sizes))]
    # As much of the photograph as has that shape, or down to three fifths of it.
    share = random.uniform(0.6, 1.0) * min(photograph.width / width, photograph.height / height)
    across, down = width * share, height * share
    left, top = random.uniform(0, photograph.width - across), random.uniform(0, photograph.height - down)
    image = photograph.resize((width, height), Image.BICUBIC, (left, top, left + across, top + down))
    mirrored = bool(random.integers(2))
    if mirrored:
        image = image.transpose(Image.FLIP_LEFT_RIGHT)
    light = list(LIGHTS)[random.integers(len(LIGHTS))]
    image = ImageEnhance.Brightness(image).enhance(LIGHTS[light])
    grain = random.normal(0.0, 3.0, (height, width, 1))
    image = Image.fromarray((numpy.asarray(image) + grain).clip(0, 255).astype(numpy.uint8))
    jpeg = io.BytesIO()
    image.save(jpeg, "JPEG", quality=int(random.integers(80, 96)))
    column = ["left", "middle", "right"][int(3 * left / max(photograph.width - across, 1e-9)) % 3]
    caption = f"A {FRAMES[random.integers(len(FRAMES))]} of {subject}, {light}, from the {column}"
    caption += ", mirrored" if mirrored else ""
    return jpeg.getvalue(), f"{caption} (no. {number})"


def write_tar(path, pairs):
    with tarfile.open(path, "w") as tar:
        for jpeg, caption in pairs:
            uid = hashlib.sha256(caption.encode()).hexdigest()[:32]
            description = json.dumps({"uid": uid, "timestamp": "2020-06-01T00:00:00Z"})
            for extension, content in (("jpg", jpeg), ("txt", caption.encode()), ("json", description.encode())):
                info = tarfile.TarInfo(f"{uid}-0.{extension}")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))


def write_shards(folder, pairs, tars, steps=1, sizes=WEB_SIZES):
    """Writes `pairs` pairs for each of `steps` years, in `tars` tars each; answers their folders."""
    photographs, folder, folders, records = load_photographs(), Path(folder), [], []
    for step in range(steps):
        year = 2020 + step
        home = folder / "train" / str(year)
        home.mkdir(parents=True)
        of_tars = {}
        for tar in range(tars):
            numbers = range(step * pairs + tar * pairs // tars, step * pairs + (tar + 1) * pairs // tars)
            write_tar(home / f"{tar:08}.tar", (make_pair(photographs, number, sizes) for number in numbers))
            of_tars[f"{tar:08}.tar"] = len(numbers)
        (home / "sizes.json").write_text(json.dumps(of_tars))
        folders.append(home)
        span = {"from": f"{year}-01-01T00:00:00Z", "to": f"{year + 1}-01-01T00:00:00Z"}
        records.append({"name": str(year), **span, "train": pairs, "held_out": 0})
    (folder / "steps.json").write_text(json.dumps({"dataset": "photo-pairs", "steps": records}))
    origin = ["photo_pairs.py", str(pairs), str(tars), str(steps), str(len(sizes))]
    (folder / "origin.toml").write_text(f'command-line = {json.dumps(origin)}\nversion = "0"\n')
    return folders


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, default=512)
    parser.add_argument("--tars", type=int, default=4)
    parser.add_argument("--steps", type=int, default=1)
    args = parser.parse_args()
    for folder in write_shards(args.folder, args.pairs, args.tars, args.steps):
        size = sum(path.stat().st_size for path in folder.glob("*.tar"))
        print(f"{folder}: {args.pairs} pairs, {size / args.pairs / 1e3:.0f} kB a pair")


if __name__ == "__main__":
    main()
