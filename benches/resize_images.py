"""Images resized and stored per second on one core, turn by turn with img2dataset's Resizer (OpenCV, one thread).

    python -m venv peer && peer/bin/pip install img2dataset==1.47.0 opencv-python-headless==4.14.0.94 \
        scikit-learn==1.9.1 scikit-image==0.26.0
    cargo build --release --example resize_images
    peer/bin/python -W ignore benches/resize_images.py target/release/examples/resize_images [--rounds 40]

The photographs come with scikit-learn and scikit-image; they are brought to several sizes and stored as JPEG files of
quality 75, 85 and 92. Both sides start from the bytes in memory and end with those of the stored file. A row's figures
are medians over the rounds, summed over its images. "apart" is the mean absolute difference of the two stored images'
pixels; "loss" is how far each is from OpenCV's pixels before they are stored; "bytes" is ours over theirs.
"""

import argparse
import base64
import io
import pathlib
import statistics
import subprocess
import tempfile
import time

import cv2
import numpy as np
import skimage
from img2dataset.resizer import Resizer
from sklearn.datasets import load_sample_images

SIZES = [(500, 375), (640, 480), (1024, 768)]
ROWS = [("keep_ratio", 256), ("border", 256), ("center_crop", 224), ("keep_ratio_largest", 512)]


def photographs():
    folder = pathlib.Path(skimage.__file__).parent / "data"
    names = ["rocket.jpg", "coffee.png", "chelsea.png", "astronaut.png"]
    return [image[:, :, ::-1] for image in load_sample_images().images] + [cv2.imread(str(folder / n)) for n in names]


def covered(image, width, height):
    scale = max(width / image.shape[1], height / image.shape[0])
    size = (max(width, round(image.shape[1] * scale)), max(height, round(image.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(image), size, interpolation=how)[:height, :width]


def pixels(file):
    return cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR).astype(np.int32)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("program")
    options.add_argument("--rounds", type=int, default=40)
    options = options.parse_args()
    cv2.setNumThreads(1)
    ours = subprocess.Popen([options.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with tempfile.TemporaryDirectory() as folder:
        for mode, side in ROWS:
            for width, height in SIZES:
                row(ours, pathlib.Path(folder), mode, side, width, height, options.rounds)


def row(ours, folder, mode, side, width, height, rounds):
    theirs, plain = Resizer(side, mode, False), Resizer(side, mode, False, encode_format="png", encode_quality=1)
    times, apart, loss, sizes = [[], []], [], [[], []], [0, 0]
    for at, image in enumerate(photographs()):
        file = cv2.imencode(".jpg", covered(image, width, height), [cv2.IMWRITE_JPEG_QUALITY, [75, 85, 92][at % 3]])[1]
        file = file.tobytes()
        path = folder / f"{at}.jpg"
        path.write_bytes(file)
        taken = [[], []]
        for _ in range(rounds):
            ours.stdin.write(f"{side} {mode} jpg 95 {path}\n")
            ours.stdin.flush()
            seconds, stored = ours.stdout.readline().split()
            taken[0].append(float(seconds))
            stream = io.BytesIO(file)
            start = time.perf_counter()
            result = theirs(stream)
            taken[1].append(time.perf_counter() - start)
            assert result[5] is None, result[5]
        both = [base64.b64decode(stored), result[0]]
        before = pixels(plain(io.BytesIO(file))[0])
        apart.append(np.abs(pixels(both[0]) - pixels(both[1])).mean())
        for which in (0, 1):
            times[which].append(statistics.median(taken[which]))
            loss[which].append(np.abs(pixels(both[which]) - before).mean())
            sizes[which] += len(both[which])
    left, right = (sum(side) / len(side) for side in times)
    print(
        f"{width}x{height} {mode} {side}: ours {1 / left:6.1f} images/s ({left * 1e3:5.2f} ms), img2dataset "
        f"{1 / right:6.1f} images/s ({right * 1e3:5.2f} ms), ratio {right / left:.2f}; apart {np.mean(apart):.2f}, "
        f"loss {np.mean(loss[0]):.2f} and {np.mean(loss[1]):.2f}, bytes {sizes[0] / sizes[1]:.3f}",
        flush=True,
    )


main()
