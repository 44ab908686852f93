"""Entries, leaves and streams: `docs/formats/entry.md`, byte for byte.

Rules enforced
    * field names match `[a-z][a-z0-9_.]{0,63}`; values are JSON without floating-point numbers, integers below 2^53 in
      magnitude, object keys ASCII, at most 16 levels deep, text without lone surrogates;
    * the canonical form is RFC 8785; without floats and with ASCII keys it is plain JSON with sorted keys;
    * seeds, salts, stream keys and hashes have 32 bytes, tags 16, a leaf 97.

Out of scope: which fields an entry has (`ledger_bridge.recording`), and where seeds and stream keys live. They are the
secrets here: whoever has a seed can undo the hiding of every field of its entry.

`commitment` and `tag` run once or more per event, so they do with two plain SHA-256 calls what `hmac` would do, and go
on from copies of a hash that has taken in what always comes first: looking the algorithm up again for every hash would
take longer than hashing. The same bytes, in a third of the time.
"""

import re
from base64 import b64encode
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from json import JSONEncoder
from json.encoder import encode_basestring as _quote
from typing import Any, NamedTuple, TypeAlias

from ledger_bridge.tlog.errors import FormatError

SECRET_SIZE = 32
HASH_SIZE = 32
TAG_SIZE = 16
LEAF_SIZE = 97
LEAF_VERSION = 1
SLOTS = ("workspace", "item", "actor", "person")
"""The slots of a leaf, in order. A stream of kind "person" may stand in the actor's slot or in the person's."""

MAX_DEPTH = 16
MAX_INTEGER = 2**53 - 1
MAX_FIELDS = 2**16 - 1
_USUAL_FIELDS = 64

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"

_SALT = b"ithaca.salt.v1\x00"
_FIELD = b"ithaca.field.v1\x00"
_ENTRY = b"ithaca.entry.v1\x00"
_TAG = b"ithaca.tag.v1\x00"
_PAD = b"ithaca.pad.v1\x00"
_STREAM = b"ithaca.stream.v1\x00"

_NAME = re.compile(r"[a-z][a-z0-9_.]{0,63}", re.ASCII)
_encode = JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode

# HMAC-SHA-256 pads the key to one block of 64 bytes and masks it once for the inner and once for the outer hash.
_INNER_MASK = bytes(n ^ 0x36 for n in range(256))
_OUTER_MASK = bytes(n ^ 0x5C for n in range(256))
_BLOCK = 64

# What the hashes of all entries begin with, taken in once.
_begin_field = sha256(_FIELD).copy


def canonical(value: Json) -> bytes:
    """The RFC 8785 form of a value.

    Raises:
        FormatError: the value is not one that an entry may hold.

    """
    if value is None:
        return b"null"
    try:
        if isinstance(value, str):  # the usual case, several times faster than the general encoder
            return _quote(value).encode()
        if type(value) is int:
            return b"%d" % _small(value)
        return _encode(_plain(value, MAX_DEPTH)).encode()
    except UnicodeEncodeError as error:
        raise FormatError("a text holds half of a surrogate pair") from error


def _plain(value: Any, depth: int) -> Any:
    """Return the value if it has a form here. Booleans are integers to Python, and that is fine."""
    if isinstance(value, int):
        return _small(value)
    if value is not None and not isinstance(value, str):
        for one in _parts(value, depth):
            _plain(one, depth - 1)
    return value


def _small(value: Any) -> Any:
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise FormatError("an integer is larger than 2^53 - 1")
    return value


