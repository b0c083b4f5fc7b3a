"""Compares all strategies on the emoji: equal budgets, three seeds; and sweeps the keys whose defaults no paper gives.

    cargo build --release
    python3 benches/study.py target/release/ticclip /tmp/study            # runs what is missing, writes docs/study.md
    python3 benches/study.py target/release/ticclip /tmp/study --sweep    # runs the sweep as well

Only the standard library is needed. A run that is there already is not repeated. docs/study.md is written by this script alone;
`--seeds ""` leaves the comparison out.
"""

import argparse
import json
import math
import os
import platform
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "study.md"
STRATEGIES = [
    "sequential", "restart", "cumulative-all", "cumulative-equal", "cumulative-exp",
    "lwf", "patching", "ewc", "wise-ft", "ema", "oracle",
]
MEANS = ["in_domain", "backward", "forward"]
# Keys without a value in any paper. One seed of its own, which the comparison does not use.
SWEEP_SEED = 100
SWEEP = [
    ("ewc", "strength", ["100", "1000", "10000", "100000", "1000000"]),
    ("lwf", "weight", ["0.1", "0.3", "1", "3", "10"]),
    ("ema", "decay", ["0.9", "0.99", "0.999"]),
    ("wise-ft", "alpha", ["0.3", "0.5", "0.7", "0.9"]),
    ("cumulative-equal", "replay-budget-steps", ["0.5", "1", "2"]),
    ("cumulative-exp", "replay-budget-steps", ["0.5", "1", "2"]),
]


def call(*words):
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def shards(program, out):
    """The emoji as shards; a run of one update a step is the shortest way to them."""
    data = out / "data"
    if not (data / "report").exists():
        call(program, "demo", "--out", str(data), "--strategies", "restart", "--samples-per-step", "32", "--json")
    return data / "shards"


def trained(program, data, recipe, strategies, seed, samples, out):
    """Figures of a finished `train`, by strategy."""
    words = [
        program, "train", recipe, "--data", str(data), "--strategy", ",".join(strategies), "--seed", str(seed),
        "--samples-per-step", str(samples), "--evaluate", "dynamic", "--out", str(out), "--device", "cpu", "--json",
    ]
    told = out.parent / f"{out.name}.json"
    if not told.exists():
        figures = call(*words)
        told.write_text(json.dumps(figures))
    return json.loads(told.read_text())


def mean(values):
    return sum(values) / len(values)


def spread(values):
    """Standard deviation of the sample."""
    middle = mean(values)
    return math.sqrt(sum((value - middle) ** 2 for value in values) / (len(values) - 1)) if len(values) > 1 else 0.0


def percent(values):
    return f"{100 * mean(values):.1f} ± {100 * spread(values):.1f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def comparison(runs):
    """The table of all strategies, and what it says in words."""
    oracle = runs[0]["strategies"]["oracle"]["macs"]
    rows, scores = [], {}
    for name in STRATEGIES:
        of = [run["strategies"][name] for run in runs]
        row = [f"`{name}`", f"{of[0]['macs'] / oracle:.2f}"]
        for task in ["retrieval", "classification"]:
            for figure in MEANS:
                values = [one[task][figure] for one in of]
                scores[name, task, figure] = values
                row.append(percent(values))
        rows.append(row)
    head = ["strategy", "MACs / oracle's"]
    head += [f"{task} {figure.replace('_', '-')}" for task in ["retrieval", "classification"] for figure in MEANS]
    return table(head, rows), findings(runs, scores)


def difference(scores, one, other, task, figure):
    """Mean of the differences seed by seed, in points, and whether all seeds have its sign."""
    points = [100 * (a - b) for a, b in zip(scores[one, task, figure], scores[other, task, figure])]
    same = all(value > 0 for value in points) or all(value < 0 for value in points)
    return f"{mean(points):+.1f} points ({'all' if same else 'not all'} seeds on one side)"


def verdict(scores, one, other, figure, least=0.0, task="retrieval"):
    """Whether every seed has `one` above `other` by more than `least`: "agrees", "disagrees" if every one has it below, or
    "undecided"."""
    points = [100 * (a - b) for a, b in zip(scores[one, task, figure], scores[other, task, figure])]
    return "agrees" if min(points) > least else "disagrees" if max(points) < least else "undecided"


