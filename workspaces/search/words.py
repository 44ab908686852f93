"""Words as the database folds and keeps them; migration 0024 says what a word is and what the functions do."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import SearchVectorField
from django.db.models import BooleanField, F, Func, Value
from django.db.models.expressions import Combinable, CombinedExpression, RawSQL
from django.db.models.functions import Coalesce

from workspaces.names import name_key


def _words(function: str, *columns: str | Combinable) -> Func:
    return Func(
        *(F(one) if isinstance(one, str) else one for one in columns),
        function=function,
        output_field=SearchVectorField(),
    )


WORKSPACE_WORDS = _words("workspaces_words", "name", "description")
ITEM_WORDS = _words("workspaces_item_words", "workspace_id", "name_key", "description")
_PERSON_WORDS = _words("workspaces_words", "name", Coalesce("institution__name", Value("")))

# One look into the index for each workspace, since the words of an item carry their workspace with them. OFFSET 0 keeps
# the planner from turning that into a comparison of every item with every workspace.
_ITEMS = """
    SELECT found.id FROM unnest(%s::uuid[]) AS place(id) CROSS JOIN LATERAL (
        SELECT item.id FROM workspaces_item item
        WHERE workspaces_item_words(item.workspace_id, item.name_key, item.description)
            @@ workspaces_item_asked(place.id, %s) AND item.removed_at IS NULL
        OFFSET 0
    ) found
    UNION SELECT tagging.item_id FROM workspaces_tag tag JOIN workspaces_tagging tagging ON tagging.tag_id = tag.id
    WHERE tag.workspace_id = ANY(%s::uuid[]) AND workspaces_words(tag.name_key, '') @@ workspaces_asked(%s)
"""


def workspace_has(asked: str) -> CombinedExpression:
    """Return the condition that every word of `asked` begins a word of a workspace's name or description."""
    return _begin(WORKSPACE_WORDS, asked)


def person_has(asked: str) -> CombinedExpression:
    """Return the condition that every word of `asked` begins a word of somebody's name or institution."""
    return _begin(_PERSON_WORDS, asked)


def items_with(asked: str, places: Sequence[UUID]) -> RawSQL:
    """Return, for a condition, the ids of items in some workspaces of which every word of `asked` begins a word.

    Those that have a tag of which that is true are among them.
    """
    values: list[Any] = [list(places), name_key(asked)] * 2
    return RawSQL(_ITEMS, values)  # noqa: S611  constants only; values are bound


def _begin(words: Func, asked: str) -> CombinedExpression:
    query = Func(Value(name_key(asked)), function="workspaces_asked")
    return CombinedExpression(words, "@@", query, output_field=BooleanField())
