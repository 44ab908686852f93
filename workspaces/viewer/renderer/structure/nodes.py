"""Lines of a tree: each has a depth, and those below it belong to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_LONGEST = 4 * 1024
DEEPEST = 60
"""Browsers give up somewhere below; what is deeper stands in one line."""


class NotSound(Exception):
    """The text is not of the kind that it claims to be."""


@dataclass(frozen=True)
class Node:
    """`group`: others may belong to it; `closed`: these are not shown before somebody wants to see them."""

    depth: int
    name: str
    value: str = ""
    group: bool = False
    closed: bool = False


def window(nodes: Iterator[Node], start: int, length: int) -> tuple[list[Node], list[Node], int]:
    """Return the groups that the first line belongs to, so many lines, and how many there are in all."""
    path: list[Node] = []
    above: list[Node] = []
    shown: list[Node] = []
    count = 0
    for node in nodes:
        if count < start:
            del path[node.depth :]
            path.append(node)
        elif count < start + length:
            if not shown:
                above = path[: node.depth]
            shown.append(node)
        count += 1
    return above, shown, count


def shortened(said: str) -> str:
    """Return a value as long as a line may be, and say how long it was."""
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}… ({len(said):,} letters)"


def in_facts(node: Node) -> list[Any]:
    """Return a line as it goes to the other side."""
    return [node.depth, node.name, shortened(node.value), node.group, node.closed]


def decoded(content: bytes) -> str:
    """Return the text of bytes that do not say in which code they are."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
