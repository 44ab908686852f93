"""Sorting the tags of full spans in the background."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ledger_bridge.alone import alone
from ledger_bridge.fsck import rolling
from ledger_bridge.fsck.tags import check_named_roots, check_tag_files
from ledger_bridge.models import Entry, Leaf
from ledger_bridge.recording import record
from ledger_bridge.tag_files import files, making
from ledger_bridge.tag_files.events import TagsSorted
from ledger_bridge.tag_files.files import TagReader, TagWriter, path_of, tags_directory
from ledger_bridge.tag_files.making import sort_tags
from ledger_bridge.tag_files.models import TagFile
from ledger_bridge.tag_files.published import published_cover, published_files
from ledger_bridge.tlog.tags import ROW_SIZE, Opening, Span, span_root
from tests.fakes.tags import FakeTagFile, random_leaves, tag_file
from tests.ledger_bridge.conftest import Fill

pytestmark = pytest.mark.django_db

SMALL = 4096
LEAVES = random_leaves(4 * SMALL)


@pytest.fixture(autouse=True)
def own_directory(tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_DIRECTORY = tmp_path
    files._written.clear()


class Checkpoint:
    """Stands for a published checkpoint of a log whose entries nobody looks at."""

    def __init__(self, size: int) -> None:
        self.size = size


def log_of(spans: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of so many small spans and a few entries more, of which only the leaves are there."""
    leaves = LEAVES[: spans * SMALL]
    Leaf.objects.bulk_create(Leaf(index=n, entry_id=uuid4(), data=leaf) for n, leaf in enumerate(leaves))
    checkpoint = Checkpoint(spans * SMALL + 10)
    monkeypatch.setattr(making, "latest_published", lambda: checkpoint)


@pytest.fixture
def long_log(monkeypatch: pytest.MonkeyPatch) -> None:
    log_of(4, monkeypatch)


@pytest.fixture
def one_span(monkeypatch: pytest.MonkeyPatch) -> None:
    log_of(1, monkeypatch)


def made_by_hand(span: Span) -> FakeTagFile:
    return tag_file(span, LEAVES)


def publish() -> None:
    """Give the entries about the tag files their places in the log, as the sequencer would."""
    for number, row in enumerate(TagFile.objects.order_by("id")):
        Leaf.objects.create(index=4 * SMALL + number, entry_id=row.entry, data=b"")


def test_every_full_span_gets_its_file_and_the_larger_one_follows(long_log: None) -> None:
    assert sort_tags(60) is False
    spans = [Span(n * SMALL, SMALL) for n in range(4)] + [Span(0, 4 * SMALL)]
    assert [row.span for row in TagFile.objects.order_by("id")] == spans
    for span in spans:
        expected = made_by_hand(span)
        with TagReader(span) as reader:
            assert b"".join(reader.whole()) == expected.records
            assert (
                reader.root() == expected.root == bytes(TagFile.objects.get(first=span.first, leaves=span.leaves).root)
            )


def test_the_root_is_recorded_in_the_log(one_span: None, settings: Any) -> None:
    sort_tags(60)
    row = TagFile.objects.get()
    entry = Entry.objects.get(pk=row.entry)
    assert (entry.kind, entry.actor_kind, entry.detail) == (
        "ledger.tags_sorted",
        "service",
        {"log": settings.LEDGER_ORIGIN, "first": 0, "leaves": SMALL, "root": bytes(row.root).hex()},
    )


def test_sorting_again_does_nothing(one_span: None) -> None:
    sort_tags(60)
    count = Entry.objects.count()
    assert sort_tags(60) is False
    assert Entry.objects.count() == count


def test_sorting_stops_when_its_time_is_over_and_goes_on_later(long_log: None) -> None:
    assert sort_tags(0.0) is True
    assert not TagFile.objects.exists()
    while sort_tags(0.01):
        pass
    assert bytes(TagFile.objects.get(leaves=4 * SMALL).root) == made_by_hand(Span(0, 4 * SMALL)).root


def test_nobody_sorts_while_somebody_else_does(one_span: None) -> None:
    with alone(tags_directory() / "lock") as ours:
        assert ours
        assert sort_tags(60) is False
    assert not TagFile.objects.exists()


def test_a_log_without_a_full_span_has_nothing_to_sort(fill: Fill) -> None:
    fill(3)
    assert sort_tags(60) is False
    assert published_cover(3) == []


def test_an_interrupted_file_is_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "STEP_ROWS", 2)
    span = Span(0, SMALL)
    records = made_by_hand(span).records
    writer = TagWriter(span)
    blocks = (records[at : at + 30_000] for at in range(0, len(records), 30_000))
    assert writer.write(blocks, until=lambda: True) is False
    again = TagWriter(span)
    assert 0 < again.size == writer.size
    assert again.last_record == records[again.size - 24 : again.size]
    assert again.write(iter([records[again.size :]]), until=lambda: False)
    assert again.finish() == made_by_hand(span).root


def test_what_a_crash_left_half_written_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "STEP_ROWS", 4)
    span = Span(0, SMALL)
    records = made_by_hand(span).records
    writer = TagWriter(span)
    writer.write(iter([records[: 12 * ROW_SIZE]]), until=lambda: False)
    for suffix, data in ((".records", b"\0" * 30_000), (".rows", b"\0" * 70)):
        with path_of(span).with_suffix(suffix).open("ab") as file:
            file.write(data)
    files._written.clear()  # another process
    again = TagWriter(span)
    assert again.size <= 12 * ROW_SIZE
    again.write(iter([records[again.size :]]), until=lambda: False)
    assert again.finish() == made_by_hand(span).root


