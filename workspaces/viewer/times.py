"""For how long a page was shown, as far as it is known: never what a clock in the browser says, and never more.

Two signs say which page is before somebody: the page around it was asked for, or the browser reports what it shows. The
time between two signs belongs to the page of the first. It is left out as soon as it is too long to be vouched for: a
browser that reports does so every 20 seconds, and one that does not may have been left alone.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from workspaces.viewer.models import Viewing

TOLD = timedelta(seconds=60)
"""The longest time between two reports of a browser that counts; of a longer one only so much does."""
ASKED = timedelta(minutes=5)
"""The same between two requests, where no browser reports."""
_MOST_PAGES = 200
_SECOND = 1000


def credit(viewing: Viewing, page: int | None, now: datetime, *, told: bool) -> None:
    """Count the time since the last sign for the page that was shown, and note which one is shown now; none is none."""
    if viewing.shown_page is not None and viewing.shown_at is not None:
        longest = TOLD if viewing.is_told else ASKED
        passed = min(max(now - viewing.shown_at, timedelta()), longest)
        _add(viewing, str(viewing.shown_page), int(passed.total_seconds() * _SECOND))
    viewing.shown_page, viewing.shown_at = page, now
    viewing.is_told = viewing.is_told or told
    if page is not None:
        viewing.seen_at = now


def as_text(times: Mapping[str, int]) -> str:
    """Return "1=40 2=15": pages and whole seconds, in the order of the pages; less than a second is left out."""
    seconds = {int(page): round(spent / _SECOND) for page, spent in times.items()}
    return " ".join(f"{page}={seconds[page]}" for page in sorted(seconds) if seconds[page])


def from_text(text: str) -> dict[int, int]:
    """Read what `as_text` wrote."""
    pairs = (part.partition("=") for part in text.split())
    return {int(page): int(seconds) for page, _, seconds in pairs}


def in_words(seconds: int) -> str:
    """Return "about 40 s", "about 3 min" or "about 1 h 5 min"."""
    if seconds < 90:  # noqa: PLR2004
        return f"about {seconds} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours:
        return f"about {minutes} min"
    return f"about {hours} h {minutes} min" if minutes else f"about {hours} h"


def _add(viewing: Viewing, page: str, spent: int) -> None:
    # An entry has a bound: of so many pages the time of further ones is not known.
    if page in viewing.times or len(viewing.times) < _MOST_PAGES:
        viewing.times[page] = viewing.times.get(page, 0) + spent
