"""Measures how the cost of each stage grows with a pool, and what that makes of pools of 128 million to 12.8 billion pairs.

    python3 -m venv peers && peers/bin/pip install numpy pyarrow
    cargo build --release
    peers/bin/python benches/scale.py --ticclip target/release/ticclip [--scale 1] [--threads 2]

Every stage runs at three sizes, each four times the one before: `fetch` of CSV tables whose dates are in a column, `net` by
lemmas on the manifests, `split` of a manifest joined with a table of dates, `shard` of a pool into seven years, and `check` of
the result without its images. Prints two tables in Markdown: seconds of wall time, processor and memory as measured, with the
exponent b of seconds ~ pairs^b between the smallest and the largest size; and the same per pair, at the largest size, times the
pairs of a pool. `shard` is also shown on a hundred machines by `--part`:
the longer of its seconds shared out among their cores and of reading and writing the pool at 1 GB a second each.
"""

import argparse
import hashlib
import math
import multiprocessing
import os
import tempfile
import time
from pathlib import Path

import fetch
import shard
import split

POOLS = {"128M": 128e6, "1.28B": 1.28e9, "12.8B": 12.8e9}
# What a tar of CommonPool holds a pair: 450 TB of 12.8 billion pairs.
BYTES_A_PAIR = 450e12 / 12.8e9
# Of many machines, each with a disk or store that reads and writes so many bytes a second.
MACHINES, CORES, BYTES_A_SECOND = 100, 32, 1e9


def size_of(folder):
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())


def write_table(path, rows):
    """A hundredth of the captions has the lemma of a class."""
    with open(path, "w", buffering=1 << 20) as table:
        table.write("uid,url,text,taken\n")
        for row in range(rows):
            uid = hashlib.blake2b(row.to_bytes(8, "little"), digest_size=16).hexdigest()
            thing = "a photograph of a goldfish" if row % 100 == 0 else "a photograph of thing"
            table.write(f"{uid},http://example.org/images/large/image-{row}.jpg,{thing} number {row},{1_400_000_000 + row % 1_000_000}\n")


def make_pool_and_split(folder, tars):
    (folder / "pool").mkdir()
    shard.make_split(folder / "split", shard.make_pool(folder / "pool", tars))


def apart(make, *arguments):
    """In a process of its own: what this one holds would count as the largest memory of those that it starts."""
    maker = multiprocessing.Process(target=make, args=arguments)
    maker.start()
    maker.join()
    assert maker.exitcode == 0


class Bench:
    def __init__(self, ticclip, threads):
        self.ticclip, self.threads = os.path.abspath(ticclip), threads
        self.rows = {}

    def run(self, stage, pairs, arguments, out):
        """One measurement: pairs, wall and processor seconds, largest memory, bytes written."""
        os.sync()
        command = [self.ticclip, *map(str, arguments), "--threads", str(self.threads), "-q"]
        began = time.monotonic()
        with open(os.devnull, "w") as quiet:
            pid = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, quiet.fileno(), 1)])
            _, status, usage = os.wait4(pid, 0)
        wall, cpu, memory = time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
        assert os.waitstatus_to_exitcode(status) == 0, (stage, status)
        self.rows.setdefault(stage, []).append((pairs, wall, cpu, memory, size_of(out) if out else 0))

    def tables(self, folder, rows):
        apart(write_table, folder / "rows.csv", rows)
        column = 'order = ["column"]\ncolumn = { name = "taken", unit = "unix-seconds", kind = "posted" }'
        (folder / "d.toml").write_text(fetch.DATASET.format(table="rows.csv", timestamps=column))
        self.run("fetch", rows, ["fetch", folder / "d.toml", "--out", folder / "m"], folder / "m")
        self.run("net", rows, ["net", folder / "m", "--timeline", "yearly", "--out", folder / "n"], folder / "n")

    def splits(self, folder, rows):
        apart(split.make_inputs, folder, rows)
        arguments = ["split", folder / "manifest.parquet", "--timestamps", folder / "dates.parquet", "--timeline", "yearly", "--held-out", "0.01", "--out", folder / "s"]
        self.run("split", rows, arguments, folder / "s")

    def shards(self, folder, tars):
        apart(make_pool_and_split, folder, tars)
        self.run("shard", tars * 1000, ["shard", folder / "pool", "--splits", folder / "split", "--out", folder / "d"], folder / "d")
        self.run("check", tars * 1000, ["check", folder / "d", "--no-images"], None)


def duration(seconds):
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.2g} s"


def size(count):
    for unit, length in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= length:
            return f"{count / length:.3g} {unit}"
    return f"{count / 1e3:.3g} kB"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ticclip", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--scale", type=float, default=1, help="of the sizes")
    args = parser.parse_args()
    bench = Bench(args.ticclip, args.threads)
    for step in range(3):
        for job, least in ((bench.tables, 500_000), (bench.splits, 5_000_000), (bench.shards, 10)):
            with tempfile.TemporaryDirectory() as folder:
                job(Path(folder), int(least * args.scale * 4**step))
    print("| stage | pairs | wall | processor | memory | written | b |\n|---|---|---|---|---|---|---|")
    for stage, rows in bench.rows.items():
        exponent = math.log(rows[-1][1] / rows[0][1]) / math.log(rows[-1][0] / rows[0][0])
        for pairs, wall, cpu, memory, written in rows:
            last = f"{exponent:.2f}" if pairs == rows[-1][0] else ""
            print(f"| `{stage}` | {pairs / 1e6:g}M | {wall:.2f} s | {cpu:.2f} s | {size(memory)} | {size(written)} | {last} |")
    print(f"\n| stage | pool | processor | one machine, {args.threads} cores | {MACHINES} machines of {CORES} cores | read | written |\n|---|---|---|---|---|---|---|")
    for stage, rows in bench.rows.items():
        pairs, wall, cpu, _, written = rows[-1]
        for pool, count in POOLS.items():
            factor = count / pairs
            hours, busy = wall * factor, cpu * factor
            moved = 2 * count * BYTES_A_PAIR / BYTES_A_SECOND / MACHINES
            many = duration(max(moved, wall * args.threads / (MACHINES * CORES) * factor)) if stage == "shard" else ""
            read = size(count * BYTES_A_PAIR) if stage in ("shard", "check") else ""
            # The pool of the benchmark has other images than CommonPool.
            out = size(count * BYTES_A_PAIR) if stage == "shard" else size(written * factor)
            print(f"| `{stage}` | {pool} | {duration(busy)} | {duration(hours)} | {many} | {read} | {out if stage != 'check' else ''} |")


if __name__ == "__main__":
    main()
