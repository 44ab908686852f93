"""Gives up everything that drawing a page does not need, before the first byte of a file is read.

What a child may still do: compute, use so much memory for so many seconds, and speak over the one socket it has. It
cannot open a file, a connection or a process, nor send a signal to one: the kernel refuses every call that is not on
the list below (seccomp). Where the kernel lets us, there is no network to begin with (a namespace of its own).
"""

import ctypes
import os
import platform
import resource
import signal
import struct
from contextlib import suppress

MEMORY = 512 * 1024 * 1024
SECONDS = 8

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_CLONE_NEWUTS, _CLONE_NEWIPC, _CLONE_NEWUSER, _CLONE_NEWNET = 0x04000000, 0x08000000, 0x10000000, 0x40000000

# Loads and comparisons of classic BPF, and what a filter may return (linux/filter.h, linux/seccomp.h).
LOAD, IF_EQUAL, _IF_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, REFUSE, _KILL = 0x7FFF0000, 0x00050001, 0x80000000
_NUMBER, _ARCHITECTURE = 0, 4
# Numbers from here on are those of another calling convention on x86-64.
_X32 = 0x40000000

# What is let through, with its numbers on x86-64 and on ARM (which has ppoll for poll).
_CALLS = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "sendto": (44, 206),
    "recvfrom": (45, 207),
    "poll": (7, 73),
    "futex": (202, 98),
    "nanosleep": (35, 101),
    "clock_nanosleep": (230, 115),
    "clock_gettime": (228, 113),
    "gettimeofday": (96, 169),
    "times": (100, 153),
    "getrusage": (98, 165),
    "getrandom": (318, 278),
    "restart_syscall": (219, 128),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


class NoSandbox(Exception):
    """The kernel does not offer what a child has to be locked in with. Then nothing is drawn."""


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


_libc = ctypes.CDLL(None, use_errno=True)


def leave_the_network() -> None:
    """Move this process, and all it forks, where there is no network; where that is not allowed, seccomp has to do."""
    for spaces in (_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC | _CLONE_NEWUTS, _CLONE_NEWNET):
        if _libc.unshare(spaces) == 0:
            return


def lock_in(line: int, *, memory: int = MEMORY, seconds: int = SECONDS) -> None:
    """Give up everything but the socket `line`, for good.

    Raises:
        NoSandbox: the process is not locked in, and must not read what it was sent.

    """
    os.closerange(0, line)
    os.closerange(line + 1, 65_536)
    die_with_parent()
    _limit(line, memory, seconds)
    _prctl(_PR_SET_DUMPABLE, 0)
    refuse_new_privileges()
    install(_program(platform.machine()))


def _limit(line: int, memory: int, seconds: int) -> None:
    limits = {
        resource.RLIMIT_AS: _memory_now() + memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: line + 1,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_CORE: 0,
    }
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))


def _memory_now() -> int:
    # The libraries are mapped already, and far larger than what of them is used.
    with open("/proc/self/statm", encoding="ascii") as told:  # noqa: PTH123  nothing is imported here that can wait
        return int(told.read().split()[0]) * resource.getpagesize()


def refuse_new_privileges() -> None:
    """Let no program that is started from here have more rights than it."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def die_with_parent() -> None:
    """End when the process ends that started this one."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def install(program: bytes) -> None:
    """Let the kernel hold every call against a filter, for good.

    Raises:
        NoSandbox: it does not.

    """
    told = _Filter(len(program) // 8, program)
    if _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(told), 0, 0) != 0:
        raise NoSandbox("This kernel has no seccomp.")


def _program(machine: str) -> bytes:
    """Return the filter: the listed calls go through, every other fails as not permitted."""
    lines = beginning(machine)
    column, _ = _MACHINES[machine]
    for numbers in _CALLS.values():
        lines += [(IF_EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, ALLOW)]
    lines.append((RETURN, 0, 0, REFUSE))
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def beginning(machine: str) -> list[tuple[int, int, int, int]]:
    """Return the first lines of a filter: calls of another kind of machine end the process.

    Raises:
        NoSandbox: there is no list of calls for this one.

    """
    if machine not in _MACHINES:
        raise NoSandbox(f"No list of calls for {machine}.")
    return [
        (LOAD, 0, 0, _ARCHITECTURE),
        (IF_EQUAL, 1, 0, _MACHINES[machine][1]),
        (RETURN, 0, 0, _KILL),
        (LOAD, 0, 0, _NUMBER),
        (_IF_AT_LEAST, 0, 1, _X32),
        (RETURN, 0, 0, _KILL),
    ]


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        raise NoSandbox(f"prctl {option} failed.")


def stand_back(child: int) -> None:
    """Let a child that has taken long have little of the processor while others want it."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, child, 10)
