"""What a child may still do once it is locked in: nothing but compute and answer."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from workspaces.viewer.drawing import ROOT, Renderer, renderer
from workspaces.viewer.renderer.sandbox import _CALLS, _program

_LOCKED_IN = """
import json, os, signal, socket, sys
sys.path.insert(0, sys.argv[1])
import ctypes, encodings.idna
from workspaces.viewer.renderer import sandbox
libc = ctypes.CDLL(None, use_errno=True)
ours, theirs = socket.socketpair()
child = os.fork()
if child == 0:
    sandbox.lock_in(theirs.fileno(), memory=64 * 1024 * 1024, seconds=2)
    try:
        said = repr(eval(sys.argv[2]))
    except BaseException as error:
        said = type(error).__name__
    theirs.send(json.dumps(said).encode())
    os._exit(0)
theirs.close()
said = ours.recv(65536)
_, status = os.waitpid(child, 0)
print(json.dumps([json.loads(said) if said else None, status]))
"""


def locked_in(expression: str) -> tuple[str | None, int]:
    """Return what an expression gives in a child that is locked in, and how the child ended."""
    command = [sys.executable, "-I", "-c", _LOCKED_IN, str(ROOT), expression]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    said, status = json.loads(done.stdout)
    return said, status


@pytest.mark.parametrize(
    "expression",
    [
        "open('/etc/passwd')",
        "open('/tmp/ithaca-was-here', 'w')",
        "os.listdir('/')",
        "os.stat('/')",
        "os.unlink('/tmp/ithaca-was-here')",
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "os.fork()",
        "os.execv('/bin/sh', ['sh'])",
        "os.kill(os.getppid(), signal.SIGKILL)",
        "os.kill(1, 0)",
        "os.pipe()",
        "os.dup(theirs.fileno())",
        "os.setuid(0)",
        "os.chdir('/tmp')",
    ],
)
def test_a_child_reaches_nothing_outside(expression: str) -> None:
    said, _ = locked_in(expression)
    assert said in {"PermissionError", "OSError"}


@pytest.mark.parametrize("number", [101, 310, 311, 57, 58, 41, 272, 165, 2, 257, 437, 425])
def test_calls_that_python_does_not_offer_are_refused_as_well(number: int) -> None:
    said, _ = locked_in(f"(libc.syscall({number}, 0, 0, 0, 0, 0, 0), ctypes.get_errno())")
    assert said == "(-1, 1)"


def test_a_child_may_compute_and_answer() -> None:
    assert locked_in("sum(range(10))") == ("45", 0)


def test_memory_has_an_end() -> None:
    assert locked_in("len(bytearray(512 * 1024 * 1024))")[0] == "MemoryError"


def test_time_has_an_end() -> None:
    said, status = locked_in("any(False for _ in iter(int, 1))")
    assert said is None
    assert status != 0


def test_every_file_but_its_socket_is_closed() -> None:
    assert locked_in("[one for one in range(64) if libc.lseek(one, 0, 1) != -1 or ctypes.get_errno() == 29]")[0] in {
        f"[{number}]" for number in range(64)
    }


def test_nothing_of_our_environment_reaches_the_viewer() -> None:
    renderer().warm_up()
    environment = Path(f"/proc/{renderer().process}/environ").read_bytes()
    assert b"DATABASE_URL" not in environment
    assert {line.partition(b"=")[0] for line in environment.split(b"\0") if line} == {
        b"OPENBLAS_NUM_THREADS",
        b"OMP_NUM_THREADS",
        b"LANG",
    }


def test_the_warm_process_ends_with_us() -> None:
    own = Renderer()
    own.warm_up()
    process = own.process
    own.stop()
    assert not Path(f"/proc/{process}").exists()


def test_both_kinds_of_machines_have_a_number_for_every_call() -> None:
    for column in (0, 1):
        numbers = [call[column] for call in _CALLS.values()]
        assert len(set(numbers)) == len(numbers)
    assert len(_program("aarch64")) == len(_program("x86_64"))
