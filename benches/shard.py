"""Times `ticclip shard` of a pool into seven steps against DataComp's resharder.py, which makes one subset at a time.

    python3 -m venv peers
    peers/bin/pip install img2dataset webdataset==0.2.31 pysimdjson cloudpathlib opencv-python-headless pyarrow tqdm 'numpy<2.3'
    cargo build --release
    peers/bin/python benches/shard.py --ticclip target/release/ticclip --resharder PATH/resharder.py [--tars 40]

resharder.py is the file of that name in the repository mlfoundations/datacomp. The pool is of img2dataset's layout: tars of
1000 samples, each of a .jpg, .txt and .json, with random bytes of 10 to 50 kB as images. Each sample is of one of seven years.
Both use two processes or threads; the resharder runs once for each year. Wall seconds, megabytes of tar a second and the ratio
are printed, and that both wrote the same samples is checked.
"""

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

YEARS = range(2014, 2021)


def make_pool(folder, tars, samples=1000):
    import numpy

    random = numpy.random.default_rng(0)
    noise = random.bytes(1 << 20)
    uids = {year: [] for year in YEARS}
    for tar in range(tars):
        with tarfile.open(folder / f"{tar:08}.tar", "w") as file:
            for sample in range(samples):
                key, uid = f"{tar:05}{sample:04}", random.bytes(16).hex()
                start, size = int(random.integers(0, 900_000)), int(random.integers(10_000, 50_000))
                caption = f"a photograph of thing number {key}"
                description = {"uid": uid, "key": key, "caption": caption, "url": f"https://example.org/{key}.jpg", "status": "success", "sha256": uid * 2, "width": 256, "height": 256, "original_width": 512, "original_height": 512, "exif": "{}"}
                for extension, content in (("jpg", noise[start : start + size]), ("json", json.dumps(description).encode()), ("txt", caption.encode())):
                    info = tarfile.TarInfo(f"{key}.{extension}")
                    info.size = len(content)
                    file.addfile(info, io.BytesIO(content))
                uids[int(random.choice(YEARS))].append(uid)
        (folder / f"{tar:08}_stats.json").write_text(json.dumps({"successes": samples}))
    return uids


def make_split(folder, uids):
    import numpy

    steps = []
    for year, names in uids.items():
        rows = numpy.array([divmod(int(uid, 16), 2**64) for uid in sorted(names)], [("f0", "u8"), ("f1", "u8")])
        (folder / "train").mkdir(parents=True, exist_ok=True)
        numpy.save(folder / f"train/{year}.npy", rows)
        steps.append({"name": str(year), "from": f"{year}-01-01T00:00:00Z", "to": f"{year + 1}-01-01T00:00:00Z"})
    record = {"rows": sum(map(len, uids.values())), "counts": {}, "rejected": {}, "held_out_share": 0.0, "seed": 0, "held_out_formula": "", "timeline": {"rule": "steps", "not_after": None, "steps": steps}}
    (folder / "split.json").write_text(json.dumps(record))


def samples(folder):
    """Every member but what is only ours to add, whatever tar it is in."""
    found = {}
    for path in Path(folder).glob("*.tar"):
        with tarfile.open(path) as file:
            for member in file:
                found[member.name] = hash(file.extractfile(member).read())
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ticclip", required=True)
    parser.add_argument("--resharder", required=True)
    parser.add_argument("--tars", type=int, default=40)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "pool").mkdir()
        make_split(folder / "split", make_pool(folder / "pool", args.tars))
        size = sum(path.stat().st_size for path in (folder / "pool").glob("*.tar"))

        seconds = []
        for threads in (2, 1):
            shutil.rmtree(folder / "ours", ignore_errors=True)
            os.sync()
            began = time.monotonic()
            command = [args.ticclip, "shard", str(folder / "pool"), "--splits", str(folder / "split"), "--out", str(folder / "ours"), "--threads", str(threads), "-q"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.monotonic() - began)
        began = time.monotonic()
        for year in YEARS:
            out = folder / "theirs" / str(year)
            out.mkdir(parents=True)
            command = [sys.executable, args.resharder, "-i", str(folder / "pool"), "-o", str(out), "-s", str(folder / f"split/train/{year}.npy"), "-j", "2", "-n", str(args.tars)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        theirs = time.monotonic() - began
        for year in YEARS:
            assert samples(folder / "ours/train" / str(year)) == samples(folder / "theirs" / str(year)), year
        for threads, ours in zip((2, 1), seconds):
            print(f"ticclip, {threads} threads: {ours:.2f} s, {size / ours / 1e6:.0f} MB/s of {size / 1e6:.0f} MB of tars")
        print(f"resharder.py, 7 runs, 2 processes: {theirs:.2f} s")
        print(f"{theirs / seconds[0]:.0f} times as fast")


if __name__ == "__main__":
    main()
