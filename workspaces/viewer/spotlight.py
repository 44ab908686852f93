"""Where the spotlight is required. Rules only add up: one anywhere above a file is enough, and none lifts another."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q

from workspaces.models import Item, SpotlightRule, Workspace


def spotlight_required(file: Item) -> bool:
    """Return whether pages of a file are shown to people through the spotlight alone."""
    return SpotlightRule.objects.filter(_above(file), workspace=file.workspace_id).exists()


def rules_above(thing: Workspace | Item) -> list[SpotlightRule]:
    """Return the rules that hold for a place, those of the place itself among them, the uppermost first."""
    if isinstance(thing, Workspace):
        return list(
            SpotlightRule.objects.filter(workspace=thing, item=None).select_related("workspace", "item", "set_by")
        )
    found = SpotlightRule.objects.filter(_above(thing), workspace=thing.workspace_id)
    depths = {pk: depth for depth, pk in enumerate(thing.path)}
    with_names = found.select_related("workspace", "item", "set_by")
    return sorted(with_names, key=lambda rule: depths[rule.item_id] if rule.item_id else -1)


def rule_stands_on(folders: Collection[UUID]) -> bool:
    """Return whether a rule stands on one of the folders themselves."""
    return SpotlightRule.objects.filter(item__in=folders).exists()


def _above(item: Item) -> Q:
    return Q(item=None) | Q(item__in=item.path)
