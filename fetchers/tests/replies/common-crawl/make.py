"""Makes the index files beside it: python3 make.py (needs pyarrow)."""

import datetime
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).parent


def table(times):
    return pa.table(
        {
            "url_surtkey": ["org,example)/a.jpg", "org,example)/b.jpg", "org,example)/c.jpg"],
            "url": ["http://example.org/a.jpg", "https://Example.org/b.jpg#x", "http://example.org/c.jpg"],
            "fetch_time": times,
            "fetch_status": pa.array([200, 200, 404], pa.int16()),
            "warc_filename": ["crawl-data/CC-MAIN-2019-18/a.warc.gz"] * 3,
            "warc_record_offset": pa.array([12, 34, 56], pa.int32()),
        }
    )


def main():
    at = datetime.datetime(2019, 4, 20, 10, 11, 12, tzinfo=datetime.timezone.utc)
    times = pa.array([at, at + datetime.timedelta(seconds=1), at], pa.timestamp("ms", tz="UTC"))
    pq.write_table(table(times), HERE / "timestamps.parquet")
    pq.write_table(table(times), HERE / "int96.parquet", use_deprecated_int96_timestamps=True)
    texts = ["2019-04-20T10:11:12Z", "2019-04-20 10:11:13", "soon"]
    pq.write_table(table(pa.array(texts)), HERE / "texts.parquet")
    pq.write_table(table(times).drop(["fetch_status"]), HERE / "no_status.parquet")


if __name__ == "__main__":
    main()
