"""Who works for what is measured: this process, and the server process of its connection to the database."""

import os
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.report import Row


@dataclass
class Work:
    """Processor time, in seconds, of all threads of the program and of the connection's process in the server."""

    program: float = 0.0
    database: float = 0.0

    def each(self, count: int) -> "Work":
        return Work(self.program / count, self.database / count)


@contextmanager
def worked() -> Iterator[Work]:
    """Count the processor time that the body takes."""
    spent = Work()
    program, database = time.process_time(), _database_seconds()
    yield spent
    spent.program, spent.database = time.process_time() - program, _database_seconds() - database


def work_rows(what: str, work: Sequence[Work]) -> Iterator[Row]:
    """Return a row for the program and one for the database, medians over the rounds."""
    yield Row(f"{what}, processor time of the program", statistics.median(one.program for one in work) * 1e6, "µs")
    yield Row(f"{what}, processor time of the database", statistics.median(one.database for one in work) * 1e6, "µs")


def _database_seconds() -> float:
    """Return what the server process of Django's connection has worked so far; the server runs on this machine."""
    from django.db import connection

    connection.ensure_connection()
    fields = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
