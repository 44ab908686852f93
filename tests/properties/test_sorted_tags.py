"""What must hold for parts of trees, and for tags that are looked up in sorted ones."""

import io
from bisect import bisect_left
from hashlib import sha256

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_bridge.tlog import merkle, partial
from ledger_bridge.tlog.errors import ProofError
from ledger_bridge.tlog.tags import Opening, Span, cover, due_spans, merge, require_cover
from tests.fakes.tags import random_leaves, tag_file

SPAN = Span(0, 4096)
FILE = tag_file(SPAN, random_leaves(4096))
TAGS = sorted(FILE.records[at : at + 16] for at in range(0, len(FILE.records), 24))
SIZES = st.integers(1, 150)


def hashes_of(size: int) -> list[bytes]:
    return [sha256(b"%d" % n).digest() for n in range(size)]


@settings(deadline=None, max_examples=50)
@given(SIZES, st.data())
def test_a_part_of_a_tree_gives_its_root_and_those_it_had(size: int, data: st.DataObject) -> None:
    hashes = hashes_of(size)
    shown = sorted(data.draw(st.sets(st.integers(0, size - 1), max_size=12)))
    cuts = sorted(data.draw(st.sets(st.integers(1, size), max_size=5)) - {size})
    proof = [merkle.root(hashes[begin:end]) for begin, end in partial.missing(size, shown, cuts)]
    found = partial.roots(size, shown, {n: hashes[n] for n in shown}, proof, tuple(cuts))
    assert found == {n: merkle.root(hashes[:n]) for n in (*cuts, size)}


@settings(deadline=None, max_examples=50)
@given(SIZES, st.data())
def test_a_part_with_anything_changed_gives_another_root_or_none(size: int, data: st.DataObject) -> None:
    hashes = hashes_of(size)
    shown = sorted(data.draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=6)))
    proof = [merkle.root(hashes[begin:end]) for begin, end in partial.missing(size, shown)]
    parts = {n: hashes[n] for n in shown}
    what = data.draw(st.sampled_from(["leaf", "hash", "more", "fewer", "place"]))
    if what == "leaf" or not proof:
        parts[data.draw(st.sampled_from(shown))] = b"!" * 32
    elif what == "hash":
        proof[data.draw(st.integers(0, len(proof) - 1))] = b"!" * 32
    elif what == "more":
        proof.append(proof[0])
    elif what == "fewer":
        del proof[data.draw(st.integers(0, len(proof) - 1))]
    else:
        at = data.draw(st.sampled_from(shown))
        other = data.draw(st.integers(0, size - 1).filter(lambda one: one not in parts))
        parts[other] = parts.pop(at)
        shown = sorted(parts)
    try:
        found = partial.roots(size, shown, parts, proof)
    except ProofError:
        return
    assert found != {size: merkle.root(hashes)}


@settings(deadline=None, max_examples=50)
@given(st.lists(st.binary(min_size=16, max_size=16) | st.sampled_from(TAGS), min_size=1, max_size=30))
def test_every_tag_is_found_as_often_as_it_stands(wanted: list[bytes]) -> None:
    opening = Opening.read(SPAN, io.BytesIO(FILE.open(*wanted)).read)
    opening.check_records()
    assert opening.root() == FILE.root
    for tag in wanted:
        at = bisect_left(TAGS, tag)
        assert len(opening.find(tag)) == (TAGS[at : at + 1] == [tag])


@settings(deadline=None, max_examples=50)
@given(st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=10), st.binary(min_size=16, max_size=16))
def test_what_was_not_opened_is_never_called_absent(wanted: list[bytes], other: bytes) -> None:
    opening = Opening.read(SPAN, io.BytesIO(FILE.open(*wanted)).read)
    try:
        found = opening.find(other)
    except ProofError:
        return
    assert len(found) == TAGS.count(other)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(st.binary(min_size=24, max_size=24), max_size=40), max_size=5), st.integers(1, 9))
def test_merging_sorts_everything_once(lists: list[list[bytes]], step: int) -> None:
    sources = [sorted(one) for one in lists]
    blocks = [[b"".join(one[at : at + step]) for at in range(0, len(one), step)] for one in sources]
    assert b"".join(merge(blocks)) == b"".join(sorted(record for one in sources for record in one))


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 400_000), st.data())
def test_a_cover_has_no_gaps_and_ends_within_the_log(size: int, data: st.DataObject) -> None:
    due = list(due_spans(size, largest=1 << 20))
    there = data.draw(st.lists(st.sampled_from(due), unique=True)) if due else []
    assert require_cover(cover(there, size)) <= size
    assert require_cover(cover(due, size)) == size - size % 4096
