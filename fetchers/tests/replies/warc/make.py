"""Makes the WAT and WARC files beside it, one gzip member a record: python3 make.py.

`python3 make.py PATH PAGES` makes a WAT file of that many pages, for measuring.
"""

import gzip
import json
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).parent
WORDS = "the of cat dog photo news blog post shop home about contact world summer winter music video game travel food".split()


def record(kind, uri, date, content_type, body):
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {uri}\r\nWARC-Date: {date}\r\n"
        f"WARC-Record-ID: <urn:uuid:{random.randrange(1 << 64):016x}-{random.randrange(1 << 64):016x}>\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n\r\n"


def wat(uri, date, links):
    document = {
        "Container": {"Filename": "CC-MAIN-20190420.warc.gz", "Compressed": True, "Offset": str(random.randrange(1 << 30)), "Gzip-Metadata": {"Deflate-Length": str(random.randrange(1 << 17)), "Header-Length": "10", "Footer-Length": "8", "Inflated-CRC": str(random.randrange(1 << 32)), "Inflated-Length": str(random.randrange(1 << 19))}},
        "Envelope": {
            "Format": "WARC",
            "WARC-Header-Length": "581",
            "Block-Digest": f"sha1:{random.randrange(1 << 128):032X}",
            "Payload-Metadata": {
                "Actual-Content-Type": "application/http; msgtype=response",
                "HTTP-Response-Metadata": {
                    "Headers": {"Content-Type": "text/html; charset=UTF-8", "Date": "Sat, 20 Apr 2019 10:11:12 GMT", "Server": "nginx", "ETag": f"{random.randrange(1 << 64):x}", "Vary": "Accept-Encoding", "X-Powered-By": "PHP/7.2"},
                    "HTML-Metadata": {"Head": {"Title": words(8), "Metas": [{"name": n, "content": words(15)} for n in ("description", "keywords", "og:title", "viewport")], "Link": [{"path": "LINK@/href", "url": f"/css/{word()}.css?ver={random.randrange(9999)}", "rel": "stylesheet"} for _ in range(8)], "Scripts": [{"path": "SCRIPT@/src", "url": f"/js/{word()}.js?ver={random.randrange(9999)}"} for _ in range(10)]}, "Links": links},
                    "Entity-Digest": f"sha1:{random.randrange(1 << 128):032X}",
                },
            },
        },
    }
    return record("metadata", uri, date, "application/json", json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode())


def word():
    return random.choice(WORDS) + (f"{random.randrange(10000)}" if random.random() < 0.4 else "")


def words(most):
    return " ".join(word() for _ in range(random.randrange(1, most)))


def page_links():
    links = [{"path": "A@/href", "url": f"https://www.{word()}.com/{word()}/{word()}-{word()}-{random.randrange(1 << 24)}", "text": words(9)} if random.random() < 0.6 else {"path": "A@/href", "url": f"/{word()}/{word()}", "text": words(6)} for _ in range(random.randrange(60, 140))]
    for at in range(random.randrange(10, 30)):
        url = f"https://cdn.{word()}.com/wp-content/uploads/20{random.randrange(10, 20)}/05/{word()}-{random.randrange(1 << 24)}-300x200.jpg" if at % 3 else f"/images/{word()}/{random.randrange(1 << 24):x}.png"
        links.insert(random.randrange(len(links)), {"path": "IMG@/src", "url": url, "alt": words(7)})
    return links


def big(path, pages):
    random.seed(7)
    with open(path, "wb") as out:
        for page in range(pages):
            out.write(gzip.compress(wat(f"https://www.{word()}.com/{word()}/{page}.html", "2019-04-20T10:11:12Z", page_links()), 6))


def small():
    random.seed(7)
    links = [
        {"path": "A@/href", "url": "/a.jpg", "text": '"path":"IMG@/src"'},
        {"path": "IMG@/src", "url": "/a.jpg", "alt": 'A "cat" é'},
        {"alt": "a dog", "url": "b.jpg#x", "path": "IMG@/src"},
        {"path": "IMG@/src", "url": "data:image/gif;base64,R0lGODlh"},
    ]
    page = b'<html><img class="x" src="/a.jpg" alt="A cat"><img src=\'../c.jpg?x=1&amp;y=2\'></html>'
    http = lambda status, kind, body: f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n\r\n".encode() + body
    uri, date = "https://Example.org/blog/post.html", "2019-04-20T10:11:12Z"
    first = record("warcinfo", "-", date, "application/warc-fields", b"software: none\r\n")
    wats = [first, wat(uri, date, links), wat(uri, "yesterday", links)]
    responses = [
        first,
        record("request", uri, date, "application/http; msgtype=request", b"GET / HTTP/1.1\r\n\r\n"),
        record("response", f"<{uri}>", date, "application/http; msgtype=response", http("200 OK", "text/html; charset=utf-8", page)),
        record("response", "https://example.org/d.jpg", date, "application/http; msgtype=response", http("200 OK", "image/jpeg", b"\xff\xd8")),
        record("response", "https://example.org/e.jpg", date, "application/http; msgtype=response", http("404 Not Found", "image/jpeg", b"")),
    ]
    (HERE / "small.warc.wat.gz").write_bytes(b"".join(gzip.compress(part, mtime=0) for part in wats))
    (HERE / "small.warc.gz").write_bytes(b"".join(gzip.compress(part, mtime=0) for part in responses))
    (HERE / "small.warc").write_bytes(b"".join(responses))
    (HERE / "cut.warc").write_bytes(b"".join(responses)[:-40])


if __name__ == "__main__":
    if len(sys.argv) == 3:
        big(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
    else:
        small()
