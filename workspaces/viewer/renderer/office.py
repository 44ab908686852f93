"""Makes a PDF of one Office document with LibreOffice, in a world of its own (`world`); a process does it once.

web worker ── document ──  this process ── forks ──  first process of the new world ── starts ──  LibreOffice
           ←─ PDF ───────────────────────────────────┘
"""

import json
import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from workspaces.viewer.renderer import sandbox, wire, world

SECONDS = 40
LARGEST = 60 * 1024 * 1024
_STEP = 0.02
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin", "HOME": str(world.DESK), "LANG": "C.UTF-8", "TMPDIR": "/tmp", "SAL_USE_VCLPLUGIN": "svp",  # noqa: S108
}  # fmt: skip
# No macro runs, whoever signed it; no link is followed; nothing is asked.
_SETTINGS = [
    ("/org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("/org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("/org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("/org.openoffice.Office.Writer/Content/Update", "Link", "0"),
    ("/org.openoffice.Office.Calc/Content/Update", "Link", "2"),
]


def main() -> None:
    """Convert what comes over standard input, which is a socket."""
    line = socket.socket(fileno=os.dup(0))
    _, said = wire.receive(line)
    _, document = wire.receive(line)
    job = json.loads(said)
    sandbox.die_with_parent()
    try:
        world.leave()
    except sandbox.NoSandbox:
        _refuse(line, "sandbox")
        return
    first = os.fork()
    if first == 0:
        _convert_and_end(line, job, document)
    os.waitpid(first, 0)


def _convert_and_end(line: socket.socket, job: dict[str, Any], document: bytes) -> NoReturn:
    """Be the first process of the new world, which ends with it."""
    try:
        sandbox.die_with_parent()
        world.furnish(Path(job["program"]))
        _convert(line, job, document)
    except sandbox.NoSandbox:
        _refuse(line, "sandbox")
    except OSError:
        # There was no room for it.
        _refuse(line, "too_much")
    finally:
        os._exit(0)


def _convert(line: socket.socket, job: dict[str, Any], document: bytes) -> None:
    source, made = world.DESK / f"document{job['ending']}", world.DESK / "document.pdf"
    source.write_bytes(document)
    _write_settings()
    ended = _run([job["program"], *_arguments(source)])
    if ended is None:
        _refuse(line, "too_much")
    elif not made.is_file() or made.is_symlink():
        _refuse(line, "broken")
    elif made.stat().st_size > LARGEST:
        _refuse(line, "too_much")
    else:
        wire.send(line, wire.ANSWER, made.read_bytes())


def _arguments(source: Path) -> list[str]:
    flags = [
        "--headless",
        "--norestore",
        "--nologo",
        "--nodefault",
        "--nolockcheck",
        f"-env:UserInstallation={(world.DESK / 'profile').as_uri()}",
    ]
    return [*flags, "--convert-to", "pdf", "--outdir", str(world.DESK), str(source)]


def _run(command: list[str]) -> int | None:
    """Run a command to its end, and return how it ended; None where its time was over."""
    child = os.fork()
    if child == 0:
        _become(command)
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        # The first process of a world is also asked to wait for those whose parents are gone.
        with suppress(ChildProcessError):
            ended, status = os.waitpid(-1, os.WNOHANG)
            if ended == child:
                return None if os.WIFSIGNALED(status) else status
        time.sleep(_STEP)
    return None


def _become(command: list[str]) -> NoReturn:
    try:
        nothing = os.open("/dev/null", os.O_RDWR)
        for number in range(3):
            os.dup2(nothing, number)
        os.closerange(3, 65_536)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.nice(10)
        world.lock_in(SECONDS)
        os.execve(command[0], command, _ENVIRONMENT)  # noqa: S606  no shell
    finally:
        os._exit(1)


def _write_settings() -> None:
    items = "".join(
        f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, name, value in _SETTINGS
    )
    user = world.DESK / "profile" / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}</oor:items>',
        encoding="utf-8",
    )


def _refuse(line: socket.socket, code: str) -> None:
    with suppress(OSError):
        wire.send(line, wire.FAILED, json.dumps({"code": code}).encode())
