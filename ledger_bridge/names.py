"""Names for the ids that entries hold. The rooms that own the tables say how to look them up, once, in `ready()`.

The ledger keeps ids only: a name may change, and a person may be forgotten. What has no name any more, or none that
the reader may see, is shown as its id.
"""

import uuid
from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db.models import QuerySet

from ledger_bridge.access import sees_every_trail
from ledger_bridge.blind_ids import real_ids
from ledger_bridge.models import Stream

Resolver = Callable[[Collection[str]], Mapping[str, str]]
"""Ids (UUID text) to display names, in one query for all of them; unknown ids are left out."""

ShownTo = Callable[[Any, Collection[str]], Mapping[str, str]]
"""The same for one reader: what they may not see is left out like what does not exist."""

Search = Callable[[str], QuerySet[Any]]
"""What is called so: rows with `pk` and `name`, not fetched yet."""

Names = Mapping[str, Mapping[str, str]]
"""By kind and id; empty where it was asked in vain."""

_FEW = 50
_SUGGESTED = 200
_resolvers: dict[str, Resolver] = {}
_more: dict[str, list[tuple[Resolver, Search]]] = {}
_shown_to: dict[str, ShownTo] = {}
_searches: dict[str, Search] = {}


def register(kind: str, resolver: Resolver, *, search: Search | None = None, shown_to: ShownTo | None = None) -> None:
    """Let `resolver` name the ids of one kind: "person", "institution", "workspace", "item", "version".

    Where names are not for everybody, `shown_to` names what a reader may see. `search` finds things by name; without
    it auditors go through the newest recorded ones, and others find things by id only.
    """
    _resolvers[kind] = resolver
    if search:
        _searches[kind] = search
    if shown_to:
        _shown_to[kind] = shown_to


def register_more(kind: str, resolver: Resolver, *, search: Search) -> None:
    """Let a second room name those of a kind that it keeps itself: people without an account, say."""
    _more.setdefault(kind, []).append((resolver, search))


def resolve(
    ids_by_kind: Mapping[str, Collection[object]], *, asker: Any = None, known: Names | None = None
) -> dict[str, dict[str, str]]:
    """Return the names by kind and id, as far as the asker may see them: one query for each kind.

    Without an asker all names are returned, for what the installation itself writes down. `known` is what was looked
    up for the same asker already (`looked_up`): nobody is asked about that again.
    """
    everything = asker is None or sees_every_trail(asker)
    found = {}
    for kind, ids in ids_by_kind.items():
        before = (known or {}).get(kind, {})
        missing = {str(one) for one in ids if one} - before.keys()
        found[kind] = {key: name for key, name in before.items() if name} | _named(
            kind, missing, None if everything else asker
        )
    return found


def looked_up(ids_by_kind: Mapping[str, Collection[str]], *, asker: Any) -> Names:
    """Return the same with an empty name for what has none that the asker may see."""
    found = resolve(ids_by_kind, asker=asker)
    return {kind: dict.fromkeys(ids, "") | found[kind] for kind, ids in ids_by_kind.items()}


def find(kind: str, text: str) -> dict[str, str]:
    """Return what of a kind has this id or is called so, among everything: ids with their names, for auditors only."""
    if is_id(text):
        return {text.lower(): _named(kind, [text.lower()]).get(text.lower(), text)}
    return best_matches(text, _called(kind, text))


def searches(kind: str, text: str) -> list[QuerySet[Any]]:
    """Return what is called so, table by table and not fetched yet; nothing where a kind cannot be searched."""
    if kind not in _searches:
        return []
    return [_searches[kind](text), *(search(text) for _, search in _more.get(kind, []))]


def best_matches(text: str, named: Mapping[str, str]) -> dict[str, str]:
    """Return what has exactly this name, or else all of it."""
    exact = {key: name for key, name in named.items() if text.casefold() == name.casefold()}
    return dict(list((exact or dict(named)).items())[:_FEW])


def suggestions(kind: str) -> dict[str, str]:
    """Return the newest things of a kind about which something was recorded, among everything: for auditors only."""
    return _newest(kind, _SUGGESTED)


def is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _called(kind: str, text: str) -> dict[str, str]:
    if tables := searches(kind, text):
        found = [row for table in tables for row in table.order_by().values_list("pk", "name")[:_FEW]]
        return {str(key): name for key, name in found[:_FEW]}
    return {key: name for key, name in _newest(kind, 5_000).items() if text.casefold() in name.casefold()}


def _newest(kind: str, limit: int) -> dict[str, str]:
    newest = Stream.objects.filter(kind=kind).order_by("-id").values_list("subject", flat=True)[:limit]
    return _named(kind, list(real_ids(newest).values()))


def _named(kind: str, ids: Collection[object], asker: Any = None) -> dict[str, str]:
    wanted = {str(one) for one in ids if one}
    if not wanted or kind not in _resolvers:
        return {}
    limited = asker is not None and kind in _shown_to
    found = _shown_to[kind](asker, wanted) if limited else _resolvers[kind](wanted)
    named = {str(key): name for key, name in found.items()}
    for resolver, _ in _more.get(kind, []):
        if missing := wanted - named.keys():
            named |= {str(key): name for key, name in resolver(missing).items()}
    return named
