"""Where subject keys lie: a second PostgreSQL database, so that no dump of the first one holds them.

It is reached by psycopg2 alone, outside Django: nothing here takes part in a transaction of the first database, and
what is stored is committed at once. Keys that nothing was sealed with, because the deed rolled back, do no harm.
"""

import os
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple, Protocol, TypeVar

import psycopg2
import psycopg2.errors
from django.conf import settings
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_UNKNOWN

from core.errors import Unavailable

SubjectName = tuple[str, str]
"""Kind and id (UUID text)."""


class KeyRow(NamedTuple):
    """A key as it is stored: wrapped, under the blind id that stands for its subject in the ledger's own tables."""

    kind: str
    subject: str
    blind: str
    wrapped: bytes


class SubjectKeyStore(Protocol):
    """Keeps wrapped keys. Every method raises Unavailable when the database behind it does not answer."""

    def named(self, names: Collection[SubjectName]) -> list[KeyRow]:
        """Return the keys of these subjects; those that have none are left out."""
        ...

    def behind(self, blinds: Collection[str]) -> list[KeyRow]:
        """Return the keys behind these blind ids."""
        ...

    def find_or_add(self, offered: Sequence[KeyRow]) -> list[KeyRow]:
        """Return the keys of these subjects, keeping the offered one where there is none.

        Left out are those that somebody else keeps at the same moment: they are found a moment later.
        """
        ...

    def destroy(self, blind: str) -> bool:
        """Overwrite a key, take its row away and clean the table; false when there was none."""
        ...

    def master(self, offered: Callable[[], bytes]) -> bytes:
        """Return the wrapped key that all others are wrapped under; the first time, keep the one that is offered."""
        ...


# No statistics: samples of ids and keys would outlive the rows that they were taken from.
_SCHEMA = """
    DO $$ BEGIN IF to_regclass('subject_key') IS NULL THEN
        CREATE TABLE master_key (only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), wrapped bytea NOT NULL);
        CREATE TABLE subject_key (
            kind text NOT NULL, subject uuid NOT NULL, blind uuid NOT NULL UNIQUE, wrapped bytea NOT NULL,
            PRIMARY KEY (kind, subject)
        );
        ALTER TABLE subject_key
            ALTER subject SET STATISTICS 0, ALTER blind SET STATISTICS 0, ALTER wrapped SET STATISTICS 0;
    END IF; END $$;
    CREATE TABLE IF NOT EXISTS installation (
        only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), mark uuid NOT NULL
    )
"""
# Whoever still looks at an older state of this database, such as a backup, must not find the table emptied.
_OLDER_LOOKS = """
    SELECT EXISTS (
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND backend_xmin IS NOT NULL
    )
"""
_PATIENCE = 10.0
_COLUMNS = "kind, subject::text, blind::text, wrapped"
_NAMED = f"SELECT {_COLUMNS} FROM subject_key JOIN unnest(%s::text[], %s::uuid[]) AS wanted (kind, subject) USING (kind, subject)"  # noqa: S608, E501  constants
_BEHIND = f"SELECT {_COLUMNS} FROM subject_key WHERE blind = ANY(%s::uuid[])"  # noqa: S608  constants
_FIND_OR_ADD = f"""
    WITH offered (kind, subject, blind, wrapped) AS (
        SELECT * FROM unnest(%s::text[], %s::uuid[], %s::uuid[], %s::bytea[])
    ), kept AS (
        INSERT INTO subject_key (kind, subject, blind, wrapped)
        SELECT * FROM offered ON CONFLICT DO NOTHING RETURNING kind, subject, blind, wrapped
    )
    SELECT kind, subject::text, known.blind::text, known.wrapped
    FROM subject_key known JOIN offered USING (kind, subject)
    UNION ALL SELECT {_COLUMNS} FROM kept
"""  # noqa: S608  constants
# The row is gone either way; what a replica or a slow reader still finds is not the key.
_OVERWRITE = "UPDATE subject_key SET wrapped = %s, subject = gen_random_uuid() WHERE blind = %s"

T = TypeVar("T")


