"""Writes evaluation_sets/: small evaluation sets by the programs that people make theirs with, and evaluation_sets.json:
what those programs read from them.

    pip install clip_benchmark==1.6.2 datasets==5.2.0 webdataset==0.2.86 torch==2.15.0
    python tests/golden/evaluation_sets.py

WebDatasets are written by CLIP_benchmark's `convert_dataset` and `convert_retrieval_dataset` and read by its
`build_wds_dataset` with images left as they are. Parquet files are written and read by Hugging Face's `datasets`. The tars hold
the time at which they were made; nothing else changes from call to call.
"""

import hashlib
import io
import json
import pathlib
import shutil

import datasets
import torch
import webdataset
from clip_benchmark.datasets import builder
from clip_benchmark.webdataset_builder import convert_dataset, convert_retrieval_dataset
from PIL import Image

HERE = pathlib.Path(__file__).parent
ROOT = HERE / "evaluation_sets"
COLOURS = [(230, 30, 30), (30, 230, 30), (30, 30, 230)]


def image(number, size=6):
    picture = Image.new("RGB", (size, size), COLOURS[number % 3])
    picture.putpixel((0, 0), (number, 0, 0))
    return picture


def png(number):
    stream = io.BytesIO()
    image(number).save(stream, format="png")
    return stream.getvalue()


class Samples(list):
    pass


def sha(encoded):
    return hashlib.sha256(encoded).hexdigest()


def wds(name, samples, convert, classes=None, templates=None, **more):
    samples = Samples(samples)
    samples.classes, samples.templates = classes, templates
    folder = ROOT / name
    convert(samples, "test", str(folder), image_format="png", max_count=2, verbose=False, **more)
    # The images as they are: the reader's decoder of images is the one step left out.
    webdataset.autodecode.ImageHandler = lambda *_, **__: (lambda key, data: None)
    dataset = builder.build_wds_dataset(name, lambda encoded: encoded, data_dir=str(folder))
    read = []
    for encoded, answer in dataset:
        if hasattr(answer, "tolist"):
            answer = answer.tolist()
        read.append({"image": sha(encoded), "answer": answer})
    return {"classes": dataset.classes, "templates": dataset.templates, "samples": read}


def parquet(name, features, rows):
    folder = ROOT / name / "data"
    folder.mkdir(parents=True)
    path = folder / "test-00000-of-00001.parquet"
    datasets.Dataset.from_list(rows, features=datasets.Features(features)).to_parquet(str(path), batch_size=2)
    back = datasets.Dataset.from_parquet(str(path), cache_dir="/tmp/evaluation-sets-cache")
    return back


def as_files(dataset, column):
    return [sha(row[column]["bytes"]) for row in dataset.cast_column(column, datasets.Image(decode=False))]


def main():
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir()
    found = {}
    found["wds_classes"] = wds(
        "wds_classes",
        [(png(n), n % 3) for n in range(5)],
        convert_dataset,
        classes=["red", "green thing", "blue"],
        templates=["a photo of a {c}.", "{c}"],
    )
    found["wds_labels"] = wds(
        "wds_labels",
        [(png(n), torch.tensor([n % 2, 1, 0])) for n in range(3)],
        convert_dataset,
        classes=["a", "b", "c"],
        templates=["{c}"],
        multilabel=True,
    )
    found["wds_captions"] = wds(
        "wds_captions",
        [(png(0), ["a red square", "un carré rouge"]), (png(1), ["first\nsecond"]), (png(2), ["日本"])],
        convert_retrieval_dataset,
    )
    classes = datasets.ClassLabel(names=["red", "green thing", "blue"])
    of = parquet(
        "parquet_classes",
        {"image": datasets.Image(), "label": classes},
        [{"image": {"bytes": png(n), "path": f"{n}.png"}, "label": n % 3} for n in range(5)],
    )
    found["parquet_classes"] = {"classes": of.features["label"].names, "images": as_files(of, "image"), "labels": of["label"][:]}
    of = parquet(
        "parquet_labels",
        {"image": datasets.Image(), "labels": datasets.Sequence(classes)},
        [{"image": {"bytes": png(n), "path": None}, "labels": list(range(n))} for n in range(3)],
    )
    found["parquet_labels"] = {"images": as_files(of, "image"), "labels": of["labels"][:]}
    of = parquet(
        "parquet_captions",
        {"image": datasets.Image(), "caption": datasets.Sequence(datasets.Value("string"))},
        [{"image": {"bytes": png(n), "path": None}, "caption": ["é", "two"][: n + 1]} for n in range(2)],
    )
    found["parquet_captions"] = {"images": as_files(of, "image"), "captions": of["caption"][:]}
    texts = datasets.Sequence(datasets.Value("string"))
    of = parquet(
        "parquet_questions",
        {"candidates": texts, "cue": datasets.Value("string"), "associations": texts, "candidate_images": datasets.Sequence(datasets.Image())},
        [
            {"candidates": ["cat", "dog"], "cue": "whiskers", "associations": ["cat"], "candidate_images": [{"bytes": png(n), "path": None} for n in (0, 1)]},
            {"candidates": ["dog", "tea party"], "cue": "tea", "associations": ["tea party"], "candidate_images": [{"bytes": png(n), "path": None} for n in (1, 2)]},
        ],
    )
    found["parquet_questions"] = {
        "images": {"cat": sha(png(0)), "dog": sha(png(1)), "tea party": sha(png(2))},
        "questions": [[row["cue"], row["candidates"], [name in row["associations"] for name in row["candidates"]]] for row in of.remove_columns("candidate_images")],
    }
    (HERE / "evaluation_sets.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
