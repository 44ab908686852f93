"""Erasing: two admins, nothing that keeps it, and afterwards the event is gone while every other proof holds."""

import io
import os
import subprocess
import threading
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.conf import settings as active
from django.core.management import call_command
from django.db import connection, transaction

from accounts.models import User
from config.database import beside, embedded_postgres, make_database, parse_database_url
from config.embedded_postgres import binaries
from core.access import Service
from core.errors import Conflict, InvalidInput, Refused, Unavailable
from core.http import RequestContext, request_context
from ledger_bridge import subject_key_store
from ledger_bridge.disclosure import stored_entry
from ledger_bridge.entry_seal import DamagedSealError, open_entry
from ledger_bridge.erasure import services
from ledger_bridge.erasure.models import Erasure
from ledger_bridge.erasure.rules import Kept
from ledger_bridge.filters import TrailFilters
from ledger_bridge.models import Entry, ErasedStream, Stream
from ledger_bridge.permissions import Right
from ledger_bridge.receipts import latest_checkpoint, make_receipt
from ledger_bridge.recording import record
from ledger_bridge.sealing import keys_for_reading
from ledger_bridge.selectors import ERASED, trail_page
from ledger_bridge.services import export_trail, sequence_entries
from ledger_bridge.signing import policy_text
from ledger_bridge.stored_entry import State
from ledger_bridge.subject_key_store import KeyRow
from ledger_bridge.subject_keys import blind_ids, forget_subject_keys
from ledger_bridge.subjects import Subject
from ledger_bridge.tlog.entry import SLOTS
from tests.ledger_bridge.conftest import Fill, Thing
from verifier.__main__ import main
from workspaces.events import VersionOpened

pytestmark = pytest.mark.django_db(transaction=True)
OPERATOR = Service("operator", frozenset({Right.EXPORT_TRAILS}))


@pytest.fixture(autouse=True)
def _keep_nothing(settings: Any) -> None:
    settings.LEDGER_RETENTION_DAYS = {"workspace": 0, "item": 0, "person": 0}


def item_of(thing: Thing) -> str:
    return thing.ledger_subject.item or ""


def ask(actor: User, thing: Thing, ground: str = "court order 12") -> Erasure:
    return services.ask_for_erasure(actor=actor, kind="item", subject=item_of(thing), ground=ground)


def erase(first: User, second: User, thing: Thing) -> Erasure:
    return services.confirm_erasure(actor=second, erasure=ask(first, thing))


def export(**filters: Any) -> bytes:
    return b"".join(export_trail(actor=OPERATOR, filters=TrailFilters(**filters)).chunks)


def verify(trail: bytes, directory: Path) -> int:
    (directory / "trail.zip").write_bytes(trail)
    (directory / "policy").write_text(policy_text())
    return main([str(directory / "trail.zip"), "--policy", str(directory / "policy")])


def test_after_it_the_entries_cannot_be_read(fill: Fill, alice: User, dana: User, erik: User, thing: Thing) -> None:
    entry = fill(1, actor=alice, subject=thing)[0]
    erase(dana, erik, thing)
    stored, row = stored_entry(entry), Entry.objects.get(pk=entry)
    assert stored
    assert (stored.state, stored.seed) == (State.KEYLESS, b"")
    assert not {"actor", "item", "workspace", "purpose", "detail.filters"} & stored.fields.keys()
    assert (row.is_readable, row.actor, row.workspace, row.detail, row.purpose) == (False, None, None, {}, None)


def test_other_entries_stay_readable(fill: Fill, alice: User, dana: User, erik: User, thing: Thing) -> None:
    other = Thing.new()
    kept = fill(1, actor=alice, subject=other)[0]
    fill(1, actor=alice, subject=thing)
    erase(dana, erik, thing)
    assert Entry.objects.get(pk=kept).is_readable


def test_the_log_accounts_for_it(fill: Fill, alice: User, dana: User, erik: User, thing: Thing) -> None:
    fill(2, actor=alice, subject=thing)
    blind = blind_ids("item", [item_of(thing)])[item_of(thing)]
    commitment = bytes(Stream.objects.get(subject=blind).commitment).hex()
    erase(dana, erik, thing)
    entry = Entry.objects.get(kind="erasure.done")
    assert (entry.detail["stream"], entry.detail["ground"], entry.detail["entries"]) == (
        commitment,
        "court order 12",
        2,
    )
    assert (entry.item, entry.workspace, entry.person, entry.actor) == (None, None, None, erik.pk)
    sequence_entries()
    call_command("ledger_fsck")


