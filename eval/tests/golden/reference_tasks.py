"""Writes datacomp_tasks.csv and openclip_scores.csv, the facts that the shipped tasks are tested against.

    python eval/tests/golden/reference_tasks.py DATACOMP OPEN_CLIP

The two are checkouts of github.com/mlfoundations/datacomp and mlfoundations/open_clip, read at 4a8df19 and 89fb801.

datacomp_tasks.csv: the scored tasks of DataComp's tasklist.yml, in its order, each with the group of aggregate_scores.py
that it is in. Three metrics have other names here (METRICS). openclip_scores.csv: the rows of three models in
open_clip's docs/openclip_results.csv; its columns are named by DataComp's names of the tasks.
"""

import ast
import csv
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
MODELS = [("ViT-L-14", "openai"), ("ViT-B-16", "openai"), ("ViT-B-32", "openai")]
UNSCORED = {"fairness/fairface", "fairness/utkface"}
METRICS = {"F1-macro_all": "f1_macro", "acc_wg": "acc_worst_group", "acc_top5_wg": "acc_top5_worst_group"}


def tasks(text):
    """Keys and values of every task of a tasklist.yml, which is flat enough to be read by line."""
    found = {}
    for line in text.splitlines():
        if name := re.fullmatch(r"(\S+):", line):
            task = found.setdefault(name[1], {})
        elif value := re.fullmatch(r"  (\w+): (.+)", line):
            task[value[1]] = value[2]
    return found


def main():
    if len(sys.argv) != 3:
        sys.exit("call: reference_tasks.py DATACOMP OPEN_CLIP")
    datacomp, open_clip = map(pathlib.Path, sys.argv[1:])
    aggregate = (datacomp / "aggregate_scores.py").read_text()
    groups = ast.literal_eval(re.search(r"DATASET_GROUPS = (\{.*?^\})", aggregate, re.DOTALL | re.MULTILINE)[1])
    with (HERE / "datacomp_tasks.csv").open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["key", "name", "metric", "classes", "size", "chance", "group"])
        for key, task in tasks((datacomp / "tasklist.yml").read_text()).items():
            if key in UNSCORED:
                continue
            metric = task.get("main_metric", "acc1")
            group = [group for group, names in groups.items() if task["name"] in names]
            rows.writerow([
                key, task["name"], METRICS.get(metric, metric), task.get("num_classes", ""), task["size"],
                task.get("random_score", ""), *(group or [""]),
            ])
    with (open_clip / "docs/openclip_results.csv").open(newline="") as file:
        header, *scores = csv.reader(file)
    with (HERE / "openclip_scores.csv").open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(header)
        rows.writerows(row for model in MODELS for row in scores if tuple(row[:2]) == model)


if __name__ == "__main__":
    main()
