"""The losses of `ticclip train` against those of open_clip's trainer, from the same weights, on the same batches.

    python -m venv peer && peer/bin/pip install open_clip_torch==3.3.0 webdataset==0.2.86 pandas scikit-image
    cargo build --release
    peer/bin/python benches/loss_trajectory.py target/release/ticclip [--model ViT-B-32] [--updates 50] [--steps 1] [--floor]

open_clip draws weights; `ticclip train --from` them makes the updates with random crops that always keep the whole image,
and says with `--batch-keys` which pairs each batch had. Then open_clip's `main` trains from the same weights in fp32, with
its own transform, tokenizer, optimiser, schedule and loop; what is put in its place is the order of samples (`get_data`),
and its losses are written down in full (`create_loss`). Images are square: where a crop must keep all of the area, none of
another shape fits, and both sides take the whole. Every further time step begins with the weights that each side itself
ended the one before with, and with a new optimiser.

Prints the losses of both, their differences, how far the final weights are apart, and fails where a loss differs by more than
`--tolerance`. With `--floor` open_clip runs a second time, with the pairs of each batch in the reverse order, and the
difference to its own first run is printed: what rounding alone makes of these updates, which is the more the higher
`--rate` is. Without a program only that is done.
"""

import argparse
import io
import json
import random
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import open_clip
import open_clip_train.main as trainer
import torch
from open_clip_train.data import DataInfo
from PIL import Image
from safetensors.torch import load_file
from torch.utils.data import DataLoader, Dataset

from photo_pairs import SQUARE_SIZES, write_shards

RECIPE = """name = "trajectory"
batch-pairs = {batch}
samples-per-step = {samples}
peak-lr = {rate}
warmup-updates = {warmup}
weight-decay = 0.2
seed = {seed}
model = "{model}"

[augment]
crop-scale = [1.0, 1.0]
"""


class Pool(Dataset):
    """The pairs of a step by their keys, as open_clip's transform and tokenizer make them."""

    def __init__(self, folder, transform, tokenizer):
        self.pairs, self.transform, self.tokenizer = {}, transform, tokenizer
        for path in sorted(folder.glob("*.tar")):
            with tarfile.open(path) as tar:
                for member in tar:
                    key, extension = member.name.split(".", 1)
                    self.pairs.setdefault(key, {})[extension] = tar.extractfile(member).read()

    def __getitem__(self, key):
        pair = self.pairs[key]
        image = Image.open(io.BytesIO(pair["jpg"])).convert("RGB")
        return self.transform(image), self.tokenizer([pair["txt"].decode()])[0]


def train_open_clip(args, folder, batches, weights, warmup, out):
    """open_clip's main on these batches; answers its losses, and where its weights are."""
    losses = []

    def get_data(arguments, transforms, epoch=0, tokenizer=None):
        loader = DataLoader(Pool(folder, transforms[0], tokenizer), batch_sampler=batches)
        loader.num_batches, loader.num_samples = len(batches), sum(map(len, batches))
        return {"train": DataInfo(loader)}

    def create_loss(arguments):
        inner = open_clip.create_loss(arguments)

        def loss(**features):
            parts = inner(**features)
            losses.append(sum(parts.values()).item())
            return parts

        return loss

    trainer.get_data, trainer.create_loss, trainer.setup_logging = get_data, create_loss, lambda *_: None
    # Only to be told that there is something to train on; what, `get_data` answers.
    trainer.main([
        "--train-data", str(folder), "--device", "cpu", "--precision", "fp32", "--model", args.model, "--resume", str(weights),
        "--batch-size", str(args.batch), "--epochs", "1", "--workers", "0", "--lr", str(args.rate), "--warmup", str(warmup),
        "--beta1", "0.9", "--beta2", "0.98", "--eps", "1e-6", "--wd", "0.2", "--aug-cfg", "scale=(1.0,1.0)",
        "--logs", str(out), "--name", "run", "--log-every-n-steps", "10",
    ])
    trained = out / "weights.pt"
    state = torch.load(out / "run/checkpoints/epoch_1.pt", map_location="cpu")["state_dict"]
    torch.save(state, trained)
    return losses, trained


def open_clip_through(args, folders, batches, weights, out, turn=False):
    """Losses of every step, and the weights after the last one."""
    losses = []
    for at, folder in enumerate(folders):
        of_step = [batch[::-1] for batch in batches[at]] if turn else batches[at]
        home = out / folder.name
        home.mkdir(parents=True)
        found, weights = train_open_clip(args, folder, of_step, weights, 0 if at else args.warmup, home)
        losses += found
    return losses, torch.load(weights)


