"""Times `ticclip split` of a manifest joined with a table of dates against DuckDB, pandas and Polars on the same files.

    python3 -m venv peers && peers/bin/pip install duckdb pandas polars pyarrow 'numpy<2.3'
    cargo build --release
    peers/bin/python benches/split.py --ticclip target/release/ticclip [--rows 20000000] [--runs 3]

The manifest has --rows uids, the table of dates half as many of them in another order, and the dates are of seven years. Both
files carry Parquet's UUID type, which DuckDB joins as 128-bit numbers, its fastest key. Two jobs: counts and a Parquet file of
uid and date for each year (DuckDB), and a sorted uid list, .npy, for each year (pandas, Polars). `ticclip` does both in one
run with --tables, and only the second without. All take turns on two threads; medians of the time of the whole process and
the largest memory are printed, and the ratios.
"""

import argparse
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

YEARS = range(2014, 2021)


def make_inputs(folder, rows):
    import numpy
    import pyarrow
    import pyarrow.parquet

    random = numpy.random.default_rng(0)
    uids = random.bytes(16 * rows)

    def column(data, count):
        storage = pyarrow.FixedSizeBinaryArray.from_buffers(pyarrow.binary(16), count, [None, pyarrow.py_buffer(data)])
        return pyarrow.ExtensionArray.from_storage(pyarrow.uuid(), storage)

    manifest = pyarrow.table({"uid": column(uids, rows), "caption_chars": random.integers(5, 200, rows).astype("int32")})
    pyarrow.parquet.write_table(manifest, folder / "manifest.parquet", row_group_size=122_880, compression="zstd")
    chosen = random.permutation(rows)[: rows // 2]
    some = numpy.frombuffer(uids, numpy.dtype((numpy.void, 16)))[chosen]
    first, last = (numpy.datetime64(f"{year}-01-01", "us").astype("int64") for year in (YEARS[0], YEARS[-1] + 1))
    dates = random.integers(first, last, len(chosen)).astype("datetime64[us]")
    table = pyarrow.table({"uid": column(some.tobytes(), len(chosen)), "timestamp": pyarrow.array(dates).cast(pyarrow.timestamp("us", "UTC"))})
    pyarrow.parquet.write_table(table, folder / "dates.parquet", row_group_size=122_880, compression="zstd")


DUCKDB = """
import duckdb, sys
folder, out = sys.argv[1:]
db = duckdb.connect()
db.execute("SET threads = 2; SET preserve_insertion_order = false; SET TimeZone = 'UTC'")
db.execute(f'''COPY (SELECT uid, timestamp, year(timestamp) AS step FROM '{folder}/manifest.parquet' JOIN '{folder}/dates.parquet' USING (uid))
               TO '{out}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (step))''')
print(db.execute(f"SELECT step, count(*) FROM '{out}/**/*.parquet' GROUP BY step ORDER BY step").fetchall())
"""

PREPARE = """
import sys, os
import numpy, pyarrow.parquet
folder, out = sys.argv[1:]
os.makedirs(out)
def halves(table):
    chunks = [chunk.storage if hasattr(chunk, "storage") else chunk for chunk in table["uid"].chunks]
    data = numpy.concatenate([numpy.frombuffer(chunk.buffers()[1], ">u8")[2 * chunk.offset : 2 * (chunk.offset + len(chunk))] for chunk in chunks])
    pairs = data.reshape(-1, 2).astype("u8")
    return pairs[:, 0], pairs[:, 1]
manifest = pyarrow.parquet.read_table(f"{folder}/manifest.parquet", columns=["uid"])
dates = pyarrow.parquet.read_table(f"{folder}/dates.parquet")
a, b = halves(manifest)
c, d = halves(dates)
at = dates["timestamp"].to_numpy()
def save(year, f0, f1):
    rows = numpy.empty(len(f0), [("f0", "u8"), ("f1", "u8")])
    rows["f0"], rows["f1"] = f0, f1
    numpy.save(f"{out}/{year}.npy", rows)
    print(year, len(rows))
"""

PANDAS = PREPARE + """
import pandas
left = pandas.DataFrame({"f0": a, "f1": b})
right = pandas.DataFrame({"f0": c, "f1": d, "year": pandas.DatetimeIndex(at).year})
both = left.merge(right, on=["f0", "f1"])
for year, rows in both.groupby("year"):
    rows = rows.sort_values(["f0", "f1"])
    save(year, rows["f0"].to_numpy(), rows["f1"].to_numpy())
"""

POLARS = PREPARE + """
import polars
left = polars.DataFrame({"f0": a, "f1": b})
right = polars.DataFrame({"f0": c, "f1": d, "at": at}).with_columns(year=polars.col("at").dt.year()).drop("at")
both = left.join(right, on=["f0", "f1"])
for (year,), rows in both.partition_by("year", as_dict=True).items():
    rows = rows.sort(["f0", "f1"])
    save(year, rows["f0"].to_numpy(), rows["f1"].to_numpy())
"""


def timed(command):
    """Wall seconds and the largest resident set of a command, which must succeed."""
    began = time.monotonic()
    with open(os.devnull, "w") as quiet:
        pid = os.posix_spawn(command[0], command, {**os.environ, "POLARS_MAX_THREADS": "2"}, file_actions=[(os.POSIX_SPAWN_DUP2, quiet.fileno(), 1)])
        _, status, usage = os.wait4(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, command
    return time.monotonic() - began, usage.ru_maxrss * 1024


def same_lists(ours, theirs):
    import numpy

    for year in YEARS:
        a, b = numpy.load(ours / f"train/{year}.npy"), numpy.load(theirs / f"{year}.npy")
        assert len(a) == len(b) and (a == b).all(), year


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ticclip", required=True)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--memory", type=int, default=512, help="MiB for ticclip's rows")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        # In a process of its own: what this one holds would count as the largest memory of those that it starts.
        maker = multiprocessing.Process(target=make_inputs, args=(folder, args.rows))
        maker.start()
        maker.join()
        assert maker.exitcode == 0
        ours = [os.path.abspath(args.ticclip), "split", str(folder / "manifest.parquet"), "--timestamps", str(folder / "dates.parquet")]
        ours += ["--timeline", "yearly", "--threads", "2", "--memory", str(args.memory), "-q"]
        python = [sys.executable, "-c"]
        jobs = {
            "ticclip --tables": lambda out: [*ours, "--tables", "--out", out],
            "DuckDB": lambda out: [*python, DUCKDB, str(folder), out],
            "ticclip": lambda out: [*ours, "--out", out],
            "pandas": lambda out: [*python, PANDAS, str(folder), out],
            "Polars": lambda out: [*python, POLARS, str(folder), out],
        }
        measured = {name: [] for name in jobs}
        for _ in range(args.runs):
            for name, command in jobs.items():
                out = folder / name.replace(" ", "-")
                shutil.rmtree(out, ignore_errors=True)
                os.sync()
                measured[name].append(timed(command(str(out))))
        for peer in ("pandas", "Polars"):
            same_lists(folder / "ticclip", folder / peer)
        medians = {}
        for name, runs in measured.items():
            seconds, memory = (statistics.median(run[index] for run in runs) for index in (0, 1))
            medians[name] = (seconds, memory)
            print(f"{name:17} {seconds:6.2f} s  {memory / 1e6:6.0f} MB")
        for name, peer in (("ticclip --tables", "DuckDB"), ("ticclip", "pandas"), ("ticclip", "Polars")):
            (seconds, memory), (peer_seconds, peer_memory) = medians[name], medians[peer]
            print(f"{name} is {peer_seconds / seconds:.1f} times as fast as {peer}, with {memory / peer_memory:.2f} of its memory")


if __name__ == "__main__":
    main()
