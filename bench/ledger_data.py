"""A scratch database for the ledger's benchmarks, and a way to fill it faster than deeds would."""

import io
import logging
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

PERSON_KIND = "person"


@contextmanager
def scratch_database() -> Iterator[None]:
    """Run in a database and directories of their own, on the embedded server."""
    home = tempfile.TemporaryDirectory(prefix="ithaca-bench-")
    os.environ.setdefault("ITHACA_HOME", home.name)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    from config.database import beside, make_database, start_embedded_database

    start_embedded_database()
    import django

    django.setup()
    logging.getLogger("kombu").setLevel(logging.ERROR)  # the in-memory broker of the tests has no address, and says so
    from django.conf import settings
    from django.db import connection

    settings.SUBJECT_KEYS_URL = beside(settings.SUBJECT_KEYS_URL, f"bench_subject_keys_{os.getpid()}")
    make_database(settings.SUBJECT_KEYS_URL, afresh=True)
    before = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_ledger_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)
        home.cleanup()


@dataclass
class Population:
    """Who acts upon what: people, workspaces and files, in the numbers of a busy installation."""

    people: list[str]
    workspaces: list[str]
    items: list[str]
    random: Random = field(default_factory=lambda: Random(7))

    @classmethod
    def of(cls, people: int = 1_000, workspaces: int = 200, items: int = 5_000) -> "Population":
        return cls(_ids(people), _ids(workspaces), _ids(items))

    def streams(self) -> list[tuple[str, str]]:
        kinds = [(PERSON_KIND, self.people), ("workspace", self.workspaces), ("item", self.items)]
        return [(kind, subject) for kind, subjects in kinds for subject in subjects]


def _ids(count: int) -> list[str]:
    return [str(uuid.uuid4()) for _ in range(count)]


def fill_outbox(count: int, population: Population, *, workspace: str | None = None) -> None:
    """Write so many entries as `record()` would, but through COPY; the trigger queues them."""
    from django.db import connection, transaction

    from ledger_bridge.streams import streams_of
    from ledger_bridge.subject_keys import keys_for_sealing

    with transaction.atomic():
        keys = keys_for_sealing(population.streams())
        known = streams_of([(kind, keys[kind, subject].blind) for kind, subject in population.streams()])
        rows = io.StringIO("".join(_rows(count, population, known, workspace)))
        with connection.cursor() as cursor:
            cursor.copy_expert(f"COPY ledger_bridge_entry ({', '.join(_columns())}) FROM STDIN", rows)
            cursor.execute("ANALYZE ledger_bridge_entry")


def _columns() -> list[str]:
    from ledger_bridge.entry_seal import SEALED, SUBJECTS
    from ledger_bridge.stored_entry import COMMON_FIELDS
    from ledger_bridge.tlog.entry import SLOTS

    clear = [name for name in COMMON_FIELDS if name not in SEALED]
    return [*clear, *SUBJECTS, "sealed", "commitment", "pads", "code", *(f"{slot}_stream_id" for slot in SLOTS)]


def _rows(count: int, population: Population, known: Any, workspace: str | None) -> Iterator[str]:
    import orjson

    from core.ids import uuid7
    from ledger_bridge.entry_codes import codes, message_of, pads_for
    from ledger_bridge.entry_seal import SUBJECTS
    from ledger_bridge.recording import _CLEAR, committed_fields, format_time
    from ledger_bridge.sealing import keys_of, seal_fields
    from ledger_bridge.tlog.entry import SLOTS, commitment

    choice, maker = population.random.choice, codes()
    begin = datetime.now(UTC) - timedelta(days=20)
    for number in range(count):
        moment = format_time(begin + timedelta(seconds=number))
        common = {
            "id": str(uuid7()), "kind": "version.opened", "schema": 1, "occurred_at": moment, "recorded_at": moment,
            "actor": choice(population.people), "actor_kind": PERSON_KIND, "actor_institution": None,
            "workspace": workspace or choice(population.workspaces), "item": choice(population.items), "version": None,
            "person": None, "outcome": "allow", "purpose": None, "request_id": uuid.uuid4().hex,
            "source_address": "192.0.2.0/24",
        }  # fmt: skip
        detail = {"name": f"scan-{number}.dcm", "number": 1, "right": "view"}
        keys = keys_of(common)
        streams = {slot: known[SUBJECTS[slot], keys[slot].blind] if slot in keys else None for slot in SLOTS}
        seed = os.urandom(32)
        committed = {slot: stream.commitment if stream else None for slot, stream in streams.items()}
        made = commitment(committed_fields(common, detail, committed), seed)
        sealed = seal_fields(common, orjson.dumps(detail), seed=seed, commitment=made, keys=keys)
        rows = tuple(stream.id if stream else 0 for stream in streams.values())
        pads = pads_for(seed, rows)
        code = maker.code(message_of(str(common["id"]), made, pads, rows))
        values = [common[name] for name in _CLEAR]
        values += [keys[column].blind if column in keys else None for column in SUBJECTS]
        values += [*(f"\\\\x{part.hex()}" for part in (sealed, made, pads, code)), *(row or None for row in rows)]
        yield "\t".join("\\N" if value is None else str(value) for value in values) + "\n"


def table_bytes(tables: list[str]) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(relid)) FROM unnest(%s) AS name, pg_partition_tree(name::regclass)",
            [tables],
        )
        return int(cursor.fetchone()[0])
