"""A line that is read by its looks says exactly what it says when it is read in full."""

import random
import re
import string

import orjson
import pytest

from tests.fakes.ledger import events_in, identifier, small_ledger
from tests.verifier.conftest import in_short
from verifier import usual
from verifier.events import EventReader
from verifier.form import BY_TOKEN
from verifier.report import MismatchError
from verifier.scope import Scope, Stream

COUNT = 20_000
# What may turn a line into another that is valid too, or that only just is not.
PIECES = (
    b'"', b"\\", b"\\u0061", b"\x00", b"\x1f", b"\x7f", b"\xff", "é".encode(), b"\xed\xa0\x80", b"\r", b" ", b",", b":",
    b"{}", b"[]", b"null", b"true", b"false", b"0", b"-0", b"00", b"1", b"-1", b"+1", b"1.0", b"1e3", b"person",
    b"9007199254740991", b"9007199254740993", b"999999999999999", b"9223372036854775808", b"=", b"A", b"b", b"a",
    b'"x":1,', b'"kind":"', b'"detail.name":"other",', b'"tags":{"person":3}', b'""', b'"ana"', b'"w1"',
)  # fmt: skip
TOKEN = re.compile(rb'"[^"]*"|[0-9]+|[a-z]+|.', re.DOTALL)


@pytest.fixture
def lines() -> list[bytes]:
    """The events of a workspace, as an export has those that it discloses as a whole."""
    ledger = small_ledger()
    ledger.record(workspace="w1", item="file0", actor="ana", **{BY_TOKEN: identifier("token", 1)})
    return [orjson.dumps(event) for event in events_in(in_short(ledger, "seed"))]


def scope(*, complete: bool = True) -> Scope:
    ledger = small_ledger()
    opened = [ledger.stream("workspace", "w1"), ledger.stream("person", "ana")]
    return Scope(complete, 11, tuple(Stream(one.kind, one.id, one.key, one.length) for one in opened[: 1 + complete]))


def in_full(monkeypatch: pytest.MonkeyPatch, scope: Scope) -> EventReader:
    reader = EventReader(scope)
    monkeypatch.setattr(reader._usual, "learn", lambda _: None)
    return reader


def said(reader: EventReader, line: bytes) -> object:
    try:
        return reader.read(line, 7)
    except MismatchError as mismatch:
        return mismatch.args, mismatch.where


def changed(chance: random.Random, line: bytes) -> bytes:
    tokens = TOKEN.findall(line)
    for _ in range(chance.choice((1, 1, 1, 2))):
        at = chance.randrange(len(tokens))
        other = chance.choice((chance.choice(PIECES), chance.choice(tokens), b""))
        tokens[at : at + chance.choice((0, 1, 1))] = [other]
    return b"".join(tokens)


def known_lines(reader: EventReader, lines: list[bytes]) -> int:
    return sum(reader._usual.read(line) is not None for line in lines)


def test_it_knows_a_line_that_looks_like_one_before(lines: list[bytes]) -> None:
    reader = EventReader(scope(complete=False))
    assert known_lines(reader, lines) == 0
    for line in lines:
        reader.read(line, 1)
    assert known_lines(reader, lines) == len(lines)


@pytest.mark.parametrize("complete", [True, False])
def test_no_change_makes_it_say_anything_else(
    lines: list[bytes], monkeypatch: pytest.MonkeyPatch, *, complete: bool
) -> None:
    quick, slow = EventReader(scope(complete=complete)), in_full(monkeypatch, scope(complete=complete))
    chance, taken = random.Random(7), 0
    for number in range(COUNT):
        line = changed(chance, lines[number % len(lines)]) if number >= len(lines) else lines[number]
        taken += quick._usual.read(line) is not None
        assert said(quick, line) == said(slow, line), line
    assert COUNT // 100 < taken < COUNT // 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        *((b"results.csv", b"results%c.csv" % one) for one in range(32)),
        (b"results.csv", b"results\xff.csv"),
        (b"results.csv", b"results\xed\xa0\x80.csv"),
        (b"results.csv", b"results\\u002ecsv"),
        (b'"detail.size":1024', b'"detail.size":-0'),
        (b'"detail.size":1024', b'"detail.size":01024'),
        (b'"schema":1', b'"schema":0'),
        (b'"schema":1', b'"schema":true'),
        (b'"outcome":"allow"', b'"outcome":null'),
        (b'="}', b'="} '),
        (b'="}', b'="}\r'),
    ],
)
def test_it_leaves_every_other_spelling_to_the_full_reading(lines: list[bytes], before: bytes, after: bytes) -> None:
    reader = EventReader(scope(complete=False))
    reader.read(lines[0], 1)
    assert lines[0].count(before) == 1
    assert reader._usual.read(lines[0].replace(before, after)) is None


def test_it_leaves_a_seed_in_another_spelling_to_the_full_reading(lines: list[bytes]) -> None:
    """The last digit of a seed in base64 has two bits that stand for nothing."""
    reader = EventReader(scope(complete=False))
    reader.read(lines[0], 1)
    digits = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
    other = digits[digits.index(chr(lines[0][-4])) + 1].encode()
    assert reader._usual.read(lines[0][:-4] + other + lines[0][-3:]) is None


@pytest.mark.parametrize("token", [b"null", b'"none"', b"1"])
def test_it_leaves_an_impossible_token_to_the_full_reading(lines: list[bytes], token: bytes) -> None:
    reader = EventReader(scope(complete=False))
    reader.read(lines[-1], 1)
    assert reader._usual.read(lines[-1]) is not None
    assert reader._usual.read(re.sub(rb'(?<="detail.by_token":)"[^"]*"', token, lines[-1])) is None


def test_it_tells_which_token_a_program_used(lines: list[bytes]) -> None:
    reader = EventReader(scope(complete=False))
    assert [reader.read(lines[-1], 1).token for _ in range(2)] == [identifier("token", 1)] * 2


def test_it_takes_text_beyond_ascii(lines: list[bytes]) -> None:
    reader = EventReader(scope(complete=False))
    reader.read(lines[0], 1)
    assert reader._usual.read(lines[0].replace(b"results.csv", "Röntgen 結果.csv".encode())) is not None


def test_it_learns_only_so_many_shapes(lines: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who changes the order of names with every line must not cost more than reading in full."""
    monkeypatch.setattr(usual, "_MOST", 3)
    reader = EventReader(scope(complete=False))
    for number in range(10):
        event = orjson.loads(lines[0])
        event["fields"][f"detail.more{number}"] = 1
        reader.read(orjson.dumps(event), 1)
    assert len(reader._usual._learnt) == 3


def test_it_learns_no_event_with_more_names_than_any_of_ours(lines: list[bytes]) -> None:
    event = orjson.loads(lines[0])
    event["fields"] |= {f"detail.more{number}": 1 for number in range(60)}
    reader = EventReader(scope(complete=False))
    reader.read(orjson.dumps(event), 1)
    assert not reader._usual._learnt
