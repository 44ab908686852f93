"""Lines with a depth each, as elements that are opened and closed."""

from collections.abc import Sequence
from typing import Any


def nested(nodes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the nodes with how many groups end before each; a last one without a name ends those that are left.

    What a depth says is not trusted: no more groups end than began.
    """
    begun: list[int] = []
    told: list[dict[str, Any]] = []
    for node in nodes:
        ends = 0
        while begun and begun[-1] >= node["depth"]:
            begun.pop()
            ends += 1
        if node["group"]:
            begun.append(node["depth"])
        told.append({**node, "ends": range(ends)})
    return [*told, {"ends": range(len(begun)), "last": True}] if told else []
