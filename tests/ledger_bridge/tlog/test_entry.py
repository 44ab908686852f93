import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from ledger_bridge.tlog import entry
from ledger_bridge.tlog.errors import FormatError
from tests.fakes.ledger import secret

SEED = secret("entry seed")
KEY = secret("stream key")
FIELDS: dict[str, Any] = {"kind": "file.opened", "schema": 1, "detail.name": "Größe.csv", "person": None}


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def test_the_commitment_is_the_one_on_the_format_page() -> None:
    hashed = b""
    for name in sorted(FIELDS):
        salt = hmac_sha256(SEED, b"ithaca.salt.v1\0" + name.encode())
        value = {"kind": b'"file.opened"', "schema": b"1", "person": b"null"}.get(name, '"Größe.csv"'.encode())
        framed = len(name).to_bytes(2, "big") + name.encode()
        hashed += sha256(b"ithaca.field.v1\0" + salt + framed + value).digest()
    expected = sha256(b"ithaca.entry.v1\0" + (4).to_bytes(2, "big") + hashed).digest()
    assert entry.commitment(FIELDS, SEED) == expected


def test_the_tag_is_the_one_on_the_format_page() -> None:
    message = b"ithaca.tag.v1\0" + (7).to_bytes(8, "big")
    assert entry.tag(KEY, 7) == hmac_sha256(KEY, message)[:16]


def test_tags_in_a_row_are_the_tags_one_by_one() -> None:
    assert list(entry.tags(KEY, 3, 5)) == [entry.tag(KEY, n) for n in (3, 4, 5)]


def test_the_pad_is_the_one_on_the_format_page() -> None:
    assert entry.pad(SEED, 2) == hmac_sha256(SEED, b"ithaca.pad.v1\0\x02")[:16]


def test_the_stream_commitment_is_the_one_on_the_format_page() -> None:
    assert entry.stream_commitment(KEY) == sha256(b"ithaca.stream.v1\0" + KEY).digest()


def test_the_commitment_follows_from_the_hashes_of_the_fields() -> None:
    hashes = {name: entry.field_hash(name, value, entry.salt(SEED, name)) for name, value in FIELDS.items()}
    assert entry.commitment_from_hashes(hashes) == entry.commitment(FIELDS, SEED)
    assert entry.field_hashes(FIELDS, SEED) == hashes


def test_what_is_disclosed_and_what_is_hidden_give_the_commitment() -> None:
    event = entry.disclose(index=4, tags={"item": 2}, fields=FIELDS, seed=SEED, hide={"detail.name"})
    salts = b"".join(entry.salt(SEED, name) for name in sorted(event["fields"]))
    hashes = entry.disclosed_hashes(event["fields"], salts)
    hashes |= {name: bytes.fromhex(value) for name, value in event["hidden"].items()}
    assert (event["index"], event["tags"], list(event["hidden"])) == (4, {"item": 2}, ["detail.name"])
    assert entry.commitment_from_hashes(hashes) == entry.commitment(FIELDS, SEED)


def test_a_hidden_value_cannot_be_guessed_from_what_is_shown() -> None:
    event = entry.disclose(index=0, tags={}, fields=FIELDS, seed=SEED, hide={"detail.name"})
    assert "Größe.csv" not in str(event)
    assert entry.salt(SEED, "detail.name").hex() not in str(event)


def test_a_leaf_comes_back() -> None:
    tags = [entry.tag(KEY, n) for n in range(1, 5)]
    leaf = entry.leaf(tags, SEED)
    assert (len(leaf), leaf[0]) == (entry.LEAF_SIZE, 1)
    assert entry.parse_leaf(leaf) == entry.Leaf(tuple(tags), SEED)


@pytest.mark.parametrize("data", [b"", bytes(97), b"\x01" + bytes(95), b"\x01" + bytes(97), b"\x02" + bytes(96)])
def test_it_refuses_what_is_no_leaf(data: bytes) -> None:
    with pytest.raises(FormatError):
        entry.parse_leaf(data)


@pytest.mark.parametrize(
    ("tags", "commitment"),
    [
        ([bytes(16)] * 3, bytes(32)),
        ([bytes(16)] * 4, bytes(31)),
        ([bytes(12)] * 4, bytes(48)),
        ([bytes(16)] * 5, bytes(16)),
    ],
)
def test_it_refuses_to_make_another_leaf(tags: list[bytes], commitment: bytes) -> None:
    with pytest.raises(FormatError):
        entry.leaf(tags, commitment)


@pytest.mark.parametrize("value", [1.0, float("nan"), float("inf"), 2**53, -(2**53), "\ud800", b"bytes", {1: "a"},
                                   {"ä": 1}, [1.5], {"a": [{"b": 2**60}]}, {"a"}, object(), ["\udfff"]])  # fmt: skip
def test_it_refuses_values_without_a_canonical_form(value: Any) -> None:
    with pytest.raises(FormatError):
        entry.canonical(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (-(2**53) + 1, "-9007199254740991"),
        ('é"\\\n\x00\x1f\x7f\u2028', '"é\\"\\\\\\n\\u0000\\u001f\x7f\u2028"'),
        ({"b": [1, {}], "a": [], "B": None}, '{"B":null,"a":[],"b":[1,{}]}'),
        ([True, ["x"]], '[true,["x"]]'),
    ],
)
def test_it_writes_the_canonical_form(value: Any, expected: str) -> None:
    assert entry.canonical(value).decode() == expected


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_it_refuses_values_that_are_nested_too_deeply() -> None:
    entry.canonical(nested(entry.MAX_DEPTH))
    with pytest.raises(FormatError):
        entry.canonical(nested(entry.MAX_DEPTH + 1))


@pytest.mark.parametrize("name", ["", "Kind", "1a", "a-b", "a b", "ä", "a" * 65, "a\n", "_a", ".a"])
def test_it_refuses_what_is_no_name(name: str) -> None:
    with pytest.raises(FormatError):
        entry.commitment({name: 1}, SEED)


SHORT: dict[str, Callable[[], object]] = {
    "seed": lambda: entry.commitment(FIELDS, b"short"),
    "stream key": lambda: entry.tag(b"short", 1),
    "seed of a salt": lambda: entry.salt(bytes(33), "a"),
    "slot": lambda: entry.pad(SEED, 4),
    "committed key": lambda: entry.stream_commitment(b""),
    "salt": lambda: entry.field_hash("a", 1, b"short"),
    "hash": lambda: entry.commitment_from_hashes({"a": b"short"}),
    "salts": lambda: entry.disclosed_hashes({"a": 1}, bytes(33)),
}


@pytest.mark.parametrize("what", SHORT)
def test_it_refuses_secrets_and_hashes_of_another_length(what: str) -> None:
    with pytest.raises(FormatError):
        SHORT[what]()
