"""Writes metrics.json: metrics as CLIP_benchmark, WILDS and DataComp take them, of answers that are made up.

    pip install torch torchvision open_clip_torch==3.3.0 numpy==2.2.6 scikit-learn==1.9.1 webdataset==0.2.86
    pip install pandas pytz requests pycocoevalcap
    pip install --no-deps clip_benchmark==1.6.2 wilds==2.0.0
    git clone https://github.com/mlfoundations/datacomp && git -C datacomp checkout 4a8df19
    python eval/tests/golden/metrics.py datacomp

Scores are whole numbers here and are divided by 1024 on both sides, so that they are the same in f32 and short in the
file. Where scores differ, everything is asked of the references as they are. torch.topk and torch.sort leave the order of
equal values open: of answers with equal scores only what looks at the first maximum is asked, and average precision with
a sort that is stable.
"""

import json
import pathlib
import sys
import types

import numpy as np
import torch

# Only the loader of WinoGAViL's images asks for it.
sys.modules.setdefault("datasets", types.ModuleType("datasets"))
sys.path.insert(0, sys.argv[1])

from clip_benchmark.metrics import zeroshot_classification as zsc  # noqa: E402
from clip_benchmark.metrics import zeroshot_retrieval as zsr  # noqa: E402
from eval_utils import fairness_eval, wilds_eval, wino_eval  # noqa: E402
from sklearn.metrics import average_precision_score, balanced_accuracy_score  # noqa: E402

RNG = np.random.default_rng(0)
REGIONS = ["Asia", "Europe", "Africa", "Americas", "Oceania", "Other"]


class NamedRegions(wilds_eval.FMoWEvaluator):
    """FMoW's evaluator with the names of regions, which WILDS has and DataComp lacks."""

    def __init__(self, metadata):
        self._metadata_map = {"region": REGIONS}
        super().__init__(metadata)


def tensor(scores):
    return torch.tensor(scores, dtype=torch.float32) / 1024


def distinct(rows, columns):
    """Scores that differ within a row, and within a column too."""
    return (RNG.permutation(rows * columns) * 7 - rows * columns * 3).reshape(rows, columns)


def worst(evaluator, predictions, labels, metadata, name):
    return float(evaluator(metadata).eval(predictions, labels, metadata)[0][name])


def classification_values(logits, labels, groups, ties):
    predictions = logits.argmax(dim=1)
    classes = logits.shape[1]
    values = {
        "mean_per_class_recall": balanced_accuracy_score(labels, predictions),
        "f1_macro": worst(wilds_eval.IWildCamEvaluator, predictions, labels, torch.zeros(len(labels), 9).long(), "F1-macro_all"),
    }
    group_columns = torch.stack([groups, torch.zeros_like(groups), torch.zeros_like(groups)], dim=1)
    values["acc_worst_group"] = worst(fairness_eval.GeoDEEvaluator, predictions, labels, group_columns[:, :2], "acc_wg")
    values["acc_worst_region"] = worst(wilds_eval.FMoWEvaluator, predictions, labels, group_columns, "acc_worst_region")
    if groups.max() < len(REGIONS) and (groups < 5).any():
        values["acc_worst_named_region"] = worst(NamedRegions, predictions, labels, group_columns, "acc_worst_region")
    if not ties:
        topk = (1, 5) if classes >= 5 else (1,)
        values.update(zip(("acc1", "acc5"), zsc.accuracy(logits, labels, topk=topk)))
        if classes >= 5:
            five = torch.topk(logits, 5, dim=1)[1]
            columns = group_columns
            values["acc_top5_worst_group"] = worst(fairness_eval.DollarStreetEvaluator, five, labels, columns, "acc_top5_wg")
    return {name: float(value) for name, value in values.items()}


def classification(rows, classes, labelled, groups, ties=False, lost=None):
    """Labels from the classes `labelled`, unevenly; about a third of the answers are right, none of the group `lost`."""
    shares = RNG.dirichlet(np.full(len(labelled), 0.7))
    labels = RNG.choice(labelled, size=rows, p=shares)
    scores = RNG.integers(-2, 3, size=(rows, classes)) if ties else distinct(rows, classes)
    of = RNG.choice(groups, size=rows)
    of[0] = groups[0]
    for row in range(rows):
        other = scores[row].argmin() if of[row] == lost else scores[row].argmax()
        if of[row] == lost or RNG.random() < 0.35:
            scores[row, [other, labels[row]]] = scores[row, [labels[row], other]]
    logits, labels, of = tensor(scores), torch.tensor(labels), torch.tensor(of)
    drawn = torch.tensor(RNG.integers(0, rows, size=rows))
    drawn[0] = 0
    return {
        "classes": classes,
        "groups": int(of.max()) + 1,
        "scores": scores.tolist(),
        "labels": labels.tolist(),
        "group_of": of.tolist(),
        "values": classification_values(logits, labels, of, ties),
        "drawn": drawn.tolist(),
        "values_of_drawn": classification_values(logits[drawn], labels[drawn], of[drawn], ties),
    }


