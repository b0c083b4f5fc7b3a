"""`ticclip eval` against `clip_benchmark` with open_clip: JPEG WebDataset to metrics; prints scores, times, ratios.

    python -m venv peer && peer/bin/pip install open_clip_torch==3.3.0 webdataset==0.2.86 clip_benchmark "numpy<2.3" scikit-image
    cargo build --release
    peer/bin/python benches/eval.py target/release/ticclip [--pairs 1536] [--rounds 3] [--threads 2] [--model ViT-B-32]

The set is made by `photo_pairs.py`: photographs of common web sizes as JPEG files, classified by what they show (15 classes, three
templates) and, as a second task, retrieved by their captions. Both sides read the same tars and the same weights, which open_clip
draws at random (`--weights FILE` takes trained ones).

`one` is the whole command for one model on both tasks; `two` for two models; `again` the command a second time, which on our side finds
features kept. clip_benchmark is called as its users call it, `clip_benchmark eval` with two DataLoader workers in fp32 (`--no_amp`)
and, in the second line, in its default amp; every model and set is one process of its own there, as its command line has it for a list.
Sides take turns; times are medians over the rounds. Scores must be equal: the largest difference of any metric is
printed.
"""

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import open_clip
import torch

from photo_pairs import PHOTOGRAPHS, write_shards

TEMPLATES = ["a photo of {c}.", "a picture that shows {c}.", "{c}"]
TASKS = ["photographs", "captions"]


def write_sets(folder, pairs):
    """The photographs as a classification set and as a retrieval set in CLIP_benchmark's layout."""
    shards = folder / "shards"
    write_shards(shards, pairs, tars=4)
    tars = sorted((shards / "train").glob("*/*.tar"))
    names = sorted(PHOTOGRAPHS.values())
    for task in TASKS:
        home = folder / f"wds_{task}_test"
        (home / "test").mkdir(parents=True)
        (home / "test/nshards.txt").write_text(f"{len(tars)}\n")
        if task == "captions":
            (home / "dataset_type.txt").write_text("retrieval\n")
        else:
            (home / "classnames.txt").write_text("".join(f"{name}\n" for name in names))
            (home / "zeroshot_classification_templates.txt").write_text("".join(f"{line}\n" for line in TEMPLATES))
        for number, path in enumerate(tars):
            copy(path, home / f"test/{number}.tar", task, names)


def copy(path, to, task, names):
    """The members of a tar that a task needs."""
    with tarfile.open(path) as tar, tarfile.open(to, "w") as out:
        for member in tar:
            stem, _, extension = member.name.rpartition(".")
            data = tar.extractfile(member).read()
            if extension == "txt" and task == "photographs":
                caption = data.decode()
                found = [at for at, name in enumerate(names) if name in caption]
                assert len(found) == 1, caption
                extension, data = "cls", str(found[0]).encode()
            elif extension == "json":
                continue
            info = tarfile.TarInfo(f"{stem}.{extension}")
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))


def write_tasks(folder):
    lines = {
        "photographs": 'name = "photographs"\nkind = "classification"\nmetric = "acc1"\n',
        "captions": 'name = "captions"\nkind = "retrieval"\nmetric = "mean_recall@1"\n',
    }
    for name, text in lines.items():
        (folder / f"{name}.toml").write_text(text)
    return ",".join(str(folder / f"{name}.toml") for name in lines)


def write_models(folder, name, weights):
    """Two models of an architecture."""
    for seed in (0, 1):
        torch.manual_seed(seed)
        model = open_clip.create_model(name)
        state = torch.load(weights, map_location="cpu") if weights and seed == 0 else model.state_dict()
        torch.save(state, folder / f"model-{seed}.pt")


class Ours:
    def __init__(self, precision, args, folder, tasks):
        self.precision, self.args, self.folder, self.tasks = precision, args, folder, tasks

    def run(self, models, out):
        words = [
            self.args.program, "eval", "--model", *models, "--arch", self.args.model, "--tasks", self.tasks,
            "--data", str(self.folder), "--out", str(out), "--device", "cpu", "--precision", self.precision,
            "--threads", str(self.args.threads), "--json", "-q",
        ]
        done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
        found = {}
        for score in json.loads(done.stdout.splitlines()[-1])["results"]:
            found[Path(score["model"]).stem, score["task"]] = score["metrics"]
        return found


