"""The whole `ticclip train` against open_clip's own trainer: JPEG files in tars to a trained ViT-B-32; prints times, memory, ratios.

    python -m venv peer && peer/bin/pip install open_clip_torch==3.3.0 webdataset==0.2.86 pandas scikit-image
    cargo build --release
    peer/bin/python benches/train.py target/release/ticclip [--updates 8,24] [--rounds 3] [--threads 2] [--sides ours-f32,…]

Both read the same tars of JPEG files of common web sizes (`photo_pairs.py`), crop them at random (0.9 to 1.0 of the area, bicubic),
and make the same number of updates of 32 pairs with AdamW of the same settings, from random weights to a checkpoint on disk.
Ours is the command as it is called; the other side is `python -m open_clip_train.main` with two DataLoader workers, in
fp32 and in amp_bf16.

`whole` is the wall time of the command with the larger number of updates. `update` is what one more update costs: the
difference between the larger and the smaller number over the difference of the numbers, so that start, first batch and
last checkpoint are not in it, whatever either side prepares ahead; that ours keeps its state every `--checkpoint-seconds` is.
`waits` is what of it an update waited for data: open_clip's median by its log, our mean by the summary of `train`. Sides take turns; times are medians over the
rounds. `memory` is the largest sum of the proportional set sizes of the command and all its children, looked at ten times
a second, in a run of its own before the others; `own` is the same without mapped files, which are programs and libraries
mostly. Lines of ratios are ours over open_clip's in fp32, and over whichever of its two precisions is the faster.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from photo_pairs import write_shards

BATCH, WARMUP = 32, 4
RECIPE = """name = "bench"
batch-pairs = {batch}
samples-per-step = {samples}
peak-lr = 5e-4
warmup-updates = {warmup}
weight-decay = 0.2
precision = "{precision}"
seed = 0
model = "{model}"

