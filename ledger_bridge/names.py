"""Names for the ids that entries hold. The rooms that own the tables say how to look them up, once, in `ready()`.

The ledger keeps ids only: a name may change, and a person may be forgotten. What has no name any more is shown as its
id.
"""

import uuid
from collections.abc import Callable, Collection, Mapping

from ledger_bridge.models import Stream

Resolver = Callable[[Collection[str]], Mapping[str, str]]
"""Ids (UUID text) to display names, in one query for all of them; unknown ids are left out."""

Search = Callable[[str], Mapping[str, str]]
"""Part of a name to the ids and names that hold it, a few dozen at most."""

_FEW = 50
_SUGGESTED = 200
_resolvers: dict[str, Resolver] = {}
_searches: dict[str, Search] = {}


def register(kind: str, resolver: Resolver, *, search: Search | None = None) -> None:
    """Let `resolver` name the ids of one kind: "person", "institution", "workspace", "item", "version".

    Where there may be many of a kind, `search` finds them by name; otherwise the newest recorded ones are gone
    through.
    """
    _resolvers[kind] = resolver
    if search:
        _searches[kind] = search


def resolve(ids_by_kind: Mapping[str, Collection[object]]) -> dict[str, dict[str, str]]:
    """Return the names by kind and id: one call of the resolver for each kind, however many ids there are."""
    return {kind: _named(kind, ids) for kind, ids in ids_by_kind.items()}


def find(kind: str, text: str) -> dict[str, str]:
    """Return what of a kind has this id, this name, or else a name that holds the text: ids with their names."""
    if is_id(text):
        return {text.lower(): _named(kind, [text.lower()]).get(text.lower(), text)}
    wanted = text.casefold()
    offered = _searches[kind](text) if kind in _searches else suggestions(kind, limit=5_000)
    found = {key: name for key, name in offered.items() if wanted in name.casefold()}
    exact = {key: name for key, name in found.items() if wanted == name.casefold()}
    return dict(list((exact or found).items())[:_FEW])


def suggestions(kind: str, *, limit: int = _SUGGESTED) -> dict[str, str]:
    """Return the things of a kind about which something was recorded, the newest ones if there are many."""
    newest = Stream.objects.filter(kind=kind).order_by("-id").values_list("subject", flat=True)[:limit]
    return _named(kind, list(newest))


def is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _named(kind: str, ids: Collection[object]) -> dict[str, str]:
    wanted = {str(one) for one in ids if one}
    if not wanted or kind not in _resolvers:
        return {}
    return {str(key): name for key, name in _resolvers[kind](wanted).items()}