def train_ours(args, data, weights, out):
    """Losses of every step, the keys of every batch, and the weights after the last step."""
    recipe, keys = out / "recipe.toml", out / "train/sequential/batches.jsonl"
    samples = args.updates * args.batch
    words = dict(batch=args.batch, samples=samples, rate=args.rate, warmup=args.warmup, seed=args.seed, model=args.model)
    recipe.write_text(RECIPE.format(**words))
    subprocess.run(
        [
            args.program, "train", str(recipe), "--data", str(data), "--strategy", "sequential", "--out", str(out / "train"),
            "--from", str(weights), "--architecture", args.model, "--batch-keys",
            "--device", "cpu", "--threads", str(args.threads), "-q", "--precision", args.precision,
        ],
        check=True, stdout=sys.stderr,
    )
    lines = [json.loads(line) for line in (out / "train/sequential/metrics.jsonl").read_text().splitlines()]
    steps = sorted({line["step"] for line in lines})
    batches = [[] for _ in steps]
    for line in sorted(map(json.loads, keys.read_text().splitlines()), key=lambda line: (line["step"], line["update"])):
        assert len(line["keys"]) == args.batch, f"update {line['update']} lacks pairs"
        batches[steps.index(line["step"])].append(line["keys"])
    assert all(len(of_step) == args.updates for of_step in batches)
    trained = load_file(out / "train/sequential" / steps[-1] / "open_clip_model.safetensors")
    return [line["loss"] for line in lines], batches, trained


def shuffled(args, folders):
    """Batches in an order of our own, where there is no program to follow."""
    order, batches = random.Random(args.seed), []
    for folder in folders:
        keys, drawn = sorted(Pool(folder, None, None).pairs), []
        while len(drawn) < args.updates * args.batch:
            order.shuffle(keys)
            drawn += keys
        batches.append([drawn[at * args.batch : (at + 1) * args.batch] for at in range(args.updates)])
    return batches


def compare(name, left, right, left_weights, right_weights):
    """Largest differences of losses and weights."""
    assert len(left) == len(right)
    apart = [abs(a - b) for a, b in zip(left, right)]
    weights = max(float((left_weights[key] - right_weights[key]).abs().max()) for key in right_weights if key != "attn_mask")
    print(
        f"{name}: losses differ by {max(apart):.1e} at most, at update {apart.index(max(apart)) + 1} of {len(apart)}, "
        f"by {apart[0]:.1e} at the first; weights by {weights:.1e} at most"
    )
    return max(apart)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", nargs="?")
    parser.add_argument("--model", default="ViT-B-32")
    parser.add_argument("--updates", type=int, default=50, help="in each step")
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=256, help="in each step")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1e-4, help="the largest learning rate")
    parser.add_argument("--warmup", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", default="f32", help="ours; open_clip's is fp32")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--floor", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        folders = write_shards(folder / "shards", args.pairs, 2, args.steps, SQUARE_SIZES)
        torch.manual_seed(args.seed)
        weights = folder / "weights.pt"
        torch.save(open_clip.create_model(args.model, precision="fp32").state_dict(), weights)
        if args.program:
            ours, batches, our_weights = train_ours(args, folder / "shards", weights, folder)
        else:
            batches = shuffled(args, folders)
        theirs, their_weights = open_clip_through(args, folders, batches, weights, folder / "open_clip")
        print(f"\n{args.model}, {args.steps} x {args.updates} updates of {args.batch} pairs, learning rate up to {args.rate}")
        if args.program:
            for update, (a, b) in enumerate(zip(ours, theirs), 1):
                print(f"{update:4} ticclip {a:.6f} open_clip {b:.6f} {abs(a - b):.1e}")
            worst = compare("ticclip and open_clip", ours, theirs, our_weights, their_weights)
        if args.floor or not args.program:
            turned, turned_weights = open_clip_through(args, folders, batches, weights, folder / "turned", turn=True)
            if not args.program:
                for update, (a, b) in enumerate(zip(theirs, turned), 1):
                    print(f"{update:4} open_clip {a:.6f} reversed {b:.6f} {abs(a - b):.1e}")
            compare("open_clip and itself, pairs of a batch reversed", theirs, turned, their_weights, turned_weights)
    if args.program and worst > args.tolerance:
        raise SystemExit(f"more than {args.tolerance:.0e} apart")


if __name__ == "__main__":
    main()
