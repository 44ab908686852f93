import io
import tracemalloc
from collections.abc import Iterator
from hashlib import sha256

import pytest

from ledger_bridge.exporting_short import MOST_LOOKED_UP
from ledger_bridge.tag_files.making import LARGEST_SPAN
from ledger_bridge.tlog import merkle, partial
from ledger_bridge.tlog.errors import FormatError, ProofError
from ledger_bridge.tlog.tags import (
    MOST_HASHES,
    MOST_PAGES,
    PAGE_SIZE,
    RECORD_SIZE,
    Opening,
    Span,
    cover,
    due_spans,
    merge,
    open_span,
    pages_about,
    records_of,
    require_cover,
    root_from_leaves,
    row_hashes,
    sorted_records,
    span_root,
)
from tests.fakes.tags import FakeTagFile, random_leaves, tag_file

SIZE = 4096
LEAVES = random_leaves(4 * SIZE)
SPAN = Span(0, SIZE)


@pytest.fixture
def file() -> FakeTagFile:
    return tag_file(SPAN, LEAVES)


def opened(data: bytes, span: Span = SPAN) -> Opening:
    return Opening.read(span, io.BytesIO(data).read)


def tag_in(index: int, slot: int) -> bytes:
    return LEAVES[index][1 + 16 * slot : 17 + 16 * slot]


def repeating(tag: bytes, *places: tuple[int, int]) -> FakeTagFile:
    leaves = [bytearray(leaf) for leaf in LEAVES[:SIZE]]
    for index, slot in places:
        leaves[index][1 + 16 * slot : 17 + 16 * slot] = tag
    return tag_file(SPAN, [bytes(leaf) for leaf in leaves])


@pytest.mark.parametrize(
    ("first", "leaves"), [(0, 4095), (0, 8192), (4096, 16384), (1, 4096), (-4096, 4096), (0, 0), (1 << 50, 4096)]
)
def test_there_are_no_spans_of_other_sizes_and_places(first: int, leaves: int) -> None:
    with pytest.raises(FormatError, match="there is no span"):
        Span(first, leaves)


def test_a_span_consists_of_four_smaller_ones() -> None:
    assert Span(65536, 65536).parts() == [Span(65536 + n * 16384, 16384) for n in range(4)]
    assert Span(4096, 4096).parts() == []


def test_a_log_fills_its_small_spans_first() -> None:
    due = list(due_spans(5 * SIZE + 7, largest=1 << 20))
    assert due == [*(Span(n * SIZE, SIZE) for n in range(5)), Span(0, 4 * SIZE)]
    assert list(due_spans(4 * SIZE, largest=SIZE)) == due[:4]


def test_the_cover_takes_the_largest_spans_and_stops_at_a_gap() -> None:
    spans = [*due_spans(9 * SIZE, largest=1 << 20)]
    assert cover(spans, 9 * SIZE) == [Span(0, 4 * SIZE), Span(4 * SIZE, 4 * SIZE), Span(8 * SIZE, SIZE)]
    assert cover([one for one in spans if one.first != 4 * SIZE], 9 * SIZE) == [Span(0, 4 * SIZE)]
    assert cover(spans, 4 * SIZE - 1) == [Span(0, SIZE), Span(SIZE, SIZE), Span(2 * SIZE, SIZE)]


def test_a_gap_and_an_overlap_are_no_cover() -> None:
    assert require_cover([Span(0, 4 * SIZE), Span(4 * SIZE, SIZE)]) == 5 * SIZE
    for spans in ([Span(SIZE, SIZE)], [SPAN, Span(2 * SIZE, SIZE)], [SPAN, SPAN], [SPAN, Span(0, 4 * SIZE)]):
        with pytest.raises(ProofError, match="a span begins at leaf"):
            require_cover(spans)


def test_a_record_is_a_tag_and_its_place() -> None:
    records = records_of(LEAVES[7] + LEAVES[8], 7)
    assert records[5] == tag_in(8, 1) + (4 * 8 + 1).to_bytes(8, "big")
    assert len(records) == 8


def test_leaves_that_are_cut_or_of_another_number_are_refused() -> None:
    with pytest.raises(FormatError, match="97 bytes"):
        records_of(LEAVES[0][:-1], 0)
    with pytest.raises(FormatError, match="is not made of"):
        sorted_records(LEAVES[0], SPAN)


def test_the_root_is_that_of_the_tree_over_the_pages(file: FakeTagFile) -> None:
    pages = [file.page(number) for number in range(SPAN.pages)]
    assert file.root == merkle.root(map(merkle.leaf_hash, pages))
    assert row_hashes(file.records)[1] == merkle.root(map(merkle.leaf_hash, pages[64:128]))
    with pytest.raises(FormatError, match="rows of 64 pages"):
        span_root([file.records[:PAGE_SIZE]])


def test_merging_parts_gives_the_records_of_the_whole() -> None:
    whole = Span(0, 4 * SIZE)
    parts = [tag_file(part, LEAVES).records for part in whole.parts()]

    def blocks(data: bytes, records: int) -> Iterator[bytes]:
        step = records * RECORD_SIZE
        return (data[at : at + step] for at in range(0, len(data), step))

    merged = list(merge([blocks(part, 1000 + 37 * n) for n, part in enumerate(parts)]))
    assert b"".join(merged) == tag_file(whole, LEAVES).records
    assert max(map(len, merged)) <= 4 * 1111 * RECORD_SIZE


def test_a_tag_is_found_where_it_stands(file: FakeTagFile) -> None:
    for index, slot in ((0, 0), (1234, 3), (4095, 2)):
        shown = opened(file.open(tag_in(index, slot)))
        assert shown.root() == file.root
        assert shown.find(tag_in(index, slot)) == [(index, slot)]


