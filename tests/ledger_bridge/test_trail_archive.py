import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from ledger_bridge.renderings import Event
from ledger_bridge.tlog.errors import FormatError
from ledger_bridge.tlog.note import Ed25519Verifier, open_note
from ledger_bridge.trail_archive import ArchiveError, Trail, iter_trail, write_trail
from tests.fakes.archives import members
from tests.fakes.ledger import FakeLedger, events_in, small_ledger, with_events

WORKSPACE = ("workspace", "w1")


@pytest.fixture
def ledger() -> FakeLedger:
    return small_ledger()


@pytest.fixture
def trail(ledger: FakeLedger) -> Trail:
    return ledger.trail(WORKSPACE)


def test_it_writes_the_members_of_the_format_and_no_others(ledger: FakeLedger, trail: Trail) -> None:
    assert sorted(members(ledger.archive(trail))) == [
        "README.txt", "checkpoint", "events.csv", "events.jsonl", "fhir-auditevents.ndjson", "leaves.bin", "manifest",
        "names.json", "policy", "scope.json", "summary.html",
    ]  # fmt: skip


def test_the_same_trail_gives_the_same_bytes(ledger: FakeLedger, trail: Trail) -> None:
    assert ledger.archive(trail) == ledger.archive(trail)


def test_the_pieces_are_the_file(ledger: FakeLedger, trail: Trail) -> None:
    assert b"".join(iter_trail(trail, signer=ledger.signer)) == ledger.archive(trail)


def test_the_manifest_is_signed_and_lists_every_member(ledger: FakeLedger, trail: Trail) -> None:
    contents = members(ledger.archive(trail))
    text = open_note(contents.pop("manifest"), [Ed25519Verifier(ledger.signer.key)]).text.decode()
    expected = [f"{sha256(data).hexdigest()} {len(data)} {name}" for name, data in sorted(contents.items())]
    assert text.splitlines() == ["ithaca-trail/v1", "members", *expected]


def test_the_manifest_comes_last(ledger: FakeLedger, trail: Trail) -> None:
    with zipfile.ZipFile(io.BytesIO(ledger.archive(trail))) as archive:
        assert archive.infolist()[-1].filename == "manifest"


def test_it_writes_to_a_pipe(ledger: FakeLedger, trail: Trail) -> None:
    class Pipe(io.RawIOBase):
        written = b""

        def write(self, data: Any) -> int:
            self.written += bytes(data)
            return len(data)

    pipe = Pipe()
    write_trail(pipe, trail, signer=ledger.signer)  # type: ignore[arg-type]  # only write is needed
    assert pipe.written == ledger.archive(trail)


WRONG: dict[str, Callable[[list[Any]], list[Any]]] = {
    "another number": lambda events: events[:-1],
    "wrong order": lambda events: events[::-1],
    "outside the log": lambda events: [*events[:-1], {**events[-1], "index": 11}],
}


@pytest.mark.parametrize("kind", WRONG)
def test_it_refuses_events_that_the_scope_does_not_promise(ledger: FakeLedger, trail: Trail, kind: str) -> None:
    wrong = WRONG[kind](events_in(trail))
    with pytest.raises(ArchiveError):
        ledger.archive(with_events(trail, wrong))


def test_it_refuses_leaves_that_the_checkpoint_does_not_cover(ledger: FakeLedger, trail: Trail) -> None:
    with pytest.raises(ArchiveError):
        ledger.archive(replace(trail, leaves=ledger.leaves[:-1]))


def test_it_refuses_a_checkpoint_that_is_none(ledger: FakeLedger, trail: Trail) -> None:
    with pytest.raises(FormatError):
        ledger.archive(replace(trail, checkpoint_note=b"hello"))


def test_an_export_that_failed_is_no_archive(ledger: FakeLedger, trail: Trail) -> None:
    def failing(_portions: Iterable[Sequence[int]]) -> Generator[list[Event]]:
        yield events_in(trail)[:3]
        raise ConnectionError

    chunks: list[bytes] = []
    with pytest.raises(ConnectionError):
        chunks.extend(iter_trail(replace(trail, read=failing), signer=ledger.signer))
    assert not zipfile.is_zipfile(io.BytesIO(b"".join(chunks)))


def test_a_reader_who_leaves_early_does_no_harm(ledger: FakeLedger, trail: Trail) -> None:
    chunks = iter_trail(trail, signer=ledger.signer)
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]


def test_memory_does_not_grow_with_the_number_of_events(
    ledger: FakeLedger, trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger_bridge.trail_archive._DEFLATE_UP_TO", 0)
    monkeypatch.setattr("ledger_bridge.trail_portions.PORTION", 100)
    monkeypatch.setattr("ledger_bridge.sealed_spool._IN_MEMORY", 1 << 16)
    count = 5_000
    template = events_in(trail)[0]
    large = FakeLedger(leaves=[b"\x01" * 97] * count)
    big = replace(
        trail,
        indexes=range(count),
        read=lambda portions: (({**template, "index": index} for index in places) for places in portions),
        scope=ledger.scope([], count),
        leaves=large.leaves,
        checkpoint_note=large.checkpoint_note(),
    )
    tracemalloc.start()
    size = sum(len(chunk) for chunk in iter_trail(big, signer=ledger.signer))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 20_000_000
    assert peak < 4_000_000


def test_every_line_of_events_is_json(ledger: FakeLedger, trail: Trail) -> None:
    lines = members(ledger.archive(trail))["events.jsonl"].splitlines()
    assert [json.loads(line) for line in lines] == events_in(trail)
