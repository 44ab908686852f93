"""A marked part of a page: a rectangle, in fractions of the page from its upper left corner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from core.errors import InvalidInput

SIDES = ("left", "top", "width", "height")
SMALLEST = Decimal("0.005")
"""Of the page, in each direction: what is smaller nobody finds again."""
_STEP = Decimal("0.0001")
_WHAT = "A part of a page is left, top, width and height, each a fraction of the page from 0 to 1"


@dataclass(frozen=True)
class Region:
    """It lies within the page, and has ten thousandths of it as its smallest step."""

    left: Decimal
    top: Decimal
    width: Decimal
    height: Decimal

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Region:
        """Read a region from four numbers, or texts that are such.

        Raises:
            InvalidInput: one is missing or no number, or the rectangle is not on the page or too small.

        """
        left, width = _side(said.get("left"), said.get("width"))
        top, height = _side(said.get("top"), said.get("height"))
        return cls(left, top, width, height)

    @property
    def as_text(self) -> str:
        """As an entry holds it: "0.1000 0.2500 0.3000 0.0500"."""
        return f"{self.left:.4f} {self.top:.4f} {self.width:.4f} {self.height:.4f}"

    @property
    def in_words(self) -> str:
        left, top, width, height = (_percent(one) for one in (self.left, self.top, self.width, self.height))
        return f"{left} from the left, {top} from the top, {width} wide, {height} high"


def _side(start: Any, size: Any) -> tuple[Decimal, Decimal]:
    """Return where a side starts and how long it is, with both ends brought to a whole step."""
    begins, lasts = _number(start), _number(size)
    beside = InvalidInput(f"{_WHAT}, and lies on the page.", field="region")
    if not (0 <= begins <= 1 and 0 <= lasts <= 1):
        raise beside
    # Rounded before it is compared: programs count with fractions that are a trace too large.
    from_here, to_there = begins.quantize(_STEP), (begins + lasts).quantize(_STEP)
    if to_there > 1:
        raise beside
    if to_there - from_here < SMALLEST:
        raise InvalidInput("Mark a larger part: at least half a per cent of the page each way.", field="region")
    return from_here, to_there - from_here


def _number(said: Any) -> Decimal:
    """Return a finite number. Yes and no are none, although Python counts with them."""
    refused = InvalidInput(f"{_WHAT}.", field="region")
    if isinstance(said, bool) or not isinstance(said, int | float | str | Decimal):
        raise refused
    try:
        number = Decimal(str(said))
    except (InvalidOperation, ValueError):
        raise refused from None
    if not number.is_finite():
        raise refused
    return number


def _percent(fraction: Decimal) -> str:
    return f"{fraction * 100:.2f}".rstrip("0").rstrip(".") + " %"