def test_a_key_that_is_gone_without_an_erasure_is_found(
    fill: Fill, alice: User, thing: Thing, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(1, actor=alice, subject=thing)
    subject_key_store.subject_key_store().destroy(blind_ids("item", [item_of(thing)])[item_of(thing)])
    forget_subject_keys()
    with pytest.raises(SystemExit):
        call_command("ledger_fsck")
    assert "no entry about an erasure accounts for that" in capsys.readouterr().out


def test_an_export_never_passes_off_as_erased_what_is_not(fill: Fill, alice: User, thing: Thing) -> None:
    fill(1, actor=alice, subject=thing)
    subject_key_store.subject_key_store().destroy(blind_ids("item", [item_of(thing)])[item_of(thing)])
    forget_subject_keys()
    with pytest.raises(Exception, match="no erasure accounts for it"):
        export()


def test_exports_verify_and_say_how_many_were_erased(
    fill: Fill, alice: User, dana: User, erik: User, thing: Thing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = thing.ledger_subject.workspace or ""
    fill(3, actor=alice, subject=thing)
    fill(2, actor=alice, subject=Subject(workspace=workspace))
    erase(dana, erik, thing)
    assert verify(export(workspaces=(workspace,)), tmp_path) == 0
    said = capsys.readouterr().out
    assert "3 of these events were erased" in said
    assert "was erased, 20" in said
    assert "on the ground “court order 12”" in said
    assert "accounts for 3 of the erased events, as the export says" in said
    assert "no entry in this export accounts" not in said
    assert verify(export(), tmp_path) == 0


def test_an_export_without_details_keeps_the_ground_to_itself(
    fill: Fill, alice: User, dana: User, erik: User, thing: Thing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = thing.ledger_subject.workspace or ""
    fill(3, actor=alice, subject=thing)
    fill(2, actor=alice, subject=Subject(workspace=workspace))
    erase(dana, erik, thing)
    trail = export(workspaces=(workspace,), left_out=("details",))
    assert b"court order" not in members_of(trail)
    assert verify(trail, tmp_path) == 0
    assert "accounts for 3 of the erased events" in capsys.readouterr().out


def test_a_receipt_from_before_still_verifies(
    fill: Fill, alice: User, dana: User, erik: User, thing: Thing, tmp_path: Path
) -> None:
    kept, gone = fill(1, actor=alice, subject=Thing.new())[0], fill(1, actor=alice, subject=thing)[0]
    receipts = {}
    for entry in (kept, gone):
        stored, checkpoint = stored_entry(entry), latest_checkpoint()
        assert stored
        assert checkpoint
        receipts[entry] = make_receipt(stored, checkpoint, numbers=frozenset(SLOTS))
    erase(dana, erik, thing)
    sequence_entries()
    (tmp_path / "policy").write_text(policy_text())
    for entry, receipt in receipts.items():
        (tmp_path / f"{entry}.tlog-proof").write_bytes(receipt)
        assert main([str(tmp_path / f"{entry}.tlog-proof"), "--policy", str(tmp_path / "policy")]) == 0


def test_the_trail_says_that_it_was_erased(fill: Fill, alice: User, dana: User, erik: User, thing: Thing) -> None:
    fill(1, actor=alice, subject=thing)
    erase(dana, erik, thing)
    page = trail_page(TrailFilters(people=(alice.ledger_id,)), asker=alice)
    assert [event["sentence"] for day in page.days for event in day["events"]] == [ERASED]


def test_one_admin_alone_erases_nothing(fill: Fill, alice: User, dana: User, thing: Thing) -> None:
    entry = fill(1, actor=alice, subject=thing)[0]
    erasure = ask(dana, thing)
    with pytest.raises(Refused, match="not the one who asked"):
        services.confirm_erasure(actor=dana, erasure=erasure)
    assert Entry.objects.get(pk=entry).is_readable


@pytest.mark.parametrize("person", ["alice", "olga"])
def test_nobody_but_an_admin_asks(
    fill: Fill, alice: User, thing: Thing, person: str, request: pytest.FixtureRequest
) -> None:
    actor = request.getfixturevalue(person)
    fill(1, actor=alice, subject=thing)
    for deed in (services.ask_for_erasure, services.place_hold):
        words = {"ground": "x"} if deed is services.ask_for_erasure else {"reason": "x"}
        with pytest.raises(Refused):
            deed(actor=actor, kind="item", subject=item_of(thing), **words)
    assert not Erasure.objects.exists()


def test_no_part_of_the_installation_asks_by_itself(fill: Fill, alice: User, thing: Thing) -> None:
    fill(1, actor=alice, subject=thing)
    with pytest.raises(Refused, match="Only a person"):
        services.ask_for_erasure(
            actor=Service("tidier", frozenset({Right.ERASE})), kind="item", subject=item_of(thing), ground="x"
        )


def test_what_was_withdrawn_is_not_confirmed(fill: Fill, alice: User, dana: User, erik: User, thing: Thing) -> None:
    fill(1, actor=alice, subject=thing)
    erasure = ask(dana, thing)
    services.withdraw_erasure(actor=erik, erasure=erasure)
    with pytest.raises(Conflict, match="decided already"):
        services.confirm_erasure(actor=erik, erasure=erasure)
    assert not ErasedStream.objects.exists()


def test_the_retention_period_refuses_and_that_is_recorded(
    fill: Fill, alice: User, dana: User, thing: Thing, settings: Any
) -> None:
    settings.LEDGER_RETENTION_DAYS = {"item": 30}
    with transaction.atomic():
        record(VersionOpened(name="CT", number=1), actor=alice, subject=thing)
    with pytest.raises(Kept, match="to be kept until"):
        ask(dana, thing, ground="they asked")
    refused = Entry.objects.get(kind="erasure.refused")
    assert (refused.outcome, refused.detail["ground"], refused.item) == ("deny", "they asked", None)


def test_looking_at_a_trail_keeps_nothing_longer(
    fill: Fill, alice: User, dana: User, thing: Thing, settings: Any
) -> None:
    settings.LEDGER_RETENTION_DAYS = {"item": 30}
    fill(1, actor=alice, subject=thing)
    assert ask(dana, thing).state == "asked"


@pytest.mark.parametrize("held", ["item", "workspace"])
def test_a_legal_hold_refuses_also_that_of_the_workspace(
    fill: Fill, alice: User, dana: User, erik: User, thing: Thing, held: str
) -> None:
    fill(1, actor=alice, subject=thing)
    erasure = ask(dana, thing)
    subject = getattr(thing.ledger_subject, held)
    hold = services.place_hold(actor=erik, kind=held, subject=subject, reason="inquiry")
    with pytest.raises(Kept, match="legal hold"):
        services.confirm_erasure(actor=erik, erasure=erasure)
    assert Entry.objects.filter(kind="erasure.refused").count() == 1
    services.lift_hold(actor=dana, hold=hold)
    assert services.confirm_erasure(actor=erik, erasure=erasure).state == "done"


def test_who_accounts_for_other_erasures_is_not_erased(
    fill: Fill, alice: User, dana: User, erik: User, thing: Thing
) -> None:
    fill(1, actor=alice, subject=thing)
    erase(dana, erik, thing)
    with pytest.raises(Kept, match="confirmed other erasures"):
        services.ask_for_erasure(actor=dana, kind="person", subject=erik.ledger_id or "", ground="x")


@pytest.mark.parametrize("subject", ["", "nobody", "019ac000-0000-7000-8000-0000000000ff"])
def test_what_is_not_recorded_cannot_be_erased(dana: User, subject: str) -> None:
    with pytest.raises(InvalidInput, match="Nothing is recorded"):
        services.ask_for_erasure(actor=dana, kind="item", subject=subject, ground="x")


def test_two_requests_at_once_are_one(fill: Fill, alice: User, dana: User, erik: User, thing: Thing) -> None:
    fill(1, actor=alice, subject=thing)
    ask(dana, thing)
    with pytest.raises(Conflict, match="asked for this already"):
        ask(erik, thing)


def test_what_comes_later_belongs_to_a_new_stream(
    fill: Fill, alice: User, dana: User, erik: User, thing: Thing
) -> None:
    fill(1, actor=alice, subject=thing)
    erase(dana, erik, thing)
    later = fill(1, actor=alice, subject=thing)[0]
    assert Entry.objects.get(pk=later).is_readable
    assert [str(entry.pk) for entry in Entry.objects.filter(item=item_of(thing))] == [later]


def test_a_process_that_remembers_the_key_seals_nothing_with_it(
    fill: Fill, alice: User, dana: User, erik: User, thing: Thing, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(1, actor=alice, subject=thing)
    with monkeypatch.context() as another_process:
        another_process.setattr("ledger_bridge.subject_keys.forget_subject_keys", lambda: None)
        erase(dana, erik, thing)
    later = fill(1, actor=alice, subject=thing)[0]
    assert Entry.objects.get(pk=later).is_readable
    call_command("ledger_fsck")


def test_after_a_crash_before_the_key_is_destroyed_the_worker_destroys_it(
    fill: Fill, alice: User, dana: User, erik: User, thing: Thing, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = fill(1, actor=alice, subject=thing)[0]
    with monkeypatch.context() as crash:
        crash.setattr(services, "destroy_key", _raise)
        erase(dana, erik, thing)
    assert Entry.objects.get(pk=entry).is_readable
    assert services.finish_erasures() == 1
    assert not Entry.objects.get(pk=entry).is_readable
    assert services.finish_erasures() == 0


def test_a_key_that_came_back_with_a_backup_is_destroyed_again(
    fill: Fill, alice: User, dana: User, erik: User, thing: Thing
) -> None:
    entry = fill(1, actor=alice, subject=thing)[0]
    store = subject_key_store.subject_key_store()
    backup = store.behind([blind_ids("item", [item_of(thing)])[item_of(thing)]])
    erase(dana, erik, thing)
    store.find_or_add(backup)
    assert Entry.objects.get(pk=entry).is_readable
    assert services.finish_erasures() == 1
    assert not Entry.objects.get(pk=entry).is_readable


def test_erasing_beside_recording_has_one_outcome(
    fill: Fill, alice: User, dana: User, erik: User, thing: Thing
) -> None:
    fill(1, actor=alice, subject=thing)
    erasure, together = ask(dana, thing), threading.Barrier(2)
    worker = threading.Thread(target=_record_many, args=(alice, thing, together))
    worker.start()
    together.wait(timeout=10)
    services.confirm_erasure(actor=erik, erasure=erasure)
    worker.join()
    sequence_entries()
    forget_subject_keys()
    erased = ErasedStream.objects.get().stream_id
    for entry in Entry.objects.filter(kind="version.opened"):
        assert entry.is_readable == (entry.item_stream_id != erased)
    call_command("ledger_fsck")


CANARY = "canary-9f3b7c21"


@pytest.fixture
def canaries() -> list[str]:
    return [f"{CANARY}-{name}" for name in ("detail", "purpose", "request", "address")]


def test_neither_a_dump_from_before_nor_what_comes_later_holds_the_event(
    alice: User, bob: User, dana: User, erik: User, thing: Thing, canaries: list[str], tmp_path: Path,
    restored: Any, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    detail, purpose, request, address = canaries
    with transaction.atomic():
        token = request_context.set(RequestContext(request_id=request, source_address=address))
        gone = record(VersionOpened(name=detail, number=1), actor=alice, subject=thing, purpose=purpose)
        request_context.reset(token)
        kept = record(VersionOpened(name="other", number=1), actor=bob, subject=Thing.new())
    sequence_entries()
    blind = blind_ids("item", [item_of(thing)])[item_of(thing)]
    wrapped = subject_key_store.subject_key_store().behind([blind])[0].wrapped
    dump = dump_of_everything()
    erase(dana, erik, thing)
    sequence_entries()

    clear = [*canaries, item_of(thing)]
    before = restored(dump)
    assert readable_in(before, kept)
    assert not readable_in(before, gone)
    logs = "".join(line.getMessage() for line in caplog.records).encode()
    contents = [dump, dump_of_everything(), members_of(export()), logs, *database_files()]
    for secret in [*(text.encode() for text in clear), uuid.UUID(item_of(thing)).bytes, wrapped]:
        for content in contents:
            assert secret not in content
            assert secret.hex().encode() not in content
    assert verify(export(), tmp_path) == 0


class KeyAmongOthers:
    """A key among others in the database of subject keys."""

    def __init__(self) -> None:
        self.store = subject_key_store.subject_key_store()
        rows = [KeyRow("item", str(uuid.uuid4()), str(uuid.uuid4()), os.urandom(72)) for _ in range(3)]
        self.store.find_or_add(rows)
        _, _, self.blind, self.wrapped = rows[1]

    def destroy(self) -> bool:
        return self.store.destroy(self.blind)

    def all_keys(self, cursor: Any = None) -> set[str]:
        if cursor is None:
            with psycopg2.connect(active.SUBJECT_KEYS_URL) as raw, raw.cursor() as own:
                return self.all_keys(own)
        cursor.execute("SELECT blind::text FROM subject_key")
        return {blind for (blind,) in cursor}


@pytest.fixture
def one_key() -> KeyAmongOthers:
    return KeyAmongOthers()


def test_a_key_leaves_the_disk_beside_a_transaction_of_another_database(one_key: KeyAmongOthers) -> None:
    with psycopg2.connect(beside(embedded_postgres().url, "postgres")) as other:
        other.cursor().execute("SELECT txid_current()")
        assert one_key.destroy()
        assert not any(one_key.wrapped in content for content in database_files())
    other.close()


def test_the_other_keys_stay(one_key: KeyAmongOthers) -> None:
    before = one_key.all_keys()
    assert one_key.destroy()
    assert one_key.all_keys() == before - {one_key.blind}


def test_who_still_looks_at_an_older_state_misses_no_key(one_key: KeyAmongOthers) -> None:
    reader = psycopg2.connect(active.SUBJECT_KEYS_URL)
    reader.set_session(isolation_level="REPEATABLE READ")
    with reader.cursor() as cursor:
        before = one_key.all_keys(cursor)
        ends = threading.Timer(0.5, reader.commit)
        ends.start()
        found = one_key.all_keys(cursor)
        assert one_key.destroy()
    ends.join()
    reader.close()
    assert found == before


def test_who_begins_to_look_just_before_the_table_is_written_anew_is_waited_for(
    one_key: KeyAmongOthers, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False, True, False, False])
    monkeypatch.setattr(subject_key_store, "_somebody_looks", lambda _: next(answers))
    before = one_key.all_keys()
    assert one_key.destroy()
    assert next(answers, None) is None
    assert one_key.all_keys() == before - {one_key.blind}


@pytest.fixture
def restored(tmp_path: Path) -> Iterator[Any]:
    """Restore a dump beside the database, and return a connection to it."""
    made: list[Any] = []
    url = beside(embedded_postgres().url, f"restored_{uuid.uuid4().hex}")

    def restore(dump: bytes) -> Any:
        make_database(url)
        done = subprocess.run([binaries() / "psql", "-q", url], input=dump, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        made.append(psycopg2.connect(url))
        return made[-1]

    yield restore
    for raw in made:
        raw.close()
    server = psycopg2.connect(embedded_postgres().url)
    server.autocommit = True
    server.cursor().execute(f"DROP DATABASE IF EXISTS {parse_database_url(url)['NAME']}")
    server.close()


def readable_in(raw: Any, entry: str) -> bool:
    """Try to open an entry of another database with today's keys."""
    columns = ("workspace", "item", "actor", "person", "actor_institution")
    with raw.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(f'{name}::text' for name in columns)}, commitment, sealed"  # noqa: S608
            " FROM ledger_bridge_entry WHERE id = %s",
            [entry],
        )
        *blinds, commitment, sealed = cursor.fetchone()
    found = {name: blind for name, blind in zip(columns, blinds, strict=True) if blind}
    known, partly = keys_for_reading([found, {name: blind for name, blind in found.items() if name != "item"}])
    identity = uuid.UUID(entry).bytes
    for keys in (known, partly):
        try:
            if keys is not None and open_entry(identity, bytes(sealed), commitment=bytes(commitment), keys=keys):
                return True
        except DamagedSealError:
            continue
    return False


def dump_of_everything() -> bytes:
    name = connection.settings_dict["NAME"]
    url = beside(embedded_postgres().url, name)
    return subprocess.run([binaries() / "pg_dump", url], capture_output=True, check=True).stdout


def members_of(trail: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(trail)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def database_files() -> Iterator[bytes]:
    """Return the files of both databases as they lie on the disk."""
    with psycopg2.connect(active.SUBJECT_KEYS_URL) as keys, connection.cursor() as main_database:
        oids = []
        for cursor in (keys.cursor(), main_database):
            cursor.execute("CHECKPOINT")
            cursor.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
            oids.append(cursor.fetchone()[0])
    for oid in oids:
        for path in (embedded_postgres().directory / "base" / str(oid)).iterdir():
            yield path.read_bytes()


def _raise(blind: str) -> bool:
    raise RuntimeError(blind)


def _record_many(actor: User, thing: Thing, barrier: threading.Barrier) -> None:
    try:
        barrier.wait(timeout=10)
        for number in range(40):
            # Whoever comes in the very moment of the erasure is told to try again.
            with suppress(Unavailable), transaction.atomic():
                record(VersionOpened(name="CT", number=number), actor=actor, subject=thing)
    finally:
        connection.close()
