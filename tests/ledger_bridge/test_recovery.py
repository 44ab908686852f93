"""`manage.py ledger_recover`: it shows the difference and does only what is safe."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ledger_bridge import publishing
from ledger_bridge.models import Checkpoint
from ledger_bridge.publishing import Retired
from ledger_bridge.services import sequence_entries
from ledger_bridge.signing import log_signer
from ledger_bridge.tlog.checkpoint import Checkpoint as Head
from tests.fakes.members import Ask, Member
from tests.ledger_bridge.conftest import Fill

pytestmark = pytest.mark.django_db


def recover(**options: Any) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("ledger_recover", stdout=out, **options)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def publish_more(size: int) -> None:
    text = Head(log_signer().key.name, size, b"x" * 32).marshal()
    publishing._write(log_signer().sign_checkpoint(text))


def test_a_log_in_order_has_nothing_to_recover(fill: Fill) -> None:
    fill(3)
    code, said = recover()
    assert code == 0
    assert "published file: 3 entries, which this database holds" in said


def test_a_database_that_is_behind_is_told_how_far_to_replay(fill: Fill) -> None:
    fill(3)
    publish_more(9)
    code, said = recover()
    assert code == 1
    assert "until the tree has 9 entries" in said
    assert "published file: 9 entries, which this database does not hold" in said


def test_what_a_witness_holds_is_shown(fill: Fill, members: list[Member], ask_for: Ask) -> None:
    ask_for(members[:1], "all")
    fill(3)
    assert f"witness {members[0].url}: 3 entries, which this database holds" in recover()[1]


def test_a_witness_that_is_silent_is_named(fill: Fill, members: list[Member], ask_for: Ask) -> None:
    ask_for(members[:1], "all")
    fill(3)
    members[0].stop()
    assert f"witness {members[0].url}: does not show a checkpoint" in recover()[1]


def test_looking_changes_nothing(fill: Fill) -> None:
    fill(3)
    publish_more(9)
    before = {path.name: path.read_bytes() for path in publishing._path().parent.iterdir()}
    recover()
    assert {path.name: path.read_bytes() for path in publishing._path().parent.iterdir()} == before


def test_a_retired_log_is_never_signed_for_again(fill: Fill, settings: Any) -> None:
    fill(3)
    publish_more(9)
    recover(retire=settings.LEDGER_ORIGIN)
    publishing._write(Checkpoint.objects.latest().note.encode())  # even when somebody puts the file back
    fill(1, sequence=False)
    with pytest.raises(Retired):
        sequence_entries()
    assert Checkpoint.objects.latest().size == 3


def test_one_checkpoint_is_kept_once_whoever_adds_lines_to_it(fill: Fill) -> None:
    fill(3)
    note = log_signer().sign_checkpoint(Head(log_signer().key.name, 9, b"x" * 32).marshal())
    for stranger in (b"A", b"B", b"C"):
        publishing.keep_seen(note + "\N{EM DASH} stranger.example AAAA".encode() + stranger * 4 + b"\n")
    assert len(publishing.seen_elsewhere()) == 1


def test_a_log_in_order_is_not_retired(fill: Fill, settings: Any) -> None:
    fill(3)
    with pytest.raises(CommandError, match="no reason"):
        recover(retire=settings.LEDGER_ORIGIN)
    fill(1)


def test_a_log_is_retired_by_its_full_name_only(fill: Fill) -> None:
    fill(3)
    publish_more(9)
    with pytest.raises(CommandError, match="Nothing was changed"):
        recover(retire="other")


def test_a_history_that_differs_is_shown(fill: Fill) -> None:
    fill(3)
    publish_more(2)
    code, said = recover()
    assert (code, "published file: 2 entries, which this database does not hold" in said) == (1, True)
