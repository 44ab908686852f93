"""What was in files, names and secrets lies nowhere but where it must: `make test-canary`.

`CANARY=services make test-canary` does the same with files in Ceph, cache and broker in Redis, and clamd as scanner,
and searches what these wrote as well.

The real stack runs with a home and a directory for temporary files of its own. After the story every byte below them
is searched, with the database's files and write-ahead log, the broker, mails, a backup, what every process printed,
and the tables as a dump shows them (values that PostgreSQL compressed are whole only there).
"""

import fnmatch
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from config.database import SUBJECT_KEYS_NAME
from config.embedded_postgres import EmbeddedPostgres, binaries
from tests.canary.hunter import Allowed, Finding, Hunter, not_allowed
from tests.canary.services import NEEDED, WANTED, Services, services
from tests.canary.story import OWNER, TOO_LARGE, Story
from tests.faults.killing import command_of, find
from tests.needs import needs
from tests.stack import ROOT, Stack, environment, free_port, furnish, launch, processes_of, stop

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="not run: needs /proc"),
    *(needs(service) for service in NEEDED if WANTED),
]
only_with_services = pytest.mark.skipif(not WANTED, reason="only with CANARY=services")

IN_CLEAR = "names and words about files stand in rows in clear, so that they can be searched (docs/files.md)"
PLANTED = "planted in a service"
FOLDERS = [
    *(["services/ceph/osd", "services/redis", "services/clamd"] if WANTED else ["home/blobs", "home/broker"]),
    *("home/postgres/base", "tmp", "output", "backup"),
]
ALLOWED = [
    Allowed("table workspaces_workspace", ("name", "description"), IN_CLEAR),
    Allowed("table workspaces_item", ("name", "description"), IN_CLEAR),
    Allowed("table workspaces_upload", ("name",), "an unfinished upload is listed by its name"),
    Allowed("table workspaces_version", ("note",), IN_CLEAR),
    Allowed("table workspaces_undoabledeed", ("name", "description"), "what stood there before, until it is forgotten"),
    Allowed("table sharing_workspaceusergrant", ("purpose",), "pages about access say why it was given"),
    Allowed("table django_session", ("session id",), "Django's sessions (docs/threat-model.md, stolen database)"),
    Allowed("table usersessions_usersession", ("session id",), "by it a person ends sessions on other devices"),
    *(
        Allowed(f"run/home/postgres/{files}/*", (label,), "the files under the tables above")
        for files in ("base", "pg_wal")
        for label in ("name", "description", "note", "purpose", "session id")
    ),
]


