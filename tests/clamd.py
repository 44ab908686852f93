"""A real clamd for the tests, with a signature database of two lines: no network, no root, nothing kept."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.needs import find
from workspaces.scanning.clamd import Clamd, ScannerDown

VIRUS = b"this is what the tests call a virus: 3f1c9a7e\n"
_EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_PATIENCE = 60.0

_CONFIGURATION = """
LocalSocket {home}/clamd.sock
DatabaseDirectory {home}/signatures
TemporaryDirectory {temporary}
PidFile {home}/clamd.pid
Foreground yes
StreamMaxLength 4M
AlertExceedsMax {alert}
AlertEncrypted yes
OfficialDatabaseOnly no
ConcurrentDatabaseReload no
MaxThreads 2
"""


@contextmanager
def clamd(*, alert_exceeds_max: bool = True) -> Iterator[str]:
    """Run clamd until the block ends, and yield its address."""
    with TemporaryDirectory(prefix="ithaca-clamd-") as scratch:
        home = Path(scratch)
        (home / "tmp").mkdir()
        with clamd_in(home, home / "tmp", alert_exceeds_max=alert_exceeds_max) as address:
            yield address


@contextmanager
def clamd_in(home: Path, temporary: Path, *, alert_exceeds_max: bool = True) -> Iterator[str]:
    """Run clamd with directories that the caller made and looks into afterwards, and yield its address."""
    (home / "signatures").mkdir()
    lines = [f"{md5(body, usedforsecurity=False).hexdigest()}:{len(body)}:{name}" for name, body in SIGNATURES]
    (home / "signatures" / "tests.hdb").write_text("\n".join(lines) + "\n")
    alert = "yes" if alert_exceeds_max else "no"
    (home / "clamd.conf").write_text(_CONFIGURATION.format(home=home, temporary=temporary, alert=alert))
    with (home / "out").open("wb") as out:
        command = [find("clamd") or "clamd", "--config-file", str(home / "clamd.conf")]
        process = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ)
    try:
        _wait(f"unix://{home}/clamd.sock", process, home / "out")
        yield f"unix://{home}/clamd.sock"
    finally:
        process.kill()
        process.wait()


SIGNATURES = [("Tests.Virus", VIRUS), ("Eicar-Test-Signature", _EICAR)]


def _wait(address: str, process: subprocess.Popen[bytes], out: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            Clamd(address).version()
        except ScannerDown:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"clamd did not begin: {out.read_text()[-2000:]}")
