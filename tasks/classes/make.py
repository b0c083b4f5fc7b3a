"""Writes the class lists of data sets whose classes are ImageNet's: one class a line, in the order of class ids.

    python tasks/classes/make.py NATURAL_ADV_EXAMPLES IMAGENET_R CLIP_BENCHMARK WISE_FT

The four are checkouts of github.com/hendrycks/natural-adv-examples, hendrycks/imagenet-r, LAION-AI/CLIP_benchmark and
mlfoundations/wise-ft (all under the MIT licence). They were read at 0777070, 3131cac, 48de38c and 58b7a4b.

Images of ImageNet-A, -O and -R lie in folders named by wnid, and both the authors' evaluation and CLIP_benchmark number
the classes in ImageNet's order. CLIP_benchmark numbers the classes of ObjectNet by the sorted names of the folders that
have a class in ImageNet; 9 of the 113 have more than one. Lists that disagree between two sources are refused.
"""

import ast
import json
import pathlib
import re
import sys

HEADER = "# One class a line, in the order of class ids; written by make.py from {} (MIT licence).\n"
HERE = pathlib.Path(__file__).parent
IMAGENET = HERE.parent.parent / "data-manifests/imagenet/classes.txt"


def wnids(path, name):
    """The list or set of wnids that a Python file assigns to a name."""
    found = re.search(rf"^\s*{name} = ([\[{{][^\]}}]*[\]}}])", path.read_text(), re.MULTILINE)
    return set(ast.literal_eval(found[1]))


def of_imagenet(order, source, clip_benchmark, name):
    """Classes in ImageNet's order, if both sources name the same ones."""
    chosen = wnids(source, name)
    if chosen != wnids(clip_benchmark, name):
        sys.exit(f"{source} and {clip_benchmark} have other classes")
    return [[wnid] for wnid in order if wnid in chosen]


def of_objectnet(order, maps):
    """Classes in the order of their folders' names."""
    folders = json.loads((maps / "folder_to_objectnet_label.json").read_text())
    classes = json.loads((maps / "objectnet_to_imagenet_1k.json").read_text())
    places = {place: int(id) for id, place in json.loads((maps / "pytorch_to_imagenet_2012_id.json").read_text()).items()}
    labels = [line.strip() for line in (maps / "imagenet_to_label_2012_v2").read_text().splitlines()]
    wnid = {label: order[places[place]] for place, label in enumerate(labels)}
    used = [label for names in classes.values() for label in names.split("; ")]
    if any(labels.count(label) != 1 for label in used):
        sys.exit("a class of ImageNet is named ambiguously")
    return [
        sorted(wnid[label] for label in classes[folders[folder]].split("; "))
        for folder in sorted(folders)
        if folders[folder] in classes
    ]


def main():
    if len(sys.argv) != 5:
        sys.exit("call: make.py NATURAL_ADV_EXAMPLES IMAGENET_R CLIP_BENCHMARK WISE_FT")
    natural, renditions, benchmark, wise_ft = map(pathlib.Path, sys.argv[1:])
    order = IMAGENET.read_text().split()
    builder = benchmark / "clip_benchmark/datasets/builder.py"
    many = natural / "eval_many_models.py"
    adversarial, rendered = "hendrycks/natural-adv-examples", "hendrycks/imagenet-r"
    lists = {
        "imagenet-a": (adversarial, of_imagenet(order, many, builder, "imagenet_a_wnids")),
        "imagenet-o": (adversarial, of_imagenet(order, many, builder, "imagenet_o_wnids")),
        "imagenet-r": (rendered, of_imagenet(order, renditions / "eval.py", builder, "imagenet_r_wnids")),
        "objectnet": ("mlfoundations/wise-ft", of_objectnet(order, wise_ft / "src/datasets/objectnet_metadata")),
    }
    for name, (source, classes) in lists.items():
        lines = "".join(" ".join(wnids) + "\n" for wnids in classes)
        (HERE / f"{name}.txt").write_text(HEADER.format(source) + lines)


if __name__ == "__main__":
    main()
