"""Lets a page say what a change would change before it is made."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from core.errors import IthacaError
from sharing.forms import AccessForm
from sharing.views.fetching import person_of
from sharing.why.previewing import Preview, preview

BUTTON = "preview"


def save_or_preview(
    request: HttpRequest, form: AccessForm, deed: Callable[[], Any], **about: Any
) -> tuple[bool, Preview | None]:
    """Do the deed and say that it was done; where the other button was pressed, say what it would change."""
    if not form.is_valid():
        return False, None
    if BUTTON not in request.POST:
        return form.attempt(deed), None
    found: list[Preview] = []
    form.attempt(lambda: found.append(preview(deed, actor=person_of(request), **about)))
    return False, found[0] if found else None


def foresee(request: HttpRequest, deed: Callable[[], Any], **about: Any) -> dict[str, Any]:
    """Return for a page that asks "sure?" what would change, or the sentence that says why nothing can."""
    try:
        return {"preview": preview(deed, actor=person_of(request), **about)}
    except IthacaError as error:
        return {"obstacle": error.sentence}
