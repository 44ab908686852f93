"""What happens to the terms of a workspace. `text_sha256` binds to the words, which are too long for an entry."""

from dataclasses import dataclass

from ledger_bridge.events import Event


@dataclass(frozen=True, kw_only=True)
class TermsSet(Event):
    kind = "terms.set"
    label = "Terms of use set"
    sentence = "set version {number} of the terms of use, SHA-256 {text_sha256}; whoever opens a file {purpose}"
    words = {"purpose": {"asked": "says what for", "not_asked": "need not say what for"}}
    action = "C"
    number: int
    terms: str
    text_sha256: str
    purpose: str


@dataclass(frozen=True, kw_only=True)
class TermsWithdrawn(Event):
    kind = "terms.withdrawn"
    label = "Terms of use withdrawn"
    sentence = "withdrew version {number} of the terms of use, SHA-256 {text_sha256}; files open without"
    action = "D"
    number: int
    terms: str
    text_sha256: str


@dataclass(frozen=True, kw_only=True)
class TermsAcknowledged(Event):
    """What the person uses the files for is the purpose of the entry."""

    kind = "terms.acknowledged"
    label = "Terms of use acknowledged"
    sentence = "acknowledged version {number} of the terms of use, SHA-256 {text_sha256}"
    action = "C"
    number: int
    terms: str
    text_sha256: str
