"""A linear probe's fit against scikit-learn's, both in one run: seconds, objective and accuracy of each.

    python -m venv peer && peer/bin/pip install scikit-learn
    cargo build --release -p ticclip-eval --example probe_speed
    peer/bin/python benches/probe.py target/release/examples/probe_speed [--samples 10000 --dim 512 --classes 100]
        [--c 0.01 1 100] [--tol 1e-4 1e-6] [--threads 2] [--rounds 3] [--sweep] [--without-peer]

Features are made: noisy class means along few directions (eigenvalues falling as 1/k^1.6) around a large common part, as
those of one model are, at unit length. Both sides get the same f32 values and as many threads; scikit-learn fits f32 in f32
and f64 in f64, and is given both. Its tolerance is on the largest entry of the mean objective's gradient, so several are
tried. The objective is computed here, in f64, from scikit-learn's weights, to compare with ours. Seconds are the least over
the rounds; `cpu` are those of all threads, ours with the start of the program and the reading of the files.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import tempfile
import time
import warnings

import numpy
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

warnings.simplefilter("ignore")


def made(folder, samples, dim, classes):
    draw = numpy.random.default_rng(0)
    lengths = (1 + numpy.arange(dim)) ** -0.8
    turn, _ = numpy.linalg.qr(draw.normal(size=(dim, dim)))
    common = draw.normal(size=dim)
    common /= numpy.linalg.norm(common)
    means = 0.3 * draw.normal(size=(classes, dim)) * lengths
    sets = []
    for name, count in [("train", samples), ("test", max(2000, samples // 5))]:
        labels = draw.permutation(numpy.arange(count) % classes)
        rows = (means[labels] + draw.normal(size=(count, dim)) * lengths) @ turn.T
        rows = common + rows / numpy.sqrt((lengths**2).sum())
        rows = (rows / numpy.linalg.norm(rows, axis=1, keepdims=True)).astype("<f4")
        rows.tofile(folder / f"{name}.f32")
        labels.astype("<u4").tofile(folder / f"{name}.u32")
        sets.append((rows, labels))
    return sets


def ours(program, folder, dim, classes, task, threads):
    environment = os.environ | {"RAYON_NUM_THREADS": str(threads)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [program, folder, str(dim), str(classes), task]
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return json.loads(run.stdout) | {"cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def peer(train, test, c, tol, kind):
    rows, labels = train[0].astype(kind), train[1]
    start, cpu = time.perf_counter(), time.process_time()
    model = LogisticRegression(C=c, tol=tol, max_iter=1000).fit(rows, labels)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    logits = train[0].astype(numpy.float64) @ model.coef_.T.astype(numpy.float64) + model.intercept_
    best = logits.max(axis=1)
    losses = numpy.log(numpy.exp(logits - best[:, None]).sum(axis=1)) + best - logits[numpy.arange(len(labels)), labels]
    return {
        "seconds": seconds,
        "cpu": cpu,
        "objective": losses.sum() + (model.coef_.astype(numpy.float64) ** 2).sum() / (2 * c),
        "iterations": int(model.n_iter_[0]),
        "accuracy": model.score(test[0].astype(kind), test[1]),
    }


def row(who, c, results):
    best = {key: min(result[key] for result in results) for key in ("seconds", "cpu")} | {
        key: results[0][key] for key in ("objective", "iterations", "accuracy")
    }
    print(
        f"{who:28} {c:>8} {best['seconds']:9.2f} {best['cpu']:9.2f} {best['iterations']:6} "
        f"{best['objective']:16.6f} {best['accuracy']:9.4f}",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--samples", type=int, default=10000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--classes", type=int, default=100)
    parser.add_argument("--c", type=float, nargs="*", default=[0.01, 1.0, 100.0])
    parser.add_argument("--tol", type=float, nargs="*", default=[1e-4, 1e-6])
    parser.add_argument("--kinds", nargs="*", default=["float32", "float64"])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sweep", action="store_true", help="time our whole sweep too")
    parser.add_argument("--without-peer", action="store_true")
    options = parser.parse_args()
    shape = options.samples, options.dim, options.classes
    print(f"{shape[0]} samples, {shape[1]} values, {shape[2]} classes; {options.threads} threads")
    print(f"{'':28} {'C':>8} {'seconds':>9} {'cpu':>9} {'iter.':>6} {'objective':>16} {'accuracy':>9}")
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(options.threads):
        folder = pathlib.Path(folder)
        train, test = made(folder, *shape)
        for c in options.c:
            results = {}
            for _ in range(options.rounds):
                results.setdefault("ticclip", []).append(ours(options.program, folder, *shape[1:], str(c), options.threads))
                for tol in [] if options.without_peer else options.tol:
                    for kind in options.kinds:
                        name = f"scikit-learn {kind} {tol:g}"
                        results.setdefault(name, []).append(peer(train, test, c, tol, kind))
            for name, found in results.items():
                row(name, c, found)
        if options.sweep:
            found = ours(options.program, folder, *shape[1:], "sweep", options.threads)
            row(f"ticclip, sweep of {len(found['path'])} + 1 fits", found["c"], [found])


main()
