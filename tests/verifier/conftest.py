import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from ledger_bridge.tlog import entry
from ledger_bridge.trail_archive import Trail
from tests.fakes.ledger import FakeEntry, FakeLedger, events_in, small_ledger, with_events, witness
from verifier.__main__ import main

WORKSPACE = ("workspace", "w1")


@dataclass
class Outcome:
    status: int
    report: dict[str, Any]
    error: str

    @property
    def failure(self) -> str:
        return str(self.report.get("failure"))


class Verify(Protocol):
    def __call__(
        self,
        data: bytes,
        *,
        policy: str | None = None,
        known: bytes | None = None,
        block_hash: str = "",
        timestamp_ca: str | None = None,
    ) -> Outcome: ...


@pytest.fixture
def verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Verify:
    """Run the verifier's command on some bytes."""

    def run(
        data: bytes,
        *,
        policy: str | None = None,
        known: bytes | None = None,
        block_hash: str = "",
        timestamp_ca: str | None = None,
    ) -> Outcome:
        arguments = [str(tmp_path / "file"), "--json"]
        (tmp_path / "file").write_bytes(data)
        brought = {"policy": policy, "timestamp-ca": timestamp_ca}
        given = {name: text.encode() for name, text in brought.items() if text is not None}
        for name, content in {**given, "known": known}.items():
            if content is not None:
                (tmp_path / name).write_bytes(content)
                arguments += [f"--{name}", str(tmp_path / name)]
        if block_hash:
            arguments += ["--block-hash", block_hash]
        status = main(arguments)
        captured = capsys.readouterr()
        return Outcome(status, json.loads(captured.out or "{}"), captured.err)

    return run


@pytest.fixture
def ledger() -> FakeLedger:
    return small_ledger(witnesses=(witness("a"), witness("b")))


def in_short(ledger: FakeLedger, form: str, *, keep_last: bool = False) -> Trail:
    """The trail of one workspace, its events in one of the two shorter forms of a line."""
    trail = ledger.trail(WORKSPACE)
    long = events_in(trail)
    short = [_shortened(ledger.entries[event["index"]], event, form) for event in long]
    return with_events(trail, [*short[:-1], long[-1]] if keep_last else short)


def _shortened(one: FakeEntry, event: Any, form: str) -> dict[str, Any]:
    place = {"index": event["index"], "tags": event["tags"]}
    if form == "seed":
        return entry.disclose_whole(**place, fields=one.fields, seed=one.seed)
    return entry.disclose_erased(**place, commitment=entry.commitment(one.fields, one.seed))


@pytest.fixture
def archive(ledger: FakeLedger) -> bytes:
    """The honest, complete trail of one workspace."""
    return ledger.archive(ledger.trail(WORKSPACE))


@pytest.fixture
def refused(verify: Verify, ledger: FakeLedger) -> Callable[..., str]:
    """Verify under the true policy, expect status 1, and return the failure."""

    def run(data: bytes, *, known: bytes | None = None) -> str:
        outcome = verify(data, policy=ledger.policy, known=known)
        assert outcome.status == 1, outcome
        return outcome.failure

    return run
