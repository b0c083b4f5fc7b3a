"""Measures `ticclip fetch`: rows a second from the table's own columns, requests a second to a server with latency, and memory.

    cargo build --release && cargo bench --no-run --bench mock_server
    python3 benches/fetch.py --ticclip target/release/ticclip --server PATH-OF-THE-BENCH [--rows 10000000]

The tables are made anew. Rows a second a core are rows divided by the processor time of the whole command, reading, checksums
and writing included; memory is the largest resident set of the process.
"""

import argparse
import hashlib
import os
import resource
import signal
import subprocess
import tempfile
import time
from pathlib import Path


def timed(command):
    """Wall and processor seconds and the largest resident set of a command, and its status."""
    began = time.monotonic()
    pid = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, os.waitstatus_to_exitcode(status)


def write_table(path, rows, base):
    with open(path, "w", buffering=1 << 20) as table:
        table.write("uid,url,text,taken\n")
        for row in range(rows):
            uid = hashlib.blake2b(row.to_bytes(8, "little"), digest_size=16).hexdigest()
            # Half of the urls have a date, and it agrees with the column's.
            path = "wp-content/uploads/2014/05" if row % 2 else "images/large"
            taken = 1_400_000_000 + row % 1_000_000
            table.write(f"{uid},{base}/{path}/image-{row}.jpg,a photograph of thing number {row},{taken}\n")


DATASET = """name = "bench"
[pairs]
table = "{table}"
uid = {{ column = "uid" }}
image = {{ column = "url" }}
caption = {{ column = "text" }}
[timestamps]
{timestamps}
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ticclip", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--requests", type=int, default=60_000)
    args = parser.parse_args()
    ticclip = os.path.abspath(args.ticclip)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        write_table(folder / "rows.csv", args.rows, "http://example.org")
        column = 'column = { name = "taken", unit = "unix-seconds", kind = "posted" }'
        for name, timestamps in (
            ("column", f'order = ["column"]\n{column}'),
            ("url-path", 'order = ["url-path"]'),
            ("column and url-path", f'order = ["column", "url-path"]\n{column}'),
        ):
            (folder / "d.toml").write_text(DATASET.format(table="rows.csv", timestamps=timestamps))
            out = folder / "out"
            wall, cpu, memory, status = timed([ticclip, "fetch", str(folder / "d.toml"), "--out", str(out), "--overwrite", "-q"])
            assert status == 0, status
            print(f"{name:20} {args.rows / wall / 1e6:6.2f} M rows/s, {args.rows / cpu / 1e6:5.2f} M rows/s a core, {memory / 1e6:5.0f} MB for {args.rows / 1e6:g} M rows")
        server = subprocess.Popen([args.server, "--port", "18081", "--latency-ms", "20"])
        try:
            write_table(folder / "asked.csv", args.requests, "http://127.0.0.1:18081")
            headers = 'http-headers = { allow-private = true, concurrency = 256, per-host-concurrency = 256 }'
            (folder / "e.toml").write_text(DATASET.format(table="asked.csv", timestamps=f'order = ["http-headers"]\n{headers}'))
            wall, cpu, memory, status = timed([ticclip, "fetch", str(folder / "e.toml"), "--out", str(folder / "asked"), "-q"])
            assert status == 0, status
            print(f"{'http-headers, 20 ms':20} {args.requests / wall:6.0f} requests/s, {memory / 1e6:5.0f} MB")
        finally:
            server.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    main()
