"""What happens when people are asked to acknowledge a version, and when they do. `ask` is the id of the request."""

from dataclasses import dataclass

from ledger_bridge.events import Event


@dataclass(frozen=True, kw_only=True)
class AcknowledgementAsked(Event):
    kind = "acknowledgement.asked"
    label = "Acknowledgement asked for"
    sentence = "asked everybody who may view “{name}” to acknowledge version {number}, which {opens}: {statement}"
    words = {"opens": {"after": "opens only after that", "anyway": "opens anyway"}}
    action = "C"
    name: str
    number: int
    ask: str
    opens: str
    statement: str


@dataclass(frozen=True, kw_only=True)
class AcknowledgementWithdrawn(Event):
    kind = "acknowledgement.withdrawn"
    label = "Acknowledgement not asked for any more"
    sentence = "asks nobody any more to acknowledge version {number} of “{name}”"
    action = "D"
    name: str
    number: int
    ask: str


@dataclass(frozen=True, kw_only=True)
class AcknowledgementGiven(Event):
    kind = "acknowledgement.given"
    label = "Version acknowledged"
    sentence = "acknowledged version {number} of “{name}”: {statement}"
    action = "C"
    name: str
    number: int
    ask: str
    statement: str
    plaintext_sha256: str
