"""What `ledger_fsck` finds when somebody who may do everything in the database has been at work.

The attacker is a database superuser: triggers do not hold them. Some also write the published file, one has the key.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from core.access import Service
from ledger_bridge import publishing, sequencer, signing
from ledger_bridge.disclosure import stored_entry
from ledger_bridge.entry_codes import coded_of, codes, set_codes_begin
from ledger_bridge.filters import TrailFilters
from ledger_bridge.models import Checkpoint, Leaf, Outbox, Quarantined
from ledger_bridge.permissions import Right
from ledger_bridge.sealing import keys_of, seal_fields
from ledger_bridge.services import export_trail, sequence_entries
from ledger_bridge.signing import policy_text
from ledger_bridge.tlog.entry import commitment
from ledger_bridge.tlog.note import Signer
from tests.ledger_bridge.conftest import Fill, Thing
from verifier.__main__ import main

Sql = Callable[..., None]


@pytest.fixture
def log(fill: Fill, alice: User, bob: User, thing: Thing, settings: Any) -> list[str]:
    """Thirty entries under three checkpoints."""
    settings.LEDGER_BATCH = 10
    made = fill(12, actor=alice, subject=thing, sequence=False)
    made += fill(12, actor=bob, subject=alice, sequence=False)
    return made + fill(6)


@pytest.fixture
def long_log(log: list[str], fill: Fill, settings: Any) -> list[str]:
    """The same and more, over two full tiles."""
    settings.LEDGER_BATCH = 300
    return log + fill(490)


@pytest.fixture
def superuser(db: None) -> Sql:
    def run(sql: str, *values: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(sql, values)
            cursor.execute("SET session_replication_role = DEFAULT")

    return run


def fsck(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """Return what it prints, after making sure that its exit status says that something is wrong."""
    with pytest.raises(SystemExit) as ended:
        call_command("ledger_fsck", *options)
    assert ended.value.code == 1
    return capsys.readouterr().out


def holds() -> bool:
    call_command("ledger_fsck")
    return True


def test_an_honest_log_holds(log: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert holds()
    assert "agrees with itself" in capsys.readouterr().out


def test_an_empty_log_holds(db: None) -> None:
    assert holds()


def test_a_log_with_waiting_entries_holds(log: list[str], fill: Fill) -> None:
    fill(3, sequence=False)
    assert holds()


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'trail.exported'", "schema = 2", "actor = gen_random_uuid()", "outcome = 'deny'",
        "recorded_at = recorded_at + interval '1 microsecond'", "occurred_at = occurred_at - interval '1 day'",
        "workspace = gen_random_uuid()", "item = NULL", "person = gen_random_uuid()", "person = actor",
        "sealed = sha256(sealed)", "sealed = sealed || sealed", "commitment = sha256(commitment)",
        "actor_stream_id = NULL", "actor_institution = NULL", "actor_kind = 'service'",
    ],
)  # fmt: skip
def test_an_edited_field_is_found(
    log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    superuser(f"UPDATE ledger_bridge_entry SET {change} WHERE id = %s", log[7])  # noqa: S608
    assert f"leaf 7, entry {log[7]}: " in fsck(capsys)


def test_an_edit_with_a_fitting_commitment_is_found_at_its_leaf(
    log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(superuser, log[7])
    assert f"leaf 7, entry {log[7]}: its leaf is not made of" in fsck(capsys)


def test_an_edit_down_to_the_leaf_is_found_at_tile_and_checkpoint(
    long_log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(superuser, long_log[7])
    superuser(
        "UPDATE ledger_bridge_leaf SET data = substring(data FOR 65) || %s WHERE index = 7", committed(long_log[7])
    )
    found = fsck(capsys)
    assert "tile 0/0: its root is not that of the leaves" in found
    assert "checkpoint 10: its root is not that of the first 10 leaves" in found


def test_a_deleted_entry_is_found(log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    superuser("DELETE FROM ledger_bridge_entry WHERE id = %s", log[20])
    assert f"leaf 20: its entry {log[20]} is not there" in fsck(capsys)


def test_a_deleted_entry_with_its_leaf_is_found(
    log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    superuser("DELETE FROM ledger_bridge_entry WHERE id = %s", log[20])
    superuser("DELETE FROM ledger_bridge_leaf WHERE index = 20")
    assert "leaf 20: it is missing" in fsck(capsys)


FORGE = """
    INSERT INTO ledger_bridge_entry SELECT (jsonb_populate_record(e, jsonb_build_object(
        'id', gen_random_uuid(), 'recorded_at', now() - interval '40 days', 'code', e.code
    ))).* FROM ledger_bridge_entry e WHERE id = %s RETURNING id