[augment]
crop-scale = [0.9, 1.0]
"""


class Ours:
    def __init__(self, precision, args, data):
        self.precision, self.args, self.data = precision, args, data

    def command(self, updates, out):
        recipe = out / "recipe.toml"
        words = dict(batch=BATCH, samples=updates * BATCH, warmup=WARMUP, precision=self.precision, model=self.args.model)
        recipe.write_text(RECIPE.format(**words))
        return [
            self.args.program, "train", str(recipe), "--data", str(self.data), "--strategy", "sequential",
            "--out", str(out / "train"), "--device", "cpu", "--threads", str(self.args.threads), "-q",
            "--checkpoint-seconds", str(self.args.checkpoint_seconds),
        ]

    def waits(self, output):
        """Mean seconds that an update waited for its batch, from the share of time that the summary tells."""
        found = re.search(r"([0-9]+) samples, .*?, ([0-9]+) s \(([0-9.]+)% of them waiting", output)
        samples, seconds, percent = map(float, found.groups())
        return seconds * percent / 100 / (samples / BATCH)


class OpenClip(Ours):
    def command(self, updates, out):
        tars = sorted((self.data / "train").glob("*/*.tar"))
        numbers = f"{{{tars[0].stem}..{tars[-1].stem}}}.tar"
        return [
            sys.executable, "-m", "open_clip_train.main", "--device", "cpu", "--precision", self.precision,
            "--model", self.args.model, "--dataset-type", "webdataset", "--train-data", str(tars[0].with_name(numbers)),
            "--train-num-samples", str(updates * BATCH), "--batch-size", str(BATCH), "--epochs", "1",
            "--workers", str(self.args.workers), "--lr", "5e-4", "--beta1", "0.9", "--beta2", "0.98", "--eps", "1e-6",
            "--wd", "0.2", "--warmup", str(WARMUP), "--seed", "0", "--aug-cfg", "scale=(0.9,1.0)",
            "--log-every-n-steps", "1", "--logs", str(out), "--name", "train",
        ]

    def waits(self, output):
        """Median seconds that an update waited for its batch, past those that were prepared at the start."""
        found = [float(seconds) for seconds in re.findall(r"Data \(t\): ([0-9.]+)", output)]
        return statistics.median(found[4:] or found)


SIDES = {
    "ours-f32": (Ours, "f32"),
    "ours-bf16": (Ours, "bf16"),
    "open_clip-fp32": (OpenClip, "fp32"),
    "open_clip-amp_bf16": (OpenClip, "amp_bf16"),
}


def memory_of(group):
    """Sum of the proportional set sizes of the processes of a group, in bytes: all, and without mapped files."""
    total, own = 0, 0
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if os.getpgid(int(entry)) == group:
                    for line in open(f"/proc/{entry}/smaps_rollup"):
                        name, _, size = line.partition(":")
                        total += int(size.split()[0]) * 1024 if name == "Pss" else 0
                        own += int(size.split()[0]) * 1024 if name in ("Pss_Anon", "Pss_Shmem") else 0
            except OSError:
                pass
    return total, own


def run(side, updates, threads, measure_memory=False):
    """Seconds of a command, its output, and the largest memory of it and its children, if asked."""
    with tempfile.TemporaryDirectory() as out:
        command = side.command(updates, Path(out))
        os.sync()
        env = dict(os.environ, OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads))
        with tempfile.TemporaryFile("w+") as log:
            began, most = time.monotonic(), (0, 0)
            child = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=env, start_new_session=True)
            while measure_memory and child.poll() is None:
                most = tuple(map(max, most, memory_of(child.pid)))
                time.sleep(0.1)
            child.wait()
            seconds = time.monotonic() - began
            log.seek(0)
            output = log.read()
        assert child.returncode == 0, f"{command} ended with {child.returncode}:\n{output[-4000:]}"
        assert any(path.stat().st_size > 1e6 for path in Path(out).rglob("*") if path.is_file()), "no checkpoint"
    return seconds, output, most


def print_table(rows, peers):
    """`rows` are (whole, update, memory, own memory, waits) by side."""
    print(f"\n{'':26} {'whole':>9} {'update':>9} {'waits':>9} {'memory':>9} {'own':>9}")
    for name, (whole, update, memory, own, waits) in rows.items():
        waits = "" if waits is None else f"{waits * 1000:6.0f} ms"
        print(f"{name:26} {whole:7.1f} s {update:7.3f} s {waits:>9} {memory / 1e6:6.0f} MB {own / 1e6:6.0f} MB")
    if not peers:
        return
    plain = rows.get("open_clip-fp32")
    fastest = min((rows[name] for name in peers), key=lambda row: row[1])
    for name, row in rows.items():
        if name in peers:
            continue
        for peer, of in ((plain, "its fp32"), (fastest, "its faster one")):
            if peer:
                whole, update, memory, own = (row[at] / peer[at] for at in range(4))
                print(f"{name + ' / ' + of:26} {whole:7.2f}   {update:7.2f}   {'':9} {memory:6.2f}    {own:6.2f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", nargs="?", help="without it, open_clip alone is measured")
    parser.add_argument("--model", default="ViT-B-32")
    parser.add_argument("--pairs", type=int, default=768)
    parser.add_argument("--updates", default="8,24", help="a smaller and a larger number, both even")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2, help="of open_clip's DataLoader")
    parser.add_argument("--checkpoint-seconds", type=int, default=60, help="ours")
    parser.add_argument("--sides", default=",".join(SIDES))
    args = parser.parse_args()
    few, many = map(int, args.updates.split(","))
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "shards"
        write_shards(data, args.pairs, tars=4)
        sides = {}
        for name in args.sides.split(","):
            kind, precision = SIDES[name]
            if kind is OpenClip or args.program:
                sides[name] = kind(precision, args, data)
        memory, waits, times = {}, {}, {name: {few: [], many: []} for name in sides}
        for name, side in sides.items():
            *_, memory[name] = run(side, many, args.threads, measure_memory=True)
        for _ in range(args.rounds):
            for updates in (few, many):
                for name, side in sides.items():
                    seconds, output, _ = run(side, updates, args.threads)
                    times[name][updates].append(seconds)
                    waits[name] = side.waits(output)
                    print(f"{name:22} {updates:3} updates {seconds:7.1f} s", flush=True)
    rows = {}
    for name, taken in times.items():
        less, more = (statistics.median(taken[updates]) for updates in (few, many))
        rows[name] = (more, (more - less) / (many - few), *memory[name], waits[name])
    peers = [name for name, side in sides.items() if isinstance(side, OpenClip)]
    load = os.getloadavg()[2]
    print(f"\n{args.model}, updates of {BATCH} pairs, {args.threads} threads, whole: {many} updates; load over 15 minutes: {load:.1f}")
    print_table(rows, peers)


if __name__ == "__main__":
    main()
