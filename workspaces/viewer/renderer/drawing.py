"""One page: the job comes in, the right module draws it, the answer goes out."""

import json
import socket
from typing import Any, BinaryIO, Protocol, cast

from workspaces.viewer.renderer import dicom, images, paper, pdf, structure, tables, text, watermark, wire
from workspaces.viewer.renderer.failures import CannotDraw
from workspaces.viewer.renderer.source import RemoteFile

Drawn = tuple[dict[str, Any], bytes]


class Kind(Protocol):
    """What there is for each kind of file."""

    def warm_up(self) -> None:
        """Load what is loaded late: a child has no files to load it from."""
        ...

    def describe(self, file: BinaryIO, job: dict[str, Any]) -> dict[str, Any]:
        """Return how many pages there are, and what may be chosen."""
        ...

    def draw(self, file: BinaryIO, job: dict[str, Any]) -> Drawn:
        """Return a page."""
        ...


KINDS: dict[str, Kind] = {
    "image": images, "dicom": dicom, "pdf": pdf, "table": tables, "tree": structure, "text": text,
}  # fmt: skip


def warm_up() -> None:
    """Make everything ready that every child needs."""
    for kind in KINDS.values():
        kind.warm_up()
    watermark.warm_up()
    paper.warm_up()


def answer(line: socket.socket) -> None:
    """Do the one job that comes over `line`."""
    _, said = wire.receive(line)
    job = json.loads(said)
    try:
        head, body = _do(line, job)
        wire.send(line, wire.ANSWER, wire.pack_answer(head, body))
    except wire.WireError:
        return
    except CannotDraw as failure:
        refuse(line, failure.code, failure.facts)
    except MemoryError:
        refuse(line, "too_much")
    except Exception:  # noqa: BLE001  libraries raise anything on what is not what it claims to be
        refuse(line, "broken")


def refuse(line: socket.socket, code: str, facts: dict[str, int] | None = None) -> None:
    """Say why nothing is drawn."""
    wire.send(line, wire.FAILED, json.dumps({"code": code, "facts": facts or {}}).encode())


def _do(line: socket.socket, job: dict[str, Any]) -> Drawn:
    file = cast("BinaryIO", RemoteFile(line, job["size"]))
    kind = KINDS[job["kind"]]
    if job["page"] is None:
        return kind.describe(file, job), b""
    if job["form"] == "words" and job["kind"] == "pdf":
        return {"lines": pdf.words(file, job)}, b""
    facts, picture = kind.draw(file, job)
    if picture or not job["form"]:
        return facts, picture
    return paper.draw(facts, job) if job["form"] == "paper" else ({"lines": paper.lines_of(facts)}, b"")
