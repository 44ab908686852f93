"""Places that no test can notice the absence of, each with the reason why it stays all the same.

A run looks for a test that notices it nevertheless, and fails if it finds one: then the place belongs to that test.
"""

from collections.abc import Iterable
from pathlib import Path

KEPT: dict[str, str] = {}

_LISTED = Path(__file__).with_name("unsearched.txt")

UNSEARCHED: frozenset[str] = frozenset(_LISTED.read_text(encoding="utf-8").splitlines())
"""Places for which no test has been found yet. The list only shrinks: a place that is new does not belong into it."""


def forget_searched(places: Iterable[str]) -> None:
    """Take places out of the list for which a test was found."""
    left = sorted(UNSEARCHED - set(places))
    _LISTED.write_text("".join(f"{place}\n" for place in left), encoding="utf-8")
