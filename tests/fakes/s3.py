"""A bucket in memory that is spoken to in S3 over HTTP, and that can be told to lie, to fail and to forget.

It answers what `workspaces.storage.s3` asks and nothing else, in pages of two so that paging is always met. It proves
nothing about real servers: those are tests/ceph.py's.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4
from xml.sax.saxutils import escape

PAGE = 2


@dataclass
class Thing:
    body: bytes
    metadata: dict[str, str] = field(default_factory=dict)
    changed: float = field(default_factory=time.time)

    @property
    def etag(self) -> str:
        return f'"{hashlib.md5(self.body, usedforsecurity=False).hexdigest()}"'


@dataclass
class Upload:
    key: str
    metadata: dict[str, str]
    parts: dict[int, Thing] = field(default_factory=dict)
    began: float = field(default_factory=time.time)


@dataclass
class FakeBucket:
    """`objects` and `uploads` may be changed by a test behind the back of everybody."""

    address: str = ""
    objects: dict[str, Thing] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    # Called with the handler before anything else; True means that it has answered.
    interfere: Callable[["Handler"], bool] = lambda _: False
    lock: Lock = field(default_factory=Lock)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket: FakeBucket

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Say nothing."""

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status: int, code: str) -> None:
        self.answer(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())

    def xml(self, kind: str, content: str) -> None:
        self.answer(200, f'<?xml version="1.0"?><{kind}>{content}</{kind}>'.encode(), Content_Type="application/xml")

    def begin(self) -> None:
        parts = urlsplit(self.path)
        self.query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        self.key = unquote(parts.path).removeprefix("/bucket").removeprefix("/")
        self.sent = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.metadata = {
            name[11:].lower(): value for name, value in self.headers.items() if name.lower().startswith("x-amz-meta-")
        }
        self.bucket.requests.append(f"{self.command} {self.key}")

    def serve(self, how: Callable[[], None]) -> None:
        self.begin()
        if self.bucket.interfere(self):
            return
        claimed = self.headers.get("x-amz-content-sha256", "")
        if claimed != hashlib.sha256(self.sent).hexdigest():
            self.refuse(400, "XAmzContentSHA256Mismatch")
            return
        with self.bucket.lock:
            how()

    def do_PUT(self) -> None:
        self.serve(self.put)

    def do_POST(self) -> None:
        self.serve(self.post)

    def do_GET(self) -> None:
        self.serve(self.get)

    def do_HEAD(self) -> None:
        self.serve(self.get)

    def do_DELETE(self) -> None:
        self.serve(self.delete)

    def put(self) -> None:
        if "partNumber" in self.query:
            upload = self.bucket.uploads.get(self.query["uploadId"])
            if upload is None:
                self.refuse(404, "NoSuchUpload")
                return
            thing = upload.parts[int(self.query["partNumber"])] = Thing(self.sent)
        elif self.headers.get("If-None-Match") == "*" and self.key in self.bucket.objects:
            self.refuse(412, "PreconditionFailed")
            return
        else:
            thing = self.bucket.objects[self.key] = Thing(self.sent, self.metadata)
        self.answer(200, ETag=thing.etag)

    def post(self) -> None:
        if "uploads" in self.query:
            identity = uuid4().hex
            self.bucket.uploads[identity] = Upload(self.key, self.metadata)
            self.xml("InitiateMultipartUploadResult", f"<UploadId>{identity}</UploadId>")
        elif self.query["uploadId"] not in self.bucket.uploads:
            self.refuse(404, "NoSuchUpload")
        elif self.headers.get("If-None-Match") == "*" and self.key in self.bucket.objects:
            self.refuse(412, "PreconditionFailed")
        else:
            upload = self.bucket.uploads.pop(self.query["uploadId"])
            count = self.sent.count(b"<PartNumber>")
            body = b"".join(upload.parts[number].body for number in range(1, count + 1))
            self.bucket.objects[self.key] = Thing(body, upload.metadata)
            self.xml("CompleteMultipartUploadResult", "<ETag>x</ETag>")

    def delete(self) -> None:
        if "uploadId" in self.query:
            if self.bucket.uploads.pop(self.query["uploadId"], None) is None:
                self.refuse(404, "NoSuchUpload")
                return
        else:
            self.bucket.objects.pop(self.key, None)
        self.answer(204)

    def get(self) -> None:
        if not self.key:
            self.list()
        elif "uploadId" in self.query:
            self.list_parts()
        elif self.key not in self.bucket.objects:
            self.refuse(404, "NoSuchKey")
        else:
            self.get_object(self.bucket.objects[self.key])

    def get_object(self, thing: Thing) -> None:
        headers = {f"x-amz-meta-{name}": value for name, value in thing.metadata.items()}
        headers |= {"ETag": thing.etag, "Last_Modified": formatdate(thing.changed, usegmt=True)}
        total, wanted = len(thing.body), self.headers.get("Range")
        if self.command == "HEAD" or wanted is None:
            self.answer(200, thing.body, Content_Length=str(total), **headers)
            return
        first, last = (int(number) for number in wanted.removeprefix("bytes=").split("-"))
        if first >= total:
            self.refuse(416, "InvalidRange")
            return
        body = thing.body[first : last + 1]
        self.answer(206, body, Content_Range=f"bytes {first}-{first + len(body) - 1}/{total}", **headers)

    def list(self) -> None:
        if "uploads" in self.query:
            self.list_uploads()
        elif self.command == "HEAD":
            self.answer(200)
        else:
            after = self.query.get("continuation-token", "")
            prefix = self.query.get("prefix", "")
            keys = sorted(key for key in self.bucket.objects if key.startswith(prefix) and key > after)
            rows = "".join(
                f"<Contents><Key>{escape(key)}</Key><LastModified>{_iso(self.bucket.objects[key].changed)}"
                f"</LastModified><Size>{len(self.bucket.objects[key].body)}</Size></Contents>"
                for key in keys[:PAGE]
            )
            more = f"<NextContinuationToken>{keys[PAGE - 1]}</NextContinuationToken>" if len(keys) > PAGE else ""
            self.xml("ListBucketResult", f"<IsTruncated>{str(bool(more)).lower()}</IsTruncated>{more}{rows}")

    def list_uploads(self) -> None:
        found = [(name, each) for name, each in self.bucket.uploads.items() if each.key == self.query.get("prefix")]
        rows = "".join(
            f"<Upload><Key>{each.key}</Key><UploadId>{name}</UploadId><Initiated>{_iso(each.began)}</Initiated></Upload>"
            for name, each in found
        )
        self.xml("ListMultipartUploadsResult", f"<IsTruncated>false</IsTruncated>{rows}")

    def list_parts(self) -> None:
        upload = self.bucket.uploads.get(self.query["uploadId"])
        if upload is None:
            self.refuse(404, "NoSuchUpload")
            return
        after = int(self.query.get("part-number-marker", "0"))
        numbers = sorted(number for number in upload.parts if number > after)
        rows = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(upload.parts[number].etag)}</ETag>"
            f"<Size>{len(upload.parts[number].body)}</Size>"
            f"<LastModified>{_iso(upload.parts[number].changed)}</LastModified></Part>"
            for number in numbers[:PAGE]
        )
        last = numbers[:PAGE][-1] if numbers else 0
        more = f"<NextPartNumberMarker>{last}</NextPartNumberMarker>" if len(numbers) > PAGE else ""
        self.xml("ListPartsResult", f"<IsTruncated>{str(bool(more)).lower()}</IsTruncated>{more}{rows}")


def _iso(when: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(when))


@contextmanager
def bucket_in_memory() -> Iterator[FakeBucket]:
    """Serve one bucket, called `bucket`, until the block ends."""
    bucket = FakeBucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"bucket": bucket}))
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    bucket.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
