"""What rooms above the ledger have to say about the condition of what they keep, for the page of promises."""

from collections.abc import Callable

Condition = Callable[[], list[str]]
"""Returns sentences for everybody to read: no names, no places; nothing if all is well."""

_conditions: list[Condition] = []


def register(condition: Condition) -> None:
    """Said once, in `ready()`."""
    _conditions.append(condition)


def conditions() -> list[str]:
    return [sentence for condition in _conditions for sentence in condition()]
