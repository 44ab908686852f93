"""Freed memory is kept for the next block, in processes of their own because it holds for all of one."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives memory back so soon")

_PAGES_OF_A_ROUND = 8 * 512 * 1024 // 4096
_ROUNDS = 50
_PROGRAM = f"""
import resource, sys
if "keep" in sys.argv:
    from workspaces.crypt4gh.memory import keep_freed_memory
    keep_freed_memory()
def pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def work():
    blocks = [bytearray(512 * 1024 + 28) for _ in range(8)]
    for block in blocks:
        block[::4096] = bytes(len(block[::4096]))
for _ in range(5):
    work()
before = pages()
for _ in range({_ROUNDS}):
    work()
print(pages() - before)
"""


def pages_asked_for(*arguments: str) -> int:
    command = [sys.executable, "-c", _PROGRAM, *arguments]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def test_blocks_are_made_of_memory_that_was_freed_before() -> None:
    assert pages_asked_for("keep") < _PAGES_OF_A_ROUND


def test_without_it_memory_is_asked_for_again() -> None:
    """Otherwise the test above would show nothing, and the call had better go."""
    assert pages_asked_for() > _PAGES_OF_A_ROUND * _ROUNDS // 4
