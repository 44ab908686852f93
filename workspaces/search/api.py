"""The same search for programs."""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from core.api import IsSignedIn
from core.errors import InvalidInput, Refused
from workspaces.api import Pages, plain
from workspaces.models import Item, Workspace
from workspaces.search.finding import SORTS, find_items, find_people, find_workspaces
from workspaces.search.forms import SHOWN, FindForm, places_to_choose
from workspaces.search.kinds import TYPES
from workspaces.views.finding import signed_in

FOUND_KINDS = ["file", "folder", "workspace", "person"]
_PARAMETERS = [
    OpenApiParameter("q", str, description="Words; the beginning of each is enough."),
    OpenApiParameter("shown", str, enum=list(SHOWN), description="What to look for; without it, files and folders."),
    OpenApiParameter("kind", str, enum=["file", "folder"]),
    OpenApiParameter("workspace", OpenApiTypes.UUID),
    OpenApiParameter("type", str, enum=list(TYPES)),
    OpenApiParameter("tag", str, description="The whole name of a tag."),
    OpenApiParameter("since", OpenApiTypes.DATE, description="Changed on this day or later."),
    OpenApiParameter("sort", str, enum=list(SORTS)),
    OpenApiParameter("limit", int),
    OpenApiParameter("offset", int),
]


class HitOut(serializers.Serializer[Any]):
    """Something that was found. What does not apply to its kind is null."""

    found = serializers.ChoiceField(choices=FOUND_KINDS)
    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    workspace = serializers.UUIDField(allow_null=True)
    workspace_name = serializers.CharField(allow_null=True)
    media_type = serializers.CharField(allow_null=True)
    size = serializers.IntegerField(allow_null=True)
    changed_at = serializers.DateTimeField(allow_null=True)
    institution = serializers.CharField(allow_null=True)


class FoundOut(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    cut_off = serializers.BooleanField(help_text="There is more than is looked at; ask more narrowly.")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = HitOut(many=True)


class Search(APIView):
    """Finds workspaces, files, folders and people, among those that one may see."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(parameters=_PARAMETERS, responses=FoundOut, operation_id="search")
    def get(self, request: Request) -> Response:
        user = signed_in(plain(request))
        form = FindForm(request.GET, places=places_to_choose(user))
        if not form.is_valid():
            field, sentences = next(iter(form.errors.items()))
            raise InvalidInput(str(sentences[0]), field=str(field))
        if form.cleaned_data["shown"] == "people" and getattr(plain(request), "api_token", None):
            raise Refused("Programs with a token may not look for people; sign in in a browser.", right="api token")
        found, is_cut_off = _found(user, form)
        pages = Pages()
        page: list[Any] | None = pages.paginate_queryset(found, request, view=self)
        answer = {
            "count": pages.count,
            "cut_off": is_cut_off,
            "next": pages.get_next_link(),
            "previous": pages.get_previous_link(),
            "results": [_hit(one) for one in page or []],
        }
        return Response(FoundOut(answer).data)


def _found(user: User, form: FindForm) -> tuple[Any, bool]:
    asked, sort = form.question, form.cleaned_data["sort"] or "name"
    if form.cleaned_data["shown"] == "people":
        return find_people(user, asked), False
    if form.cleaned_data["shown"] == "workspaces":
        return find_workspaces(user, asked, sort=sort), False
    items = find_items(user, asked, sort=sort)
    return items.items, items.is_cut_off


def _hit(thing: Item | Workspace | User) -> dict[str, Any]:
    shape: dict[type, Callable[[Any], dict[str, Any]]] = {Item: _item, Workspace: _workspace, User: _person}
    empty: dict[str, UUID | None] = dict.fromkeys(HitOut().fields)
    return {**empty, "id": thing.pk, "name": thing.name, **shape[type(thing)](thing)}


def _item(item: Item) -> dict[str, Any]:
    version = item.current_version
    return {
        "found": item.kind,
        "description": item.description,
        "workspace": item.workspace_id,
        "workspace_name": item.workspace.name,
        "media_type": version.media_type if version else None,
        "size": version.plaintext_size if version else None,
        "changed_at": item.changed_at,
    }


def _workspace(workspace: Workspace) -> dict[str, Any]:
    return {"found": "workspace", "description": workspace.description}


def _person(person: User) -> dict[str, Any]:
    return {"found": "person", "institution": person.institution.name if person.institution else None}