def test_a_lost_file_is_made_again_from_the_leaves(long_log: None) -> None:
    sort_tags(60)
    TagFile.objects.filter(leaves=SMALL).update(kept=False)
    for span in [Span(n * SMALL, SMALL) for n in range(4)] + [Span(0, 4 * SMALL)]:
        path_of(span).unlink()
    count = Entry.objects.count()
    assert sort_tags(60) is False
    with TagReader(Span(0, 4 * SMALL)) as reader:
        assert span_root(reader.whole()) == made_by_hand(Span(0, 4 * SMALL)).root
    assert Entry.objects.count() == count
    assert not any(path_of(Span(n * SMALL, SMALL)).exists() for n in range(4))


def test_a_file_that_differs_from_what_was_recorded_is_not_kept(
    one_span: None, caplog: pytest.LogCaptureFixture
) -> None:
    sort_tags(60)
    TagFile.objects.update(root=b"!" * 32)
    path_of(Span(0, SMALL)).unlink()
    with caplog.at_level(logging.CRITICAL):
        assert sort_tags(60) is False
    assert "are not those that were recorded" in caplog.text
    assert not TagFile.objects.get().kept


def test_only_what_is_published_counts_and_the_largest_files_cover(long_log: None) -> None:
    sort_tags(60)
    assert published_cover(4 * SMALL + 10) == []
    publish()
    assert [one.span for one in published_cover(4 * SMALL + 5)] == [Span(0, 4 * SMALL)]
    assert [one.span for one in published_cover(4 * SMALL + 3)] == [Span(n * SMALL, SMALL) for n in range(3)]
    path_of(Span(0, 4 * SMALL)).unlink()
    assert [one.span for one in published_cover(4 * SMALL + 5)] == [Span(n * SMALL, SMALL) for n in range(4)]


def test_parts_of_a_larger_file_are_removed_after_a_while(long_log: None) -> None:
    sort_tags(60)
    publish()
    assert len(published_files(5 * SMALL)) == 5
    sort_tags(60)
    assert path_of(Span(0, SMALL)).exists()
    TagFile.objects.update(made_at=timezone.now() - timedelta(hours=2))
    sort_tags(60)
    assert [one.span for one in published_files(5 * SMALL)] == [Span(0, 4 * SMALL)]
    assert not path_of(Span(0, SMALL)).exists()


def test_a_reader_opens_what_the_format_says(long_log: None) -> None:
    sort_tags(60)
    span = Span(0, 4 * SMALL)
    expected = made_by_hand(span)
    with TagReader(span) as reader:
        for begin, end in ((0, span.pages), (0, 64), (64, 128), (128, 256), (96, 128), (6, 7), (8190, 8192)):
            assert reader.subtree(begin, end) == expected.subtree(begin, end)
        assert next(reader.blocks_after(b"", 1000)) == expected.read(0, 1000)
        assert b"".join(reader.blocks_after(expected.read(9999, 1), 1000)) == expected.records[24 * 10_000 :]
    assert Opening(span, [], b"", [expected.root]).root() == expected.root


def test_the_check_of_the_ledger_derives_every_root_again(monkeypatch: pytest.MonkeyPatch) -> None:
    log_of(2, monkeypatch)
    sort_tags(60)
    assert list(check_tag_files()) == []
    changed = bytearray(path_of(Span(0, SMALL)).read_bytes())
    changed[100] ^= 1
    path_of(Span(0, SMALL)).write_bytes(changed)
    TagFile.objects.filter(first=SMALL).update(root=b"!" * 32)
    found = [(one.where, one.what) for one in check_tag_files()]
    assert found == [
        (f"sorted tags 0-{SMALL}", "the file does not hold the tags of its leaves"),
        (f"sorted tags {SMALL}-{SMALL}", "the root that is recorded is not that of its leaves"),
    ]
    path_of(Span(0, SMALL)).unlink()
    assert next(check_tag_files()).only_notable


def name(root: str, *, log: str = "") -> str:
    """Record a root for the first span, as nobody but a changed program does."""
    event = TagsSorted(log=log or settings.LEDGER_ORIGIN, first=0, leaves=SMALL, root=root)
    with transaction.atomic():
        return record(event, actor=making.SORTING)


def test_two_roots_for_one_span_are_an_alarm(one_span: None) -> None:
    sort_tags(60)
    first = TagFile.objects.get()
    assert list(check_named_roots()) == []
    name(bytes(first.root).hex())  # to say the same thing twice is no lie
    assert list(check_named_roots()) == []
    second = name("00" * 32)
    [found] = check_named_roots()
    assert str(found) == (
        f"entry {second}: it names another root for the sorted tags 0-{SMALL} than entry {first.entry}"
    )


def test_a_root_that_nobody_here_made_is_an_alarm(one_span: None) -> None:
    name("00" * 32)
    [found] = check_named_roots()
    assert "that was not made here" in found.what


def test_what_a_log_before_this_one_said_is_no_alarm_unless_it_said_two_things(one_span: None) -> None:
    name("00" * 32, log="before.example/ledger")
    assert list(check_named_roots()) == []
    name("11" * 32, log="before.example/ledger")
    assert len(list(check_named_roots())) == 1


def test_the_check_that_never_ends_tells_of_it(fill: Fill, caplog: pytest.LogCaptureFixture) -> None:
    name("00" * 32)
    fill(1)
    rolling.check_next()
    assert "that was not made here" in caplog.text
    assert [one.where.split()[0] for one in rolling.damage()] == ["entry"]
    assert Entry.objects.filter(kind="ledger.damage_found").count() == 1