class ClipBenchmark(Ours):
    def run(self, models, out):
        out.mkdir(parents=True, exist_ok=True)
        found = {}
        for model in models:
            for task in TASKS:
                told = out / f"{Path(model).stem}-{task}.json"
                kind = "zeroshot_retrieval" if task == "captions" else "zeroshot_classification"
                words = [
                    sys.executable, "-m", "clip_benchmark.cli", "eval", "--dataset", f"wds/{task}", "--dataset_root",
                    str(self.folder / f"wds_{task}_test"), "--task", kind, "--model", self.args.model, "--pretrained", model,
                    "--output", str(told), "--batch_size", "64", "--num_workers", str(self.args.workers), "--split", "test",
                ] + ([] if self.precision == "amp" else ["--no_amp"])
                env = dict(os.environ, OMP_NUM_THREADS=str(self.args.threads), MKL_NUM_THREADS=str(self.args.threads))
                done = subprocess.run(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                assert done.returncode == 0, done.stdout[-4000:]
                found[Path(model).stem, task] = json.loads(told.read_text())["metrics"]
        return found


SIDES = {
    "ours-f32": (Ours, "f32"),
    "ours-bf16": (Ours, "bf16"),
    "clip_benchmark-fp32": (ClipBenchmark, "fp32"),
    "clip_benchmark-amp": (ClipBenchmark, "amp"),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--model", default="ViT-B-32")
    parser.add_argument("--weights")
    parser.add_argument("--pairs", type=int, default=1536)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sides", default="ours-f32,ours-bf16,clip_benchmark-fp32")
    args = parser.parse_args()
    args.program = os.path.abspath(args.program)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_sets(folder, args.pairs)
        write_models(folder, args.model, args.weights)
        tasks = write_tasks(folder)
        models = [str(folder / f"model-{seed}.pt") for seed in (0, 1)]
        sides = {side: SIDES[side][0](SIDES[side][1], args, folder, tasks) for side in args.sides.split(",")}
        times = {(side, what): [] for side in sides for what in ("one", "two", "again")}
        scores = {}
        for round in range(args.rounds):
            for what, chosen in (("one", models[:1]), ("two", models)):
                for side, peer in sides.items():
                    out = folder / "out" / f"{side}-{what}-{round}"
                    began = time.monotonic()
                    scores[side] = peer.run(chosen, out)
                    times[side, what].append(time.monotonic() - began)
                    print(f"{side:22} {what:5} {times[side, what][-1]:7.1f} s", flush=True)
                    if isinstance(peer, Ours) and type(peer) is Ours and what == "two":
                        began = time.monotonic()
                        peer.run(chosen, out)
                        times[side, "again"].append(time.monotonic() - began)
    report(args, sides, times, scores)


def report(args, sides, times, scores):
    print(f"\n{args.model}, {args.pairs} images, {args.threads} threads; load {os.getloadavg()[1]:.1f}")
    median = {key: statistics.median(taken) for key, taken in times.items() if taken}
    print(f"{'':24} {'one':>8} {'two':>8} {'second':>8} {'again':>8}")
    for side in sides:
        one, two, again = (median.get((side, what)) for what in ("one", "two", "again"))
        print(f"{side:24} {one:6.1f} s {two:6.1f} s {two - one:6.1f} s " + (f"{again:6.2f} s" if again else ""))
    peers = [side for side in sides if side.startswith("clip_benchmark")]
    for side in sides:
        for peer in peers:
            if side not in peers:
                one, two = (median[side, what] / median[peer, what] for what in ("one", "two"))
                second = (median[side, "two"] - median[side, "one"]) / median[side, "one"]
                print(f"{side + ' / ' + peer:44} one {one:.2f}  two {two:.2f}; our second model / our first {second:.2f}")
    print("\nmetrics, and the largest difference to clip_benchmark's")
    for side in sides:
        for (model, task), metrics in sorted(scores[side].items()):
            shown = "  ".join(f"{name} {value:.4f}" for name, value in sorted(metrics.items()) if isinstance(value, float))
            print(f"{side:22} {model} {task:12} {shown}")
        for peer in peers:
            if side in peers:
                continue
            gaps = [
                (abs(metrics[name] - value), model, task, name)
                for (model, task), metrics in scores[side].items()
                for name, value in scores[peer][model, task].items()
                if isinstance(value, float) and name in metrics
            ]
            print(f"{side} against {peer}: {max(gaps)}")


if __name__ == "__main__":
    main()