def test_a_tag_that_stands_nowhere_is_shown_to_be_absent(file: FakeTagFile) -> None:
    absent = [sha256(b"%d" % n).digest()[:16] for n in range(40)]
    shown = opened(file.open(*absent))
    assert shown.root() == file.root
    assert [shown.find(tag) for tag in absent] == [[]] * 40


def test_the_smallest_and_the_largest_tag_have_one_neighbour(file: FakeTagFile) -> None:
    for tag, page in ((bytes(16), 0), (b"\xff" * 16, SPAN.pages - 1)):
        assert pages_about(tag, SPAN, file.read) == range(page, page + 1)
        assert opened(file.open(tag)).find(tag) == []
        there = repeating(tag, (17, 1))
        assert opened(there.open(tag)).find(tag) == [(17, 1)]


def test_every_place_of_a_tag_that_stands_often_is_found() -> None:
    tag = sha256(b"often").digest()[:16]
    places = [(n * 100, n % 4) for n in range(30)]
    file = repeating(tag, *places)
    shown = opened(file.open(tag))
    assert len(shown.pages) >= 4
    assert sorted(shown.find(tag)) == places


def test_a_page_that_was_left_out_between_neighbours_is_noticed() -> None:
    tag = sha256(b"often").digest()[:16]
    file = repeating(tag, *((n * 100, n % 4) for n in range(30)))
    first, *_, last = pages_about(tag, SPAN, file.read)
    for kept in ([first, last], [first - 1, last + 1], [last], [first], []):
        shown = opened(open_span({number: file.page(number) for number in kept}, SPAN, file))
        assert shown.root() == file.root
        with pytest.raises(ProofError, match="side by side"):
            shown.find(tag)


def test_changed_pages_and_hashes_give_another_root(file: FakeTagFile) -> None:
    data = file.open(tag_in(5, 0))
    for at in (20, 200, len(data) - 1):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        assert opened(changed).root() != file.root


def test_a_page_under_another_number_gives_another_root_or_none(file: FakeTagFile) -> None:
    data = bytearray(file.open(tag_in(5, 0)))
    number = int.from_bytes(data[8:16], "big")
    data[8:16] = (number ^ 1).to_bytes(8, "big")
    assert opened(bytes(data)).root() != file.root
    data[8:16] = SPAN.pages.to_bytes(8, "big")
    with pytest.raises(ProofError, match="lie outside"):
        opened(bytes(data)).root()


def test_an_opening_that_is_cut_or_boasts_is_refused(file: FakeTagFile) -> None:
    data = file.open(tag_in(5, 0))
    for cut in (b"", data[:7], data[:100], data[:-1]):
        with pytest.raises(FormatError, match="it is cut"):
            opened(cut)
    with pytest.raises(FormatError, match="more pages than the span has"):
        opened(b"\xff" * 8 + data)


def test_records_that_are_not_sorted_or_about_other_leaves_are_refused(file: FakeTagFile) -> None:
    unsorted = Opening(SPAN, [0], file.page(0)[RECORD_SIZE:] + file.page(0)[:RECORD_SIZE])
    with pytest.raises(ProofError, match="not sorted"):
        unsorted.check_records()
    with pytest.raises(ProofError, match="outside the span"):
        Opening(Span(SIZE, SIZE), [0], file.page(0)).check_records()
    opened(file.open(tag_in(5, 0))).check_records()


@pytest.mark.parametrize("at_once", [1 << 21, 5000, 300])
def test_the_root_of_a_span_follows_from_its_leaves_alone(at_once: int) -> None:
    span = Span(SIZE, SIZE)
    chunks = [b"".join(LEAVES[n : n + 512]) for n in range(span.first, span.end, 512)]
    assert root_from_leaves(span, lambda: chunks, at_once=at_once) == tag_file(span, LEAVES).root
    with pytest.raises(FormatError, match="is not made of"):
        root_from_leaves(span, lambda: chunks[:-1], at_once=at_once)


HUGE = Span(0, SIZE * 4**15)


@pytest.mark.parametrize(
    ("pages", "hashes"), [(MOST_PAGES + 1, 0), (0, MOST_HASHES + 1), (0xFFFFFFFF, 0xFFFFFFFF), (MOST_PAGES + 1, 1)]
)
def test_an_opening_that_says_far_too_much_is_refused_before_it_is_read(pages: int, hashes: int) -> None:
    asked: list[int] = []

    def read(size: int) -> bytes:
        asked.append(size)
        return (pages.to_bytes(4, "big") + hashes.to_bytes(4, "big") + bytes(1 << 16))[:size]

    with pytest.raises(FormatError, match="far more than any trail"):
        Opening.read(HUGE, read)
    assert asked == [8]


def test_the_largest_opening_that_is_read_takes_a_bounded_amount_of_memory() -> None:
    counts = MOST_PAGES.to_bytes(4, "big") + MOST_HASHES.to_bytes(4, "big")
    tracemalloc.start()
    try:
        given = iter([counts, bytes(MOST_PAGES * (8 + PAGE_SIZE)), bytes(MOST_HASHES * 32)])
        Opening.read(HUGE, lambda _: next(given))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 300 << 20


def test_no_trail_that_is_made_here_comes_near_what_is_refused() -> None:
    largest = Span(0, LARGEST_SPAN)
    pages = 2 * MOST_LOOKED_UP
    assert pages < MOST_PAGES
    spread = range(0, largest.pages, largest.pages // pages)
    assert sum(1 for _ in partial.missing(largest.pages, spread)) < MOST_HASHES
