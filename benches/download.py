"""Times `ticclip download` against img2dataset on the same images from the same local server.

    python3 -m venv peers && peers/bin/pip install img2dataset==1.47.0 scikit-learn 'numpy<2.3'
    cargo build --release && cargo bench --no-run --bench mock_server
    peers/bin/python benches/download.py --ticclip target/release/ticclip --server PATH-OF-THE-BENCH --img2dataset peers/bin/img2dataset

The images are crops of the two photographs that scikit-learn ships, 640 x 480 JPEGs of quality 90. Both programs resize them to
256 pixels (keep_ratio, area) and encode JPEG of quality 95 into WebDataset shards. They take turns; the medians of images a
second, the largest memory of all their processes together, and the ratios are printed.
"""

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path


def make_images(folder, count):
    import numpy
    from PIL import Image
    from sklearn.datasets import load_sample_image

    photos = [load_sample_image(name) for name in ("china.jpg", "flower.jpg")]
    photos = [Image.fromarray(photo).resize((960, 640), Image.BICUBIC) for photo in photos]
    random = numpy.random.default_rng(0)
    for number in range(count):
        photo = photos[number % len(photos)]
        left, top = random.integers(0, 960 - 640), random.integers(0, 640 - 480)
        photo.crop((left, top, left + 640, top + 480)).save(folder / f"{number:05}.jpg", quality=90)


def make_table(path, rows, base):
    import hashlib

    import pyarrow
    import pyarrow.parquet

    names = [hashlib.sha256(str(row).encode()).hexdigest()[:32] for row in range(rows)]
    urls = [f"{base}/image/{row}.jpg" for row in range(rows)]
    captions = [f"photograph number {row}" for row in range(rows)]
    table = pyarrow.table({"uid": names, "url": urls, "text": captions})
    pyarrow.parquet.write_table(table, path)


def memory_of(group):
    """Proportional set size of every process of the group, in bytes."""
    total = 0
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if os.getpgid(int(entry)) != group:
                    continue
                for line in open(f"/proc/{entry}/smaps_rollup"):
                    if line.startswith("Pss:"):
                        total += int(line.split()[1]) * 1024
            except (OSError, ProcessLookupError):
                pass
    return total


def run(command):
    """Seconds and the largest memory of a command and its children."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    most = 0
    while child.poll() is None:
        most = max(most, memory_of(child.pid))
        time.sleep(0.05)
    assert child.returncode == 0, (command, child.returncode)
    return time.monotonic() - began, most


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ticclip", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--img2dataset", required=True)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        images = folder / "images"
        images.mkdir()
        make_images(images, 400)
        port = 18080
        server = subprocess.Popen([args.server, "--port", str(port), "--images", str(images)])
        try:
            table = folder / "table.parquet"
            make_table(table, args.rows, f"http://127.0.0.1:{port}")
            ours, theirs = [], []
            for _ in range(args.runs):
                out = folder / "out"
                shutil.rmtree(out, ignore_errors=True)
                ours.append(run([
                    args.ticclip, "download", str(table), "--out", str(out), "--image-size", "256",
                    "--resize-mode", "keep_ratio", "--allow-private", "--per-host-concurrency", "64",
                ]))
                shutil.rmtree(out, ignore_errors=True)
                theirs.append(run([
                    args.img2dataset, "--url_list", str(table), "--input_format", "parquet", "--url_col", "url",
                    "--caption_col", "text", "--output_format", "webdataset", "--output_folder", str(out),
                    "--image_size", "256", "--resize_mode", "keep_ratio", "--processes_count", "2",
                    "--thread_count", "32", "--number_sample_per_shard", "10000", "--enable_wandb", "False",
                ]))
        finally:
            server.send_signal(signal.SIGTERM)
    for name, runs in (("ticclip", ours), ("img2dataset", theirs)):
        rates = [args.rows / seconds for seconds, _ in runs]
        memory = max(most for _, most in runs) / 1e6
        print(f"{name:12} {statistics.median(rates):8.0f} images/s  ({min(rates):.0f} to {max(rates):.0f})  {memory:6.0f} MB")
    ratio = statistics.median(b[0] / a[0] for a, b in zip(ours, theirs))
    memory = max(m for _, m in ours) / max(m for _, m in theirs)
    print(f"ratio: {ratio:.2f} times as many images a second, {memory:.2f} of the memory")


if __name__ == "__main__":
    main()
