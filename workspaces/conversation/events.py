"""What happens to comments. An entry holds no text: `comment` is the id, `commitment` binds to what it said.

A commitment is a salted hash. The salt is kept with the text and goes with it, so that whoever guesses what was said
cannot try it out against the ledger.
"""

from dataclasses import dataclass

from ledger_bridge.events import Event


@dataclass(frozen=True, kw_only=True)
class CommentWritten(Event):
    """`answers` is the comment that began the thread, or nothing; `mentioned` says how many people were named.

    `region` is the marked part of the page: left, top, width and height in fractions of it, or nothing.
    """

    kind = "comment.written"
    label = "Comment written"
    sentence = "wrote a comment about {about}"
    action = "C"
    comment: str
    about: str
    answers: str
    mentioned: int
    commitment: str
    region: str = ""


@dataclass(frozen=True, kw_only=True)
class CommentChanged(Event):
    kind = "comment.changed"
    label = "Comment changed"
    sentence = "changed a comment about {about}"
    action = "U"
    comment: str
    about: str
    mentioned: int
    commitment: str
    region: str = ""


@dataclass(frozen=True, kw_only=True)
class CommentTakenBack(Event):
    """`whose` is the author's id, where a manager took back what somebody else said."""

    kind = "comment.taken_back"
    label = "Comment taken back"
    sentence = "took back {what} about {about}"
    words = {"what": {"own": "a comment of their own", "other": "a comment of somebody else"}}
    action = "D"
    comment: str
    about: str
    what: str
