"""JSON and FHIR as it stands there: numbers with their digits, names that come twice twice."""

import json
from collections.abc import Iterator
from typing import Any

from workspaces.viewer.renderer.structure.nodes import DEEPEST, Node, NotSound, decoded

_DIGEST = 200


class _Number(str):
    """The digits of a number, as they were written."""

    __slots__ = ()


class _Object(list[tuple[str, Any]]):
    """The pairs of an object, in their order."""


def nodes(content: bytes) -> Iterator[Node]:
    """Yield the lines of a document.

    Raises:
        NotSound: it is not JSON.

    """
    try:
        document = json.loads(
            decoded(content), parse_float=_Number, parse_int=_Number, parse_constant=_Number, object_pairs_hook=_Object
        )
    except ValueError as error:
        raise NotSound from error
    yield from _lines("", document, 0)


def _lines(name: str, value: Any, depth: int) -> Iterator[Node]:
    if not isinstance(value, list):
        yield Node(depth, name, _literal(value))
    elif depth >= DEEPEST:
        yield Node(depth, name, _digest(value))
    else:
        yield Node(depth, name, _digest(value), group=True)
        pairs = value if isinstance(value, _Object) else [(str(at), one) for at, one in enumerate(value)]
        for key, one in pairs:
            yield from _lines(key, one, depth + 1)


def _literal(value: Any) -> str:
    if isinstance(value, _Number):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _digest(value: list[Any]) -> str:
    """Say of a group how large it is, and of a resource of FHIR which one."""
    many = f"{len(value)} entr{'y' if len(value) == 1 else 'ies'}"
    kind = next((one for key, one in value if key == "resourceType"), "") if isinstance(value, _Object) else ""
    return f"{kind[:_DIGEST]}, {many}" if isinstance(kind, str) and kind else many
