"""XML, so also FHIR and CDA in XML. A document with a type is shown as text: nothing that it declares is looked up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from workspaces.viewer.renderer.structure.nodes import DEEPEST, Node, NotSound

_DEEPEST_PARSED = 5000


@dataclass
class _Element:
    name: str
    attributes: dict[str, str]
    parts: "list[_Element | str]" = field(default_factory=list)


def nodes(content: bytes) -> Iterator[Node]:
    """Yield the lines of a document.

    Raises:
        NotSound: it is not sound XML, or declares a type.

    """
    yield from _lines(_parsed(content), 0)


class _Building:
    """Handlers that put a document together."""

    def __init__(self) -> None:
        self.top = _Element("", {})
        self._inside = [self.top]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._inside) > _DEEPEST_PARSED:
            raise NotSound
        element = _Element(name, attributes)
        self._inside[-1].parts.append(element)
        self._inside.append(element)

    def end(self, _: str) -> None:
        self._inside.pop()

    def text(self, said: str) -> None:
        if said.strip():
            self._inside[-1].parts.append(said.strip())


def _parsed(content: bytes) -> _Element:
    building = _Building()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler, parser.EndElementHandler = building.start, building.end
    parser.CharacterDataHandler = building.text
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError, OSError) as error:
        raise NotSound from error
    root = building.top.parts[0]
    if isinstance(root, str):
        raise NotSound
    return root


def _refuse(*_: object) -> None:
    raise NotSound


def _lines(element: _Element, depth: int) -> Iterator[Node]:
    said = _only_text(element)
    if said is not None:
        yield Node(depth, element.name, said)
    elif depth >= DEEPEST:
        yield Node(depth, element.name, "…")
    else:
        yield Node(depth, element.name, group=True)
        for name, value in element.attributes.items():
            yield Node(depth + 1, f"@{name}", value)
        for part in element.parts:
            if isinstance(part, str):
                yield Node(depth + 1, "", part)
            else:
                yield from _lines(part, depth + 1)


def _only_text(element: _Element) -> str | None:
    """Return what an element holds if that is one text: between its ends, or as FHIR writes it, in an attribute."""
    if not element.parts and set(element.attributes) <= {"value"}:
        return element.attributes.get("value", "")
    if element.attributes or len(element.parts) != 1 or not isinstance(element.parts[0], str):
        return None
    return element.parts[0]
