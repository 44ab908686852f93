"""A world of its own for a program that needs files and processes: LibreOffice.

In it there is no network, no process but its own, and of the file system only programs, libraries and fonts, which
nobody can write. What it writes lies in memory (tmpfs), and is gone with it. Made of Linux namespaces, which ordinary
accounts may have on most systems; where they may not, nothing is converted.
"""

import ctypes
import os
import platform
import resource
import struct
from pathlib import Path

from workspaces.viewer.renderer import sandbox
from workspaces.viewer.renderer.sandbox import NoSandbox

MEMORY = 2 * 1024 * 1024 * 1024
ROOM = 256 * 1024 * 1024
"""What the document and all that is made of it may take together."""
DESK = Path("/desk")
"""Where the document lies in there, and what is made of it."""

_NEW = {
    "ns": 0x00020000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
_BIND_ALL, _PRIVATE_ALL, _DETACH = 0x1000 | 0x4000, 0x40000 | 0x4000, 2
_NOSUID, _NODEV, _NOEXEC = 2, 4, 8
_SET_ATTRIBUTES, _AT_HERE, _RECURSIVE = 442, -100, 0x8000
_READ_ONLY = 1 | 2 | 4
_INSIDE = 1000
# Not /opt as a whole, but what is in it.
_LEAST_PARTS = 3

# What a program finds of ours, as far as it is there.
_PROGRAMS = ("usr", "bin", "sbin", "lib", "lib32", "lib64")
_MORE = (
    "etc/fonts", "etc/ld.so.cache", "etc/libreoffice", "etc/alternatives", "var/cache/fontconfig",
    "var/lib/libreoffice", "var/spool/libreoffice", "dev/null", "dev/zero", "dev/random", "dev/urandom",
)  # fmt: skip

_JUMP_IF_SET = 0x45
_FIRST_ARGUMENT = 16
_NO_SUCH_CALL = 0x00050026
# Refused in there, on x86-64 and on ARM: what moves walls, looks into other processes, or few programs ever need.
_REFUSED = {
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97),
    "setns": (308, 268), "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "kexec_load": (246, 104),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "open_by_handle_at": (304, 265), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "mount_setattr": (442, 442),
}  # fmt: skip
_CLONE, _CLONE3 = (56, 220), (435, 435)
_PIVOT_ROOT = (155, 41)

_libc = ctypes.CDLL(None, use_errno=True)


def leave() -> None:
    """Leave the network, the processes and the mounts of this machine; a fork of this process is the first in the new.

    Raises:
        NoSandbox: the kernel does not let us.

    """
    user, group = os.geteuid(), os.getegid()
    if _libc.unshare(sum(_NEW.values())) != 0:
        raise NoSandbox("No namespaces for this account.")
    _tell("setgroups", "deny")
    _tell("uid_map", f"{_INSIDE} {user} 1")
    _tell("gid_map", f"{_INSIDE} {group} 1")


def furnish(program: Path) -> None:
    """Make the new file system, and be in it. To be called in the first process of the new world."""
    # Only a place to stand on: what is mounted there is seen from nowhere else.
    new = next(place for place in (Path("/mnt"), Path("/tmp")) if place.is_dir())  # noqa: S108
    _mount("none", "/", "", _PRIVATE_ALL)
    _mount("tmpfs", str(new), "tmpfs", _NOSUID | _NODEV, f"size={ROOM},mode=700")
    for name in (*_PROGRAMS, *_MORE, *_elsewhere(program)):
        _show(Path("/") / name, new / name)
    for name in (DESK.name, "tmp", "proc"):
        (new / name).mkdir(exist_ok=True)
    # It has to come before the other one is gone; where a container hides parts of that, the kernel allows no new one.
    _mount("proc", str(new / "proc"), "proc", _NOSUID | _NODEV | _NOEXEC)
    os.chdir(new)
    _checked(_libc.syscall(_PIVOT_ROOT[_column()], b".", b"."))
    _checked(_libc.umount2(b".", _DETACH))
    os.chdir(DESK)


def lock_in(seconds: int) -> None:
    """Take what is left of powers; whatever is started now has none, and ends when its time is over."""
    limits = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: ROOM,
        resource.RLIMIT_NOFILE: 1024,
        resource.RLIMIT_CORE: 0,
    }
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))
    sandbox.refuse_new_privileges()
    sandbox.install(_program())


def _program() -> bytes:
    """Return the filter: the listed calls fail as not permitted, every other goes through."""
    column = _column()
    lines = sandbox.beginning(platform.machine())
    for numbers in _REFUSED.values():
        lines += [(sandbox.IF_EQUAL, 0, 1, numbers[column]), (sandbox.RETURN, 0, 0, sandbox.REFUSE)]
    # As if the kernel were too old for it: programs then use the other one, whose arguments can be seen from here.
    lines += [(sandbox.IF_EQUAL, 0, 1, _CLONE3[column]), (sandbox.RETURN, 0, 0, _NO_SUCH_CALL)]
    lines += [
        (sandbox.IF_EQUAL, 0, 3, _CLONE[column]),
        (sandbox.LOAD, 0, 0, _FIRST_ARGUMENT),
        (_JUMP_IF_SET, 0, 1, _NEW["user"]),
        (sandbox.RETURN, 0, 0, sandbox.REFUSE),
        (sandbox.RETURN, 0, 0, sandbox.ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def _column() -> int:
    machine = platform.machine()
    if machine not in {"x86_64", "aarch64"}:
        raise NoSandbox(f"No list of calls for {machine}.")
    return 0 if machine == "x86_64" else 1


def _elsewhere(program: Path) -> list[str]:
    """Return the directory of a program that is not where the system keeps its own."""
    home = program.resolve().parent.parent
    is_shown = home.is_relative_to("/usr") or len(home.parts) < _LEAST_PARTS
    return [] if is_shown else [str(home.relative_to("/"))]


def _show(ours: Path, theirs: Path) -> None:
    """Let a directory, a file or a link of ours be seen, and not changed."""
    if ours.is_symlink() and ours.parent == Path("/"):
        theirs.symlink_to(ours.readlink())
    elif ours.is_dir():
        theirs.mkdir(parents=True, exist_ok=True)
        _bind(ours, theirs)
    elif ours.exists():
        theirs.parent.mkdir(parents=True, exist_ok=True)
        theirs.touch()
        _bind(ours, theirs)


def _bind(ours: Path, theirs: Path) -> None:
    _mount(str(ours), str(theirs), "", _BIND_ALL)
    device = ours.parent == Path("/dev")
    attributes = struct.pack("=QQQQ", _READ_ONLY & ~_NODEV if device else _READ_ONLY, 0, 0, 0)
    _checked(
        _libc.syscall(
            _SET_ATTRIBUTES, _AT_HERE, str(theirs).encode(), _RECURSIVE, attributes, ctypes.c_size_t(len(attributes))
        )
    )


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    _checked(
        _libc.mount(
            source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), options.encode() or None
        )
    )


def _tell(name: str, said: str) -> None:
    try:
        Path(f"/proc/self/{name}").write_text(said, encoding="ascii")
    except OSError as error:
        raise NoSandbox("No namespaces for this account.") from error


def _checked(result: int) -> None:
    if result != 0:
        raise NoSandbox(os.strerror(ctypes.get_errno()))