class PostgresStore:
    """One connection for each thread, made when it is needed and again after it was lost."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._local = threading.local()

    def named(self, names: Collection[SubjectName]) -> list[KeyRow]:
        kinds, subjects = [kind for kind, _ in names], [subject for _, subject in names]
        return self._rows(_NAMED, [kinds, subjects])

    def behind(self, blinds: Collection[str]) -> list[KeyRow]:
        return self._rows(_BEHIND, [list(blinds)])

    def find_or_add(self, offered: Sequence[KeyRow]) -> list[KeyRow]:
        return self._rows(_FIND_OR_ADD, [list(column) for column in zip(*offered, strict=True)])

    def destroy(self, blind: str) -> bool:
        def run(cursor: Any) -> bool:
            cursor.execute(_OVERWRITE, [os.urandom(64), blind])
            cursor.execute("DELETE FROM subject_key WHERE blind = %s", [blind])
            found = bool(cursor.rowcount)
            _clean(cursor)
            return found

        return self._run(run)

    def master(self, offered: Callable[[], bytes]) -> bytes:
        def run(cursor: Any) -> bytes:
            cursor.execute("SELECT wrapped FROM master_key")
            row = cursor.fetchone()
            if row is None:
                cursor.execute("INSERT INTO master_key (wrapped) VALUES (%s) ON CONFLICT DO NOTHING", [offered()])
                cursor.execute("SELECT wrapped FROM master_key")
                row = cursor.fetchone()
            return bytes(row[0])

        return self._run(run)

    def find_master(self) -> bytes | None:
        """Return the wrapped key that all others are wrapped under, if there is one."""

        def run(cursor: Any) -> bytes | None:
            cursor.execute("SELECT wrapped FROM master_key")
            row = cursor.fetchone()
            return bytes(row[0]) if row else None

        return self._run(run)

    def replace_master(self, before: bytes, after: bytes) -> bool:
        """Put another wrap of the same key in the place of this one; false when somebody was faster."""

        def run(cursor: Any) -> bool:
            cursor.execute("UPDATE master_key SET wrapped = %s WHERE wrapped = %s", [after, before])
            return bool(cursor.rowcount)

        return self._run(run)

    def mark(self) -> str | None:
        """Return the mark of the ledger that these keys belong to."""

        def run(cursor: Any) -> str | None:
            cursor.execute("SELECT mark::text FROM installation")
            row = cursor.fetchone()
            return row[0] if row else None

        return self._run(run)

    def leave_mark(self, offered: str) -> str:
        """Leave a mark where there is none, and return the one that stands."""

        def run(cursor: Any) -> str:
            cursor.execute("INSERT INTO installation (mark) VALUES (%s) ON CONFLICT DO NOTHING", [offered])
            cursor.execute("SELECT mark::text FROM installation")
            return str(cursor.fetchone()[0])

        return self._run(run)

    def close(self) -> None:
        """Close this thread's connection."""
        if held := getattr(self._local, "held", None):
            held[1].close()
            del self._local.held

    def _rows(self, sql: str, values: list[Any]) -> list[KeyRow]:
        def run(cursor: Any) -> list[KeyRow]:
            cursor.execute(sql, values)
            return [KeyRow(kind, subject, blind, bytes(wrapped)) for kind, subject, blind, wrapped in cursor.fetchall()]

        return self._run(run)

    def _run(self, work: Callable[[Any], T]) -> T:
        with _unavailable_on_error():
            fresh = self._is_fresh()
            try:
                return self._try(work)
            except psycopg2.Error as error:
                # A connection that lay idle may have been cut meanwhile, which psycopg2 also tells by errors without a
                # class of their own; everything here may safely be done twice.
                if fresh or not self._was_lost(error):
                    raise
                self.close()
                return self._try(work)

    def _try(self, work: Callable[[Any], T]) -> T:
        with self._connection().cursor() as cursor:
            return work(cursor)

    def _was_lost(self, error: psycopg2.Error) -> bool:
        if isinstance(error, (psycopg2.OperationalError, psycopg2.InterfaceError)):
            return True
        return bool(self._local.held[1].closed)

    def _is_fresh(self) -> bool:
        held = getattr(self._local, "held", None)
        return held is None or held[0] != os.getpid()

    def _connection(self) -> Any:
        # A connection must not be used by the process that it was forked from and by its child at once.
        if self._is_fresh():
            raw = psycopg2.connect(self.url, connect_timeout=5)
            raw.autocommit = True
            with raw.cursor() as cursor:
                # Two processes that make the tables at once would trip over each other.
                cursor.execute("SELECT pg_advisory_lock(4921406)")
                cursor.execute(_SCHEMA)
                cursor.execute("SELECT pg_advisory_unlock(4921406)")
            self._local.held = (os.getpid(), raw)
        return self._local.held[1]


def _clean(cursor: Any) -> None:
    """Leave nothing of removed rows on the disk.

    Raises:
        Unavailable: when that takes too long. The row cannot be found any more, but has to be cleaned away later.

    """
    give_up = time.monotonic() + _PATIENCE
    while _somebody_looks(cursor) or not _written_anew(cursor):
        if time.monotonic() > give_up:
            raise Unavailable("A backup or a long query keeps a destroyed key on the disk. It is cleaned away later.")
        time.sleep(0.05)


def _somebody_looks(cursor: Any) -> bool:
    cursor.execute(_OLDER_LOOKS)
    return bool(cursor.fetchone()[0])


def _written_anew(cursor: Any) -> bool:
    """Write the rows that are left into new files; false when somebody came in between.

    A plain VACUUM leaves the bytes in the page until the room is needed, and VACUUM FULL takes along every row that was
    removed after the oldest transaction of the whole server began, in whichever database that is.
    """
    try:
        cursor.execute("BEGIN")
        cursor.execute("SET LOCAL lock_timeout = '1s'")
        cursor.execute("LOCK TABLE subject_key IN ACCESS EXCLUSIVE MODE")
        if _somebody_looks(cursor):
            return False
        cursor.execute("CREATE TEMPORARY TABLE living ON COMMIT DROP AS TABLE subject_key")
        cursor.execute("TRUNCATE subject_key")
        cursor.execute("INSERT INTO subject_key TABLE living")
        cursor.execute("COMMIT")
    except psycopg2.errors.LockNotAvailable:
        return False
    finally:
        if cursor.connection.info.transaction_status not in (TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_UNKNOWN):
            cursor.execute("ROLLBACK")
    return True


@contextmanager
def _unavailable_on_error() -> Iterator[None]:
    try:
        yield
    except psycopg2.Error as error:
        raise Unavailable("The database of subject keys does not answer. Nothing was opened or changed.") from error


@cache
def _store(url: str) -> PostgresStore:
    return PostgresStore(url)


def subject_key_store() -> PostgresStore:
    return _store(settings.SUBJECT_KEYS_URL)