def multilabel(rows, shares, ties=False):
    scores = RNG.integers(-4, 5, size=(rows, len(shares))) if ties else distinct(rows, len(shares))
    truth = (RNG.random((rows, len(shares))) < np.array(shares)).astype(int)
    sort = torch.sort
    if ties:
        torch.sort = lambda values, dim, descending: sort(values, dim=dim, descending=descending, stable=True)
    of_classes = zsc.average_precision_per_class(tensor(scores), torch.tensor(truth))
    torch.sort = sort
    if not ties:
        # scikit-learn takes equal scores at once, the reference one after the other.
        for column, value in enumerate(of_classes):
            if truth[:, column].any():
                assert abs(average_precision_score(truth[:, column], scores[:, column]) - value) < 1e-5
    return {
        "scores": scores.tolist(),
        "truth": truth.tolist(),
        "of_classes": of_classes.tolist(),
        "mean_average_precision": of_classes.mean().item(),
    }


def winogavil(cues):
    """Runs the evaluator itself: a candidate's only feature is its similarity, the cue's is one."""
    rows = []
    for candidates, associations in cues:
        scores = RNG.choice(4096, size=candidates, replace=False) - 2048
        associated = np.zeros(candidates, dtype=int)
        associated[RNG.choice(candidates, size=associations, replace=False)] = 1
        rows.append({"scores": scores.tolist(), "associated": associated.tolist()})
    model = types.SimpleNamespace(
        encode_image=lambda images, normalize: images, encode_text=lambda text, normalize: text
    )
    examples = [
        {
            "candidate_images": list(tensor(row["scores"]).reshape(-1, 1)),
            "cue": "cue",
            "candidates": [f"image {i}" for i in range(len(row["scores"]))],
            "associations": [f"image {i}" for i, is_one in enumerate(row["associated"]) if is_one],
        }
        for row in rows
    ]
    wino_eval.create_model = lambda *_: (model, lambda image: image, "cpu")
    wino_eval.open_clip.get_tokenizer = lambda _: lambda texts: torch.ones(1, 1)
    wino_eval.datasets.load_dataset = lambda *_, **__: examples
    values = wino_eval.evaluate_winogavil_dataset("", "", num_workers=0)
    return {"cues": rows, "values": {name: float(value) for name, value in values.items()}}


def retrieval(captions):
    image_of = np.repeat(np.arange(len(captions)), captions)
    RNG.shuffle(image_of)
    scores = distinct(len(image_of), len(captions))
    for text in np.flatnonzero(RNG.random(len(image_of)) < 0.4):
        best, own = scores[text].argmax(), image_of[text]
        scores[text, [best, own]] = scores[text, [own, best]]
    by_text = tensor(scores)
    positive = torch.zeros(len(image_of), len(captions), dtype=torch.bool)
    positive[torch.arange(len(image_of)), torch.tensor(image_of)] = True
    values = {}
    for k in (1, 5, 10):
        if k <= len(captions):
            values[f"image_retrieval_recall@{k}"] = (zsr.recall_at_k(by_text, positive, k) > 0).float().mean().item()
        if k <= len(image_of):
            values[f"text_retrieval_recall@{k}"] = (zsr.recall_at_k(by_text.T, positive.T, k) > 0).float().mean().item()
    values["mean_recall@1"] = 0.5 * (values["text_retrieval_recall@1"] + values["image_retrieval_recall@1"])
    return {"image_of": image_of.tolist(), "scores": scores.tolist(), "values": values}


golden = {
    "classification": [
        classification(1, 1, [0], [0]),
        classification(9, 1, [0], [0, 2]),
        classification(12, 2, [0, 1], [0, 1]),
        classification(30, 4, [0, 1, 3], [1, 3, 4, 5]),
        classification(30, 5, [2], [0, 1]),
        classification(60, 12, list(range(12)), [0, 1, 2, 3, 4, 5]),
        classification(80, 30, [0, 3, 4, 7, 11, 12, 29], [0, 5, 9]),
        classification(40, 25, list(range(25)), [0]),
        classification(70, 9, list(range(9)), [0, 0, 1, 2, 0, 1, 2, 5], lost=5),
        classification(60, 6, list(range(6)), [0, 1, 2, 3], ties=True),
        classification(25, 3, [0, 2], [0, 1, 2, 5], ties=True),
    ],
    "multilabel": [
        multilabel(1, [1.0]),
        multilabel(1, [0.0, 1.0]),
        multilabel(20, [0.5]),
        multilabel(50, [0.02, 0.1, 0.5, 0.9, 1.0, 0.0]),
        multilabel(120, [0.05] * 8),
        multilabel(40, [0.1, 0.3, 0.7], ties=True),
    ],
    "winogavil": [
        winogavil([(5, 2), (5, 3), (6, 2), (10, 2), (10, 4), (12, 5), (12, 2), (12, 12), (6, 1)] * 3),
    ],
    "retrieval": [
        retrieval([1]),
        retrieval([1, 1, 1]),
        retrieval([5] * 12),
        retrieval([1, 4, 2, 5, 1, 3, 7, 1, 1, 2, 6]),
    ],
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text("{\n" + ",\n".join(
    f' "{kind}": [\n  ' + ",\n  ".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n ]"
    for kind, cases in golden.items()
) + "\n}\n")