"""


def forge(entry: str) -> str:
    """Insert a back-dated copy of an entry, as anybody may who may write to the table; the trigger queues it."""
    with connection.cursor() as cursor:
        cursor.execute(FORGE, [entry])
        return str(cursor.fetchone()[0])


def test_a_forged_entry_never_gets_into_the_log(
    log: list[str], fill: Fill, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    forged = forge(log[3])
    assert f"waiting entry {forged}: it was not made by this installation" in fsck(capsys)
    honest = fill(1)[0]
    assert list(Leaf.objects.filter(index__gte=30).values_list("entry_id", flat=True)) == [UUID(honest)]
    assert f"Entry {forged} was not made by this installation" in caplog.text
    assert f"entry {forged}: it was found in the outbox" in fsck(capsys)


def test_a_forged_entry_alone_in_the_outbox_makes_no_checkpoint(log: list[str]) -> None:
    forged = forge(log[3])
    sequence_entries()
    assert (Leaf.objects.count(), Checkpoint.objects.latest().size, Outbox.objects.count()) == (30, 30, 0)
    assert str(Quarantined.objects.get().entry) == forged


def test_an_entry_without_a_code_is_refused_by_the_table(log: list[str]) -> None:
    with pytest.raises(IntegrityError, match="entry_has_code"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FORGE.replace("e.code", "NULL"), [log[3]])


def test_a_row_of_another_length_takes_no_other_along(log: list[str], fill: Fill, superuser: Sql) -> None:
    superuser("ALTER TABLE ledger_bridge_outbox DROP CONSTRAINT outbox_lengths")
    first, second = fill(2, sequence=False)
    superuser("UPDATE ledger_bridge_outbox SET pads = '\\x00' WHERE entry = %s", first)
    sequence_entries()
    assert (str(Leaf.objects.get(index=30).entry_id), str(Quarantined.objects.get().entry)) == (second, first)


def test_a_changed_waiting_entry_does_not_get_into_the_log(log: list[str], fill: Fill, superuser: Sql) -> None:
    superuser(
        "UPDATE ledger_bridge_outbox SET commitment = sha256(commitment) WHERE entry = %s", fill(1, sequence=False)[0]
    )
    sequence_entries()
    assert Leaf.objects.count() == 30


def test_a_code_that_was_taken_away_is_found(
    log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    superuser("ALTER TABLE ledger_bridge_entry DROP CONSTRAINT entry_has_code")
    superuser("UPDATE ledger_bridge_entry SET code = NULL WHERE id = %s", log[7])
    assert f"leaf 7, entry {log[7]}: it has no code, but every entry from 0 on has one" in fsck(capsys)


def test_nobody_moves_the_place_from_which_codes_begin(
    log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    superuser("ALTER TABLE ledger_bridge_entry DROP CONSTRAINT entry_has_code")
    superuser("UPDATE ledger_bridge_entry SET code = NULL")
    superuser("INSERT INTO ledger_bridge_codesbegin (id, index, code) VALUES (1, 30, sha256(''))")
    found = fsck(capsys)
    assert "“entries below 30 have none” was not written by this installation" in found
    assert "leaf 29" in found


def test_entries_from_before_there_were_codes_are_let_be(log: list[str], superuser: Sql) -> None:
    superuser("ALTER TABLE ledger_bridge_entry DROP CONSTRAINT entry_has_code")
    superuser("UPDATE ledger_bridge_entry SET code = NULL, pads = NULL")
    set_codes_begin(30)
    assert holds()


@pytest.mark.parametrize("delay", ["40 days", "-1 hour"])
def test_an_entry_that_was_held_back_or_is_from_the_future_is_pointed_out(
    log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str], delay: str
) -> None:
    superuser("UPDATE ledger_bridge_checkpoint SET created_at = created_at + %s::interval WHERE size = 10", delay)
    assert holds()
    printed = capsys.readouterr().out
    assert f"leaf 9, entry {log[9]}: it says it was recorded at" in printed
    assert "look  entries sequenced when they were recorded (10 to look at)" in printed


def test_the_sequencer_says_when_an_entry_was_held_back(
    fill: Fill, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sequencer, "_EARLIEST", 0)
    fill(1)
    assert "are sequenced at" in caplog.text


def test_an_inserted_entry_is_found(log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    superuser(
        "INSERT INTO ledger_bridge_entry"
        " SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid()))).*"
        " FROM ledger_bridge_entry e WHERE id = %s",
        log[3],
    )
    assert "it is neither in the log nor waiting for it" in fsck(capsys)


def test_swapped_leaves_are_found(log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    for before, after in ((5, -1), (6, 5), (-1, 6)):
        superuser("UPDATE ledger_bridge_leaf SET index = %s WHERE index = %s", after, before)
    found = fsck(capsys)
    assert "checkpoint 10: its root" in found
    assert "does not follow the one before" in found


def test_swapped_events_are_found(log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    superuser("UPDATE ledger_bridge_leaf SET entry = gen_random_uuid() WHERE index = 5")
    assert "leaf 5: its entry" in fsck(capsys)


def test_a_changed_number_is_found(log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    superuser("UPDATE ledger_bridge_leaf SET workspace_n = 99 WHERE index = 5")
    found = fsck(capsys)
    assert "leaf 5, entry" in found
    assert "leaf 5: its number in stream" in found


def test_a_changed_length_is_found(log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    superuser("UPDATE ledger_bridge_stream SET length = length - 1 WHERE kind = 'workspace'")
    assert "its length says 11, but the log holds 12 entries" in fsck(capsys)


def test_a_changed_stream_key_is_found(log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    superuser("UPDATE ledger_bridge_stream SET wrapped_key = '\\x00' WHERE kind = 'item'")
    assert "its key cannot be opened" in fsck(capsys)


def test_a_changed_tile_is_found(long_log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    superuser("UPDATE ledger_bridge_tile SET root = sha256(root) WHERE number = 1")
    assert "tile 0/1: its root is not that of the leaves" in fsck(capsys)


def test_a_deleted_tile_is_found(long_log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    superuser("DELETE FROM ledger_bridge_tile WHERE number = 1")
    assert "tile 0/1: it is full, but its root is not stored" in fsck(capsys)


def test_a_changed_edge_is_found(log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    superuser("UPDATE ledger_bridge_treestate SET frontier = overlay(frontier PLACING '\\x00' FROM 1)")
    assert "tree: its right edge is not that of its leaves" in fsck(capsys)


def test_a_changed_checkpoint_is_found(log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    superuser("UPDATE ledger_bridge_checkpoint SET note = replace(note, '10', '11') WHERE size = 10")
    assert "checkpoint 10: it does not verify" in fsck(capsys)


def test_a_changed_outbox_is_found(
    log: list[str], fill: Fill, superuser: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = fill(1, sequence=False)[0]
    superuser("UPDATE ledger_bridge_outbox SET commitment = sha256(commitment)")
    assert f"waiting entry {entry}: what waits differs" in fsck(capsys)


def test_an_edited_waiting_entry_is_found(
    log: list[str], fill: Fill, superuser: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = fill(1, sequence=False)[0]
    superuser("UPDATE ledger_bridge_entry SET outcome = 'deny' WHERE id = %s", entry)
    assert f"waiting entry {entry}: its fields are not those" in fsck(capsys)


def test_an_entry_taken_out_of_the_outbox_is_found(
    log: list[str], fill: Fill, superuser: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = fill(1, sequence=False)[0]
    superuser("DELETE FROM ledger_bridge_outbox")
    assert f"entry {entry}: it is neither in the log nor waiting" in fsck(capsys)


def test_an_entry_queued_a_second_time_is_found(
    log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    queue_again(superuser, log[:1])
    assert f"waiting entry {log[0]}: it is in the log already, as leaf 0" in fsck(capsys)


def test_a_cut_off_tail_is_found_by_the_published_checkpoint(
    log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    rebuild(superuser, log[:25])
    assert "it covers 30 leaves, but there are only 25: the database was rolled back" in fsck(capsys)


def test_a_log_rebuilt_without_the_key_is_found_by_its_signatures(
    log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(superuser, log[7], coded=True)
    foreign = Signer(signing.log_signer().key.name, Ed25519PrivateKey.generate())
    with monkeypatch.context() as attacker:
        attacker.setattr(sequencer, "sign_head", lambda head: foreign.sign(head.marshal()))
        rebuild(superuser, log)
    found = fsck(capsys)
    assert "checkpoint 10: it does not verify" in found
    assert "leaf 7" not in found


def test_a_log_rebuilt_with_the_key_is_found_by_the_published_checkpoint(
    log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(superuser, log[7], coded=True)
    rebuild(superuser, log)
    assert "published checkpoint: its root is not that of the first 30 leaves" in fsck(capsys)


def test_a_log_rebuilt_with_key_and_published_file_is_found_by_who_kept_a_checkpoint(
    log: list[str], superuser: Sql, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = publishing.read_published()
    assert kept is not None
    edit(superuser, log[7], coded=True)
    rebuild(superuser, log, published=True)
    assert holds()
    assert verify_against(kept, tmp_path) == 1
    assert "the first 30 leaves are not those of the checkpoint you" in capsys.readouterr().out


def test_an_honest_log_satisfies_who_kept_a_checkpoint(log: list[str], fill: Fill, tmp_path: Path) -> None:
    kept = publishing.read_published()
    assert kept is not None
    fill(5)
    assert verify_against(kept, tmp_path) == 0


def test_it_can_stop_at_the_first(log: list[str], superuser: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    superuser("UPDATE ledger_bridge_entry SET outcome = 'deny'")
    assert len(fsck(capsys, "--first").splitlines()) == 1


def edit(superuser: Sql, entry: str, *, coded: bool = False) -> None:
    """Change what was recorded and make the commitment fit; whoever has the keys makes the code fit as well."""
    stored = stored_entry(entry)
    assert stored
    detail = b'{"filters": "nothing"}'
    made = commitment(stored.fields | {"detail.filters": "nothing"}, stored.seed)
    sealed = seal_fields(stored.fields, detail, seed=stored.seed, commitment=made, keys=keys_of(stored.fields))
    superuser("UPDATE ledger_bridge_entry SET sealed = %s, commitment = %s WHERE id = %s", sealed, made, entry)
    if coded:
        stored = stored_entry(entry)
        assert stored
        superuser("UPDATE ledger_bridge_entry SET code = %s WHERE id = %s", codes().code(coded_of(stored)), entry)


def committed(entry: str) -> bytes:
    stored = stored_entry(entry)
    assert stored
    return commitment(stored.fields, stored.seed)


def rebuild(superuser: Sql, entries: list[str], *, published: bool = False) -> None:
    """Throw the log away and make it again from these entries, with whatever key there is."""
    note = publishing.read_published()
    for table in ("leaf", "tile", "checkpoint"):
        superuser(f"DELETE FROM ledger_bridge_{table}")  # noqa: S608
    superuser("DELETE FROM ledger_bridge_entry WHERE id <> ALL(%s::uuid[])", entries)
    superuser("UPDATE ledger_bridge_stream SET length = 0")
    superuser("UPDATE ledger_bridge_treestate SET size = 0, frontier = ''")
    queue_again(superuser, entries)
    publishing._path().unlink()
    try:
        sequence_entries()
    except publishing.RolledBack:
        publishing._path().unlink(missing_ok=True)
        while sequencer_goes_on():
            pass
    if not published and note:
        publishing._write(note)


def sequencer_goes_on() -> int:
    """Sequence with the attacker's own program, which neither compares nor publishes."""
    frontier = sequencer._lock_tree()
    assert frontier
    return sequencer.append_waiting(frontier) if Outbox.objects.exists() else 0


def queue_again(superuser: Sql, entries: list[str]) -> None:
    superuser(
        "INSERT INTO ledger_bridge_outbox"
        " (entry, commitment, pads, code, workspace_stream, item_stream, actor_stream, person_stream)"
        " SELECT id, commitment, pads, code, workspace_stream_id, item_stream_id, actor_stream_id, person_stream_id"
        " FROM unnest(%s::uuid[]) WITH ORDINALITY AS wanted (id, place)"
        " JOIN ledger_bridge_entry USING (id) ORDER BY place",
        entries,
    )


def verify_against(kept: bytes, directory: Path) -> int:
    operator = Service("operator", frozenset({Right.EXPORT_TRAILS}))
    with (directory / "trail.zip").open("wb") as file:
        file.writelines(export_trail(actor=operator, filters=TrailFilters()).chunks)
    (directory / "kept").write_bytes(kept)
    (directory / "policy").write_text(policy_text())
    return main(
        [str(directory / "trail.zip"), "--policy", str(directory / "policy"), "--known", str(directory / "kept")]
    )
