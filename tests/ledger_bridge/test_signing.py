"""The two keys of the log, and what happens to an installation that had only one."""

import shutil
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, transaction

from core.access import Service
from core.errors import Refused, Unavailable
from ledger_bridge import publishing, signing, signing_files
from ledger_bridge.models import Checkpoint, Entry, LogKey
from ledger_bridge.services import add_log_key, sequence_entries
from ledger_bridge.tlog.checkpoint import Checkpoint as Head
from ledger_bridge.tlog.errors import SignatureError
from ledger_bridge.tlog.mldsa import MLDSA44
from ledger_bridge.tlog.note import ED25519, Signer, parse
from ledger_bridge.tlog.policy import Policy
from tests.ledger_bridge.conftest import Fill


@pytest.fixture(autouse=True)
def keyring(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keys of this test alone: some of these tests destroy them."""
    directory = tmp_path_factory.mktemp("keyring")
    # The other keys of the installation stay as they are; whoever remembers them would not know new ones.
    for file in settings.KEYRING_DIRECTORY.glob("*"):
        if not file.name.startswith("ledger-signing"):
            shutil.copy(file, directory)
    settings.KEYRING_DIRECTORY = directory


def types_of(note: str) -> set[int]:
    """The types of the log's keys that signed a note."""
    by_id = {row.key.key_id: row.key.algorithm for row in signing.log_keys()}
    return {by_id[one.key_id] for one in parse(note.encode()).signatures}


def latest() -> Checkpoint:
    return Checkpoint.objects.latest()


def only_ed25519(fill: Fill, count: int) -> None:
    """Fill the log as it was before there was a second key."""
    fill(count, sequence=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ledger_bridge.sequencer.sign_head", _signed_as_before)
        sequence_entries()


def _signed_as_before(head: Head) -> bytes:
    first = signing_files.make_first_key(head.origin)
    assert isinstance(first, Signer)
    return first.sign(head.marshal())


def keys(*arguments: str) -> None:
    call_command("ledger_keys", *arguments)


def test_a_checkpoint_carries_a_line_of_each_type(fill: Fill) -> None:
    fill(1)
    assert types_of(latest().note) == {ED25519, MLDSA44}


def test_the_policy_asks_for_both(fill: Fill) -> None:
    fill(1)
    assert [key.algorithm for key in Policy.parse(signing.policy_text()).check(latest().note.encode()).log_keys] == [
        1,
        6,
    ]


def test_the_policy_is_the_same_before_the_first_checkpoint(fill: Fill) -> None:
    before = signing.policy_text()
    fill(1)
    assert signing.policy_text() == before


def test_private_keys_are_for_their_owner_only(fill: Fill, settings: Any) -> None:
    fill(1)
    files = list(settings.KEYRING_DIRECTORY.glob("ledger-signing*"))
    assert len(files) == 2
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_a_log_with_one_key_gets_the_second_and_stays_the_same_log(fill: Fill) -> None:
    only_ed25519(fill, 3)
    old = latest().note.encode()
    fill(2)
    policy = Policy.parse(signing.policy_text())
    assert len(policy.check(old).log_keys) == 1
    assert len(policy.check(latest().note.encode()).log_keys) == 2
    assert policy.check(old).log_key == policy.check(latest().note.encode()).log_key


def test_the_second_key_is_asked_for_from_its_first_checkpoint_on(fill: Fill) -> None:
    only_ed25519(fill, 3)
    fill(2)
    assert [(row.key.algorithm, row.first) for row in signing.log_keys()] == [(ED25519, 0), (MLDSA44, 5)]


def test_a_policy_from_before_still_accepts_new_checkpoints(fill: Fill) -> None:
    only_ed25519(fill, 3)
    old_policy = Policy.parse(f"log {signing.log_signer().vkey}\nquorum none\n")
    fill(2)
    assert len(old_policy.check(latest().note.encode()).log_keys) == 1


@pytest.mark.parametrize("pattern", ["ledger-signing.key", "ledger-signing-mldsa44-*.key"])
def test_a_key_that_has_signed_is_never_made_again(fill: Fill, settings: Any, pattern: str) -> None:
    fill(1)
    for file in settings.KEYRING_DIRECTORY.glob(pattern):
        file.unlink()
    with pytest.raises(Unavailable):
        fill(1)


def test_a_damaged_key_is_reported(fill: Fill, settings: Any) -> None:
    fill(1)
    (settings.KEYRING_DIRECTORY / "ledger-signing.key").write_text("nonsense")
    with pytest.raises(Unavailable):
        fill(1)


def test_keys_overlap_while_one_is_replaced(fill: Fill) -> None:
    fill(2)
    keys("add", "--type", "ed25519")
    sequence_entries()
    assert len(parse(latest().note.encode()).signatures) == 3
    assert len(Policy.parse(signing.policy_text()).check(latest().note.encode()).log_keys) == 3


def test_adding_and_retiring_are_entries(fill: Fill) -> None:
    fill(1)
    keys("add", "--type", "mldsa44")
    sequence_entries()
    old = signing.log_keys()[1]
    keys("retire", old.key.key_id.hex())
    recorded = Entry.objects.filter(kind__startswith="ledger.").order_by("id")
    assert [(entry.kind, entry.detail["key"]) for entry in recorded] == [
        ("ledger.key_added", str(signing.log_keys()[2])),
        ("ledger.key_retired", str(old)),
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", [0, 1])
def test_a_retired_key_signs_no_more_and_is_gone(fill: Fill, settings: Any, place: int) -> None:
    fill(1)
    old = signing.log_keys()[place]
    keys("add", "--type", {ED25519: "ed25519", MLDSA44: "mldsa44"}[old.key.algorithm])
    sequence_entries()
    keys("retire", old.key.key_id.hex())
    sequence_entries()
    assert old.key.key_id not in {one.key_id for one in parse(latest().note.encode()).signatures}
    with pytest.raises(Unavailable):
        signing_files.find_key(old.key)


@pytest.mark.django_db(transaction=True)
def test_old_and_new_checkpoints_hold_under_the_policy_after_a_rotation(fill: Fill) -> None:
    fill(2)
    old = signing.log_keys()[0]
    keys("add", "--type", "ed25519")
    sequence_entries()
    keys("retire", old.key.key_id.hex())
    fill(3)
    policy = Policy.parse(signing.policy_text())
    for checkpoint in Checkpoint.objects.all():
        policy.check(checkpoint.note.encode())
    assert publishing.read_published() == latest().note.encode()


@pytest.mark.django_db(transaction=True)
def test_the_ledger_checks_out_after_a_rotation(fill: Fill, capsys: pytest.CaptureFixture[str]) -> None:
    fill(2)
    old = signing.log_keys()[0]
    keys("add", "--type", "ed25519")
    sequence_entries()
    keys("retire", old.key.key_id.hex())
    sequence_entries()
    call_command("ledger_fsck")
    assert "agrees with itself" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_whoever_kept_a_retired_key_cannot_sign_with_it(fill: Fill) -> None:
    fill(2)
    old = signing.log_keys()[0]
    stolen = signing_files.find_key(old.key)
    keys("add", "--type", "ed25519")
    sequence_entries()
    keys("retire", old.key.key_id.hex())
    fill(1)
    assert isinstance(stolen, Signer)
    text = parse(latest().note.encode()).text
    with pytest.raises(SignatureError, match="no Ed25519 key"):
        Policy.parse(signing.policy_text()).check(stolen.sign(text))


def test_the_only_key_of_its_type_cannot_be_retired(fill: Fill) -> None:
    fill(1)
    with pytest.raises(CommandError, match="No other key"):
        keys("retire", signing.log_keys()[0].key.key_id.hex())


def test_a_key_is_not_retired_before_its_heir_has_signed(fill: Fill) -> None:
    fill(1)
    keys("add", "--type", "ed25519")
    with pytest.raises(CommandError, match="No other key"):
        keys("retire", signing.log_keys()[0].key.key_id.hex())


def test_an_unknown_key_cannot_be_retired(fill: Fill) -> None:
    fill(1)
    with pytest.raises(CommandError, match="No key in use"):
        keys("retire", "00000000")


@pytest.mark.django_db
def test_nothing_is_added_before_the_first_checkpoint() -> None:
    with pytest.raises(CommandError, match="Nothing was signed"):
        keys("add", "--type", "ed25519")


def test_changing_keys_needs_the_right(fill: Fill) -> None:
    fill(1)
    with pytest.raises(Refused):
        add_log_key(actor=Service("somebody"), type_="ed25519")


def test_the_list_shows_keys_and_policy(fill: Fill, capsys: pytest.CaptureFixture[str]) -> None:
    fill(1)
    keys("list")
    out = capsys.readouterr().out
    assert "ML-DSA-44  from size 0, signs today" in out
    assert out.endswith(signing.policy_text())


@pytest.mark.parametrize("change", [{"first": 7}, {"vkey": "x"}])
def test_the_database_refuses_to_change_a_key(fill: Fill, change: dict[str, object]) -> None:
    fill(1)
    with pytest.raises(InternalError), transaction.atomic():
        LogKey.objects.update(**change)


def test_the_database_refuses_to_forget_a_key(fill: Fill) -> None:
    fill(1)
    with pytest.raises(InternalError), transaction.atomic():
        LogKey.objects.all().delete()
