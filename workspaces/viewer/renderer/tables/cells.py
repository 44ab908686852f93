"""The cells of a sheet as texts. Most texts stand elsewhere, once each, and are looked up when it is known which."""

from dataclasses import dataclass

from workspaces.viewer.renderer.failures import CannotDraw
from workspaces.viewer.renderer.tables.packed import Package, Stop
from workspaces.viewer.renderer.tables.page import LONGEST_CELL, MOST_COLUMNS, Row
from workspaces.viewer.renderer.tables.styles import Styles

_SHARED = "xl/sharedStrings.xml"
# As many columns as a sheet can have.
_WIDEST = 16_384
_LETTERS = 26


@dataclass
class _Shared:
    """A text that is only known by its number."""

    number: int


class Cells:
    """Handlers for the elements of a sheet; they stop after `most` rows. Empty rows count, and show as empty."""

    def __init__(self, styles: Styles, most: int) -> None:
        self._styles = styles
        self._most = most
        self._rows: list[list[str | _Shared]] = []
        self._open = self._sound = False
        self._type = self._style = ""
        self._value: list[str] = []
        self._formula: list[str] = []
        self._into: list[str] | None = None
        self._at = self._count = 0
        self.wide = 0
        self.wanted: set[int] = set()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            if len(self._rows) == self._most:
                raise Stop
            self._rows.append([])
            self._at, self._count, self._open = -1, 0, True
        elif name == "c" and self._open:
            self._begin(attributes)
        elif name in {"v", "t"}:
            self._into = self._value if not self._sound else None
        elif name == "rPh":
            self._sound = True
        elif name == "f":
            self._into = self._formula

    def text(self, said: str) -> None:
        if self._into is not None and sum(map(len, self._into)) <= LONGEST_CELL:
            self._into.append(said)

    def end(self, name: str) -> None:
        if name in {"v", "t", "f"}:
            self._into = None
        elif name == "rPh":
            self._sound = False
        elif name == "c" and self._open:
            self._put(self._cell("".join(self._value)))
        elif name == "row":
            self._open = False
        elif name == "sheetData":
            raise Stop

    def filled_in(self, texts: dict[int, str]) -> list[Row]:
        """Return the rows with the texts that stood elsewhere."""
        return [
            _trimmed([texts.get(one.number, "") if isinstance(one, _Shared) else one for one in row])
            for row in self._rows
        ]

    def _begin(self, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _WIDEST:
            raise CannotDraw("broken")
        at = _column(attributes.get("r", ""), self._at + 1)
        self._at = at if self._at < at < _WIDEST else self._at + 1
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._value, self._formula, self._into, self._sound = [], [], None, False

    def _put(self, cell: str | _Shared) -> None:
        if cell == "":
            return
        self.wide = max(self.wide, self._at + 1)
        row = self._rows[-1]
        if self._at < MOST_COLUMNS:
            row += [""] * (self._at - len(row))
            row.append(cell)

    def _cell(self, said: str) -> str | _Shared:
        if self._type == "s":
            number = int(said) if said.isascii() and said.isdigit() else -1
            self.wanted.add(number)
            return _Shared(number)
        if self._type == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(said, said)
        if self._type in {"n", ""} and said:
            return self._styles.shown(said, self._style)
        return said or ("=" + "".join(self._formula) if self._formula else "")


class _Texts:
    """Handlers for the list of shared texts; what is only there to say how to pronounce one is left out."""

    def __init__(self, wanted: set[int]) -> None:
        self._wanted = wanted
        self._last = max(wanted)
        self._number = -1
        self._sound = 0
        self._inside = False
        self.found: dict[int, list[str]] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self._number += 1
            if self._number > self._last:
                raise Stop
        elif name == "rPh":
            self._sound += 1
        self._inside = name == "t" and not self._sound

    def text(self, said: str) -> None:
        if self._inside and self._number in self._wanted:
            kept = self.found.setdefault(self._number, [])
            if sum(map(len, kept)) <= LONGEST_CELL:
                kept.append(said)

    def end(self, name: str) -> None:
        self._inside = False
        if name == "rPh":
            self._sound -= 1


def shared_texts(package: Package, wanted: set[int]) -> dict[int, str]:
    """Return the texts with these numbers."""
    if not wanted or not package.has(_SHARED):
        return {}
    texts = _Texts(wanted)
    package.parse(_SHARED, start=texts.start, end=texts.end, text=texts.text)
    return {number: "".join(parts) for number, parts in texts.found.items()}


def _trimmed(row: Row) -> Row:
    while row and not row[-1]:
        row.pop()
    return row


def _column(place: str, otherwise: int) -> int:
    """Return the column of a place such as "BC7", counted from 0."""
    at = 0
    for letter in place[:4]:
        if not "A" <= letter <= "Z":
            break
        at = at * _LETTERS + ord(letter) - ord("A") + 1
    return at - 1 if at else otherwise