def findings(runs, scores):
    def told(one, other, figure, task="retrieval"):
        return difference(scores, one, other, task, figure)

    share = runs[0]["strategies"]["cumulative-all"]["macs"] / runs[0]["strategies"]["oracle"]["macs"]
    paper = [
        ("Sequential training forgets: replay is better on earlier steps",
         verdict(scores, "cumulative-all", "sequential", "backward"),
         "`cumulative-all` − `sequential`, backward: " + told("cumulative-all", "sequential", "backward")
         + "; in-domain " + told("cumulative-all", "sequential", "in_domain")),
        ("Replay from the last checkpoint is about as good as the Oracle (within 2 points, in-domain)",
         verdict(scores, "cumulative-all", "oracle", "in_domain", -2.0),
         f"`cumulative-all` − `oracle`, at {share:.2f} of its MACs: in-domain " + told("cumulative-all", "oracle", "in_domain")
         + ", backward " + told("cumulative-all", "oracle", "backward") + ", forward "
         + told("cumulative-all", "oracle", "forward")),
        ("Going on is better than starting over at the same budget",
         verdict(scores, "cumulative-all", "restart", "in_domain"),
         "`cumulative-all` − `restart`: in-domain " + told("cumulative-all", "restart", "in_domain") + ", backward "
         + told("cumulative-all", "restart", "backward")),
        ("A buffer that is split equally keeps old steps better than one by age",
         verdict(scores, "cumulative-equal", "cumulative-exp", "backward"),
         "`cumulative-equal` − `cumulative-exp`: backward " + told("cumulative-equal", "cumulative-exp", "backward")
         + ", in-domain " + told("cumulative-equal", "cumulative-exp", "in_domain")),
        ("LwF and Patching forget less than sequential training",
         verdict(scores, "lwf", "sequential", "backward") + " (LwF), "
         + verdict(scores, "patching", "sequential", "backward") + " (Patching)",
         "backward, `lwf` " + told("lwf", "sequential", "backward") + ", `patching` "
         + told("patching", "sequential", "backward")),
        ("Replay keeps old steps better than LwF and Patching",
         verdict(scores, "cumulative-equal", "lwf", "backward") + " (LwF), "
         + verdict(scores, "cumulative-equal", "patching", "backward") + " (Patching)",
         "`cumulative-equal`, backward, − `lwf` " + told("cumulative-equal", "lwf", "backward") + ", − `patching` "
         + told("cumulative-equal", "patching", "backward")),
    ]
    rows = "\n".join(f"| {claim} | {found} | {figures} |" for claim, found, figures in paper)
    others = ["ewc", "wise-ft", "ema"]
    return (
        "| the paper | here | figures |\n|---|---|---|\n" + rows
        + "\n\nWhat the paper does not have, against `sequential`: backward "
        + ", ".join(f"`{name}` {told(name, 'sequential', 'backward')}" for name in others) + "; in-domain "
        + ", ".join(f"`{name}` {told(name, 'sequential', 'in_domain')}" for name in others) + "."
        + "\n\nA step is short here: a model that sees 3072 pairs a step is far from having learned them, and whatever of the "
        "budget goes to old pairs is missing for new ones."
    )


def sweep(program, data, samples, out):
    tiny = (ROOT / "src/train/recipes/tiny.toml").read_text()
    rows = []
    for strategy, key, values in SWEEP:
        for value in values:
            name = f"sweep-{strategy}-{value}"
            recipe = out / f"{name}.toml"
            recipe.write_text(f"{tiny}\n[strategy.{strategy}]\n{key} = {value}\n")
            told = trained(program, data, str(recipe), [strategy], SWEEP_SEED, samples, out / name)
            of = told["strategies"][strategy]["retrieval"]
            figures = [of[figure] for figure in MEANS]
            rows.append([f"`{strategy}`", f"`{key} = {value}`"] + [f"{100 * figure:.1f}" for figure in figures]
                        + [f"{100 * mean(figures[:2]):.1f}"])
    return table(["strategy", "key", "in-domain", "backward", "forward", "mean of in-domain and backward"], rows)


HEAD = """# All strategies on the emoji

`benches/study.py` writes this page:

```sh build
cargo build --release
python3 benches/study.py target/release/ticclip /tmp/study {options}
```

The `tiny` recipe goes through the seven steps of the emoji data (2010 to 2025) and is scored after every step on the held-out
pairs of all steps: {samples} pairs a step at a budget of 1, in batches of 32. {processor}, {cores} processors.

Figures are percent: mean recall@1 of retrieval, top-1 of zero-shot classification. In-domain: the step just trained on; backward:
the steps before it; forward: those to come.
"""
COMPARISON = """
## Strategies

Seeds {seeds}; mean and standard deviation over them. MACs are forward passes, a teacher's and those for importances included.
Chance is {retrieval:.1f}% for retrieval and {classification:.1f}% for classification.

{table}

A row agrees where every seed does, disagrees where every seed does the opposite. Differences are means over seeds of runs\nwith the same seed.

{findings}
"""
SWEPT = """
## Keys that no paper gives

Retrieval, one seed that no comparison uses. What the best of a strategy's values is depends on the length of a step and on the
data: a default is a place to begin.

{table}
"""


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--samples-per-step", type=int, default=3072)
    parser.add_argument("--sweep", action="store_true")
    args = parser.parse_args()
    program = os.path.abspath(args.program)
    args.out.mkdir(parents=True, exist_ok=True)
    data = shards(program, args.out)
    options = " ".join(["--sweep"] * args.sweep + ["--seeds \"\""] * (not args.seeds))
    page = HEAD.format(options=options, samples=args.samples_per_step, processor=processor(), cores=os.cpu_count())
    if args.seeds:
        runs = [
            trained(program, data, "tiny", STRATEGIES, int(seed), args.samples_per_step, args.out / f"seed-{seed}")
            for seed in args.seeds.split(",")
        ]
        figures, words = comparison(runs)
        chance = {task: 100 * value for task, value in runs[0]["chance"].items()}
        page += COMPARISON.format(seeds=args.seeds, table=figures, findings=words, **chance)
    if args.sweep:
        page += SWEPT.format(table=sweep(program, data, args.samples_per_step, args.out))
    PAGE.write_text(page)
    print(page)


if __name__ == "__main__":
    main()
