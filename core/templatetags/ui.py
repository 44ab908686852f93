"""Template tags that every page may use."""

from typing import Any

from django import template
from django.http import HttpRequest

register = template.Library()


@register.filter
def filesize(size: int) -> str:
    """Return a size in binary units as people read them: 1 byte, 12.3 KiB, 4.0 GiB."""
    if size < 1024:  # noqa: PLR2004
        return f"{size} byte" if size == 1 else f"{size} bytes"
    value, unit = float(size), ""
    for unit in ("KiB", "MiB", "GiB", "TiB"):  # noqa: B007  the last unit is kept
        value /= 1024
        if value < 1024:  # noqa: PLR2004
            break
    return f"{value:.1f} {unit}"


@register.simple_tag(takes_context=True)
def query_string(context: dict[str, Any], **changes: Any) -> str:
    """Return the page's query string with some parameters changed; None removes one."""
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else "?"
