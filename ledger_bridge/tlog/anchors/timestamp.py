"""A timestamp (RFC 3161) as an anchor: shows which size and root a token is about, and which time it names.

    size, root, origin → text of the checkpoint (`checkpoint.py`) → SHA-256 → imprint in the token

Rules enforced
    * the token is CMS signed data that holds a TSTInfo of version 1, in DER;
    * its imprint is the SHA-256 of the checkpoint's text, line feed at the end included, signatures not;
    * its time is in UTC, as RFC 3161 writes it.

Out of scope: the token's signature, and whose it is (`token_signature.py`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Self

from ledger_bridge.tlog.anchors import fields
from ledger_bridge.tlog.anchors.der import (
    CONTEXT_0,
    GENERALIZED_TIME,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    Element,
    member,
    read_one,
)
from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.encoding import to_base64, unbase64
from ledger_bridge.tlog.errors import FormatError, ProofError

LARGEST_TOKEN = 1 << 16
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
TST_INFO = bytes.fromhex("2a864886f70d0109100104")
_SHA256 = bytes.fromhex("608648016503040201")
_HASH = 32
_TIME = re.compile(rb"([0-9]{14})(?:\.[0-9]*[1-9])?Z")


@dataclass(frozen=True, kw_only=True)
class Stamped:
    """What a token says: this digest existed at this time."""

    digest: bytes
    time: int


@dataclass(frozen=True, kw_only=True)
class TimestampEvidence:
    """Size and root of a checkpoint, and the token over its text."""

    size: int
    root: bytes
    token: bytes

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote.

        Raises:
            FormatError: naming the field that is wrong.

        """
        return cls(
            size=fields.read_integer(raw, "size"),
            root=fields.read_bytes(raw, "root", size=_HASH),
            token=_token(raw.get("token")),
        )

    def as_json(self) -> dict[str, Any]:
        """The form of `docs/formats/anchors.md`."""
        return {"size": self.size, "root": fields.hexadecimal(self.root), "token": to_base64(self.token)}

    def check(self, origin: str) -> Stamped:
        """Compare the token with the checkpoint of this origin, and return what it says.

        Raises:
            FormatError: the token or the checkpoint is not well formed.
            ProofError: the token is about something else.

        """
        stamped = read_token(self.token)
        if stamped.digest != sha256(Checkpoint(origin, self.size, self.root).marshal()).digest():
            raise ProofError(f"the timestamp is not one of this log's checkpoint with {self.size} leaves and this root")
        return stamped


def read_token(token: bytes) -> Stamped:
    """Read imprint and time of a token.

    Raises:
        FormatError: it is not a token over a SHA-256.

    """
    return _read_info(signed_content(open_token(token)))


def open_token(token: bytes) -> list[Element]:
    """Return the members of the CMS signed data that a token is.

    Raises:
        FormatError: it is none.

    """
    outer = read_one(token).members(SEQUENCE, "the token")
    if member(outer, 0, "the token's type").expect(OID, "the token's type") != _SIGNED_DATA:
        raise FormatError("the token is not CMS signed data")
    inner = read_one(member(outer, 1, "the token").expect(CONTEXT_0, "the token"))
    return inner.members(SEQUENCE, "the signed data")


def signed_content(signed: list[Element]) -> bytes:
    """Return the TSTInfo that a token signs.

    Raises:
        FormatError: the content is something else.

    """
    content = member(signed, 2, "the content").members(SEQUENCE, "the content")
    if member(content, 0, "the content's type").expect(OID, "the content's type") != TST_INFO:
        raise FormatError("the token holds no TSTInfo")
    wrapped = read_one(member(content, 1, "the content").expect(CONTEXT_0, "the content"))
    return wrapped.expect(OCTET_STRING, "the content")


def _read_info(info: bytes) -> Stamped:
    members = read_one(info).members(SEQUENCE, "the TSTInfo")
    if member(members, 0, "the version").expect(INTEGER, "the version") != b"\x01":
        raise FormatError("the TSTInfo is not of version 1")
    imprint = member(members, 2, "the imprint").members(SEQUENCE, "the imprint")
    algorithm = member(imprint, 0, "the algorithm").members(SEQUENCE, "the algorithm")
    if member(algorithm, 0, "the algorithm").expect(OID, "the algorithm") != _SHA256:
        raise FormatError("the imprint is not a SHA-256")
    digest = member(imprint, 1, "the imprint").expect(OCTET_STRING, "the imprint")
    if len(digest) != _HASH:
        raise FormatError(f"the imprint has {len(digest)} bytes instead of {_HASH}")
    return Stamped(digest=digest, time=_time(member(members, 4, "the time").expect(GENERALIZED_TIME, "the time")))


def _time(text: bytes) -> int:
    found = _TIME.fullmatch(text)
    digits = found[1].decode() if found else ""
    try:
        return int(datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp())
    except ValueError as error:
        raise FormatError("the time is not one in UTC, as RFC 3161 writes it") from error


def _token(value: object) -> bytes:
    if not isinstance(value, str) or not 0 < len(value) <= LARGEST_TOKEN * 4 // 3 + 4:
        raise FormatError(f"token is not base64 of 1 to {LARGEST_TOKEN} bytes")
    token = unbase64(value, "token")
    if len(token) > LARGEST_TOKEN:
        raise FormatError(f"token is not base64 of 1 to {LARGEST_TOKEN} bytes")
    return token
