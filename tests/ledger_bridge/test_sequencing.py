"""The sequencer: everything that waits gets its place, once, under a signature."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction

from accounts.models import User
from ledger_bridge import proofs, publishing, sequencer, services, stream_keys
from ledger_bridge.events import TrailViewed
from ledger_bridge.models import Checkpoint, Entry, Leaf, Outbox, Stream, Tile, TreeState
from ledger_bridge.publishing import RolledBack
from ledger_bridge.recording import record, record_durably
from ledger_bridge.sequencer import sequence_batch
from ledger_bridge.services import sequence_entries
from ledger_bridge.signing import log_signer, log_verifier
from ledger_bridge.stream_keys import unwrap_stream_key
from ledger_bridge.subjects import Subject
from ledger_bridge.tlog import checkpoint, merkle
from ledger_bridge.tlog.entry import parse_leaf, tag
from ledger_bridge.tlog.note import open_note
from tests.ledger_bridge.conftest import Fill, Thing


def head() -> checkpoint.Checkpoint:
    note = publishing.read_published()
    assert note is not None
    return checkpoint.Checkpoint.parse(open_note(note, [log_verifier()]).text)


def all_leaves() -> list[bytes]:
    return [bytes(data) for data in Leaf.objects.order_by("index").values_list("data", flat=True)]


def test_an_empty_outbox_makes_no_checkpoint(db: None) -> None:
    assert sequence_entries() == 0
    assert not Checkpoint.objects.exists()


def test_it_keeps_the_order_of_recording(fill: Fill) -> None:
    made = fill(5)
    assert [str(entry) for entry in Leaf.objects.order_by("index").values_list("entry", flat=True)] == made


def test_it_empties_the_outbox(fill: Fill) -> None:
    fill(3)
    assert not Outbox.objects.exists()


def test_the_published_checkpoint_is_the_root_of_the_leaves(fill: Fill) -> None:
    fill(7)
    assert head().size == 7
    assert head().root == merkle.root(map(merkle.leaf_hash, all_leaves()))


def test_every_entry_can_be_proven(fill: Fill) -> None:
    fill(7)
    for index, leaf in enumerate(all_leaves()):
        proof = proofs.inclusion(index, 7)
        merkle.verify_inclusion(leaf_hash=merkle.leaf_hash(leaf), index=index, size=7, proof=proof, root=head().root)


def test_batches_continue_one_tree(fill: Fill, settings: Any) -> None:
    settings.LEDGER_BATCH = 3
    fill(8)
    assert list(Checkpoint.objects.order_by("size").values_list("size", flat=True)) == [3, 6, 8]
    proof = proofs.consistency(3, 8)
    merkle.verify_consistency(
        old_size=3, new_size=8, old_root=bytes(Checkpoint.objects.get(size=3).root), new_root=head().root, proof=proof
    )


def test_entries_that_keep_coming_do_not_hold_up_the_publication(
    db: None, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def batch_beside_which_somebody_records() -> int:
        added = sequence_batch()
        record_durably(TrailViewed(filters="meanwhile"), actor=alice)
        return added

    monkeypatch.setattr(services, "sequence_batch", batch_beside_which_somebody_records)
    record_durably(TrailViewed(filters="first"), actor=alice)
    assert sequence_entries() == 1
    assert head().size == 1
    assert Outbox.objects.count() == 1


def test_portions_of_a_batch_continue_one_count(
    fill: Fill, alice: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencer, "PORTION", 7)
    settings.LEDGER_BATCH = 20
    fill(50, actor=alice)
    assert list(Leaf.objects.order_by("index").values_list("actor_n", flat=True)) == list(range(1, 51))
    assert list(Checkpoint.objects.order_by("size").values_list("size", flat=True)) == [20, 40, 50]
    assert head().root == merkle.root(map(merkle.leaf_hash, all_leaves()))


def test_numbers_in_a_stream_follow_each_other(fill: Fill, alice: User, thing: Thing) -> None:
    fill(2, actor=alice, subject=thing)
    fill(2, actor=alice)
    fill(1, actor=alice, subject=thing)
    rows = Leaf.objects.order_by("index").values_list("workspace_n", "item_n", "actor_n", "person_n")
    assert list(rows) == [
        (1, 1, 1, None),
        (2, 2, 2, None),
        (None, None, 3, None),
        (None, None, 4, None),
        (3, 3, 5, None),
    ]


def test_a_person_who_acts_and_is_acted_upon_has_one_count(fill: Fill, alice: User, bob: User) -> None:
    fill(1, actor=alice, subject=bob)
    fill(1, actor=bob, subject=alice)
    assert list(Leaf.objects.order_by("index").values_list("actor_n", "person_n")) == [(1, 1), (2, 2)]


def test_a_stream_knows_its_length(fill: Fill, alice: User, thing: Thing) -> None:
    fill(4, actor=alice, subject=thing)
    assert set(Stream.objects.values_list("kind", "length")) == {("workspace", 4), ("item", 4), ("person", 4)}


def test_leaves_carry_the_tags_of_their_streams(fill: Fill, thing: Thing) -> None:
    fill(2, subject=thing)
    stream = Stream.objects.get(kind="item")
    key = unwrap_stream_key(bytes(stream.wrapped_key), "item", str(stream.subject))
    assert [parse_leaf(leaf).tags[1] for leaf in all_leaves()] == [tag(key, 1), tag(key, 2)]


def test_slots_without_a_stream_do_not_repeat(fill: Fill) -> None:
    fill(3)
    tags = [mark for leaf in all_leaves() for mark in parse_leaf(leaf).tags]
    assert len(set(tags)) == 12


def test_full_tiles_are_kept_and_higher_ones_grow_from_them(fill: Fill, settings: Any) -> None:
    settings.LEDGER_BATCH = 100
    fill(600)
    hashes = [merkle.leaf_hash(leaf) for leaf in all_leaves()]
    assert list(Tile.objects.order_by("number").values_list("level", "number")) == [(0, 0), (0, 1)]
    assert proofs.read_tile(0, 1, 256) == b"".join(hashes[256:512])
    assert bytes(Tile.objects.get(number=1).root) == merkle.root(hashes[256:512])
    assert proofs.read_tile(0, 2, 88) == b"".join(hashes[512:])
    assert proofs.read_tile(1, 0, 2) == merkle.root(hashes[:256]) + merkle.root(hashes[256:512])


def test_the_checkpoint_is_signed_in_the_log_s_name(fill: Fill, settings: Any) -> None:
    fill(1)
    assert head().origin == log_signer().key.name == settings.LEDGER_ORIGIN


def test_the_signing_key_is_for_its_owner_only(fill: Fill, settings: Any) -> None:
    fill(1)
    assert (settings.KEYRING_DIRECTORY / "ledger-signing.key").stat().st_mode & 0o777 == 0o600


def test_a_published_checkpoint_with_more_entries_stops_it(fill: Fill) -> None:
    fill(3)
    fill(1, sequence=False)
    _publish(4, b"x" * 32)
    with pytest.raises(RolledBack, match="4 entries, this database only 3"):
        sequence_entries()
    assert Leaf.objects.count() == 3


def test_a_published_checkpoint_with_other_entries_stops_it(fill: Fill) -> None:
    fill(3)
    fill(1, sequence=False)
    _publish(2, b"x" * 32)
    with pytest.raises(RolledBack, match="The first 2 entries"):
        sequence_entries()


def test_a_published_checkpoint_of_another_log_stops_it(fill: Fill) -> None:
    fill(1)
    fill(1, sequence=False)
    publishing._write(b"other.example/log\n1\nAAAA\n\n")
    with pytest.raises(RolledBack, match="not one of this log"):
        sequence_entries()


def test_a_restored_database_is_told_how_to_recover(fill: Fill) -> None:
    fill(1, sequence=False)
    _publish(9, b"x" * 32)
    with pytest.raises(RolledBack, match=r"Nothing was signed\. Restore the newest backup"):
        sequence_entries()


def test_a_checkpoint_that_was_not_published_yet_is_published(fill: Fill) -> None:
    fill(2)
    older = publishing.read_published()
    fill(2)
    assert older
    publishing._write(older)
    fill(1)
    assert head().size == 5


def test_a_lost_checkpoint_file_is_written_again(fill: Fill) -> None:
    fill(2)
    publishing._path().unlink()
    fill(1)
    assert head().size == 3


def test_publishing_again_never_goes_back(fill: Fill) -> None:
    fill(2)
    _publish(9, b"x" * 32)
    publishing.publish_latest()
    assert head().size == 9


def test_a_tree_without_its_last_checkpoint_is_refused(fill: Fill) -> None:
    fill(2)
    fill(1, sequence=False)
    TreeState.objects.update(size=0, frontier=b"")
    with pytest.raises(RolledBack, match="The tree has 0 entries"):
        sequence_entries()


@pytest.mark.django_db(transaction=True)
def test_a_second_sequencer_leaves_the_tree_to_the_first() -> None:
    record_durably(TrailViewed(filters=""), actor=None)
    with transaction.atomic():
        TreeState.objects.get_or_create(id=1)
    with transaction.atomic():
        TreeState.objects.select_for_update().get()
        assert _elsewhere(sequence_batch) == 0
    assert _elsewhere(sequence_batch) == 1


@pytest.mark.django_db(transaction=True)
def test_sequencers_side_by_side_make_one_log() -> None:
    for _ in range(40):
        record_durably(TrailViewed(filters=""), actor=None)
    workers = [threading.Thread(target=_elsewhere, args=(sequence_entries,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    sequence_entries()
    assert Leaf.objects.count() == 40
    assert head().root == merkle.root(map(merkle.leaf_hash, all_leaves()))


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_becomes_visible_late_is_not_missed() -> None:
    subject = Subject(workspace=str(uuid.uuid4()))
    # The first entry of an installation makes the ledger key, and others wait for it once.
    record_durably(TrailViewed(filters="first"), actor=None)
    sequence_entries()
    with transaction.atomic():
        late = record(TrailViewed(filters="late"), actor=None, subject=subject)
        _elsewhere(lambda: record_durably(TrailViewed(filters="early"), actor=None))
        assert _elsewhere(sequence_entries) == 1
    assert sequence_entries() == 1
    assert str(Leaf.objects.get(index=2).entry_id) == late


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_fails_leaves_the_outbox_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    record_durably(TrailViewed(filters=""), actor=None)
    sequence_entries()
    record_durably(TrailViewed(filters=""), actor=None)
    publishing._write(b"nonsense")
    with pytest.raises(RolledBack):
        sequence_entries()
    assert (Outbox.objects.count(), Leaf.objects.count(), Stream.objects.count()) == (1, 1, 0)


@pytest.mark.django_db(transaction=True)
def test_two_leaves_cannot_stand_in_one_place() -> None:
    Leaf.objects.create(index=0, entry_id=uuid.uuid4(), data=b"")
    with pytest.raises(IntegrityError):
        Leaf.objects.create(index=0, entry_id=uuid.uuid4(), data=b"")
    assert Entry.objects.count() == 0


def _publish(size: int, root: bytes) -> None:
    text = checkpoint.Checkpoint(log_signer().key.name, size, root).marshal()
    publishing._path().parent.mkdir(exist_ok=True)
    publishing._write(log_signer().sign_checkpoint(text))


def _elsewhere(deed: Callable[[], Any]) -> Any:
    """Do it in another thread, which has a connection of its own."""
    result: list[Any] = []

    def work() -> None:
        try:
            result.append(deed())
        finally:
            connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    return result[0]


@pytest.mark.django_db(transaction=True)
def test_a_new_process_asks_for_no_key_while_it_copies_leaves(fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would ask through the connection that copies: PostgreSQL takes the question for leaves and hangs up."""
    for _ in range(12):
        fill(1, subject=Thing.new(), sequence=False)
    monkeypatch.setattr(sequencer, "PORTION", 3)
    asked: list[bool] = []
    find = stream_keys._find

    def noted(generation: int) -> bytes | None:
        asked.append(connection.in_atomic_block)
        return find(generation)

    monkeypatch.setattr(stream_keys, "_find", noted)
    stream_keys.forget_keys()
    assert sequence_entries() == 12
    assert asked == [False]
