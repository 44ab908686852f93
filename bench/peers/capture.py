"""What it costs to keep one change, for us and for each peer; prints JSON, in microseconds.

    DJANGO_SETTINGS_MODULE=bench.peers.settings python -m bench.peers.capture --changes N --rounds R

Everybody changes one field of one row in a transaction of its own, in turn, in the same database; the cost is what the
transaction takes longer than the same one that nobody watches. Commits do not wait for the disk here: every contender
waits for it once, so the wait is nobody's cost, and its noise is larger than what is measured. What a peer's middleware
does once a request is not counted. Whoever kept fewer changes than there were has no result.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from random import Random
from typing import Any

from bench.ledger_data import scratch_database

WARM_UP = 20


@dataclass(frozen=True)
class Contender:
    """Who keeps the change of which row, where the kept ones stand, and what is around a request."""

    name: str
    row: Any
    keep: Callable[[str, str], object] = lambda _before, _after: None
    kept: Any = None
    around: Callable[[], AbstractContextManager[Any]] = nullcontext

    def change(self, title: str) -> float:
        """Change the row and return the seconds it took."""
        from django.db import transaction

        with self.around():
            started = time.perf_counter()
            with transaction.atomic():
                before, self.row.title = self.row.title, title
                self.row.save(update_fields=["title"])
                self.keep(before, title)
            return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=1_000, help="by each contender in each round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with scratch_database():
        costs = measure(options.changes, options.rounds)
    json.dump(costs, sys.stdout)


def measure(changes: int, rounds: int) -> dict[str, float]:
    """Return the median over the rounds for each contender, in microseconds."""
    from auditlog.context import set_actor  # type: ignore[import-not-found,import-untyped,unused-ignore]
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    person = _somebody()
    plain, *contenders = _contenders(person)
    with set_actor(person):
        _round([plain, *contenders], WARM_UP)
        before = [one.kept.count() for one in contenders]
        found = [_round([plain, *contenders], changes) for _ in range(rounds)]
    for contender, count in zip(contenders, before, strict=True):
        if contender.kept.count() - count != changes * rounds:
            raise RuntimeError(f"{contender.name} has not kept every change.")
    return {one.name: statistics.median(times[one.name] - times[plain.name] for times in found) for one in contenders}


def _round(contenders: list[Contender], changes: int) -> dict[str, float]:
    """Let everybody change in turn, so that what disturbs the machine disturbs all of them.

    Each time in another order: whoever comes after a large transaction finds the caches full of it.
    """
    took: dict[str, list[float]] = {one.name: [] for one in contenders}
    chance = Random(7)
    for number in range(changes):
        for one in chance.sample(contenders, len(contenders)):
            took[one.name].append(one.change(f"Note {number}, {time.monotonic_ns()}"))
    return {name: statistics.median(times) * 1e6 for name, times in took.items()}


def _somebody() -> Any:
    from accounts.models import User

    return User.objects.create(email="somebody@hospital.example", name="Some Body")


def _contenders(person: Any) -> list[Contender]:
    """Everybody keeps who did it, except pghistory where its context is not used."""
    import pghistory  # type: ignore[import-not-found,import-untyped,unused-ignore]
    from auditlog.models import LogEntry  # type: ignore[import-not-found,import-untyped,unused-ignore]

    from bench.peers import models
    from ledger_bridge.models import Entry

    anonymous: Any = models.PghistoryNote.objects.create(title="Note")
    known: Any = models.PghistoryNote.objects.create(title="Note")
    simple_history: Any = models.SimpleHistoryNote.objects.create(title="Note")
    simple_history._history_user = person  # noqa: SLF001  as its documentation says
    return [
        Contender("plain", models.PlainNote.objects.create(title="Note")),
        Contender("ours", models.RecordedNote.objects.create(title="Note"), _recorder(person), Entry.objects.all()),
        Contender("pghistory", anonymous, kept=anonymous.events.all()),
        Contender(
            "pghistory with its context",
            known,
            kept=known.events.filter(pgh_context__isnull=False),
            around=lambda: pghistory.context(user=str(person.pk)),
        ),
        Contender(
            "auditlog",
            models.AuditlogNote.objects.create(title="Note"),
            kept=LogEntry.objects.filter(action=LogEntry.Action.UPDATE, actor=person),
        ),
        Contender(
            "simple-history",
            simple_history,
            kept=simple_history.history.filter(history_type="~", history_user=person),
        ),
    ]


def _recorder(person: Any) -> Callable[[str, str], object]:
    import uuid

    from ledger_bridge.recording import record
    from ledger_bridge.subjects import Subject
    from workspaces.events import ItemRenamed

    subject = Subject(workspace=str(uuid.uuid4()), item=str(uuid.uuid4()))
    return lambda before, after: record(ItemRenamed(before=before, name=after), actor=person, subject=subject)


if __name__ == "__main__":
    main()
