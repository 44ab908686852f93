"""Names for the ids that entries hold. The rooms that own the tables say how to look them up, once, in `ready()`.

The ledger keeps ids only: a name may change, and a person may be forgotten. What has no name any more is shown as
its id.
"""

from collections.abc import Callable, Collection, Mapping

Resolver = Callable[[Collection[str]], Mapping[str, str]]
"""Ids (UUID text) to display names, in one query for all of them; unknown ids are left out."""

_resolvers: dict[str, Resolver] = {}


def register(kind: str, resolver: Resolver) -> None:
    """Let `resolver` name the ids of one kind: "person", "institution", "workspace", "item", "version"."""
    _resolvers[kind] = resolver


def resolve(ids_by_kind: Mapping[str, Collection[str]]) -> dict[str, dict[str, str]]:
    """Return the names by kind and id: one call of the resolver for each kind, however many ids there are."""
    return {kind: _named(kind, ids) for kind, ids in ids_by_kind.items()}


def _named(kind: str, ids: Collection[str]) -> dict[str, str]:
    wanted = {str(one) for one in ids if one}
    if not wanted or kind not in _resolvers:
        return {}
    return {str(key): name for key, name in _resolvers[kind](wanted).items()}
