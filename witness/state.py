"""What a witness remembers, in one SQLite file: the latest head it cosigned of every log, and evidence against logs.

A head only moves in a transaction that has locked the file against every other process, has read the head, and is on
the disk (synchronous=FULL) before anybody learns of it. So a rollback is never cosigned, whoever is killed when.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ledger_bridge.tlog.merkle import EMPTY_ROOT
from witness.errors import UnusableError

_FILE = "witness.sqlite"
_BUSY_FOR = 5.0
_MOST_EVIDENCE = 100
_SCHEMA = """
CREATE TABLE IF NOT EXISTS head (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL, time INTEGER NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS never_back BEFORE UPDATE ON head WHEN new.size < old.size OR new.time < old.time
    OR (new.size = old.size AND new.root <> old.root) BEGIN SELECT raise(ABORT, 'a head never goes back'); END;
CREATE TABLE IF NOT EXISTS evidence (
    origin TEXT NOT NULL, kind TEXT NOT NULL, digest BLOB NOT NULL, seen_at INTEGER NOT NULL,
    held BLOB NOT NULL, shown BLOB NOT NULL, PRIMARY KEY (origin, kind, digest)
) STRICT;
"""


@dataclass(frozen=True)
class Head:
    """The latest checkpoint of a log that was cosigned, with the log's signature and the witness's."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    note: bytes = b""
    time: int = 0


@dataclass(frozen=True)
class Evidence:
    """Two notes that the log signed and that do not go together."""

    origin: str
    kind: str
    seen_at: int
    held: bytes
    shown: bytes


class State:
    """The file. Every call opens it anew, so threads and processes share nothing else."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / _FILE

    def create(self) -> None:
        """Make the file, or leave what is there."""
        with self._connected() as connection:
            connection.executescript(_SCHEMA)
        self._path.chmod(0o600)

    def require(self) -> None:
        """Refuse to begin without the file: a witness that has forgotten everything would cosign a rollback.

        Raises:
            UnusableError: it is missing or no state of a witness.

        """
        if not self._path.exists():
            raise UnusableError(f"{self._path} is missing. Restore it, or give the witness a new name and key.")
        try:
            self.heads()
        except sqlite3.DatabaseError as error:
            raise UnusableError(f"{self._path} cannot be used: {error}.") from error

    def head(self, origin: str) -> Head:
        """The latest head of a log; that of the empty tree when none was cosigned."""
        with self._connected() as connection:
            return _head(connection, origin)

    def heads(self) -> dict[str, Head]:
        """All of them, by origin."""
        with self._connected() as connection:
            rows = connection.execute("SELECT origin, size, root, note, time FROM head ORDER BY origin")
            return {origin: Head(*rest) for origin, *rest in rows}

    def advance(self, origin: str, decide: Callable[[Head], Head]) -> Head:
        """Replace a head by what `decide` makes of it, and return that once it is on the disk.

        `decide` raises to leave everything as it is. Nobody else can move the head between its look and the commit.
        """
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                held = _head(connection, origin)
                head = decide(held)
                connection.execute(
                    "INSERT INTO head VALUES (?, ?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE SET"
                    " size = excluded.size, root = excluded.root, note = excluded.note, time = excluded.time",
                    (origin, head.size, head.root, head.note, head.time),
                )
                connection.execute("COMMIT")
            except BaseException:
                connection.rollback()
                raise
        return head

    def keep_evidence(self, evidence: Evidence) -> bool:
        """Keep two notes that do not go together, once. False when they were known, or enough of them are."""
        row = (evidence.origin, evidence.kind, sha256(evidence.shown).digest(), evidence.seen_at)
        with self._connected() as connection:
            inserted = connection.execute(
                "INSERT INTO evidence SELECT ?, ?, ?, ?, ?, ?"
                " WHERE (SELECT count(*) FROM evidence WHERE origin = ? AND kind = ?) < ? ON CONFLICT DO NOTHING",
                (*row, evidence.held, evidence.shown, evidence.origin, evidence.kind, _MOST_EVIDENCE),
            )
            return inserted.rowcount == 1

    def evidence(self) -> list[Evidence]:
        """All that is kept, oldest first."""
        with self._connected() as connection:
            rows = connection.execute("SELECT origin, kind, seen_at, held, shown FROM evidence ORDER BY seen_at, rowid")
            return [Evidence(*row) for row in rows]

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=_BUSY_FOR, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            yield connection


def _head(connection: sqlite3.Connection, origin: str) -> Head:
    row = connection.execute("SELECT size, root, note, time FROM head WHERE origin = ?", (origin,)).fetchone()
    return Head(*row) if row else Head()
