"""Finds the processes of a running stack, and kills one of them without warning."""

import contextlib
import os
import random
import signal
from pathlib import Path

from tests.stack import Stack

BACKGROUND = {"sequencer": "--queues ledger", "worker": "--queues celery", "timer": " beat "}
TARGETS = ("web master", "web worker", *BACKGROUND, "database postmaster", "database backend")


def children_of(pid: int) -> list[int]:
    """Return the living children of a process."""
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def command_of(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def find(stack: Stack, target: str) -> list[int]:
    """Return who could be killed as `target` now."""
    tops = children_of(stack.process.pid)
    web = [pid for pid in tops if "gunicorn" in command_of(pid)]
    with contextlib.suppress(OSError, IndexError):
        postmaster = int((stack.home / "postgres" / "postmaster.pid").read_text().split()[0])
        database = {"database postmaster": [postmaster], "database backend": children_of(postmaster)}
        if target in database:
            return database[target]
    if target in BACKGROUND:
        return [pid for pid in tops if BACKGROUND[target] in command_of(pid)]
    return {"web master": web, "web worker": [child for pid in web for child in children_of(pid)]}.get(target, [])


def kill_one(stack: Stack, chance: random.Random) -> str:
    """Kill one process and say what it was."""
    for target in chance.sample(TARGETS, len(TARGETS)):
        if found := find(stack, target):
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(found), signal.SIGKILL)
                return target
    return "nothing"
