"""Why a page is not shown, in a sentence for whoever wanted to see it."""

from collections.abc import Mapping

from core.errors import IthacaError

_SENTENCES = {
    "kind": "Files of this kind cannot be shown in the browser.",
    "mismatch": "The name of this file promises another kind of file than its bytes begin as, so it is not shown.",
    "broken": "This file cannot be shown: it is not a sound file of its kind, or uses something that is not supported.",
    "password": "This file cannot be shown: it is protected by a password of its own.",
    "no_picture": "This file cannot be shown: it is a medical document without a picture in it.",
    "too_many_pixels": "This file cannot be shown: an image of {width} by {height} pixels is more than is drawn here.",
    "too_many_pages": "This file cannot be shown: it has more than {most} pages.",
    "too_much": "This page cannot be shown: drawing it needs more time or memory than one page may have.",
    "office": "Office documents are shown only where the server has LibreOffice, and this one has none.",
    "sandbox": "Nothing can be shown here: this server cannot lock the viewer in as it must. Tell its operators.",
}
_UNKNOWN = "broken"


class CannotShow(IthacaError):
    """One file, or one page of it, is not shown. Nothing else is affected."""

    status = 422
    code = "cannot_show"


class NoSuchPage(IthacaError):
    status = 400
    code = "no_such_page"


def cannot_show(code: str, facts: Mapping[str, int] | None = None) -> IthacaError:
    """Return the error for a code; what a child says is not trusted to be one of them."""
    numbers = {name: value for name, value in (facts or {}).items() if isinstance(value, int)}
    if code == "no_such_page":
        return NoSuchPage(f"There is no page {numbers.get('page', 0)}: it has {numbers.get('pages', 0)}.")
    sentence = _SENTENCES.get(code, _SENTENCES[_UNKNOWN])
    try:
        return CannotShow(sentence.format_map(numbers))
    except KeyError:
        return CannotShow(_SENTENCES[_UNKNOWN])
