"""One event, as `events.jsonl` and receipts hold it: its form, the sanity of its values, and its leaf.

Rules enforced
    * one of the three forms of version 1: a salt for every field in clear, the seed they come from, or erased;
    * every common field is there, in clear or hidden, and values in clear are sane; an erased event has no fields;
    * a program's token, where one acted, is named by its id;
    * the commitment, recomputed from values, salts and hidden hashes, or as an erased event gives it, is the one in the
      leaf.

Out of scope: order, streams and repetition (`events.py`), and whether what is called erased had to be.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from types import NoneType
from typing import Any

from ledger_bridge.tlog.encoding import unbase64
from ledger_bridge.tlog.entry import (
    SLOTS,
    Leaf,
    commitment,
    commitment_from_hashes,
    disclosed_hashes,
    parse_leaf,
    require_field_name,
)
from ledger_bridge.tlog.errors import FormatError


class WrongEventError(Exception):
    """An event contradicts itself, its leaf or a stream; `field` says where if one field is to blame."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


_SALTED = {"index", "tags", "fields", "salts", "hidden"}
_SEEDED = {"index", "tags", "fields", "seed"}
_ERASED = {"index", "tags", "commitment", "erased"}
_SEED_SIZE = 32
_MOST = 1 << 63
_MOST_COUNTED = (1 << 53) - 1


_HASH = r"[0-9a-f]{64}"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_is_hash = re.compile(_HASH, re.ASCII).fullmatch
_is_uuid = re.compile(_UUID, re.ASCII).fullmatch
TEXT: frozenset[type] = frozenset({str})
NUMBER: frozenset[type] = frozenset({int})
TEXT_OR_NULL: frozenset[type] = frozenset({str, NoneType})
_TIME = r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{6}Z"

COMMON: dict[str, tuple[frozenset[type], str | None]] = {
    "id": (TEXT, _UUID),
    "kind": (TEXT, r"[a-z0-9_]+(?:\.[a-z0-9_]+)+"),
    "schema": (NUMBER, None),
    "occurred_at": (TEXT, _TIME),
    "recorded_at": (TEXT, _TIME),
    "actor": (TEXT_OR_NULL, None),
    "actor_kind": (TEXT, "person|service|anonymous"),
    "actor_institution": (TEXT_OR_NULL, None),
    "workspace": (TEXT_OR_NULL, None),
    "item": (TEXT_OR_NULL, None),
    "version": (TEXT_OR_NULL, None),
    "person": (TEXT_OR_NULL, None),
    "outcome": (TEXT, "allow|deny"),
    "purpose": (TEXT_OR_NULL, None),
    "request_id": (TEXT_OR_NULL, None),
    "source_address": (TEXT_OR_NULL, None),
    "workspace_stream": (TEXT_OR_NULL, _HASH),
    "item_stream": (TEXT_OR_NULL, _HASH),
    "actor_stream": (TEXT_OR_NULL, _HASH),
    "person_stream": (TEXT_OR_NULL, _HASH),
}
"""What types a common field may have (a boolean is no number, and numbers are positive), and which pattern its text has
where not all will do."""

BY_TOKEN = "detail.by_token"  # noqa: S105  the name of a field
"""What an event of any kind says when a program acted: the id of the personal token that it acted by."""

OPTIONAL = {BY_TOKEN: (TEXT, _UUID)}
"""The same for fields that an event need not have."""


def _sanity(types: frozenset[type], pattern: str | None) -> Callable[[Any], object] | None:
    if types == NUMBER:
        return lambda value: value > 0
    return None if pattern is None else re.compile(pattern, re.ASCII).fullmatch


_COMMON = [(name, types, _sanity(types, pattern)) for name, (types, pattern) in COMMON.items()]
_MISSING = object()
_INSANE = "its value is not one that this field can have"


