"""Text that has a structure: JSON, XML and HL7 v2 as a tree, some hundred lines of it at a time.

What is too large for that, or is not what it claims to be, is shown as the text it is.
"""

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from workspaces.viewer.renderer import text
from workspaces.viewer.renderer.failures import refuse_missing_page
from workspaces.viewer.renderer.structure import hl7, jsons, markup
from workspaces.viewer.renderer.structure.nodes import Node, NotSound, in_facts, window

_LARGEST = 4 * 1024 * 1024
_LINES = 400

_READERS: dict[str, Callable[[bytes], Iterator[Node]]] = {
    "application/json": jsons.nodes,
    "application/fhir+json": jsons.nodes,
    "application/xml": markup.nodes,
    "application/fhir+xml": markup.nodes,
    "application/cda+xml": markup.nodes,
    "application/hl7-v2": hl7.nodes,
}


def warm_up() -> None:
    """Use everything once."""
    for read, content in [(jsons.nodes, b"{}"), (markup.nodes, b"<a/>"), (hl7.nodes, b"MSH|^~\\&|")]:
        list(read(content))


def describe(file: BinaryIO, job: dict[str, Any]) -> dict[str, Any]:
    """Count the pages."""
    drawn = _tree(file, job, 1)
    return text.describe(file, job) if drawn is None else {"pages": drawn["pages"]}


def draw(file: BinaryIO, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return the lines of one page, each with its depth."""
    drawn = _tree(file, job, job["page"])
    return text.draw(file, job) if drawn is None else (drawn, b"")


def _tree(file: BinaryIO, job: dict[str, Any], page: int) -> dict[str, Any] | None:
    if not 0 < job["size"] <= _LARGEST:
        return None
    file.seek(0)
    content = file.read(_LARGEST)
    try:
        path, nodes, count = window(_READERS[job["media_type"]](content), (page - 1) * _LINES, _LINES)
    except (NotSound, RecursionError, MemoryError):
        return None
    pages = max(-(-count // _LINES), 1)
    refuse_missing_page(page, pages)
    return {"pages": pages, "nodes": [in_facts(node) for node in (*path, *nodes)]}
