"""The services of a hospital beside the stack: files in Ceph, cache and broker in Redis, clamd as scanner.

Each writes below a directory of its own, which is searched when all of them have ended. Ceph's disk is a file there,
Redis writes both a dump and a log, and clamd keeps what it scans in memory, as docs/scanning.md asks for.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from tests.ceph import ACCESS_KEY, SECRET_KEY, ceph_on_disk
from tests.clamd import clamd_in
from tests.needs import find
from tests.stack import free_port
from workspaces.storage.s3 import Bucket, S3Address

NEEDED = ("ceph", "redis", "clamd")
WANTED = os.environ.get("CANARY") == "services"
_MEMORY = "/dev/shm"
_BUCKET = "canaries"
# Nothing packed, so that what lies there is found; everything on the disk within a second.
_REDIS = ["--save", "1", "1", "--appendonly", "yes", "--rdbcompression", "no", "--bind", "127.0.0.1"]
_PATIENCE = 30.0


@dataclass
class Services:
    """What is running, and where it writes.

    Attributes:
        place: directory with one for each service.
        memory: where clamd keeps what it scans, on a file system in memory.
        environment: what tells the stack about them.

    """

    place: Path
    memory: Path
    environment: dict[str, str]
    bucket: Any
    cache: Any

    def plant(self, content: bytes) -> None:
        """Store something in the clear in each of them, so that a search that finds nothing would show."""
        self.bucket.put_object(Bucket=_BUCKET, Key="planted", Body=content)
        self.cache.set("planted", content)
        (self.place / "clamd" / "planted").write_bytes(content)


@contextmanager
def services(place: Path) -> Iterator[Services]:
    """Run all of them until the block ends; then everything that they are going to write is written."""
    for name in NEEDED:
        (place / name).mkdir(mode=0o700)
    with ExitStack() as stack:
        memory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ithaca-clamd-", dir=_MEMORY)))
        endpoint = stack.enter_context(ceph_on_disk(place / "ceph"))
        port = stack.enter_context(_redis(place / "redis"))
        scanner = stack.enter_context(clamd_in(place / "clamd", memory))
        keys = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        bucket = Bucket(S3Address(bucket=_BUCKET, endpoint=endpoint, style="path", **keys)).client
        bucket.create_bucket(Bucket=_BUCKET)
        environment = {
            "STORAGE_URL": f"s3://{_BUCKET}/files?endpoint={endpoint}&style=path",
            "STORAGE_ACCESS_KEY": ACCESS_KEY,
            "STORAGE_SECRET_KEY": SECRET_KEY,
            "CACHE_URL": f"redis://127.0.0.1:{port}/0",
            "BROKER_URL": f"redis://127.0.0.1:{port}/1",
            "SCANNER_URL": scanner,
        }
        yield Services(place, memory, environment, bucket, redis.Redis(port=port, db=2))


@contextmanager
def _redis(home: Path) -> Iterator[int]:
    port = free_port()
    command = [find("redis") or "redis-server", "--port", str(port), "--dir", str(home), *_REDIS]
    with (home / "out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            redis.Redis(port=port).ping()
        except redis.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
