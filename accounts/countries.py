"""The countries of ISO 3166-1, by the two letters that are stored and the names that people read and type."""

import unicodedata
from functools import cache

from iso3166 import countries

from core.errors import InvalidInput

_SUGGESTIONS = 3


def country_names() -> list[str]:
    """Return the names of all countries, as people read them."""
    return [country.apolitical_name for country in countries]


def country_name(code: str) -> str:
    """Return the name for two letters, or the letters themselves where they are no country's (any more)."""
    found = countries.get(code, None)
    return found.apolitical_name if found else code


def country_code(typed: str) -> str:
    """Return the two letters of a country that somebody chose, or typed as a name or as two or three letters.

    Raises:
        InvalidInput: it is no country; the sentence names what may have been meant.

    """
    wanted = _folded(typed)
    if not wanted:
        raise InvalidInput("Choose the country.", field="country")
    if code := _codes().get(wanted):
        return code
    near = [name for name in country_names() if wanted in _folded(name)][:_SUGGESTIONS]
    hint = f"Did you mean {' or '.join(near)}?" if near else "Choose one from the list."
    raise InvalidInput(f"No country is called “{typed.strip()}”. {hint}", field="country")


@cache
def _codes() -> dict[str, str]:
    known = {}
    for country in countries:
        for name in (country.alpha2, country.alpha3, country.name, country.apolitical_name):
            known[_folded(name)] = country.alpha2
    return known


def _folded(text: str) -> str:
    """Return what counts of a name: neither case, nor accents, nor the kind of apostrophe."""
    letters = unicodedata.normalize("NFKD", " ".join(text.split()).replace("\u2019", "'"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()
