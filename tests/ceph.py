"""A real Ceph on this machine for the tests: one monitor, one store, one S3 gateway.

The store keeps everything in memory, or, for those who search what it wrote, on a disk, which is a file. It needs no
root, listens on 127.0.0.1 only and is gone with the directory it was made in. What it does not prove is said in
docs/storage.md.
"""

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

ACCESS_KEY = "ithaca-tests"
SECRET_KEY = "not a secret: this gateway lives for a minute"
_PATIENCE = 120.0

_CONFIGURATION = """
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{v2},v1:127.0.0.1:{v1}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth allow insecure global id reclaim = false
osd objectstore = {store}
memstore device bytes = 4294967296
bluestore block size = 2147483648
bluestore bluefs = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data avail crit = 1
paxos propose interval = 0.02
paxos min wait = 0.01
mon tick interval = 1
run dir = {home}
pid file = {home}/$name.pid
admin socket =
log file = {home}/$name.log
mon cluster log file = {home}/cluster.log
mon data = {home}/mon
osd data = {home}/osd
keyring = {home}/keyring
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw enable usage log = false
"""


@contextmanager
def ceph() -> Iterator[str]:
    """Run a gateway until the block ends, and yield its address. Takes about a quarter of a minute to begin."""
    with TemporaryDirectory(prefix="ithaca-ceph-") as scratch, _running(Path(scratch), "memstore") as address:
        yield address


@contextmanager
def ceph_on_disk(home: Path) -> Iterator[str]:
    """Run a gateway whose files lie in a directory, and are all there when the block has ended."""
    with _running(home, "bluestore") as address:
        yield address


@contextmanager
def _running(home: Path, store: str) -> Iterator[str]:
    port = _free_port()
    running: list[subprocess.Popen[bytes]] = []
    try:
        _begin(home, port, running, store)
        yield f"http://127.0.0.1:{port}"
    finally:
        for process in reversed(running):
            _end(process, gently=store == "bluestore")


def _end(process: subprocess.Popen[bytes], *, gently: bool) -> None:
    if gently:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
    process.kill()
    process.wait()


def _begin(home: Path, port: int, running: list[subprocess.Popen[bytes]], store: str) -> None:
    (home / "mon").mkdir()
    (home / "osd").mkdir()
    fsid, v1, v2 = str(uuid4()), _free_port(), _free_port()
    (home / "ceph.conf").write_text(_CONFIGURATION.format(home=home, fsid=fsid, v1=v1, v2=v2, port=port, store=store))
    keyring, osd = str(home / "keyring"), str(uuid4())
    all_of_it = ["--cap", "mon", "allow *", "--cap", "osd", "allow *"]
    _run(home, "ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", *all_of_it[:3])
    _run(home, "ceph-authtool", keyring, "--gen-key", "-n", "client.admin", *all_of_it)
    _run(home, "ceph-authtool", keyring, "--gen-key", "-n", "osd.0", *all_of_it)
    addresses = f"[v2:127.0.0.1:{v2},v1:127.0.0.1:{v1}]"
    _run(home, "monmaptool", "--create", "--fsid", fsid, "--addv", "a", addresses, str(home / "monmap"))
    _run(home, "ceph-mon", "-i", "a", "--mkfs", "--monmap", str(home / "monmap"), "--keyring", keyring)
    running.append(_start(home, "ceph-mon", "-i", "a", "-f"))
    _run(home, "ceph", "auth", "import", "-i", keyring)
    _run(home, "ceph", "osd", "new", osd, "0")
    _run(home, "ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
    running.append(_start(home, "ceph-osd", "-i", "0", "-f"))
    keys = [f"--access-key={ACCESS_KEY}", f"--secret-key={SECRET_KEY}"]
    _run(home, "radosgw-admin", "user", "create", "--uid=ithaca", "--display-name=Ithaca", *keys)
    running.append(_start(home, "radosgw", "-n", "client.admin", "--keyring", keyring, "-f"))
    _wait_for(f"http://127.0.0.1:{port}/")


def _run(home: Path, *command: str) -> None:
    done = subprocess.run(command, env=_environment(home), capture_output=True, timeout=_PATIENCE, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr.decode()[-2000:]}")


def _start(home: Path, *command: str) -> subprocess.Popen[bytes]:
    # Not a pipe: nobody reads it, so it would fill.
    with (home / f"{command[0]}.out").open("wb") as out:
        return subprocess.Popen(command, env=_environment(home), stdout=out, stderr=out)


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "CEPH_CONF": str(home / "ceph.conf"), "CEPH_ARGS": f"-c {home / 'ceph.conf'}"}


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(address, timeout=5):  # noqa: S310  our own address
            return
        time.sleep(0.1)
    raise RuntimeError("The gateway did not begin in time.")


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