@dataclass
class Hunt:
    """A run: the stack, what it was told to keep its files in, and what was found."""

    place: Path
    services: Services | None = None
    hunter: Hunter = field(default_factory=Hunter)
    findings: list[Finding] = field(default_factory=list)
    core_limits: dict[str, str] = field(default_factory=dict)
    left_in_memory: list[str] = field(default_factory=list)
    found_clean: int = 0

    def __post_init__(self) -> None:
        for name in ("home", "tmp", "output", "backup"):
            (self.place / name).mkdir(mode=0o700)
        self.more = {"TMPDIR": str(self.place / "tmp"), "MAX_UPLOAD_BYTES": str(TOO_LARGE)}
        if self.services:
            self.more |= self.services.environment
        # So that a crash would leave a core, if it may.
        before = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
        if not self.services:
            furnish(self.place / "home")
        self.stack: Stack = launch(self.place / "home", free_port(), **self.more)
        resource.setrlimit(resource.RLIMIT_CORE, before)
        self.stack.wait_until_ready()

    def run(self, *command: str) -> str:
        """Run a command beside the stack; keep what it says among the logs."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment(self.stack.home, self.stack.port, **self.more),
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def look(self) -> None:
        """Look while bytes are on their way: at unfinished files, and at those that have no name any more."""
        assert find(self.stack, "web worker")
        for folder in ("tmp", "home/blobs"):
            self.findings += self.hunter.search_tree(self.place / folder, f"{folder} on the way")
        if self.services:
            self.findings += self.hunter.search_tree(self.services.place / "clamd", "clamd on the way")
        for pid in processes_of(self.stack.home):
            for link in Path(f"/proc/{pid}/fd").iterdir():
                try:
                    data = link.read_bytes() if link.is_file() else b""
                except OSError:
                    continue
                opened = str(link.readlink())
                if "/postgres/" not in opened:
                    self.findings += self.hunter.search(data, f"open file {opened}")

    def tables(self) -> None:
        """Search the tables, each under its name, as PostgreSQL gives them out."""
        for database in ("postgres", SUBJECT_KEYS_NAME):
            url = EmbeddedPostgres(self.stack.home / "postgres").url.replace("/postgres?", f"/{database}?")
            dump = subprocess.run([str(binaries() / "pg_dump"), url], check=True, capture_output=True).stdout
            for part in dump.split(b"\nCOPY public.")[1:]:
                self.findings += self.hunter.search(part, f"table {part.split(b' ', 1)[0].decode()}")

    def read_core_limits(self) -> None:
        for pid in processes_of(self.stack.home):
            limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
            said = next(line for line in limits if line.startswith("Max core file size"))
            self.core_limits[command_of(pid)] = said.split()[4]

    def watch_opened_secrets(self) -> None:
        opened = json.loads(self.run("-m", "tests.canary.opened", OWNER))
        assert all(opened.values()), opened.keys()
        for label, values in opened.items():
            for value in values:
                self.hunter.watch(label, bytes.fromhex(value))

    def end(self, running: ExitStack) -> None:
        """Stop everything, so that all that is going to be written is, and search it."""
        stop(self.stack)
        (self.place / "output" / "stack").write_text(self.stack.said)
        if self.services:
            self.services.plant(self.hunter.canary(PLANTED).encode())
            self.findings += self.hunter.search_tree(self.services.memory, "clamd's memory")
            self.left_in_memory = [path.name for path in self.services.memory.rglob("*")]
        running.close()
        self.findings += self.hunter.search_tree(self.place, "run")


@pytest.fixture(scope="module")
def hunt() -> Iterator[Hunt]:
    place = Path(tempfile.mkdtemp(prefix="ithaca-canary-"))
    if os.getuid() == 0:
        place.chmod(0o711)  # the database's account has to pass through
    with ExitStack() as beside:
        running = Hunt(place, _beside(place, beside))
        try:
            story = Story(running.stack, running.hunter, running.look)
            story.tell()
            running.found_clean = story.found_clean()
            running.watch_opened_secrets()
            for command in (["backup", str(place / "backup")], ["ledger_fsck"], ["fsck"]):
                (place / "output" / command[0]).write_text(running.run("manage.py", *command))
            running.tables()
            running.read_core_limits()
            running.end(beside)
            yield running
        finally:
            if running.stack.process.poll() is None:
                stop(running.stack)
            shutil.rmtree(place, ignore_errors=True)


def _beside(place: Path, running: ExitStack) -> Services | None:
    if not WANTED:
        return None
    (place / "services").mkdir(mode=0o700)
    return running.enter_context(services(place / "services"))


def test_nothing_lies_where_it_must_not(hunt: Hunt) -> None:
    wrong = not_allowed((one for one in hunt.findings if one.label != PLANTED), ALLOWED)
    assert not wrong, "\n".join(wrong)


def test_everything_that_is_allowed_is_really_there(hunt: Hunt) -> None:
    """It shows that tables, data files and the write-ahead log were searched, and that no entry outlives its reason."""
    not_allowed(hunt.findings, ALLOWED)
    assert [(entry.place, entry.labels) for entry in ALLOWED if not entry.used] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_planted_is_found(hunt: Hunt, folder: str) -> None:
    planted = hunt.place / folder / "planted"
    planted.write_bytes(b"\0" * 5_000 + hunt.hunter.canary("content that was planted").encode("utf-16-le"))
    found = list(hunt.hunter.search_tree(hunt.place / folder, f"run/{folder}"))
    planted.unlink()
    assert "content that was planted (UTF-16LE) in " + f"run/{folder}/planted" in not_allowed(found, ALLOWED)


def test_no_process_leaves_its_memory_in_a_file_when_it_crashes(hunt: Hunt) -> None:
    assert hunt.core_limits
    assert {command: limit for command, limit in hunt.core_limits.items() if limit != "0"} == {}


@only_with_services
@pytest.mark.parametrize("place", ["ceph/osd/block", "redis/dump.rdb", "redis/appendonlydir/*.aof", "clamd/planted"])
def test_what_lies_in_the_clear_in_a_service_is_found(hunt: Hunt, place: str) -> None:
    found = [one.place for one in hunt.findings if one.label == PLANTED]
    assert fnmatch.filter(found, f"run/services/{place}"), found


@only_with_services
def test_the_files_lie_in_ceph_and_the_scanner_has_seen_them(hunt: Hunt) -> None:
    assert hunt.found_clean > 0
    assert not (hunt.place / "home" / "blobs").exists()


@only_with_services
def test_clamd_leaves_nothing_of_what_it_scanned(hunt: Hunt) -> None:
    assert hunt.left_in_memory == []
