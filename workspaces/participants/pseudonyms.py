"""What a pseudonym may look like, and what looks as if it were none."""

import re
from datetime import date

from core.errors import InvalidInput

LONGEST = 40
_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,39}")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})[._-]?(\d{2})[._-]?(\d{2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{2})[._-]?(\d{2})[._-]?(\d{4})(?!\d)")
_OLDEST = 1900


def clean_pseudonym(text: str, *, sure: bool) -> str:
    """Return the pseudonym as it is kept.

    Raises:
        InvalidInput: it cannot be one; or it looks like a name or a birth date, and nobody said that they are `sure`.

    """
    pseudonym = text.strip()
    if "@" in pseudonym:
        raise InvalidInput("This looks like an e-mail address. Give the pseudonym of the study.", field="pseudonym")
    if not _FORM.fullmatch(pseudonym):
        raise InvalidInput(
            f"A pseudonym has 2 to {LONGEST} letters (a to z), digits, dots, hyphens or underlines, and no spaces.",
            field="pseudonym",
        )
    if not sure and (doubt := doubt_about(pseudonym)):
        raise InvalidInput(f"{doubt} If it is the pseudonym of the study all the same, say so.", field="pseudonym")
    return pseudonym


def doubt_about(pseudonym: str) -> str:
    """Return why it may be no pseudonym, or nothing."""
    if not any(letter.isdigit() for letter in pseudonym):
        return "This holds no digit, so it looks like a name."
    if _holds_a_date(pseudonym):
        return "This looks like a date, perhaps of a birth."
    return ""


def key_of(pseudonym: str) -> str:
    """Return what is the same for pseudonyms that differ in case only."""
    return pseudonym.casefold()


def _holds_a_date(text: str) -> bool:
    found = [tuple(map(int, match.groups())) for match in _YEAR_FIRST.finditer(text)]
    found += [(int(year), *pair) for match in _YEAR_LAST.finditer(text) for *pair, year in [map(int, match.groups())]]
    return any(_is_date(year, *pair) or _is_date(year, *pair[::-1]) for year, *pair in found)


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        return _OLDEST <= date(year, month, day).year <= date.today().year  # noqa: DTZ011  a day more or less is nothing
    except ValueError:
        return False
