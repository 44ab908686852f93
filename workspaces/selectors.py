"""Answers that pages and other rooms ask for."""

from collections.abc import Collection

from workspaces.models import Item, Workspace


def workspace_names(ids: Collection[str]) -> dict[str, str]:
    return {str(pk): name for pk, name in Workspace.objects.filter(pk__in=ids).values_list("pk", "name")}


def item_names(ids: Collection[str]) -> dict[str, str]:
    return {str(pk): name for pk, name in Item.objects.filter(pk__in=ids).values_list("pk", "name")}