def _parts(value: Any, depth: int) -> Iterable[Any]:
    if depth == 0:
        raise FormatError(f"a value is nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, list | tuple):
        return value
    if not isinstance(value, dict):
        raise FormatError(f"a value of type {type(value).__name__} has no form in an entry")
    if not all(isinstance(key, str) and key.isascii() for key in value):
        raise FormatError("the keys of an object are ASCII text")
    return value.values()


def require_field_name(name: str) -> None:
    """Refuse what cannot be the name of a field.

    Raises:
        FormatError: it cannot.

    """
    if not _NAME.fullmatch(name):
        raise FormatError(f"{name[:80]!r} is not the name of a field")


@lru_cache(maxsize=4096)
def _framed_name(name: str) -> bytes:
    """`u16(len(name)) ‖ name`. The same few dozen names come again and again."""
    require_field_name(name)
    return len(name).to_bytes(2, "big") + name.encode()


class Order(NamedTuple):
    """The names of fields in ascending order, as they stand in a salt, and as they stand in a field's hash."""

    names: tuple[str, ...]
    salted: tuple[bytes, ...]
    framed: tuple[bytes, ...]


def in_order(names: tuple[str, ...]) -> Order:
    """Put the names of an entry's fields in order.

    Raises:
        FormatError: one of them is not the name of a field.

    """
    # Entries of one kind have the same names. What has more of them than any of ours is not worth remembering.
    return _remembered_order(names) if len(names) <= _USUAL_FIELDS else _order(names)


def _order(names: tuple[str, ...]) -> Order:
    ordered = tuple(sorted(names))
    return Order(ordered, tuple(name.encode() for name in ordered), tuple(map(_framed_name, ordered)))


_remembered_order = lru_cache(maxsize=256)(_order)


def field_hash(name: str, value: Json, salt: bytes) -> bytes:
    """What a commitment holds of one field.

    Raises:
        FormatError: name, value or salt has the wrong form.

    """
    if len(salt) != SECRET_SIZE:
        raise FormatError(f"a salt has {SECRET_SIZE} bytes")
    return sha256(_FIELD + salt + _framed_name(name) + canonical(value)).digest()


def salt(seed: bytes, name: str) -> bytes:
    """The salt of one field: what discloses it, together with its value.

    Raises:
        FormatError: the seed does not have 32 bytes.

    """
    return _Hmac(seed, _SALT).digest(name.encode())


def commitment(fields: Mapping[str, Json], seed: bytes) -> bytes:
    """The commitment to an entry.

    Raises:
        FormatError: a name, a value or the seed has the wrong form.

    """
    order = in_order(tuple(fields))
    return commitment_to_values(order, [canonical(fields[name]) for name in order.names], seed)


def commitment_to_values(order: Order, values: Iterable[bytes], seed: bytes) -> bytes:
    """The commitment to an entry, from the canonical form of every value, in the order of the names.

    Raises:
        FormatError: the seed does not have 32 bytes.

    """
    return sha256(_entry_frame(len(order.names)) + b"".join(_hashes(order, values, seed))).digest()


def field_hashes(fields: Mapping[str, Json], seed: bytes) -> dict[str, bytes]:
    """The hash of every field, by name in ascending order.

    Raises:
        FormatError: a name, a value or the seed has the wrong form.

    """
    order = in_order(tuple(fields))
    values = (canonical(fields[name]) for name in order.names)
    return dict(zip(order.names, _hashes(order, values, seed), strict=True))


def _hashes(order: Order, values: Iterable[bytes], seed: bytes) -> list[bytes]:
    begin_inner, begin_outer = _Hmac(seed, _SALT).beginnings
    hashes = []
    for salted, framed, value in zip(order.salted, order.framed, values, strict=True):
        # salt() and field_hash() written out: these lines run for every field of every entry.
        inner = begin_inner()
        inner.update(salted)
        outer = begin_outer()
        outer.update(inner.digest())
        made = _begin_field()
        made.update(outer.digest() + framed + value)
        hashes.append(made.digest())
    return hashes


def disclosed_hashes(fields: Mapping[str, Json], salts: bytes) -> dict[str, bytes]:
    """The hash of every disclosed field by name, from the salts as an export holds them: joined in the order of names.

    Raises:
        FormatError: a name or a value has the wrong form, or there is not one salt for every field.

    """
    if len(salts) != SECRET_SIZE * len(fields):
        raise FormatError("there is not one salt for every disclosed field")
    hashes, order = {}, in_order(tuple(fields))
    for at, (name, framed) in enumerate(zip(order.names, order.framed, strict=True)):
        # field_hash() written out: a verifier runs these lines for every field of every event.
        made = _begin_field()
        made.update(salts[at * SECRET_SIZE : (at + 1) * SECRET_SIZE] + framed + canonical(fields[name]))
        hashes[name] = made.digest()
    return hashes


def commitment_from_hashes(hashes: Mapping[str, bytes]) -> bytes:
    """The commitment, from the hash of every field by name: what a verifier has.

    Raises:
        FormatError: a hash does not have 32 bytes.

    """
    body = b"".join([hashes[name] for name in sorted(hashes)])
    if len(body) != HASH_SIZE * len(hashes):
        raise FormatError(f"the hash of a field has {HASH_SIZE} bytes")
    return sha256(_entry_frame(len(hashes)) + body).digest()


def _entry_frame(fields: int) -> bytes:
    if fields > MAX_FIELDS:
        raise FormatError(f"an entry has at most {MAX_FIELDS} fields")
    return _ENTRY + fields.to_bytes(2, "big")


def disclose(
    *, index: int, tags: Mapping[str, int], fields: Mapping[str, Json], seed: bytes, hide: Container[str] = ()
) -> dict[str, Any]:
    """An event as a trail export and a receipt hold it: some fields in clear with their salts, the others as hashes.

    Raises:
        FormatError: a name, a value or the seed has the wrong form.

    """
    shown = [name for name in sorted(fields) if name not in hide]
    hidden = [name for name in sorted(fields) if name in hide]
    salts = _Hmac(seed, _SALT)
    return {
        "index": index,
        "tags": dict(tags),
        "fields": {name: fields[name] for name in shown},
        "salts": b64encode(b"".join([salts.digest(name.encode()) for name in shown])).decode(),
        "hidden": {name: field_hash(name, fields[name], salt(seed, name)).hex() for name in hidden},
    }


def disclose_whole(*, index: int, tags: Mapping[str, int], fields: Mapping[str, Json], seed: bytes) -> dict[str, Any]:
    """An event with all its fields in clear, as a trail export holds it: the seed stands for all salts."""
    return {"index": index, "tags": dict(tags), "fields": dict(fields), "seed": b64encode(seed).decode()}


def disclose_erased(*, index: int, tags: Mapping[str, int], commitment: bytes) -> dict[str, Any]:
    """An event that was erased, as a trail export holds it: nothing but its place and its commitment."""
    return {"index": index, "tags": dict(tags), "commitment": commitment.hex(), "erased": True}


def tag(key: bytes, number: int) -> bytes:
    """The tag that entry `number` (counted from 1) of a stream carries in its leaf.

    Raises:
        FormatError: the key does not have 32 bytes.

    """
    return _stream_hmac(key).digest(number.to_bytes(8, "big"))[:TAG_SIZE]


def tags(key: bytes, first: int, last: int) -> Iterator[bytes]:
    """The tags of the numbers `first` to `last`, both included.

    Raises:
        FormatError: the key does not have 32 bytes.

    """
    stream = _stream_hmac(key)
    for number in range(first, last + 1):
        yield stream.digest(number.to_bytes(8, "big"))[:TAG_SIZE]


def stream_commitment(key: bytes) -> bytes:
    """What an entry says of the key of a stream without giving it away.

    Raises:
        FormatError: the key does not have 32 bytes.

    """
    if len(key) != SECRET_SIZE:
        raise FormatError(f"the key of a stream has {SECRET_SIZE} bytes")
    return sha256(_STREAM + key).digest()


def pad(seed: bytes, slot: int) -> bytes:
    """What fills a slot without a stream; nobody can tell it from a tag.

    Raises:
        FormatError: the seed does not have 32 bytes, or there is no such slot.

    """
    if not 0 <= slot < len(SLOTS):
        raise FormatError(f"a leaf has no slot {slot}")
    return _Hmac(seed, _PAD).digest(bytes([slot]))[:TAG_SIZE]


@dataclass(frozen=True)
class Leaf:
    """A leaf taken apart: a tag or a pad for each slot, and the commitment."""

    tags: tuple[bytes, ...]
    commitment: bytes


def leaf(tags: Sequence[bytes], commitment: bytes) -> bytes:
    """The 97 bytes that the log commits to.

    Raises:
        FormatError: the number or the length of the parts is wrong.

    """
    made = b"".join((bytes([LEAF_VERSION]), *tags, commitment))
    if len(tags) != len(SLOTS) or len(made) != LEAF_SIZE or len(commitment) != HASH_SIZE:
        raise FormatError(f"a leaf is made of {len(SLOTS)} tags and a commitment")
    return made


def parse_leaf(data: bytes) -> Leaf:
    """Take a leaf apart.

    Raises:
        FormatError: its length or its version is not the one described here.

    """
    if len(data) != LEAF_SIZE or data[0] != LEAF_VERSION:
        raise FormatError(f"a leaf has {LEAF_SIZE} bytes and begins with {LEAF_VERSION:#04x}")
    ends = range(1 + TAG_SIZE, LEAF_SIZE - HASH_SIZE + 1, TAG_SIZE)
    return Leaf(tuple(data[end - TAG_SIZE : end] for end in ends), data[-HASH_SIZE:])


class _Hmac:
    """HMAC-SHA-256 under one 32-byte key, for many short messages that all begin with the same label."""

    __slots__ = ("beginnings",)

    def __init__(self, key: bytes, label: bytes) -> None:
        if len(key) != SECRET_SIZE:
            raise FormatError(f"a seed or a stream key has {SECRET_SIZE} bytes")
        block = key.ljust(_BLOCK, b"\x00")
        inner, outer = sha256(block.translate(_INNER_MASK) + label), sha256(block.translate(_OUTER_MASK))
        self.beginnings = inner.copy, outer.copy
        """They return a hash that has taken in what stands before the message, and before the inner hash."""

    def digest(self, message: bytes) -> bytes:
        begin_inner, begin_outer = self.beginnings
        inner = begin_inner()
        inner.update(message)
        outer = begin_outer()
        outer.update(inner.digest())
        return outer.digest()


@lru_cache(maxsize=64)
def _stream_hmac(key: bytes) -> _Hmac:
    """The few streams that an export discloses are asked for a tag with every event."""
    return _Hmac(key, _TAG)
