"""What leaves the house carries its witnesses, and the verifier asks for them."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from accounts.models import User
from core.access import Service
from core.errors import Unavailable
from ledger_bridge import exporting
from ledger_bridge.filters import TrailFilters
from ledger_bridge.models import Checkpoint, Stream
from ledger_bridge.permissions import Right
from ledger_bridge.sequencer import sequence_batch
from ledger_bridge.services import export_trail
from ledger_bridge.witnessing.policy import policy_text
from tests.fakes.members import Ask, Member
from tests.ledger_bridge.conftest import Fill, Thing
from tests.stack import ROOT

pytestmark = pytest.mark.django_db
OPERATOR = Service("operator", frozenset({Right.EXPORT_TRAILS}))


def export(thing: Thing, directory: Path) -> Path:
    path = directory / "trail.zip"
    filters = TrailFilters().within(thing.ledger_subject)
    path.write_bytes(b"".join(export_trail(actor=OPERATOR, filters=filters).chunks))
    return path


def verify(path: Path, policy: str) -> tuple[int, str]:
    (path.parent / "policy-given").write_text(policy)
    command = [sys.executable, "-m", "verifier", str(path), "--policy", str(path.parent / "policy-given")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_an_export_is_verified_with_the_cosignatures_it_carries(
    fill: Fill, thing: Thing, members: list[Member], ask_for: Ask, tmp_path: Path
) -> None:
    ask_for(members, "all")
    fill(3, subject=thing)
    code, report = verify(export(thing, tmp_path), policy_text())
    assert code == 0, report
    assert all(f"w{n} (" in report for n in range(3)), report


def test_a_trail_without_its_cosignatures_does_not_hold(
    fill: Fill, thing: Thing, members: list[Member], ask_for: Ask, settings: object, tmp_path: Path
) -> None:
    ask_for(members, "all")
    demanded = policy_text()
    settings.LEDGER_WITNESS_POLICY = ""  # type: ignore[attr-defined]  # as if the operator left the witnesses out
    fill(3, subject=thing)
    code, report = verify(export(thing, tmp_path), demanded)
    assert code == 1
    assert "quorum" in report


def test_an_export_waits_for_the_witnesses_and_says_so(
    fill: Fill, thing: Thing, members: list[Member], ask_for: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_PATIENCE", 0.5)
    ask_for(members, "all")
    fill(3, subject=thing)
    members[0].stop()
    with pytest.raises(Unavailable, match="witnesses are behind"):
        export(thing, tmp_path)


def test_streams_are_as_long_as_they_were_at_the_published_checkpoint(
    fill: Fill, thing: Thing, alice: User, members: list[Member], ask_for: Ask, tmp_path: Path
) -> None:
    ask_for(members, "all")
    fill(3, subject=thing, actor=alice)
    fill(4, subject=thing, actor=alice, sequence=False)
    sequence_batch()  # in the log, but no witness has seen it
    assert Checkpoint.objects.latest().size == 7
    made = exporting.prepare_export(TrailFilters().within(thing.ledger_subject), OPERATOR)
    path = tmp_path / "trail.zip"
    path.write_bytes(b"".join(made.chunks))
    scope = json.loads(zipfile.ZipFile(path).read("scope.json"))
    assert (made.size, {stream["length"] for stream in scope["streams"]}) == (3, {3})
    assert Stream.objects.get(kind="item").length == 7
    assert verify(path, policy_text())[0] == 0
