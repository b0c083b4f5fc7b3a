"""The best candidates of many queries, against PyTorch's `q @ c.T` and `topk`; prints times, memory and ratios.

    python -m venv peer && peer/bin/pip install numpy torch
    cargo build --release -p ticclip-eval --example retrieval_speed
    peer/bin/python benches/retrieval.py target/release/examples/retrieval_speed [--queries 20000] [--candidates 100000]
        [--dim 512] [--k 10] [--rounds 5] [--threads 2] [--chunks 0,128,512,2048] [--ranks 100000x500000]

Both sides read the same unit rows from files, and are timed from the features in memory to the sorted lists in memory. PyTorch
computes in fp32, all queries at once (chunk 0, if the scores fit into the free memory) and in chunks of queries; of the
chunks, the fastest is compared in turns with ours. Each turn is a process of its own; times are medians over the rounds.

`busy` is the time of all threads on a processor, which other work on the machine disturbs less than the time that passes.
`memory` is the largest resident set of the process; `own` is what it has beside the features. The lists have to be equal
up to neighbours whose similarities differ by less than f32 can tell, which is checked by similarities in f64.

With `--ranks`, ours alone also ranks the captions of so many images in both directions, to show what it takes at scale.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path


def make_features(path, rows, dim, seed):
    import numpy

    generator = numpy.random.Generator(numpy.random.PCG64(seed))
    with open(path, "wb") as file:
        for first in range(0, rows, 10000):
            values = generator.standard_normal((min(10000, rows - first), dim), dtype=numpy.float32)
            (values / numpy.linalg.norm(values, axis=1, keepdims=True)).tofile(file)


def torch_side(queries, candidates, dim, k, chunk, threads, out):
    import time

    import numpy
    import torch

    torch.set_num_threads(threads)
    queries, candidates = (torch.from_numpy(numpy.fromfile(path, numpy.float32).reshape(-1, dim)) for path in (queries, candidates))
    (queries[:64] @ candidates[:64].T).topk(min(k, 64))
    began, busy = time.monotonic(), time.process_time()
    found = [(rows @ candidates.T).topk(k) for rows in queries.split(chunk or len(queries))]
    values, indices = (torch.cat(parts) for parts in zip(*found))
    print(time.monotonic() - began, time.process_time() - busy)
    with open(out, "wb") as file:
        indices.numpy().astype(numpy.uint32).tofile(file)
        values.numpy().tofile(file)


def compare(queries, candidates, dim, k, ours, theirs):
    """Fails unless the lists agree; prints in how many rows the very indices do."""
    import numpy

    queries, candidates = (numpy.fromfile(path, numpy.float32).reshape(-1, dim) for path in (queries, candidates))

    def lists(path):
        words = numpy.fromfile(path, numpy.uint32).reshape(2, len(queries), k)
        return words[0], words[1].view(numpy.float32)

    (indices, values), (their_indices, their_values) = lists(ours), lists(theirs)
    step = 1000
    for first in range(0, len(queries), step):
        rows = slice(first, first + step)
        pairs = queries[rows, None].astype(numpy.float64) * candidates[indices[rows]]
        exact = pairs.sum(-1)
        assert numpy.abs(exact - values[rows]).max() < 1e-7, "a similarity is wrong"
    assert numpy.abs(values - their_values).max() < 2e-6, "the lists differ by more than rounding"
    assert (numpy.diff(values, axis=1) <= 0).all(), "a list is not sorted"
    print((indices == their_indices).all(1).mean())


def run(command, threads):
    """The numbers that a command prints, and the largest resident set of its process in bytes."""
    env = dict(os.environ, OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads), RAYON_NUM_THREADS=str(threads))
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    assert status == 0, f"{command} ended with {status}"
    return *map(float, output.split()), usage.ru_maxrss * 1024


def free_bytes():
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))


def call(function, *arguments):
    """A command that calls a function of this file in a process of its own, so that this process stays small: a child
    starts with its parent's resident set as its largest."""
    return [sys.executable, __file__, "--call", function, *map(str, arguments)]


