"""Scores the checkpoints of a demo again with open_clip, and prints both sides.

    pip install open_clip_torch
    python benches/open_clip_scores.py ticclip-demo

Reads every checkpoint through `local-dir:`, prepares images and captions with open_clip's own transforms and
tokenizer, and compares mean recall@1 and top-1 accuracy with scores.jsonl. Ends with the largest difference,
in samples: preprocessing rounds in another place, so a near tie may fall the other way.
"""

import collections
import io
import json
import pathlib
import sys
import tarfile

import open_clip
import torch
from PIL import Image


def samples(folder):
    found = collections.defaultdict(dict)
    count = int((folder / "test" / "nshards.txt").read_text())
    for shard in range(count):
        with tarfile.open(folder / "test" / f"{shard}.tar") as tar:
            for member in tar:
                key, extension = member.name.split(".", 1)
                found[key][extension] = tar.extractfile(member).read()
    return list(found.values())


def images(folder, model, transform):
    batch = [transform(Image.open(io.BytesIO(sample["png"])).convert("RGB")) for sample in samples(folder)]
    return model.encode_image(torch.stack(batch), normalize=True)


def retrieval(folder, model, transform, tokenize):
    texts = [sample["txt"].decode() for sample in samples(folder)]
    similarity = images(folder, model, transform) @ model.encode_text(tokenize(texts), normalize=True).T
    right = torch.arange(len(texts))
    by_image = (similarity.argmax(1) == right).float().mean()
    by_text = (similarity.argmax(0) == right).float().mean()
    return ((by_image + by_text) / 2).item()


def classification(folder, model, transform, tokenize):
    classes = (folder / "classnames.txt").read_text().split("\n")[:-1]
    templates = (folder / "zeroshot_classification_templates.txt").read_text().split("\n")[:-1]
    head = []
    for name in classes:
        prompts = [template.replace("{c}", name) for template in templates]
        mean = model.encode_text(tokenize(prompts), normalize=True).mean(0)
        head.append(mean / mean.norm())
    labels = torch.tensor([int(sample["cls"]) for sample in samples(folder)])
    guesses = (images(folder, model, transform) @ torch.stack(head).T).argmax(1)
    return (guesses == labels).float().mean().item()


@torch.no_grad()
def main(demo):
    ours = [json.loads(line) for line in (demo / "scores.jsonl").read_text().splitlines()]
    largest = 0.0
    for path in sorted({score["model"] for score in ours}):
        local = f"local-dir:{(demo / path).resolve()}"
        model, transform = open_clip.create_model_from_pretrained(local)
        tokenize = open_clip.get_tokenizer(local)
        for score in (score for score in ours if score["model"] == path):
            task = {"retrieval": retrieval, "classification": classification}[score["task"]]
            folder = demo / "shards" / "eval" / score["task"] / score["tested_step"]
            theirs = task(folder, model.eval(), transform, tokenize)
            difference = abs(theirs - score["value"]) * score["n"]
            largest = max(largest, difference)
            print(f"{path} {score['task']} {score['tested_step']}: {score['value']:.4f} open_clip {theirs:.4f}")
    print(f"{len(ours)} scores, largest difference {largest:.1f} samples")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
