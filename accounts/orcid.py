"""ORCID iDs: sixteen characters, the last of which checks the others (ISO 7064 MOD 11-2)."""

import re

_SHAPE = re.compile(r"(?:https?://orcid\.org/)?(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dX])", re.IGNORECASE)


def normal_orcid(text: str) -> str | None:
    """Return the iD in its usual spelling, or None when it is none."""
    match = _SHAPE.fullmatch(text.strip())
    if not match:
        return None
    digits = "".join(match.groups()).upper()
    return "-".join(match.groups()).upper() if check_character(digits[:15]) == digits[15] else None


def check_character(digits: str) -> str:
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    remainder = (12 - total % 11) % 11
    return "X" if remainder == 10 else str(remainder)  # noqa: PLR2004  ten is written as X
