"""A short trail from a long log: made by the application, checked by the verifier, without every leaf."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ledger_bridge import exporting_short
from ledger_bridge.filters import TrailFilters
from ledger_bridge.models import Leaf
from ledger_bridge.services import export_trail, sequence_entries
from ledger_bridge.tag_files.files import path_of
from ledger_bridge.tag_files.making import sort_tags
from ledger_bridge.tlog.tags import Span
from tests.fakes.archives import members
from tests.ledger_bridge.conftest import Fill, Thing
from verifier import recompute
from verifier.__main__ import main

pytestmark = pytest.mark.django_db


class Auditor:
    """Somebody who may export every trail."""

    name = "auditor"
    ledger_id = None
    ledger_kind = "service"
    ledger_institution = None

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return True


def exported(filters: TrailFilters, **options: Any) -> bytes:
    return b"".join(export_trail(actor=Auditor(), filters=filters, **options).chunks)


def test_a_short_trail_from_a_long_log_carries_no_whole_log(
    fill: Fill, thing: Thing, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LEDGER_DIRECTORY = tmp_path / "ledger"
    monkeypatch.setattr(exporting_short, "WORTH_SAVING", 0)
    fill(2, subject=thing)
    fill(4094)
    assert sort_tags(60) is False
    sequence_entries()
    fill(1, subject=thing)
    filters = TrailFilters(workspaces=(thing.ledger_subject.workspace or "",))
    short = exported(filters)
    assert "leaves.bin" not in members(short)
    assert "some-leaves.bin" in zipfile.ZipFile(io.BytesIO(short)).read("README.txt").decode()
    (tmp_path / "short.zip").write_bytes(short)
    assert main([str(tmp_path / "short.zip")]) == 0

    whole = exported(filters, whole=True)
    assert len(members(whole)["leaves.bin"]) == Leaf.objects.count() * 97
    (tmp_path / "whole.zip").write_bytes(whole)
    assert main([str(tmp_path / "whole.zip")]) == 0
    assert recompute.main([str(tmp_path / "short.zip"), "--leaves", str(tmp_path / "whole.zip")]) == 0

    path_of(Span(0, 4096)).unlink()
    assert "leaves.bin" in members(exported(filters))  # nothing covers the log, so all of it is given


def test_a_small_log_is_given_whole(fill: Fill, thing: Thing) -> None:
    fill(3, subject=thing)
    assert "leaves.bin" in members(exported(TrailFilters(workspaces=(thing.ledger_subject.workspace or "",))))