def at_scale(program, images, texts, dim, threads, folder):
    files = [folder / name for name in ("images", "texts")]
    for seed, (path, rows) in enumerate(zip(files, (images, texts))):
        run(call("make_features", path, rows, dim, seed), threads)
    seconds, busy, memory = run([program, "ranks", *map(str, files), str(dim), str(folder / "out")], threads)
    own = memory - 4 * dim * (images + texts)
    print(f"ranks of {images} × {texts}, both ways: {seconds:.1f} s ({busy:.1f} s busy), {memory / 1e6:.0f} MB, {own / 1e6:.0f} MB beside the features")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--queries", type=int, default=20000)
    parser.add_argument("--candidates", type=int, default=100000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--chunks", default="0,128,512,2048")
    parser.add_argument("--ranks", help="images x captions")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        files = [folder / "queries", folder / "candidates"]
        for seed, (path, rows) in enumerate(zip(files, (args.queries, args.candidates))):
            run(call("make_features", path, rows, args.dim, seed), args.threads)
        features = 4 * args.dim * (args.queries + args.candidates)

        def torch(chunk):
            out = folder / f"torch-{chunk}"
            return call("torch_side", *files, args.dim, args.k, chunk, args.threads, out)

        sides = {"ours": [args.program, f"top-k:{args.k}", *map(str, files), str(args.dim), str(folder / "ours")]}
        chunks = list(map(int, args.chunks.split(",")))
        needed = 4 * args.queries * args.candidates + 2 * features
        if 0 in chunks and needed < free_bytes():
            sides["torch, at once"] = torch(0)
        tried = {chunk: run(torch(chunk), args.threads)[1] for chunk in chunks if chunk}
        print("torch by chunk, busy: " + ", ".join(f"{chunk}: {seconds:.2f} s" for chunk, seconds in tried.items()), flush=True)
        if tried:
            best = min(tried, key=tried.get)
            sides[f"torch, by {best}"] = torch(best)
        taken = {name: [] for name in sides}
        for _ in range(args.rounds):
            for name, command in sides.items():
                taken[name].append(run(command, args.threads))
                print(f"{name:16} {taken[name][-1][0]:7.2f} s, {taken[name][-1][1]:7.2f} s busy", flush=True)
        for name, command in sides.items():
            if name != "ours":
                theirs = command[-1]
                same, _ = run(call("compare", *files, args.dim, args.k, folder / "ours", theirs), args.threads)
                print(f"{name}: the same lists up to rounding; in {same:.2%} of the rows the same indices")
        if args.ranks:
            images, texts = map(int, args.ranks.split("x"))
            at_scale(args.program, images, texts, args.dim, args.threads, folder)
    rows = {}
    for name, runs in taken.items():
        seconds, busy, memory = zip(*runs)
        rows[name] = (statistics.median(seconds), statistics.median(busy), max(memory))
    load = os.getloadavg()[2]
    print(f"\n{args.queries} × {args.candidates} at {args.dim}, k = {args.k}, {args.threads} threads; load over 15 minutes: {load:.1f}")
    print(f"{'':18} {'time':>9} {'busy':>9} {'memory':>9} {'own':>9}   ours/its: time   busy  memory    own")
    ours = (*rows["ours"], rows["ours"][2] - features)
    for name, (seconds, busy, memory) in rows.items():
        line = f"{name:18} {seconds:7.2f} s {busy:7.2f} s {memory / 1e6:6.0f} MB {(memory - features) / 1e6:6.0f} MB"
        if name != "ours":
            time, on, all_memory, own = (a / b for a, b in zip(ours, (seconds, busy, memory, memory - features)))
            line += f"   {'':9} {time:5.2f}  {on:5.2f}  {all_memory:6.3f} {own:6.3f}"
        print(line)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--call"]:
        function, *arguments = sys.argv[2:]
        globals()[function](*(int(word) if word.isdigit() else word for word in arguments))
    else:
        main()
