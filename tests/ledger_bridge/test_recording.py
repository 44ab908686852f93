"""`record()`: with the deed or not at all."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import User
from core.errors import InvalidInput
from ledger_bridge import stream_keys, streams
from ledger_bridge.disclosure import stored_entry
from ledger_bridge.entry_seal import SUBJECTS
from ledger_bridge.events import AccessRefused, TrailViewed
from ledger_bridge.models import Entry, Outbox, Stream
from ledger_bridge.recording import NoTransactionError, committed_fields, record, record_durably
from ledger_bridge.sealing import keys_of
from ledger_bridge.stream_keys import unwrap_stream_key
from ledger_bridge.subjects import Subject
from ledger_bridge.tlog import entry as format_

EVENT = TrailViewed(filters="everything")


def test_it_keeps_who_what_and_where(alice: User) -> None:
    workspace = str(uuid.uuid4())
    entry = Entry.objects.get(pk=record(EVENT, actor=alice, subject=Subject(workspace=workspace), purpose="care"))
    assert (entry.kind, str(entry.actor), str(entry.workspace)) == ("trail.viewed", alice.ledger_id, workspace)
    assert (entry.purpose, entry.detail, entry.outcome) == ("care", {"filters": "everything"}, "allow")


def test_it_commits_to_every_field(alice: User) -> None:
    stored = stored_entry(record(EVENT, actor=alice, subject=Subject(item=str(uuid.uuid4()))))
    assert stored
    assert format_.commitment(stored.fields, stored.seed) == stored.commitment


def test_it_commits_to_the_streams_keys(alice: User) -> None:
    entry = Entry.objects.select_related("actor_stream").get(pk=record(EVENT, actor=alice))
    stream = entry.actor_stream
    assert stream is not None
    key = unwrap_stream_key(bytes(stream.wrapped_key), stream.kind, str(stream.subject))
    assert format_.stream_commitment(key) == bytes(stream.commitment)


def test_it_queues_the_entry_for_the_sequencer(alice: User) -> None:
    entry = record(EVENT, actor=alice)
    assert str(Outbox.objects.get().entry) == entry


def test_what_it_queues_holds_no_seed(alice: User) -> None:
    entry = Entry.objects.get(pk=record(EVENT, actor=alice))
    waiting = Outbox.objects.get()
    assert bytes(entry.seed) not in (bytes(waiting.pads), bytes(waiting.code), bytes(waiting.commitment))
    assert bytes(waiting.pads)[32:48] == bytes(16)
    assert bytes(waiting.pads)[:16] == format_.pad(bytes(entry.seed), 0)


def test_a_deed_upon_oneself_has_no_second_person(alice: User) -> None:
    entry = Entry.objects.get(pk=record(EVENT, actor=alice, subject=alice))
    assert (entry.person, entry.person_stream_id) == (None, None)


def test_nobody_in_particular_has_no_stream(db: None) -> None:
    entry = Entry.objects.get(pk=record(EVENT, actor=None))
    assert (entry.actor_kind, entry.actor, entry.actor_stream_id) == ("anonymous", None, None)


def test_it_keeps_two_subjects_apart(alice: User, bob: User) -> None:
    record(EVENT, actor=alice, subject=bob)
    assert Stream.objects.filter(kind="person").count() == 2


@pytest.mark.parametrize("text", ["a\0b", "\0"])
def test_it_refuses_a_nul_character_with_a_sentence(alice: User, text: str) -> None:
    with pytest.raises(InvalidInput, match="NUL character"):
        record(AccessRefused(right=text, rule="x"), actor=alice)
    assert not Entry.objects.exists()


def test_it_refuses_a_nul_character_in_the_purpose(alice: User) -> None:
    with pytest.raises(InvalidInput, match="NUL character"):
        record(EVENT, actor=alice, purpose="re\0search")


def test_it_keeps_an_escape_that_only_looks_like_one(alice: User) -> None:
    entry = Entry.objects.get(pk=record(AccessRefused(right="\\u0000", rule="x"), actor=alice))
    assert entry.detail["right"] == "\\u0000"


def test_it_refuses_half_a_character(alice: User) -> None:
    with pytest.raises(InvalidInput, match="surrogate"):
        record(AccessRefused(right="\ud800", rule="x"), actor=alice)


def test_it_refuses_a_floating_point_number(alice: User) -> None:
    with pytest.raises(InvalidInput, match="float"):
        record(AccessRefused(right=0.5, rule="x"), actor=alice)  # type: ignore[arg-type]


def test_a_known_subject_costs_one_query(alice: User, django_assert_num_queries: Callable[[int], Any]) -> None:
    keys = keys_of({**dict.fromkeys(SUBJECTS), "actor": alice.ledger_id, "actor_institution": alice.ledger_institution})
    streams._remember(streams.streams_of([("person", keys["actor"].blind)]))
    stream_keys._known[1] = stream_keys.ledger_key()
    with django_assert_num_queries(1):
        record(EVENT, actor=alice)


def test_fields_stand_under_their_names() -> None:
    fields = committed_fields({"id": "1"}, {"name": "CT"}, {"item": b"\x01", "person": None})
    assert fields == {"id": "1", "detail.name": "CT", "item_stream": "01", "person_stream": None}


@pytest.mark.django_db(transaction=True)
def test_it_refuses_to_record_outside_a_transaction() -> None:
    with pytest.raises(NoTransactionError):
        record(EVENT, actor=None)
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_durable_record_refuses_to_hide_in_a_transaction() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError):
        record_durably(EVENT, actor=None)


@pytest.mark.django_db(transaction=True)
def test_a_durable_record_has_committed() -> None:
    record_durably(EVENT, actor=None)
    assert not connection.in_atomic_block
    assert Entry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_deed_that_rolls_back_leaves_nothing() -> None:
    subject = Subject(workspace=str(uuid.uuid4()))
    with transaction.atomic():
        record(EVENT, actor=None, subject=subject)
        transaction.set_rollback(True)
    assert [model.objects.count() for model in (Entry, Outbox, Stream)] == [0, 0, 0]
    assert streams._known == {}


@pytest.mark.django_db(transaction=True)
def test_two_first_entries_at_once_share_one_stream() -> None:
    subject = Subject(workspace=str(uuid.uuid4()))
    both_inside = threading.Barrier(2)
    workers = [threading.Thread(target=_record_in_a_connection, args=(subject, both_inside)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Stream.objects.filter(kind="workspace").count() == 1
    assert Entry.objects.values("workspace_stream").distinct().count() == 1
    assert Entry.objects.count() == 2


def _record_in_a_connection(subject: Subject, barrier: threading.Barrier) -> None:
    try:
        with transaction.atomic():
            Entry.objects.exists()
            barrier.wait(timeout=10)
            record(EVENT, actor=None, subject=subject)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sql", ["UPDATE ledger_bridge_entry SET kind = 'x'", "DELETE FROM ledger_bridge_entry"])
def test_the_database_refuses_to_change_an_entry(sql: str) -> None:
    from django.db import IntegrityError

    record_durably(EVENT, actor=None)
    with pytest.raises(IntegrityError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(sql)