@dataclass(slots=True)
class Event:
    """One line, read."""

    index: int
    tags: dict[str, int]
    fields: dict[str, Any]
    salts: bytes = b""
    hidden: dict[str, bytes] = field(default_factory=dict)
    seed: bytes | None = None
    """In place of the salts, when nothing is hidden."""
    erased: bytes | None = None
    """The commitment, when it is all that is left."""

    @classmethod
    def parse(cls, raw: Any) -> "Event":
        """Take a decoded line apart.

        Raises:
            ValueError: it does not have one of the forms of version 1.

        """
        if not isinstance(raw, dict) or type(raw.get("index")) is not int:
            raise ValueError("it does not have the form of an event")
        keys = raw.keys()
        if keys not in (_SALTED, _SEEDED, _ERASED) or not isinstance(raw["tags"], dict):
            raise ValueError("it does not have the form of an event")
        for slot, number in raw["tags"].items():
            if slot not in SLOTS or type(number) is not int or not 0 < number < _MOST:
                raise ValueError("its `tags` are not numbers by slot")
        if keys == _ERASED:
            return cls(raw["index"], raw["tags"], {}, erased=_erased_commitment(raw))
        if not isinstance(raw["fields"], dict):
            raise ValueError("it does not have the form of an event")  # noqa: TRY004  the file's fault, not the caller's
        if keys == _SEEDED:
            return cls(raw["index"], raw["tags"], raw["fields"], seed=_seed(raw["seed"]))
        hidden = _hidden(raw["hidden"], raw["fields"])
        return cls(raw["index"], raw["tags"], raw["fields"], _base64(raw["salts"]), hidden)

    @property
    def token(self) -> str | None:
        """The id of the personal token by which a program acted, where the event says so."""
        value = self.fields.get(BY_TOKEN)
        return value if isinstance(value, str) and _is_uuid(value) else None

    def text(self, name: str) -> str:
        """Return a field that must be text.

        Raises:
            WrongEventError: it is hidden, or something else.

        """
        value = self.fields.get(name)
        if not isinstance(value, str):
            raise WrongEventError("it is not text in clear", name)
        return value

    def count(self, name: str) -> int:
        """Return a field that must be a count.

        Raises:
            WrongEventError: it is hidden, or something else.

        """
        value = self.fields.get(name)
        if type(value) is not int or not 0 <= value <= _MOST_COUNTED:
            raise WrongEventError("it is not a count in clear", name)
        return value

    def commitment(self) -> bytes:
        """The commitment that the leaf must hold.

        Raises:
            FormatError: a name, a value or a hidden hash has no possible form, or a salt is missing.

        """
        if self.erased is not None:
            return self.erased
        if self.seed is not None:
            return commitment(self.fields, self.seed)
        return commitment_from_hashes({**self.hidden, **disclosed_hashes(self.fields, self.salts)})

    def check_values(self) -> None:
        """Check that every common field is there and that values in clear are sane.

        Raises:
            WrongEventError: one is missing, or has a value that it cannot have.

        """
        if self.erased is not None:
            return
        get = self.fields.get
        for name, types, is_sane in _COMMON:
            value = get(name, _MISSING)
            if type(value) not in types:
                self._refuse_value(name)
            elif is_sane is not None and value is not None and not is_sane(value):
                raise WrongEventError(_INSANE, name)
        if BY_TOKEN in self.fields and self.token is None:
            raise WrongEventError(_INSANE, BY_TOKEN)

    def _refuse_value(self, name: str) -> None:
        """Refuse a common field whose value is of no possible type, unless it is hidden."""
        if name in self.fields:
            raise WrongEventError(_INSANE, name)
        if name not in self.hidden:
            raise WrongEventError("it is neither in clear nor hidden", name)

    def check_leaf(self, leaf: bytes) -> Leaf:
        """Check that this is the event that the leaf commits to, and return the leaf taken apart.

        Raises:
            WrongEventError: it is not.

        """
        try:
            opened = parse_leaf(leaf)
            commitment = self.commitment()
        except FormatError as error:
            raise WrongEventError(str(error)) from error
        if commitment != opened.commitment:
            raise WrongEventError("its fields and salts do not give the commitment in its leaf", "commitment")
        return opened


def _erased_commitment(raw: dict[str, Any]) -> bytes:
    if raw["erased"] is not True or type(raw["commitment"]) is not str or not _is_hash(raw["commitment"]):
        raise ValueError("an erased event gives its commitment and nothing else")
    return bytes.fromhex(raw["commitment"])


def _base64(text: Any) -> bytes:
    if not isinstance(text, str):
        raise ValueError("a secret is not text")  # noqa: TRY004  the file's fault, not the caller's
    return unbase64(text, "secret")


def _seed(text: Any) -> bytes:
    seed = _base64(text)
    if len(seed) != _SEED_SIZE:
        raise ValueError(f"a seed has {_SEED_SIZE} bytes")
    return seed


def _hidden(hashes: Any, fields: dict[str, Any]) -> dict[str, bytes]:
    if not isinstance(hashes, dict):
        raise ValueError("it does not have the form of an event")  # noqa: TRY004  the file's fault, not the caller's
    if not fields.keys().isdisjoint(hashes):
        raise ValueError("a field is both in clear and hidden")
    for name in hashes:
        require_field_name(name)
    return {name: bytes.fromhex(one) for name, one in hashes.items()}
