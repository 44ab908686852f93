"""A log whose entries were lost ends, and another of a new name continues it: what was proven stays proven."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from core.access import Service
from core.errors import Refused
from ledger_bridge import publishing
from ledger_bridge.disclosure import stored_entry
from ledger_bridge.filters import TrailFilters
from ledger_bridge.models import Checkpoint, Entry, Leaf, Outbox
from ledger_bridge.permissions import Right
from ledger_bridge.services import export_trail, sequence_entries
from ledger_bridge.signing import log_policy, log_signer
from ledger_bridge.succession import archive_of, succeed_log
from ledger_bridge.tlog import merkle
from ledger_bridge.tlog.checkpoint import Checkpoint as Head
from ledger_bridge.tlog.policy import Policy
from ledger_bridge.tlog.tiles import decode_bundle
from tests.ledger_bridge.conftest import Fill, Thing
from verifier.__main__ import main as verify

pytestmark = pytest.mark.django_db(transaction=True)
OLD, NEW = "localhost/ledger", "localhost/ledger-2027"


def command(**options: Any) -> str:
    out = io.StringIO()
    call_command("ledger_recover", stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def leaves(fill: Fill, thing: Thing, settings: Any) -> list[bytes]:
    """300 leaves of a log that lost nine more for good, was retired, and is continued."""
    settings.LEDGER_ORIGIN = OLD
    fill(300, subject=thing)
    fill(2, sequence=False)
    kept = [bytes(leaf.data) for leaf in Leaf.objects.order_by("index")]
    publishing._write(log_signer().sign_checkpoint(Head(OLD, 309, b"x" * 32).marshal()))
    command(retire=OLD)
    settings.LEDGER_ORIGIN = NEW
    command(succeed=OLD)
    return kept


def test_its_first_entry_pins_the_last_checkpoint_of_the_old_one(leaves: list[bytes]) -> None:
    first = Entry.objects.get(pk=Leaf.objects.get(index=0).entry_id)
    assert first.kind == "ledger.succeeded"
    assert (first.detail["origin"], first.detail["size"], first.detail["carried"]) == (OLD, 309, 300)
    assert f"{OLD}\n309\n" in first.detail["checkpoint"]


def test_every_leaf_that_is_left_follows_unchanged(leaves: list[bytes]) -> None:
    assert [bytes(leaf.data) for leaf in Leaf.objects.filter(index__gt=0).order_by("index")] == leaves


def test_what_waited_comes_next_and_the_log_holds(leaves: list[bytes]) -> None:
    assert Outbox.objects.count() == 2
    sequence_entries()
    assert Checkpoint.objects.latest().size == 303
    call_command("ledger_fsck")


def test_it_signs_with_keys_of_its_own(leaves: list[bytes], settings: Any) -> None:
    new = {str(log.key) for log in log_policy().logs}
    old = {str(log.key) for log in Policy.parse((archive_of(OLD) / "policy").read_text()).logs}
    assert {key.split("+")[2] for key in new}.isdisjoint({key.split("+")[2] for key in old})
    assert all(key.startswith(NEW + "+") for key in new)


def test_the_old_log_stays_readable_under_its_own_address(leaves: list[bytes], client: Client) -> None:
    prefix = f"/ledger/retired/{archive_of(OLD).name}"
    policy = Policy.parse(client.get(f"{prefix}/policy").content.decode())
    head, _ = policy.open_checkpoint(client.get(f"{prefix}/checkpoint").content)
    bundles = [client.get(f"{prefix}/tile/entries/{name}").content for name in ("000", "001.p/44")]
    read = [leaf for bundle in bundles for leaf in decode_bundle(bundle)]
    assert (head.size, head.root) == (300, merkle.root(map(merkle.leaf_hash, leaves)))
    assert read == leaves
    hashes = client.get(f"{prefix}/tile/0/001.p/44").content
    assert hashes == b"".join(merkle.leaf_hash(leaf) for leaf in leaves[256:])
    assert policy.open_checkpoint(client.get(f"{prefix}/last").content)[0].size == 309


@pytest.mark.parametrize("path", ["0" * 16 + "/checkpoint", "../checkpoint", "{}/../../lock", "{}/tile/0/009", "{}/x"])
def test_nothing_else_is_readable_there(leaves: list[bytes], client: Client, path: str) -> None:
    assert client.get(f"/ledger/retired/{path.format(archive_of(OLD).name)}").status_code == 404


def test_a_trail_of_before_and_after_is_complete_in_the_new_log(
    leaves: list[bytes], thing: Thing, fill: Fill, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(5, subject=thing)
    auditor = Service("auditor", frozenset({Right.EXPORT_TRAILS}))
    assert thing.ledger_subject.workspace
    filters = TrailFilters(workspaces=(thing.ledger_subject.workspace,))
    archive = tmp_path / "trail.zip"
    archive.write_bytes(b"".join(export_trail(actor=auditor, filters=filters).chunks))
    assert verify([str(archive)]) == 0
    assert "Nothing is missing" in capsys.readouterr().out
    with zipfile.ZipFile(archive) as opened:
        assert len(opened.read("events.jsonl").splitlines()) == 306


def test_a_checkpoint_of_the_old_log_is_compared_across_the_change(
    leaves: list[bytes], thing: Thing, fill: Fill, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(2, subject=thing)
    auditor, workspace = Service("auditor", frozenset({Right.EXPORT_TRAILS})), thing.ledger_subject.workspace or ""
    archive, old = tmp_path / "trail.zip", archive_of(OLD)
    archive.write_bytes(b"".join(export_trail(actor=auditor, filters=TrailFilters(workspaces=(workspace,))).chunks))
    known = ["--known", str(old / "checkpoint"), "--known-policy", str(old / "policy")]
    assert verify([str(archive), *known]) == 0
    said = capsys.readouterr().out
    assert f"The 300 leaves of the checkpoint of {OLD} that you know follow from leaf 1 on, unchanged." in said
    assert f"What {OLD} recorded from its leaf 300 on: 9 leaves were lost" in said


def test_a_second_time_changes_nothing(leaves: list[bytes]) -> None:
    before = list(Checkpoint.objects.values_list("size", "note"))
    assert "300 leaves follow" in command(succeed=OLD)
    assert list(Checkpoint.objects.values_list("size", "note")) == before


def test_a_log_that_was_not_retired_cannot_be_continued(fill: Fill, settings: Any) -> None:
    settings.LEDGER_ORIGIN = OLD
    fill(3)
    settings.LEDGER_ORIGIN = NEW
    with pytest.raises(CommandError, match="was retired here"):
        command(succeed=OLD)
    assert Leaf.objects.count() == 3


@pytest.mark.django_db
def test_it_takes_the_right_to_change_keys(alice: User) -> None:
    with pytest.raises(Refused):
        succeed_log(actor=alice, origin=OLD)


def test_a_log_does_not_continue_itself(fill: Fill, settings: Any) -> None:
    settings.LEDGER_ORIGIN = OLD
    fill(3)
    with pytest.raises(CommandError, match="Set LEDGER_ORIGIN"):
        command(succeed=OLD)


def test_entries_are_still_found_by_their_leaves(leaves: list[bytes]) -> None:
    placed = Leaf.objects.get(index=7)
    stored = stored_entry(str(placed.entry_id))
    assert stored
    assert (stored.index, stored.leaf) == (7, leaves[6])
